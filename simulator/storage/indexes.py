"""Indexes, primary keys too: taken away while much is loaded, built at the end."""

from __future__ import annotations

from simulator.soql.sql import quote
from simulator.storage.connections import Connection

# sorting millions of keys in memory that the server gives only for the time of the building
SORT_MEMORY = "256MB"


def take_away(connection: Connection, schema: str) -> list[str]:
    """Drop the indexes of a schema and its primary keys; the DDL that builds them again."""
    query = """
        select i.indexrelid::regclass::text, i.indrelid::regclass::text, quote_ident(k.conname),
            coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(i.indexrelid))
        from pg_index i
        join pg_class c on c.oid = i.indrelid and c.relnamespace = %s::regnamespace
        left join pg_constraint k on k.conindid = i.indexrelid
        where c.relkind = 'r' order by 1
    """
    built_by = []
    for index, table, key, definition in connection.execute(query, (quote(schema),)).fetchall():
        if key is None:
            connection.execute(f"drop index {index}")
            built_by.append(definition)
        else:
            connection.execute(f"alter table {table} drop constraint {key}")
            built_by.append(f"alter table {table} add constraint {key} {definition}")
    return built_by


def build(connection: Connection, definitions: list[str]) -> None:
    """Build the indexes again."""
    connection.execute(f"set local maintenance_work_mem = '{SORT_MEMORY}'")
    for definition in definitions:
        connection.execute(definition)
