"""Roll-ups: what a parent counts and sums of its children, anew when one of them changes.

A field says it in its declaration: ``rollup='SUM(Invoice__c.Amount__c) WHERE Paid__c'``. The org
itself writes the result, so SystemModstamp moves and LastModifiedDate stays (api.md 5.1).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from simulator.catalog.types import Field, SObject
from simulator.formulas.typed import BOOLEAN, of_kind
from simulator.soql.dates import Today
from simulator.soql.reader import Reader
from simulator.soql.scope import Scope
from simulator.soql.sql import quote

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

_DECLARED = re.compile(r"(SUM|MIN|MAX|COUNT)\((\w+)(?:\.(\w+))?\)(?: WHERE (.+))?", re.IGNORECASE)
Saved = Mapping[str, Any] | None


class RollupInvalid(ValueError):
    """A declaration that no org could follow."""


@dataclass(frozen=True)
class Rollup:
    """One field of a parent: a function of a column of the children that fit a condition."""

    parent: str
    field: str
    child: str
    function: str
    column: str | None
    condition: str | None


@lru_cache(maxsize=1024)
def rollup_of(parent: str, field: str, declared: str) -> Rollup:
    """The roll-up that a field declares; RollupInvalid when it cannot be read."""
    match = _DECLARED.fullmatch(declared.strip())
    if match is None:
        raise RollupInvalid(f"{declared!r} is no roll-up such as SUM(Invoice__c.Amount__c)")
    function, child, column, condition = match.groups()
    return Rollup(parent, field, child, function.upper(), column, condition)


def check_rollup(parent: str, field: Field, sobjects: Mapping[str, SObject]) -> None:
    """RollupInvalid when a field counts or sums what the org does not have."""
    rollup = rollup_of(parent, field.name, field.rollup or "")
    child = sobjects.get(rollup.child)
    if child is None or link_field(child, parent) is None:
        raise RollupInvalid(f"{parent} has no children {rollup.child}")
    column = child.field(rollup.column) if rollup.column else None
    if rollup.function != "COUNT" and (column is None or column.computed):
        raise RollupInvalid(f"{rollup.child} has no stored field {rollup.column}")


def link_field(child: SObject, parent: str) -> Field | None:
    """The field that leads from a child to the parent that rolls it up."""
    links = [field for field in child.stored_fields if parent in field.reference_to]
    return next((field for field in links if field.cascade_delete), next(iter(links), None))


def rollup_indexes(schema: str, sobjects: Mapping[str, SObject]) -> Iterator[str]:
    """The DDL of indexes on the links that roll-ups follow and that have none yet."""
    links = {
        (child.name, link.name)
        for child in sobjects.values()
        for rollup in _rollups(sobjects, child)
        if (link := link_field(child, rollup.parent)) and not link.cascade_delete
    }
    for child_name, link_name in sorted(links):
        yield f"create index on {quote(schema)}.{quote(child_name)} ({quote(link_name)})"


def roll_up(work: Transaction, child: SObject, before: Saved, after: Saved) -> None:
    """Work out anew what the parents of a record, the old one and the new, say of it."""
    if child.name == "OpportunityLineItem":
        _value_opportunities(work, before, after)
    due: defaultdict[tuple[str, str], list[Rollup]] = defaultdict(list)
    for rollup in _rollups(work.org.sobjects, child):
        link = link_field(child, rollup.parent)
        if link is not None and _concerns(rollup, link, before, after):
            for saved in (before, after):
                if saved and saved.get(link.name):
                    due[rollup.parent, saved[link.name]].append(rollup)
    for (parent, record_id), rollups in due.items():
        _write(work, work.sobject(parent), record_id, list(dict.fromkeys(rollups)))


def _rollups(sobjects: Mapping[str, SObject], child: SObject) -> Iterator[Rollup]:
    for parent in sobjects.values():
        for field in parent.fields:
            if field.rollup and child.name in field.rollup:
                rollup = rollup_of(parent.name, field.name, field.rollup)
                if rollup.child == child.name:
                    yield rollup


def _concerns(rollup: Rollup, link: Field, before: Saved, after: Saved) -> bool:
    if before is None or after is None:
        return True
    text = f"{rollup.column} {rollup.condition}"
    changed = (name for name in after if before.get(name) != after[name])
    return any(name == link.name or name in text for name in changed)


def _write(work: Transaction, parent: SObject, record_id: str, rollups: list[Rollup]) -> None:
    record = work.get(parent, record_id)
    if record is None or record.get("IsDeleted"):
        return
    values = {rollup.field: _value(work, rollup, record_id) for rollup in rollups}
    if any(record.get(name) != value for name, value in values.items()):
        work.automate(parent.name, record_id, values)


def _value(work: Transaction, rollup: Rollup, record_id: str) -> Any:
    child = work.sobject(rollup.child)
    link = link_field(child, rollup.parent)
    assert link is not None, "a roll-up without a link is never due"
    scope = Scope(_reader(work), child)
    conditions = [f"{scope.table}.{quote(link.name)} = %s"]
    if child.field("IsDeleted"):
        conditions.append(f'not {scope.table}."IsDeleted"')
    if rollup.condition:
        typed = scope.formulas.typed(rollup.condition, scope.root)
        conditions.append(f"({of_kind(typed, BOOLEAN, rollup.field)})")
    column = f"{scope.table}.{quote(rollup.column)}" if rollup.column else "*"
    value = f"{rollup.function}({column})"
    if rollup.function in ("SUM", "COUNT"):
        value = f"coalesce({value}, 0)"
    query = f"select {value} from {scope.from_clause()} where {' and '.join(conditions)}"
    row = work.connection.execute(query, (record_id,)).fetchone()
    return row[0] if row else None


def _value_opportunities(work: Transaction, before: Saved, after: Saved) -> None:
    for record_id in dict.fromkeys(saved["OpportunityId"] for saved in (before, after) if saved):
        record = work.get(work.sobject("Opportunity"), record_id)
        if record is not None and not record.get("IsDeleted"):
            work.automate("Opportunity", record_id, _line_items(work, record))


def _line_items(work: Transaction, opportunity: Mapping[str, Any]) -> dict[str, Any]:
    """An opportunity with products is worth what they are; without, what its owner says."""
    query = f"""
        select count(*), sum("TotalPrice"), sum("Quantity")
        from {quote(work.org.schema)}."OpportunityLineItem"
        where "OpportunityId" = %s and not "IsDeleted"
    """
    row = work.connection.execute(query, (opportunity["Id"],)).fetchone()
    count, amount, quantity = row or (0, None, None)
    if not count:
        return {"HasOpportunityLineItem": False}
    return {"HasOpportunityLineItem": True, "Amount": amount, "TotalOpportunityQuantity": quantity}


def _reader(work: Transaction) -> Reader:
    today = Today(work.at.date(), work.facts.fiscal_year_start_month, work.at)
    return Reader(work.org.sobjects, work.org.schema, today, ZoneInfo("UTC"), all_rows=True)
