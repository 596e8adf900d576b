"""Auto-number fields: each counts for itself and writes its numbers in its own format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from simulator.catalog.types import Field, SObject
from simulator.soql.sql import quote

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

PLAIN = "{0}"
_PLACE = re.compile(r"\{(0+)\}")


def next_numbers(work: Transaction, sobject: SObject) -> dict[str, Any]:
    """The values of the auto-number fields of a new record."""
    fields = [field for field in sobject.stored_fields if field.auto_number]
    return {field.name: _formatted(field, _next(work, sobject, field)) for field in fields}


def _formatted(field: Field, number: int) -> str:
    """``INV-{0000}`` and 7 give ``INV-0007``."""
    written = field.auto_format or PLAIN
    return _PLACE.sub(lambda place: str(number).zfill(len(place.group(1))), written, count=1)


def _next(work: Transaction, sobject: SObject, field: Field) -> int:
    # the row is locked until the transaction ends: two savings never get one number
    statement = f"""
        insert into {quote(work.org.state)}.number_given as n (sobject, field, number)
        values (%s, %s, 1)
        on conflict (sobject, field) do update set number = n.number + 1 returning number
    """
    row = work.connection.execute(statement, (sobject.name, field.name)).fetchone()
    return int(row[0]) if row else 1
