"""
Columns whose values have to go: of fields that the settings exclude, or that are hashed no longer.

A column that no mart reads is dropped. One that a mart reads stays, empty, and the marts follow
with the next publish.
"""

from collections.abc import Collection

import psycopg
from psycopg import sql

from salesforce_elt.batches import open_batch
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.run import Run
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable, drop_columns, set_types

NEEDED = {sobject.name: frozenset(map(warehouse_name, sobject.needs)) for sobject in STANDARD_SET}


def with_values(
    conn: psycopg.Connection, table: StagingTable, columns: Collection[str]
) -> list[str]:
    """Those of the columns that are to be dropped, or hold values that have to go."""
    needed = NEEDED.get(table.sobject, frozenset())
    return [
        name
        for name in columns
        if name not in needed
        or any(_has_values(conn, target, name) for target in (table.name, table.before))
    ]


def forget(
    conn: psycopg.Connection,
    run: Run,
    table: StagingTable,
    columns: Collection[str],
    *,
    hidden: Collection[str] = (),
) -> None:
    """Removes the columns' values from staging and from the rows before, in the transaction.

    `hidden` are those of which marts must not show anything any more.
    """
    needed = NEEDED.get(table.sobject, frozenset())
    drop_columns(conn, table, sorted(set(columns) - needed))
    if kept := sorted(set(columns) & needed):
        note_filled(conn, table, kept)
        _empty(conn, table, kept)
        open_batch_of_filled(conn, run, table, hidden=set(kept) & set(hidden))


def note_filled(conn: psycopg.Connection, table: StagingTable, columns: Collection[str]) -> None:
    """Notes which rows have values in the columns, before these are changed in place."""
    conn.execute("drop table if exists pg_temp.changes")
    conn.execute(
        sql.SQL(
            "create temp table changes on commit drop as"
            " select id, 'updated' as change from {} where {}"
        ).format(table.name, _is_filled(columns))
    )


def open_batch_of_filled(
    conn: psycopg.Connection, run: Run, table: StagingTable, *, hidden: Collection[str]
) -> None:
    """Makes the noted rows a batch, so that the marts follow; it says what they show until then.

    It is opened after the change: the row before must not keep what had to go.
    """
    _, batch_id = open_batch(conn, run, table)
    conn.execute(
        "update sync.pending_batches set hidden = %s where batch_id = %s",
        [sorted(hidden), batch_id],
    )
    conn.execute(
        sql.SQL("update {} as s set _batch_id = {} from changes as c where s.id = c.id").format(
            table.name, batch_id
        )
    )


def _has_values(conn: psycopg.Connection, target: sql.Identifier, column: str) -> bool:
    row = conn.execute(
        sql.SQL("select exists (select 1 from {} where {})").format(target, _is_filled([column]))
    ).fetchone()
    return bool(row and row[0])


def _is_filled(columns: Collection[str]) -> sql.Composed:
    names = [sql.SQL("{} is not null").format(sql.Identifier(name)) for name in columns]
    return sql.SQL(" or ").join(names)


def _empty(conn: psycopg.Connection, table: StagingTable, columns: Collection[str]) -> None:
    emptied = sql.SQL(", ").join(
        sql.SQL("{} = null").format(sql.Identifier(name)) for name in columns
    )
    kinds = column_types(conn, table.name)
    for target in (table.name, table.before):
        conn.execute(
            sql.SQL("update {} set {} where {}").format(target, emptied, _is_filled(columns))
        )
        set_types(conn, target, {name: kinds[name] for name in columns})
