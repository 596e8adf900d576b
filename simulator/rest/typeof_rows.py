"""TYPEOF: what a polymorphic parent shows depends on what it is (api.md 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from simulator.catalog.types import Field, SObject
from simulator.errors import SoqlError, no_such_column
from simulator.org import Org
from simulator.soql.plan import Plan, planned
from simulator.soql.rows import renderer
from simulator.soql.scope import object_of
from simulator.soql.sql import quote
from simulator.soql.syntax import Path, Query, Selected, Source, TypeOf
from simulator.storage.rows import table
from simulator.web.calls import Call

MOST_IN_A_QUERY = 2_000
NAME = "Name"
Records = Mapping[str, dict[str, Any]]
Shown = dict[str, dict[str, Any]]


def check_type_ofs(org: Org, plan: Plan) -> None:
    """SoqlError for a TYPEOF that names what there is not."""
    for type_of in plan.type_ofs:
        _queries(org, plan.sobject, type_of)


def with_type_ofs(org: Org, call: Call, plan: Plan, *, records: Records) -> None:
    """Hang into each record, by its Id, its parent with the fields for a parent of that kind."""
    for type_of in plan.type_ofs:
        link = _link(plan.sobject, type_of)
        parents = _parents(org, plan.sobject, link, list(records))
        shown: Shown = {}
        named = {name.lower() for name, _ in type_of.whens}
        for found in _queries(org, plan.sobject, type_of):
            of_kind = _shown(org, call, found, sorted(set(parents.values())))
            is_other = found.sobject.name.lower() not in named
            shown |= _by_name(found.sobject, of_kind) if is_other else of_kind
        for record_id, record in records.items():
            record[link.relationship_name or ""] = shown.get(parents.get(record_id, ""))


def _link(sobject: SObject, type_of: TypeOf) -> Field:
    name = type_of.name.lower()
    for field in sobject.fields:
        if (field.relationship_name or "").lower() == name and field.polymorphic_foreign_key:
            return field
    message = f"TYPEOF needs a polymorphic relationship, and {type_of.name} is none"
    raise SoqlError("INVALID_FIELD", message, place=type_of.place)


def _queries(org: Org, sobject: SObject, type_of: TypeOf) -> list[Plan]:
    """One plan a kind of parent: the kinds that are named, and the others where there is ELSE."""
    link, reader = _link(sobject, type_of), org.reader(all_rows=True)
    named, plans = set(), []
    for name, paths in type_of.whens:
        target = object_of(Source(name, None, type_of.place), reader.catalog)
        if target.name not in link.reference_to:
            message = f"{type_of.name} is never of type {name}"
            raise SoqlError("INVALID_FIELD", message, place=type_of.place)
        named.add(target.name)
        plans.append(planned(_query(target, paths, type_of), reader))
    others = [n for n in link.reference_to if n in reader.catalog and n not in named]
    if type_of.otherwise:
        plans += [
            planned(_query(one, _own(one, type_of.otherwise), type_of), reader)
            for one in (reader.catalog[name] for name in others)
        ]
    return plans


def _own(target: SObject, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """The fields of ELSE, which are those of a Name: an object may call its name otherwise."""
    return tuple(
        replace(path, parts=(target.name_field,))
        if path.text.lower() == NAME.lower() and target.field(NAME) is None and target.name_field
        else path
        for path in paths
    )


def _query(target: SObject, paths: tuple[Path, ...], type_of: TypeOf) -> Query:
    for path in paths:
        if len(path.parts) > 1:
            raise SoqlError(
                "INVALID_FIELD", no_such_column(path.text, target.name), place=path.place
            )
    source = Source(target.name, None, type_of.place)
    return Query(selected=tuple(Selected(path) for path in paths), source=source)


def _parents(org: Org, sobject: SObject, link: Field, ids: list[str]) -> dict[str, str]:
    query = f"""
        select "Id", {quote(link.name)} from {table(org.store.schema, sobject)}
        where "Id" = any(%s) and {quote(link.name)} is not null
    """
    with org.store.connections.transaction() as connection:
        return dict(connection.execute(query, (ids,)).fetchall())


def _shown(org: Org, call: Call, plan: Plan, ids: list[str]) -> Shown:
    render = renderer(plan, version=call.version, catalog=org.catalog)
    select = plan.select(plan.expressions())
    own = select.wrapped("select * from (", ") q (parent_id) where parent_id = any(%s)")
    with org.store.connections.transaction() as connection:
        rows = connection.execute(own.text, (*own.params, ids)).fetchall()
    return {row[0]: render(row) for row in rows}


def _by_name(sobject: SObject, shown: Shown) -> Shown:
    """The records with their names under Name, by which ELSE asked for them."""
    own = sobject.name_field if sobject.field(NAME) is None else None
    return {
        record_id: {NAME if key == own else key: value for key, value in record.items()}
        for record_id, record in shown.items()
    }
