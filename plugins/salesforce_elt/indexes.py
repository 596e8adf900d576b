"""What the planner needs to find few rows among many: indexes, and statistics of values."""

from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql


def ensure_indexes(
    conn: psycopg.Connection, table: sql.Identifier, wanted: Iterable[Sequence[str]]
) -> None:
    """Gives the table an index for each of these lists of columns, unless some index begins so."""
    present = _present(conn, table)
    for names in wanted:
        if not any(one[: len(names)] == list(names) for one in present):
            columns = sql.SQL(", ").join(map(sql.Identifier, names))
            conn.execute(sql.SQL("create index on {} ({})").format(table, columns))
            present.append(list(names))


def ensure_statistics(conn: psycopg.Connection, table: sql.Identifier) -> None:
    """Has a table analyzed that never was: without statistics few rows look like all of them."""
    row = conn.execute(
        "select exists (select 1 from pg_stats where (schemaname, tablename)"
        " = (select n.nspname, c.relname from pg_class as c inner join pg_namespace as n"
        " on n.oid = c.relnamespace where c.oid = to_regclass(%s)))",
        [table.as_string(conn)],
    ).fetchone()
    if row and not row[0]:
        conn.execute(sql.SQL("analyze {}").format(table))


def expect_cached_pages(conn: psycopg.Connection) -> None:
    """For this transaction: rows by index cost little more than rows in order.

    PostgreSQL's own figure is that of a turning disk, by which reading a whole table looks cheaper
    than looking a thousand rows up in it.
    """
    conn.execute("set local random_page_cost = 1.1")


def _present(conn: psycopg.Connection, table: sql.Identifier) -> list[list[str]]:
    """The columns of the table's indexes that hold every row, in their order."""
    rows = conn.execute(
        "select array_agg(a.attname::text order by k.position) from pg_index as i"
        " cross join unnest(i.indkey::int2[]) with ordinality as k (attnum, position)"
        " inner join pg_attribute as a on a.attrelid = i.indrelid and a.attnum = k.attnum"
        " where i.indrelid = to_regclass(%s) and i.indpred is null and i.indisvalid"
        " group by i.indexrelid",
        [table.as_string(conn)],
    )
    return [list(names) for (names,) in rows]
