"""The child queries of a page: ``(SELECT Id FROM Contacts)`` (api.md 2.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from simulator.catalog.types import Field, SObject
from simulator.errors import SoqlError
from simulator.org import Org
from simulator.soql.plan import Plan, planned
from simulator.soql.rows import renderer
from simulator.soql.sql import Sql, quote
from simulator.soql.syntax import Query
from simulator.web.calls import Call

MOST_LEVELS, FIRST_WITH_LEVELS = 5, 58.0
_TOO_DEEP = (
    "SOQL statements cannot query aggregate relationships more than {} level away from the root "
    "entity object."
)
Records = Mapping[str, dict[str, Any]]


def with_children(org: Org, call: Call, plan: Plan, *, records: Records) -> None:
    """Hang into each record, by its Id, what its child queries find; null where they find none."""
    _Descent(org, call).hang(plan, records)


@dataclass(frozen=True)
class _Descent:
    """Goes down from records to their children, and from those to theirs."""

    org: Org
    call: Call
    depth: int = 1

    def hang(self, plan: Plan, records: Records) -> None:
        org = self.org
        for query in plan.children:
            self._check_depth(query)
            child, link = _child(org, plan.sobject, query)
            found = planned(query, org.reader(all_rows=plan.all_rows), sobject=child)
            _check_rows(found, query)
            rows = _rows_by_parent(org, found, link, list(records))
            render = renderer(found, version=self.call.version, catalog=org.catalog)
            shown = {owner: {row[0]: render(row) for row in own} for owner, own in rows.items()}
            below = {key: value for own in shown.values() for key, value in own.items()}
            replace(self, depth=self.depth + 1).hang(found, below)
            for record_id, record in records.items():
                children = list(shown.get(record_id, {}).values())
                record[link.child_relationship_name or ""] = _result(children) if children else None

    def _check_depth(self, query: Query) -> None:
        most = MOST_LEVELS if float(self.call.version) >= FIRST_WITH_LEVELS else 1
        if self.depth > most:
            raise SoqlError("MALFORMED_QUERY", _TOO_DEEP.format(most), place=query.source.place)


def _result(children: list[dict[str, Any]]) -> dict[str, Any]:
    return {"totalSize": len(children), "done": True, "records": children}


def _child(org: Org, parent: SObject, query: Query) -> tuple[SObject, Field]:
    wanted = query.source.name.lower()
    for child in org.catalog.values():
        for field in child.fields:
            name = (field.child_relationship_name or "").lower()
            if name == wanted and parent.name in field.reference_to:
                return child, field
    message = (
        f"Didn't understand relationship '{query.source.name}' in FROM part of query call. If you "
        "are attempting to use a custom relationship, be sure to append the '__r' after the custom "
        "relationship name. Please reference your WSDL or the describe call for the appropriate "
        "names."
    )
    raise SoqlError("INVALID_TYPE", message, place=query.source.place)


def _check_rows(plan: Plan, query: Query) -> None:
    if not plan.is_rows:
        message = "Only root queries support aggregate expressions"
        raise SoqlError("MALFORMED_QUERY", message, place=query.source.place)


def _rows_by_parent(
    org: Org, plan: Plan, link: Field, parents: list[str]
) -> dict[str, list[tuple[Any, ...]]]:
    """The children of all parents in one query; limits count for each parent alone."""
    parent = f"{plan.table}.{quote(link.name)}"
    order = plan.order or f' order by {plan.table}."Id"'
    number = f"row_number() over (partition by {parent}{order})"
    word = " and " if plan.conditions.text else " where "
    shown = ", ".join((*plan.expressions(), parent, number))
    query = (
        Sql(f"select {shown} from {plan.tables}")
        + plan.conditions
        + Sql(f"{word}{parent} = any(%s)", (parents,))
        + Sql(order)
    )
    first = plan.offset or 0
    found: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    with org.store.connections.transaction() as connection:
        for *row, owner, position in connection.execute(query.text, query.params):
            if first < position and (plan.limit is None or position <= first + plan.limit):
                found[owner].append(tuple(row))
    return found
