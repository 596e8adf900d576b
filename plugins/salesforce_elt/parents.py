"""
Parents that staging does not have, although their object is synced (rule 12).

A child may arrive before its parent, or the parent may be hidden. What a run's changes refer to
and staging lacks is noted; the next run reads it by Id, once. What is not found is remembered, so
that it is not asked for at every sync.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt import results
from salesforce_elt.batches import Counts
from salesforce_elt.loading import Tools
from salesforce_elt.references import Reference, references
from salesforce_elt.reread import AT_MOST, reread
from salesforce_elt.results import Finding
from salesforce_elt.run import Run
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.staging import StagingTable

PREFIX = 3  # the letters of an Id that name its object


def note_missing(conn: psycopg.Connection, run: Run) -> None:
    """Notes the parents that the pending changes refer to and staging lacks, and commits.

    Small setup objects are read whole when they differ, so theirs need no noting.
    """
    with conn.transaction():
        leases.hold(conn, run)
        for sobject, batches in _pending(conn, run).items():
            for reference in references(conn, run.org, sobject):
                _note(conn, reference, batches=batches)


def read_parents(tools: Tools, run: Run, sobject: str) -> Counts:
    """Reads the object's missing parents by Id; those that do not come are not asked for again."""
    ids = _still_missing(tools.conn, run, sobject)
    if not ids:
        return Counts()
    counts = reread(tools, run, sobject, ids)
    tools.conn.execute(
        "update sync.wanted_records set asked_until = %s"
        " where org = %s and sobject = %s and id = any(%s) and reason = 'missing_parent'",
        [run.until, run.org, sobject, ids],
    )
    if hidden := len(ids) - counts.inserted:
        results.note_findings(tools.conn, run, [_dangling(sobject, hidden)], station="extract")
    return counts


def _still_missing(conn: psycopg.Connection, run: Run, sobject: str) -> list[str]:
    """Those that have not come meanwhile; the others are missing no more."""
    conn.execute(
        sql.SQL(
            "delete from sync.wanted_records as m using {} as s where m.org = {}"
            " and m.sobject = {} and m.reason = 'missing_parent' and s.id = m.id"
        ).format(StagingTable(run.org, sobject).name, run.org, sobject)
    )
    rows = conn.execute(
        "select id from sync.wanted_records where org = %s and sobject = %s"
        " and reason = 'missing_parent' and asked_until is null order by id limit %s",
        [run.org, sobject, AT_MOST],
    )
    return [record_id for (record_id,) in rows]


def _pending(conn: psycopg.Connection, run: Run) -> dict[str, list[int]]:
    rows = conn.execute(
        "select sobject, array_agg(batch_id) from sync.pending_batches where org = %s"
        " group by sobject",
        [run.org],
    )
    return dict(rows.fetchall())


def _note(conn: psycopg.Connection, reference: Reference, *, batches: Sequence[int]) -> None:
    conn.execute(
        sql.SQL(
            "insert into sync.wanted_records (org, sobject, id, reason)"
            " select distinct {org}, {parent}, s.{column}, 'missing_parent' from {child} as s"
            " where s._batch_id = any({batches}) and not s._is_deleted and s.{column} is not null"
            " and ({is_only} or left(s.{column}, {prefix})"
            " = (select left(min(p.id), {prefix}) from {parents} as p))"
            " and not exists (select 1 from {parents} as p where p.id = s.{column})"
            " on conflict do nothing"
        ).format(
            org=reference.child.org,
            parent=reference.parent.sobject,
            child=reference.child.name,
            column=sql.Identifier(reference.column),
            parents=reference.parent.name,
            batches=list(batches),
            is_only=reference.is_only,
            prefix=PREFIX,
        )
    )


def _dangling(sobject: str, count: int) -> Finding:
    return Finding(
        "warning",
        "parents_missing",
        f"{count:,} records of {sobject} that others refer to are not in Salesforce, or are hidden "
        "from the integration user; the references are empty in the marts. Give it View All on "
        f"{sobject} to have them. They are not asked for again.",
        sobject,
    )
