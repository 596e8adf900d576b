"""Looks for texts wherever a warehouse might show them."""

from collections.abc import Iterable, Iterator

import psycopg
from psycopg import sql

TABLES = """
select table_schema, table_name from information_schema.tables
where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'
order by 1, 2
"""


def places_with(conn: psycopg.Connection, texts: Iterable[str]) -> list[str]:
    """The tables in which some row shows one of the texts; all schemas, temporary ones too."""
    wanted = [text for text in texts if text]
    assert wanted, "nothing to look for"
    return [str(place) for place in _places(conn, wanted)]


def statistics_with(conn: psycopg.Connection, texts: Iterable[str]) -> list[str]:
    """The staging columns whose statistics, kept for the planner, show one of the texts."""
    rows = conn.execute(
        "select schemaname || '.' || tablename || '.' || attname, stats::text"
        " from pg_stats as stats where schemaname like 'staging%' order by 1"
    ).fetchall()
    return [name for name, shown in rows if any(text in shown for text in texts)]


def _places(conn: psycopg.Connection, texts: list[str]) -> Iterator[str]:
    for schema, table in conn.execute(TABLES).fetchall():
        row = conn.execute(
            sql.SQL(
                "select count(*) from {} as t, unnest(%s::text[]) as clear (text)"
                " where strpos(t::text, clear.text) > 0"
            ).format(sql.Identifier(schema, table)),
            [texts],
        ).fetchone()
        if row and row[0]:
            yield f"{schema}.{table}"
