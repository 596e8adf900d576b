"""Objects and fields as rows, so that an org survives a restart."""

from __future__ import annotations

from dataclasses import asdict
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
    connection.execute(statement, (sobject.name, Jsonb(asdict(sobject))))


def read_definitions(connection: Connection, state: str) -> dict[str, SObject]:
    """The kept objects in the order in which they came; none where no org was ever installed."""
    exists = connection.execute("select to_regclass(%s)", (f"{quote(state)}.sobject",)).fetchone()
    if exists is None or exists[0] is None:
        return {}
    rows = connection.execute(
        f"select name, definition from {quote(state)}.sobject order by position"
    )
    return {name: _sobject(definition) for name, definition in rows}


def _sobject(definition: dict[str, Any]) -> SObject:
    fields = tuple(_field(field) for field in definition["fields"])
    return SObject(**_tuples(definition | {"fields": fields}))


def _field(definition: dict[str, Any]) -> Field:
    picklist = tuple(PicklistValue(**_tuples(value)) for value in definition["picklist"])
    return Field(**_tuples(definition | {"picklist": picklist}))


def _tuples(definition: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in definition.items()}
