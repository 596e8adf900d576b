"""Indexes that the models ask for: made when they are missing, never dropped."""

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
