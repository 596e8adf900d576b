"""Auto-number fields: each counts for itself and writes its numbers in its own format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.catalog.types import Field, SObject
from simulator.numbers import formatted_number
from simulator.soql.sql import quote
from simulator.storage.connections import Connection

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

_COUNT = """
    insert into {}.number_given as n (sobject, field, number) values (%s, %s, %s)
    on conflict (sobject, field) do update set number = n.number + excluded.number
    returning number
"""


def next_numbers(work: Transaction, sobject: SObject) -> dict[str, Any]:
    """The values of the auto-number fields of a new record."""
    fields = [field for field in sobject.stored_fields if field.auto_number]
    return {field.name: formatted_number(field, _next(work, sobject, field)) for field in fields}


def count_loaded(connection: Connection, state: str, *, sobject: SObject, count: int) -> None:
    """Go on after records that were loaded with their numbers."""
    for field in sobject.stored_fields:
        if field.auto_number and count:
            connection.execute(_COUNT.format(quote(state)), (sobject.name, field.name, count))


def _next(work: Transaction, sobject: SObject, field: Field) -> int:
    # the row is locked until the transaction ends: two savings never get one number
    statement = _COUNT.format(quote(work.org.state))
    row = work.connection.execute(statement, (sobject.name, field.name, 1)).fetchone()
    return int(row[0]) if row else 1
