"""Records out of tables and into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulator.catalog.types import Field, SObject
from simulator.soql.sql import quote
from simulator.storage.connections import Connection

Record = dict[str, Any]
BATCH = 5_000


def table(schema: str, sobject: SObject) -> str:
    """The quoted name of an object's table."""
    return f"{quote(schema)}.{quote(sobject.name)}"


def select_columns(sobject: SObject) -> str:
    """All stored fields, quoted, in their order."""
    return ", ".join(quote(field.name) for field in sobject.stored_fields)


def fetch(
    connection: Connection, schema: str, *, sobject: SObject, ids: Iterable[str] | None = None
) -> Iterator[Record]:
    """The records of an object, all of them or those with these Ids, in the order of their Ids."""
    names = [field.name for field in sobject.stored_fields]
    wanted = None if ids is None else list(ids)
    condition = "" if wanted is None else ' where "Id" = any(%s)'
    statement = f"select {select_columns(sobject)} from {table(schema, sobject)}{condition}"
    with connection.cursor() as cursor:
        cursor.execute(f'{statement} order by "Id"', None if wanted is None else (wanted,))
        for row in cursor:
            yield dict(zip(names, row, strict=True))


def fetch_locked(
    connection: Connection, schema: str, *, sobject: SObject, record_id: str
) -> Record | None:
    """One record, locked until the transaction ends, or None."""
    names = [field.name for field in sobject.stored_fields]
    statement = f"select {select_columns(sobject)} from {table(schema, sobject)}"
    row = connection.execute(f'{statement} where "Id" = %s for update', (record_id,)).fetchone()
    return None if row is None else dict(zip(names, row, strict=True))


def write_new(connection: Connection, schema: str, *, sobject: SObject, record: Record) -> bool:
    """Insert a record; False if its Id is taken."""
    fields = [field for field in sobject.stored_fields if field.name in record]
    names = ", ".join(quote(field.name) for field in fields)
    values = [storable(field, record[field.name]) for field in fields]
    places = ", ".join(["%s"] * len(fields))
    statement = f"insert into {table(schema, sobject)} ({names}) values ({places})"
    done = connection.execute(f'{statement} on conflict ("Id") do nothing', values)
    return done.rowcount == 1


def write_changed(
    connection: Connection, schema: str, *, sobject: SObject, record: Mapping[str, Any]
) -> None:
    """Update the given fields of the record with the given Id."""
    fields = [f for f in sobject.stored_fields if f.name in record and f.name != "Id"]
    changes = ", ".join(f"{quote(field.name)} = %s" for field in fields)
    values = [storable(field, record[field.name]) for field in fields]
    statement = f'update {table(schema, sobject)} set {changes} where "Id" = %s'
    connection.execute(statement, (*values, record["Id"]))


def copy_in(
    connection: Connection, schema: str, *, sobject: SObject, records: Iterable[Mapping[str, Any]]
) -> int:
    """Load many complete records by COPY and count them."""
    fields = sobject.stored_fields
    names = [field.name for field in fields]
    switches = [place for place, field in enumerate(fields) if field.type == "boolean"]
    moments = [place for place, field in enumerate(fields) if field.type == "datetime"]
    statement = f"copy {table(schema, sobject)} ({select_columns(sobject)}) from stdin"
    count = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for record in records:
            values = list(map(record.get, names))
            if "" in values or float in map(type, values):
                values = [_plain(value) for value in values]
            for place in switches:
                if values[place] is None:
                    values[place] = False
            for place in moments:
                if isinstance(moment := values[place], datetime):
                    # as text a moment takes the driver a fraction of the time
                    values[place] = moment.isoformat(" ", "seconds")
            copy.write_row(values)
            count += 1
    return count


def analyze(connection: Connection, schema: str, *, sobject: SObject) -> None:
    """Let the planner look at what a table holds now."""
    connection.execute(f"analyze {table(schema, sobject)}")


def storable(field: Field, value: Any) -> Any:
    """A value as its column takes it: no empty text, no fractions of a second, no null boolean."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0)
    plain = _plain(value)
    return False if plain is None and field.type == "boolean" else plain


def _plain(value: Any) -> Any:
    if value == "":
        return None
    return Decimal(repr(value)) if isinstance(value, float) else value
