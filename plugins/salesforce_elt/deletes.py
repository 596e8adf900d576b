"""Deletes that getDeleted tells of: purged and hard-deleted records, which no query shows."""

import psycopg
from psycopg import sql

from salesforce_elt import results
from salesforce_elt.batches import Counts, open_batch
from salesforce_elt.run import Run
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.staging import StagingTable


def mark_deleted(conn: psycopg.Connection, run: Run, sobject: str) -> Counts:
    """Flags the rows that getDeleted named, in one transaction with its note's removal.

    A row that is stamped after its delete came back by undelete, and stays.
    """
    table = StagingTable(run.org, sobject)
    if not _has_learnt_deletes(conn, run, sobject):
        return Counts()
    with conn.transaction():
        leases.hold(conn, run)
        conn.execute(
            sql.SQL(
                "create temp table changes on commit drop as"
                " select s.id, 'deleted' as change, l.deleted_at"
                " from sync.learnt_deletes as l inner join {} as s on s.id = l.id"
                " where l.org = {} and l.sobject = {} and not s._is_deleted"
                " and (s.system_modstamp is null or s.system_modstamp <= l.deleted_at)"
            ).format(table.name, run.org, sobject)
        )
        counts, batch_id = open_batch(conn, run, table)
        conn.execute(
            sql.SQL(
                "update {} as s set _is_deleted = true, _deleted_by = 'getDeleted',"
                " _deleted_at = c.deleted_at, _batch_id = {} from changes as c where s.id = c.id"
            ).format(table.name, batch_id)
        )
        conn.execute(
            "delete from sync.learnt_deletes where org = %s and sobject = %s", [run.org, sobject]
        )
        results.note_counts(conn, run, sobject, counts=counts)
    return counts


def _has_learnt_deletes(conn: psycopg.Connection, run: Run, sobject: str) -> bool:
    row = conn.execute(
        "select exists (select 1 from sync.learnt_deletes where org = %s and sobject = %s)",
        [run.org, sobject],
    ).fetchone()
    return bool(row and row[0])
