"""Objects and fields as rows, so that an org survives a restart."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from psycopg.types.json import Jsonb

from simulator.catalog.types import Field, PicklistValue, SObject
from simulator.soql.sql import quote
from simulator.storage.connections import Connection


def save_definition(connection: Connection, state: str, sobject: SObject) -> None:
    """Keep an object's definition, new or changed."""
    statement = f"""
        insert into {quote(state)}.sobject (name, position, definition)
        values (%s, (select count(*) from {quote(state)}.sobject), %s)
        on conflict (name) do update set definition = excluded.definition
    """
    connection.execute(statement, (sobject.name, Jsonb(_said(sobject))))


def read_definitions(connection: Connection, state: str) -> dict[str, SObject]:
    """The kept objects in the order in which they came; none where no org was ever installed."""
    exists = connection.execute("select to_regclass(%s)", (f"{quote(state)}.sobject",)).fetchone()
    if exists is None or exists[0] is None:
        return {}
    rows = connection.execute(
        f"select name, definition from {quote(state)}.sobject order by position"
    )
    return {name: _sobject(definition) for name, definition in rows}


def _said(declared: SObject | Field | PicklistValue) -> dict[str, Any]:
    """What a definition says beside the defaults: an org has thousands of fields."""
    values = ((f.name, getattr(declared, f.name), f.default) for f in fields(declared))
    said = {name: value for name, value, default in values if value != default}
    for name in ("fields", "picklist"):
        if name in said:
            said[name] = [_said(one) for one in said[name]]
    return said


def _sobject(definition: dict[str, Any]) -> SObject:
    declared = tuple(_field(field) for field in definition["fields"])
    return SObject(**_tuples(definition | {"fields": declared}))


def _field(definition: dict[str, Any]) -> Field:
    picklist = tuple(PicklistValue(**_tuples(value)) for value in definition.get("picklist", ()))
    return Field(**_tuples(definition | {"picklist": picklist}))


def _tuples(definition: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in definition.items()}
