"""Dated exchange rates: each is good until the next one of its currency begins (api.md 5.4)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from simulator.soql.sql import quote

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

NAME = "DatedConversionRate"
NEVER = date(9999, 12, 31)


def follow(work: Transaction) -> None:
    """Say of every rate when the next one begins."""
    statement = f"""
        update {quote(work.org.schema)}."{NAME}" r set "NextStartDate" = n.next_start
        from (
            select "Id", coalesce(lead("StartDate") over (
                partition by "IsoCode" order by "StartDate", "Id"), %s) as next_start
            from {quote(work.org.schema)}."{NAME}"
        ) n
        where n."Id" = r."Id" and r."NextStartDate" is distinct from n.next_start
    """
    work.connection.execute(statement, (NEVER,))
