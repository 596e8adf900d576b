"""
A first load becomes the staging table: it was streamed in staging's shape, and is swapped in.

Loading beside and adding the key afterwards takes a third of the time of landing and merging.
"""

import psycopg
from psycopg import sql

from salesforce_elt.batches import Counts
from salesforce_elt.incoming import Incoming
from salesforce_elt.run import Run
from salesforce_elt.warehouse.names import staging_schema, warehouse_name
from salesforce_elt.warehouse.staging import create_keys


def swap_in(conn: psycopg.Connection, run: Run, incoming: Incoming) -> Counts:
    """Puts the loaded table in the place of the empty one, in the caller's transaction."""
    table, loading = incoming.table, incoming.landing.table
    batch_id = _reserved_batch(conn, run, incoming)
    if incoming.has_is_deleted:
        conn.execute(
            sql.SQL(
                "update {} set _is_deleted = true, _deleted_by = 'isDeleted' where is_deleted"
            ).format(loading)
        )
    conn.execute(sql.SQL("alter table {} alter _batch_id drop default").format(loading))
    counted = conn.execute(sql.SQL("select count(*) from {}").format(loading)).fetchone()
    _add_keys(conn, incoming)
    conn.execute(sql.SQL("drop table {}").format(table.name))
    conn.execute(
        sql.SQL("alter table {} rename to {}").format(
            loading, sql.Identifier(warehouse_name(table.sobject))
        )
    )
    rows = int(counted[0]) if counted else 0
    if not rows:
        conn.execute("delete from sync.pending_batches where batch_id = %s", [batch_id])
    return Counts(fetched=rows, inserted=rows)


def _reserved_batch(conn: psycopg.Connection, run: Run, incoming: Incoming) -> int:
    """The batch that the loading table gives to each of its rows by default, now pending."""
    cursor = conn.execute(
        "insert into sync.pending_batches (batch_id, org, sobject, run_id)"
        " overriding system value select column_default::bigint, %s, %s, %s"
        " from information_schema.columns where table_schema = %s and table_name = %s"
        " and column_name = '_batch_id' returning batch_id",
        [
            run.org,
            incoming.extract.sobject,
            run.run_id,
            staging_schema(run.org),
            warehouse_name(incoming.extract.sobject) + "__loading",
        ],
    )
    return int(next(cursor)[0])


def _add_keys(conn: psycopg.Connection, incoming: Incoming) -> None:
    loading = incoming.landing.table
    try:
        with conn.transaction():
            create_keys(conn, loading)
    except psycopg.errors.UniqueViolation:
        # A record that changed while its pages were read came twice: the newer one stays.
        order = sql.Identifier(incoming.cursor or "id")
        conn.execute(
            sql.SQL(
                "delete from {} as older using {} as newer where older.id = newer.id"
                " and (older.{}, older.ctid) < (newer.{}, newer.ctid)"
            ).format(loading, loading, order, order)
        )
        create_keys(conn, loading)
