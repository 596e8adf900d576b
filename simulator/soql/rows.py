"""Rows of the database become records of the answer (api.md 2.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.catalog.types import SObject
from simulator.formats import shown
from simulator.soql.names import NAME_OBJECT
from simulator.soql.plan import Plan
from simulator.soql.scope import Parent
from simulator.soql.selection import Shown

PREFIX_LENGTH = 3
Record = dict[str, Any]
Render = Callable[[Sequence[Any]], Record]
Steps = tuple[str, ...]


def renderer(plan: Plan, *, version: str, catalog: Mapping[str, SObject]) -> Render:
    """The function that makes a record of a row of ``plan.expressions()``."""
    if plan.kind == "aggregate":
        return lambda row: _aggregate(plan, row)
    prefixes = {sobject.key_prefix: name for name, sobject in catalog.items()}
    return _Renderer(plan, f"/services/data/v{version}/sobjects", prefixes).record


@dataclass(frozen=True)
class _Renderer:
    plan: Plan
    base: str
    prefixes: Mapping[str, str]

    def record(self, row: Sequence[Any]) -> Record:
        plan = self.plan
        parents = dict(zip(plan.parents, row[len(row) - len(plan.parents) :], strict=True))
        record: Record = {"attributes": self._attributes(plan.sobject, row[0])}
        reached: dict[Steps, Record | None] = {(): record}
        for parent, record_id in parents.items():
            reached[parent.path] = self._parent(parent, record_id)
        place = 1
        for column in plan.columns:
            values = row[place : place + len(column.sql)]
            place += len(column.sql)
            owner = _owner(column.path[:-1], reached)
            if owner is not None:
                owner[column.path[-1]] = _placed(column, _value(column, values), owner)
        return record

    def _parent(self, parent: Parent, record_id: str | None) -> Record | None:
        if record_id is None:
            return None
        return {"attributes": self._attributes(parent.sobject, record_id)}

    def _attributes(self, sobject: SObject, record_id: str) -> Record:
        name = sobject.name
        if sobject is NAME_OBJECT:
            name = self.prefixes.get(record_id[:PREFIX_LENGTH], name)
        return {"type": sobject.name, "url": f"{self.base}/{name}/{record_id}"}


def _owner(path: Steps, reached: Mapping[Steps, Record | None]) -> Record | None:
    """The object that holds a column, hung into its own parents; None below a missing parent."""
    for depth in range(1, len(path) + 1):
        above, here = reached[path[: depth - 1]], reached[path[:depth]]
        if above is None:
            return None
        above.setdefault(path[depth - 1], here)
    return reached[path]


def _placed(column: Shown, value: object, owner: Record) -> object:
    """The value; of a body the place where it is fetched, below its record."""
    if column.field.type != "base64" or value is None:
        return value
    return f"{owner['attributes']['url']}/{column.field.name}"


def _value(column: Shown, values: Sequence[Any]) -> object:
    if not column.components:
        return shown(column.field, values[0])
    if all(value is None for value in values):
        return None
    parts = zip(column.components, values, strict=True)
    return {name: float(v) if "itude" in name and v is not None else v for name, v in parts}


def _aggregate(plan: Plan, row: Sequence[Any]) -> Record:
    record: Record = {"attributes": {"type": "AggregateResult"}}
    for column, value in zip(plan.columns, row, strict=True):
        record[column.path[0]] = shown(column.field, value)
    return record
