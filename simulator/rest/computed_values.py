"""The values of formula fields of single records, worked out as they are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from simulator.catalog.types import SObject
from simulator.errors import Place
from simulator.org import Org
from simulator.soql.scope import Scope
from simulator.soql.sql import quote
from simulator.soql.syntax import Path
from simulator.storage.rows import Record


def with_formulas(org: Org, sobject: SObject, records: Iterable[Record]) -> Iterator[Record]:
    """The same records, each with the values of its formula fields."""
    if not sobject.computed_fields:
        yield from records
        return
    given = list(records)
    values = _values(org, sobject, [str(record["Id"]) for record in given])
    for record in given:
        yield {**record, **values[record["Id"]]}


def _values(org: Org, sobject: SObject, ids: list[str]) -> dict[str, Record]:
    scope = Scope(org.reader(all_rows=True), sobject)
    names = [field.name for field in sobject.computed_fields]
    columns = [scope.column(Path((name,), Place(1, 1))).sql for name in names]
    record_id = f"{scope.table}.{quote('Id')}"
    select = f"select {', '.join([record_id, *columns])} from {scope.from_clause()}"
    with org.store.connections.transaction() as connection:
        rows = connection.execute(f"{select} where {record_id} = any(%s)", (ids,)).fetchall()
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}
