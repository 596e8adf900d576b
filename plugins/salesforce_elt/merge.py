"""
From landing to staging, in one transaction with the watermark.

What replaces a row (rule 5): the incoming stamp is not older, and some column differs.
What it replaces is kept in the before-table until it is published (rule 4), and the batch is
pending from this commit on (rule 3).
"""

import psycopg
from psycopg import sql

from salesforce_elt import extracts, results, watermarks
from salesforce_elt.batches import Counts, open_batch
from salesforce_elt.errors import Incomplete
from salesforce_elt.first_load import swap_in
from salesforce_elt.incoming import Incoming
from salesforce_elt.run import Run
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
        _require_all(conn, incoming, landed=landed)
        if incoming.landing.is_first_load:
            counts = swap_in(conn, run, incoming)
        else:
            counts = _apply(conn, run, incoming, landed=landed)
            conn.execute(sql.SQL("drop table {}").format(incoming.landing.table))
        watermarks.advance(
            conn, run.org, extract.sobject, start=extract.watermark, until=extract.until
        )
        if extract.is_full:
            watermarks.cover_deletes(conn, run.org, extract.sobject, until=extract.until)
        extracts.close(conn, extract, state="merged")
        results.note_counts(conn, run, extract.sobject, counts=counts)
    return counts


def _require_all(conn: psycopg.Connection, incoming: Incoming, *, landed: int) -> None:
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


def _apply(conn: psycopg.Connection, run: Run, incoming: Incoming, *, landed: int) -> Counts:
    _find_changes(conn, incoming)
    if incoming.extract.is_full:
        find_vanished(conn, incoming)
    counts, batch_id = open_batch(conn, run, incoming.table)
    _write_changes(conn, incoming, batch_id=batch_id)
    flag_vanished(conn, incoming, batch_id=batch_id)
    return Counts(fetched=landed) + counts


def _find_changes(conn: psycopg.Connection, incoming: Incoming) -> None:
    """`newest`: a row per record that landed; `changes`: those that differ from staging."""
    columns = column_list(incoming.landing.columns)
    order = sql.Identifier(incoming.cursor) if incoming.cursor else sql.SQL("id")
    conn.execute(
        sql.SQL(
            "create temp table newest on commit drop as"
            " select distinct on (id) {}, {} as is_gone from {} order by id, {} desc"
        ).format(columns, _is_gone(incoming), incoming.landing.table, order)
    )
    conn.execute(
        sql.SQL(
            "create temp table changes on commit drop as"
            " select n.id, null::timestamptz as deleted_at, case when s.id is null then 'inserted'"
            " when n.is_gone and not s._is_deleted then 'deleted' else 'updated' end as change"
            " from newest as n left join {} as s on s.id = n.id"
            " where s.id is null or ({} and ({}, n.is_gone) is distinct from ({}, s._is_deleted))"
        ).format(
            incoming.table.name,
            _is_not_older(incoming),
            _prefixed("n", incoming),
            _prefixed("s", incoming),
        )
    )


def _write_changes(conn: psycopg.Connection, incoming: Incoming, *, batch_id: int | None) -> None:
    columns = column_list(incoming.landing.columns)
    replaced = sql.SQL(", ").join(
        sql.SQL("{} = excluded.{}").format(sql.Identifier(one.name), sql.Identifier(one.name))
        for one in incoming.landing.columns
    )
    conn.execute(
        sql.SQL(
            "insert into {} ({}, _is_deleted, _deleted_by, _batch_id)"
            " select {}, n.is_gone, case when n.is_gone then 'isDeleted' end, {}"
            " from newest as n inner join changes as c on c.id = n.id"
            " on conflict (id) do update set {}, _is_deleted = excluded._is_deleted,"
            " _deleted_by = excluded._deleted_by, _deleted_at = null,"
            " _batch_id = excluded._batch_id"
        ).format(incoming.table.name, columns, _prefixed("n", incoming), batch_id, replaced)
    )


def _is_not_older(incoming: Incoming) -> sql.Composable:
    """Rule 5: not older than the row; strictly newer than a delete that came without a row."""
    if incoming.cursor is None:
        return sql.SQL("true")
    stamp = sql.Identifier(incoming.cursor)
    return sql.SQL(
        "(s.{} is null or n.{} >= s.{})"
        " and (s._deleted_at is null or n.is_gone or n.{} > s._deleted_at)"
    ).format(stamp, stamp, stamp, stamp)


def _is_gone(incoming: Incoming) -> sql.SQL:
    return sql.SQL("coalesce(is_deleted, false)" if incoming.has_is_deleted else "false")


def _prefixed(alias: str, incoming: Incoming) -> sql.Composed:
    names = incoming.landing.columns
    return sql.SQL(", ").join(
        sql.SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(one.name)) for one in names
    )
