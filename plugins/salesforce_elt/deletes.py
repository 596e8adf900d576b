"""
Deletes that no query shows: getDeleted tells of records that were purged or hard-deleted.

They have a watermark of their own (rule 10). What is learnt is kept until the object's own
rows have been merged, and is marked in staging then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql

from salesforce_elt import results, watermarks
from salesforce_elt.batches import Counts, open_batch
from salesforce_elt.errors import AccessDenied, RequestRefused
from salesforce_elt.results import Finding
from salesforce_elt.run import Run
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer
from salesforce_elt.salesforce.describes import (
    REACH,
    SHORTEST_SPAN,
    TOO_MANY,
    TOO_OLD,
    Span,
    deleted_path,
)
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.staging import StagingTable


@dataclass(frozen=True)
class Untold:
    """The objects whose deletes Salesforce does not tell any more, so that their Ids have to be
    compared, and what is to be said of those and others."""

    names: frozenset[str]
    findings: Sequence[Finding]


def spans(conn: psycopg.Connection, run: Run, names: Sequence[str]) -> dict[str, Span]:
    """Since when deletes are asked for, of the objects that have been loaded once.

    When less than two whole minutes have passed the call is left to the next run. What lies
    further back than getDeleted reaches is not asked for: see `untold`.
    """
    return {
        name: (mark, run.until)
        for name, mark in _marks(conn, run, names).items()
        if SHORTEST_SPAN <= run.until - mark <= REACH
    }


def learn(
    conn: psycopg.Connection, run: Run, answers: Mapping[str, Answer], spans: Mapping[str, Span]
) -> None:
    """Keeps the Ids that getDeleted names, and moves its watermark."""
    for name, answer in answers.items():
        if answer.is_success:
            with conn.transaction():
                leases.hold(conn, run)
                _keep(conn, run, name, answer.body)
                covered = min(datetime.fromisoformat(answer.body["latestDateCovered"]), run.until)
                watermarks.advance(
                    conn,
                    run.org,
                    name,
                    start=spans[name][0],
                    until=covered,
                    kind=watermarks.DELETES,
                )


def untold(
    conn: psycopg.Connection, run: Run, answers: Mapping[str, Answer], names: Sequence[str]
) -> Untold:
    """Which of these objects' deletes are out of getDeleted's reach, or were too many to tell."""
    missed = {name for name, mark in _marks(conn, run, names).items() if run.until - mark > REACH}
    refused = {name: answer for name, answer in answers.items() if not answer.is_success}
    missed |= {name for name, answer in refused.items() if answer.code in (TOO_OLD, TOO_MANY)}
    others = [_refused(name, answer) for name, answer in refused.items() if name not in missed]
    return Untold(frozenset(missed), [*(_missed(name) for name in sorted(missed)), *others])


def _marks(conn: psycopg.Connection, run: Run, names: Sequence[str]) -> dict[str, datetime]:
    marks = {name: watermarks.read(conn, run.org, name, kind=watermarks.DELETES) for name in names}
    return {name: mark for name, mark in marks.items() if mark is not None}


def learn_until_now(
    conn: psycopg.Connection, run: Run, sobject: str, *, client: SalesforceClient
) -> bool:
    """Asks once more, up to the server's clock, for a full read that ran on after the plan.

    The watermark stays: the next run asks for the same span again. False: the org does not tell.
    """
    now = client.server_time()
    mark = watermarks.read(conn, run.org, sobject, kind=watermarks.DELETES) or now
    start = min(mark, now - SHORTEST_SPAN - timedelta(minutes=1))
    start = max(start, now - REACH + timedelta(hours=1))
    path = client.data_path + deleted_path(sobject, start, now)
    try:
        body = client.get(path, asked=f"Ask for deleted records of {sobject}")
    except (AccessDenied, RequestRefused):
        return False
    _keep(conn, run, sobject, body)
    return True


def mark(conn: psycopg.Connection, run: Run, sobject: str, *, cursor: str | None) -> Counts:
    """Flags the rows that getDeleted named, in one transaction with its note's removal.

    A row that is stamped after its delete came back by undelete, and stays.
    """
    table = StagingTable(run.org, sobject)
    if not _has_learnt(conn, run, sobject):
        return Counts()
    with conn.transaction():
        leases.hold(conn, run)
        _find(conn, table, cursor=cursor)
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


def _find(conn: psycopg.Connection, table: StagingTable, *, cursor: str | None) -> None:
    stamp = sql.SQL("s.") + sql.Identifier(cursor) if cursor else sql.SQL("null::timestamptz")
    conn.execute(
        sql.SQL(
            "create temp table changes on commit drop as"
            " select s.id, 'deleted' as change, l.deleted_at"
            " from sync.learnt_deletes as l inner join {} as s on s.id = l.id"
            " where l.org = {} and l.sobject = {} and not s._is_deleted"
            " and coalesce({} <= l.deleted_at, true)"
        ).format(table.name, table.org, table.sobject, stamp)
    )


def _has_learnt(conn: psycopg.Connection, run: Run, sobject: str) -> bool:
    cursor = conn.execute(
        "select exists (select 1 from sync.learnt_deletes where org = %s and sobject = %s)",
        [run.org, sobject],
    )
    (has_learnt,) = next(cursor)
    return bool(has_learnt)


def _keep(conn: psycopg.Connection, run: Run, name: str, body: Mapping[str, Any]) -> None:
    rows = [(run.org, name, one["id"], one["deletedDate"]) for one in body["deletedRecords"]]
    with conn.cursor() as cursor:
        cursor.executemany(
            "insert into sync.learnt_deletes (org, sobject, id, deleted_at)"
            " values (%s, %s, %s, %s) on conflict (org, sobject, id) do update"
            " set deleted_at = greatest(learnt_deletes.deleted_at, excluded.deleted_at)",
            rows,
        )


def _missed(name: str) -> Finding:
    return Finding(
        "info",
        "deletes_missed",
        f"Salesforce does not tell any more which records of {name} were deleted since the last "
        "sync: it was too long ago, or there were too many. The Ids of all records are read and "
        "compared instead.",
        name,
    )


def _refused(name: str, answer: Answer) -> Finding:
    error = answer.error(asked=f"Deleted records of {name}")
    return Finding(
        "warning",
        "deletes_unknown",
        f"{error} Records that were deleted without passing the recycle bin stay in the "
        "warehouse until the next reconcile or full synchronization.",
        name,
    )
