"""The columns that a table has, as PostgreSQL's catalog tells: the views of `information_schema`
answer the same several times slower, and these are asked for at every turn."""

import psycopg
from psycopg import sql

# PostgreSQL's names of types, where ours are shorter.
SHORT_TYPES = {"timestamp with time zone": "timestamptz", "time without time zone": "time"}


def column_types(conn: psycopg.Connection, table: sql.Identifier) -> dict[str, str]:
    """The columns of a table and their types, in their order; empty when there is no table."""
    rows = conn.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped order by attnum",
        [table.as_string(conn)],
    )
    types: dict[str, str] = dict(rows.fetchall())
    return {name: SHORT_TYPES.get(kind, kind) for name, kind in types.items()}
