"""Indexes beside the primary keys: taken away while much is loaded, built at the end."""

from __future__ import annotations

from simulator.soql.sql import quote
from simulator.storage.connections import Connection

# sorting millions of keys in memory that the server gives only for the time of the building
SORT_MEMORY = "256MB"


def take_away(connection: Connection, schema: str) -> list[str]:
    """Drop the indexes of a schema but for its primary keys; the DDL that builds them again."""
    query = """
        select i.indexname, i.indexdef from pg_indexes i
        join pg_class c on c.relname = i.indexname and c.relnamespace = %s::regnamespace
        join pg_index x on x.indexrelid = c.oid
        where i.schemaname = %s and not x.indisprimary order by i.indexname
    """
    found = connection.execute(query, (quote(schema), schema)).fetchall()
    for name, _ in found:
        connection.execute(f"drop index {quote(schema)}.{quote(name)}")
    return [definition for _, definition in found]


def build(connection: Connection, definitions: list[str]) -> None:
    """Build the indexes again."""
    connection.execute(f"set local maintenance_work_mem = '{SORT_MEMORY}'")
    for definition in definitions:
        connection.execute(definition)
