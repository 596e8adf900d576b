"""
An extract: one request for an SObject's window, which outlives the run that began it.

Its pages arrive one by one, each committed with its checkpoint, so that a task that is killed
goes on at the next page, also on another worker, and a finished Bulk job is never bought twice.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import psycopg
from psycopg.rows import class_row

from salesforce_elt.errors import RetryableError
from salesforce_elt.run import Run
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.names import warehouse_name

Cell = str | None


@dataclass(frozen=True)
class Extract:
    """What is asked, how, and since which watermark of staging."""

    extract_id: int
    org: str
    sobject: str
    since: datetime | None
    until: datetime
    watermark: datetime | None
    is_full: bool
    way: str
    soql: str
    fields: list[str]
    job_id: str | None


@dataclass(frozen=True)
class Asking:
    """An extract before it is noted."""

    sobject: str
    since: datetime | None
    watermark: datetime | None
    is_full: bool
    way: str
    soql: str
    fields: Sequence[str]


@dataclass(frozen=True)
class Page:
    """A part of an answer: CSV bytes with a header line (Bulk), or rows of cells (REST).

    `locator` is where Salesforce keeps the page after this one; None at the end.
    """

    row_count: int
    locator: str | None
    csv: Iterable[bytes] | None = None
    rows: Iterable[Sequence[Cell]] = ()


@dataclass(frozen=True)
class Checkpoint:
    """The pages that are here: how many, how many rows, and the locator of the next one."""

    pages: int
    row_count: int
    locator: str | None


NOTHING_YET = Checkpoint(0, 0, None)


class Source(Protocol):
    """A way to get an extract's answer from Salesforce."""

    def pages(self, *, after: Checkpoint) -> Iterable[Page]:
        """The pages that follow the checkpoint."""

    def expected(self) -> int:
        """How many records Salesforce says the answer has; known once the pages were read."""


def begin(conn: psycopg.Connection, run: Run, asking: Asking) -> Extract:
    """Notes an extract before Salesforce is asked, and commits."""
    with conn.transaction():
        leases.hold(conn, run)
        cursor = conn.cursor(row_factory=class_row(Extract)).execute(
            "insert into sync.extracts (org, sobject, since, until, watermark, is_full, way,"
            " soql, fields, state, run_id) values (%s, %s, %s, %s, %s, %s, %s, %s, %s,"
            " 'planned', %s) returning extract_id, org, sobject, since, until, watermark,"
            " is_full, way, soql, fields, job_id",
            [
                run.org,
                asking.sobject,
                asking.since,
                run.until,
                asking.watermark,
                asking.is_full,
                asking.way,
                asking.soql,
                list(asking.fields),
                run.run_id,
            ],
        )
        return next(cursor)


def unfinished(conn: psycopg.Connection, run: Run, sobject: str) -> Extract | None:
    """The object's extract that this run, or one before it, began and did not merge."""
    cursor = conn.cursor(row_factory=class_row(Extract)).execute(
        "select extract_id, org, sobject, since, until, watermark, is_full, way, soql, fields,"
        " job_id from sync.extracts where org = %s and sobject = %s"
        " and state = 'planned'",
        [run.org, sobject],
    )
    return cursor.fetchone()


def hold(conn: psycopg.Connection, run: Run, extract: Extract) -> None:
    """Keeps the org and the extract for this transaction: two tries of a task take turns.

    Raises LeaseLost when the org is not this run's any more, RetryableError when another try has
    ended the extract.
    """
    leases.hold(conn, run)
    row = conn.execute(
        "select state from sync.extracts where extract_id = %s for update", [extract.extract_id]
    ).fetchone()
    if row is None or row[0] != "planned":
        raise RetryableError(
            f"{extract.sobject}: another try of this task has ended the extract that this one was "
            "working on. It is tried again, and finds what is left to do."
        )


def last_fields(conn: psycopg.Connection, org: str, sobject: str) -> frozenset[str] | None:
    """The fields that the object's last merged extract read; None when there was none."""
    row = conn.execute(
        "select fields from sync.extracts where org = %s and sobject = %s and state = 'merged'"
        " order by extract_id desc limit 1",
        [org, sobject],
    ).fetchone()
    return frozenset(row[0]) if row else None


def forget_fields(
    conn: psycopg.Connection, org: str, sobject: str, columns: Collection[str]
) -> None:
    """The columns' fields count as never read, so the next sync reads them for all records."""
    known = last_fields(conn, org, sobject) or frozenset()
    if forgotten := [one for one in known if warehouse_name(one) in columns]:
        conn.execute(
            "update sync.extracts set fields ="
            " array(select one from unnest(fields) as one where one <> all(%s))"
            " where org = %s and sobject = %s and state = 'merged' and fields && %s",
            [forgotten, org, sobject, forgotten],
        )


def is_done(conn: psycopg.Connection, run: Run, sobject: str) -> bool:
    """Whether this run has merged its own window of the object already (the task ran before)."""
    row = conn.execute(
        "select 1 from sync.extracts where run_id = %s and sobject = %s and until = %s"
        " and state = 'merged'",
        [run.run_id, sobject, run.until],
    ).fetchone()
    return row is not None


def note_job(conn: psycopg.Connection, extract: Extract, job_id: str) -> None:
    """Keeps the Bulk job's id, so that the job is found again after a kill, and commits."""
    with conn.transaction():
        conn.execute(
            "update sync.extracts set job_id = %s where extract_id = %s",
            [job_id, extract.extract_id],
        )


def left_jobs(conn: psycopg.Connection, run: Run, sobject: str) -> list[str]:
    """Bulk jobs of the object's ended extracts that Salesforce still keeps."""
    rows = conn.execute(
        "select job_id from sync.extracts where org = %s and sobject = %s"
        " and state <> 'planned' and job_id is not null",
        [run.org, sobject],
    )
    return [job_id for (job_id,) in rows]


def forget_job(conn: psycopg.Connection, job_id: str) -> None:
    """The job is gone at Salesforce."""
    conn.execute("update sync.extracts set job_id = null where job_id = %s", [job_id])


def close(conn: psycopg.Connection, extract: Extract, *, state: str) -> None:
    """Ends an extract as `merged` or `abandoned`, in the caller's transaction."""
    conn.execute(
        "update sync.extracts set state = %s where extract_id = %s", [state, extract.extract_id]
    )
    conn.execute("delete from sync.extract_pages where extract_id = %s", [extract.extract_id])


def checkpoint(conn: psycopg.Connection, extract: Extract) -> Checkpoint:
    """How far the extract's pages have come."""
    row = conn.execute(
        "select count(*), coalesce(sum(row_count), 0)::bigint,"
        " (array_agg(next_locator order by page desc))[1]"
        " from sync.extract_pages where extract_id = %s",
        [extract.extract_id],
    ).fetchone()
    return Checkpoint(*row) if row else NOTHING_YET


def note_page(conn: psycopg.Connection, extract: Extract, *, number: int, page: Page) -> None:
    """The page's checkpoint, in the transaction of the page's rows."""
    conn.execute(
        "insert into sync.extract_pages (extract_id, page, next_locator, row_count)"
        " values (%s, %s, %s, %s)",
        [extract.extract_id, number, page.locator, page.row_count],
    )
