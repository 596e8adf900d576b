"""What derived values ask of the org: its stages, its fiscal year, whose account a record is."""

from __future__ import annotations

from datetime import datetime

from simulator.catalog.types import SObject
from simulator.derived import OrgFacts
from simulator.soql.sql import quote
from simulator.stages import Stage
from simulator.storage.connections import Connection
from simulator.storage.rows import Record, fetch

PREFIX_LENGTH = 3
_ACCOUNT_FIELDS = {"Account": "Id", "Contact": "AccountId", "Opportunity": "AccountId"}


def org_facts(
    connection: Connection, schema: str, *, sobjects: dict[str, SObject], now: datetime
) -> OrgFacts:
    """The facts as this transaction sees them."""
    by_prefix = {s.key_prefix: s.name for s in sobjects.values() if s.name in _ACCOUNT_FIELDS}

    def account_of(record_id: str) -> str | None:
        name = by_prefix.get(record_id[:PREFIX_LENGTH])
        if name is None:
            return None
        column = quote(_ACCOUNT_FIELDS[name])
        query = f'select {column} from {quote(schema)}.{quote(name)} where "Id" = %s'
        row = connection.execute(query, (record_id,)).fetchone()
        return None if row is None else row[0]

    def record_of(sobject: str, record_id: str | None) -> Record | None:
        if record_id is None or sobject not in sobjects:
            return None
        found = fetch(connection, schema, sobject=sobjects[sobject], ids=[record_id])
        return next(found, None)

    return OrgFacts(
        stages=_stages(connection, schema, sobjects),
        now=now,
        account_of=account_of,
        record_of=record_of,
        fiscal_year_start_month=fiscal_start(connection, schema, sobjects),
    )


def fiscal_start(connection: Connection, schema: str, sobjects: dict[str, SObject]) -> int:
    """The month in which the org's fiscal year begins."""
    if "Organization" not in sobjects:
        return 1
    query = f'select "FiscalYearStartMonth" from {quote(schema)}."Organization" limit 1'
    row = connection.execute(query).fetchone()
    return int(row[0]) if row and row[0] else 1


def _stages(connection: Connection, schema: str, sobjects: dict[str, SObject]) -> dict[str, Stage]:
    if "OpportunityStage" not in sobjects:
        return {}
    query = f"""
        select "ApiName", "DefaultProbability", "ForecastCategory", "IsClosed", "IsWon"
        from {quote(schema)}."OpportunityStage"
    """
    return {row[0]: Stage(*row) for row in connection.execute(query)}
