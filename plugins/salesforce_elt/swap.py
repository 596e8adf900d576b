"""
What was read beside staging takes its place, in one transaction (rule 9).

Loading beside and adding the key afterwards takes a third of the time of landing and merging. Of
what was there before, everything stays that the read cannot know better: rows that it lacks, with
how their delete was learnt; rows that are newer; the values of fields that are hidden now.
"""

import psycopg
from psycopg import sql

from salesforce_elt.batches import Counts, open_batch
from salesforce_elt.incoming import Incoming, find_changes
from salesforce_elt.run import Run
from salesforce_elt.vanished import find_vanished
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import staging_schema, table_name
from salesforce_elt.warehouse.replacing import replace_staging
from salesforce_elt.warehouse.staging import (
    LOADING,
    METADATA,
    create_batch_index,
    match_shape,
)


def swap_in(conn: psycopg.Connection, run: Run, incoming: Incoming, *, landed: int) -> Counts:
    """Puts the loaded table in staging's place, in the caller's transaction.

    Raises AccessDenied when more records are missing than deletes explain, WarehouseUnavailable
    when somebody uses the staging table for long.
    """
    loading = incoming.landing.table
    match_shape(conn, incoming.table)
    _flag_deleted(conn, incoming)
    batch_id = _batch_of_a_first_load(conn, run, incoming)
    if batch_id is not None:
        counts = _first_load(conn, batch_id=batch_id, landed=landed)
    else:
        counts = _differences(conn, run, incoming)
    conn.execute(sql.SQL("alter table {} alter _batch_id drop default").format(loading))
    create_batch_index(conn, loading)
    replace_staging(conn, incoming.table)
    return Counts(fetched=landed) + counts


def _flag_deleted(conn: psycopg.Connection, incoming: Incoming) -> None:
    if incoming.has_is_deleted:
        conn.execute(
            sql.SQL(
                "update {} set _is_deleted = true, _deleted_by = 'isDeleted' where is_deleted"
            ).format(incoming.landing.table)
        )


def _batch_of_a_first_load(conn: psycopg.Connection, run: Run, incoming: Incoming) -> int | None:
    """The batch that the loading table gives to each of its rows by default, now pending; None
    when there were rows before."""
    row = conn.execute(
        "insert into sync.pending_batches (batch_id, org, sobject, run_id)"
        " overriding system value select column_default::bigint, %s, %s, %s"
        " from information_schema.columns where table_schema = %s and table_name = %s"
        " and column_name = '_batch_id' and column_default is not null returning batch_id",
        [
            run.org,
            incoming.extract.sobject,
            run.run_id,
            staging_schema(run.org),
            table_name(incoming.extract.sobject, LOADING),
        ],
    ).fetchone()
    return row[0] if row else None


def _first_load(conn: psycopg.Connection, *, batch_id: int, landed: int) -> Counts:
    if not landed:
        conn.execute("delete from sync.pending_batches where batch_id = %s", [batch_id])
    return Counts(inserted=landed)


def _differences(conn: psycopg.Connection, run: Run, incoming: Incoming) -> Counts:
    """Finds what differs from the rows before, notes it, and carries over what stays."""
    _keep_hidden_fields(conn, incoming)
    find_changes(conn, incoming)
    find_vanished(conn, incoming)
    counts, batch_id = open_batch(conn, run, incoming.table)
    _note_batches(conn, incoming, batch_id=batch_id)
    _drop_older(conn, incoming)
    _carry_over(conn, incoming, batch_id=batch_id)
    return counts


def _keep_hidden_fields(conn: psycopg.Connection, incoming: Incoming) -> None:
    """A field that the org does not show any more keeps its last values."""
    read = {one.name for one in incoming.landing.columns} | {name for name, _ in METADATA}
    present = column_types(conn, incoming.table.name)
    hidden = [sql.Identifier(one) for one in present if one not in read]
    if not hidden:
        return
    conn.execute(
        sql.SQL("update {} as n set {} from {} as s where s.id = n.id and {}").format(
            incoming.landing.table,
            sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(name) for name in hidden),
            incoming.table.name,
            sql.SQL(" or ").join(sql.SQL("s.{} is not null").format(name) for name in hidden),
        )
    )


def _note_batches(conn: psycopg.Connection, incoming: Incoming, *, batch_id: int | None) -> None:
    """What differs belongs to this batch; what was pending already stays so (rule 3)."""
    conn.execute(
        sql.SQL(
            "update {} as n set _batch_id = s._batch_id from {} as s"
            " inner join sync.pending_batches as b on b.batch_id = s._batch_id where s.id = n.id"
        ).format(incoming.landing.table, incoming.table.name)
    )
    conn.execute(
        sql.SQL("update {} as n set _batch_id = {} from changes as c where c.id = n.id").format(
            incoming.landing.table, batch_id
        )
    )


def _drop_older(conn: psycopg.Connection, incoming: Incoming) -> None:
    """Where staging has the newer row, or knows of a later delete, that one stays (rule 5)."""
    conn.execute(
        sql.SQL("delete from {} as n using {} as s where s.id = n.id and not {}").format(
            incoming.landing.table, incoming.table.name, incoming.is_not_older
        )
    )


def _carry_over(conn: psycopg.Connection, incoming: Incoming, *, batch_id: int | None) -> None:
    """Rows that only staging has: deleted ones as they are, vanished ones as deleted now."""
    kept = [
        sql.Identifier(name)
        for name in column_types(conn, incoming.table.name)
        if name not in ("_is_deleted", "_deleted_by", "_batch_id")
    ]
    conn.execute(
        sql.SQL(
            "insert into {} ({}, _is_deleted, _deleted_by, _batch_id)"
            " select {}, s._is_deleted or c.id is not null,"
            " case when c.id is null then s._deleted_by else 'vanished' end,"
            " case when c.id is null then s._batch_id else {} end"
            " from {} as s left join changes as c on c.id = s.id and c.change = 'vanished'"
            " where not exists (select 1 from {} as n where n.id = s.id)"
        ).format(
            incoming.landing.table,
            sql.SQL(", ").join(kept),
            sql.SQL(", ").join(sql.SQL("s.{}").format(name) for name in kept),
            batch_id,
            incoming.table.name,
            incoming.landing.table,
        )
    )
