"""
From landing to staging, in one transaction with the watermark.

What replaces a row (rule 5): the incoming stamp is not older, and some column differs.
What it replaces is kept in the before-table until it is published (rule 4), and the batch is
pending from this commit on (rule 3).
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt import extracts, known_fields, results, view_all, watermarks
from salesforce_elt.batches import Counts, open_batch
from salesforce_elt.errors import Incomplete
from salesforce_elt.incoming import Incoming, find_changes
from salesforce_elt.run import Run
from salesforce_elt.swap import swap_in
from salesforce_elt.vanished import find_vanished, flag_vanished
from salesforce_elt.warehouse.staging import column_list


def merge(conn: psycopg.Connection, run: Run, incoming: Incoming, *, landed: int) -> Counts:
    """Applies a complete extract to staging and moves the watermark; all or nothing.

    Raises LeaseLost when the org is not this run's any more, AccessDenied when more records are
    missing from a full read than deletes explain.
    """
    extract = incoming.extract
    with conn.transaction():
        extracts.hold(conn, run, extract)
        require_all(conn, incoming, landed=landed)
        if extract.is_beside:
            counts = swap_in(conn, run, incoming, landed=landed)
        else:
            counts = apply_rows(conn, run, incoming, landed=landed)
        watermarks.advance(
            conn, run.org, extract.sobject, start=extract.watermark, until=extract.until
        )
        if extract.is_full:
            watermarks.cover_deletes(conn, run.org, extract.sobject, until=extract.until)
            known_fields.complete(conn, run.org, extract.sobject, extract.fields)
            view_all.keep_right(conn, run, extract.sobject)
        extracts.close(conn, extract, state="merged")
        results.note_counts(conn, run, extract.sobject, counts=counts)
    return counts


def require_all(conn: psycopg.Connection, incoming: Incoming, *, landed: int) -> None:
    """What is merged is counted here, in the table: another try may have emptied it meanwhile."""
    table = incoming.landing.table
    cursor = conn.execute(sql.SQL("select count(*) from {}").format(table))
    (found,) = next(cursor)
    if found != landed:
        raise Incomplete(
            f"{incoming.extract.sobject}: {landed:,} records were fetched and {found:,} are in "
            "the landing table. Another try of the task worked on it; it is tried again.",
            expected=landed,
            landed=found,
        )


def apply_rows(
    conn: psycopg.Connection,
    run: Run,
    incoming: Incoming,
    *,
    landed: int,
    among: Sequence[str] | None = None,
) -> Counts:
    """Merges what landed, in the caller's transaction; of a full read, or `among` the Ids that were
    asked for, what did not come is gone (rule 8)."""
    find_changes(conn, incoming)
    if incoming.extract.is_full or among is not None:
        find_vanished(conn, incoming, among=among)
    counts, batch_id = open_batch(conn, run, incoming.table)
    _write_changes(conn, incoming, batch_id=batch_id)
    flag_vanished(conn, incoming, batch_id=batch_id)
    conn.execute(sql.SQL("drop table {}").format(incoming.landing.table))
    return Counts(fetched=landed) + counts


def _write_changes(conn: psycopg.Connection, incoming: Incoming, *, batch_id: int | None) -> None:
    replaced = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(one.name))
        for one in incoming.landing.columns
    )
    conn.execute(
        sql.SQL(
            "insert into {} ({}, _is_deleted, _deleted_by, _batch_id)"
            " select {}, {}, case when {} then 'isDeleted' end, {}"
            " from {} as n inner join changes as c on c.id = n.id"
            " on conflict (id) do update set {}, _is_deleted = excluded._is_deleted,"
            " _deleted_by = excluded._deleted_by, _deleted_at = null,"
            " _batch_id = excluded._batch_id"
        ).format(
            incoming.table.name,
            column_list(incoming.landing.columns),
            incoming.values("n"),
            incoming.is_gone,
            incoming.is_gone,
            batch_id,
            incoming.landing.table,
            replaced,
        )
    )
