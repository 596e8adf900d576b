"""
The parts of an extract, and the pages of their answers: what was asked, and what is here of it.

An extract is one part at first. A part that Salesforce cannot answer in time is split.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import psycopg
from psycopg.rows import class_row

from salesforce_elt.errors import Incomplete, RetryableError
from salesforce_elt.slices import Slice

Cell = str | None


@dataclass(frozen=True)
class Part:
    """One question: a slice of the SObject, asked for by REST or by a Bulk job."""

    extract_id: int
    number: int
    way: str
    job_id: str | None
    since: datetime | None
    until: datetime | None
    first_id: str | None
    end_id: str | None

    @property
    def asked(self) -> Slice:
        """The slice that it asks for."""
        return Slice(self.since, self.until, self.first_id, self.end_id)


@dataclass(frozen=True)
class Page:
    """A page of an answer: CSV bytes with a header line (Bulk), or rows of cells (REST).

    `row_count` is what Salesforce says of it; `locator` is where the page after it is kept, None
    at the end.
    """

    row_count: int
    locator: str | None
    csv: Iterable[bytes] | None = None
    rows: Iterable[Sequence[Cell]] = ()
    total: int | None = None  # how many records the whole answer has, where each page says so


@dataclass(frozen=True)
class KeptPage:
    """A page that Salesforce keeps ready: its number in the answer, from 1, and how to open it."""

    number: int
    open: Callable[[], AbstractContextManager[Page]]


@dataclass(frozen=True)
class Checkpoint:
    """A page that is here."""

    page: int
    row_count: int
    locator: str | None
    total: int | None = None


Done = Mapping[int, Checkpoint]  # by the page's number


class Source(Protocol):
    """A way to get a part's answer from Salesforce."""

    @property
    def ahead(self) -> int:
        """How many pages may be under way while the next is asked for."""

    def pages(self, done: Done) -> Iterator[KeptPage]:
        """The pages that are not here yet."""

    def expected(self) -> int:
        """How many records Salesforce says the answer has; known once the pages were read."""


@dataclass(frozen=True)
class Loaded:
    """What a page turned out to hold: the Id of its first row, and how many NULs were replaced."""

    row_count: int
    first_id: str | None
    nul_count: int


def add(conn: psycopg.Connection, extract_id: int, slices: Sequence[Slice], *, way: str) -> None:
    """Notes parts, in the caller's transaction."""
    for one in slices:
        conn.execute(
            "insert into sync.extract_parts (extract_id, part, way, since, until, first_id, end_id)"
            " select %s, coalesce(max(part), 0) + 1, %s, %s, %s, %s, %s from sync.extract_parts"
            " where extract_id = %s",
            [extract_id, way, one.since, one.until, one.first_id, one.end_id, extract_id],
        )


def open_parts(conn: psycopg.Connection, extract_id: int) -> list[Part]:
    """The parts that together are the extract, in order; a replaced one is none any more."""
    cursor = conn.cursor(row_factory=class_row(Part)).execute(
        "select extract_id, part as number, way, job_id, since, until, first_id, end_id"
        " from sync.extract_parts where extract_id = %s and not is_replaced order by part",
        [extract_id],
    )
    return cursor.fetchall()


def replace_by(
    conn: psycopg.Connection, part: Part, slices: Sequence[Slice], *, way: str | None = None
) -> None:
    """Asks for other slices instead of a part, or for its own anew, in the caller's transaction.

    The part keeps its job's id, by which the job is deleted in the end.
    """
    conn.execute(
        "update sync.extract_parts set is_replaced = true where extract_id = %s and part = %s",
        [part.extract_id, part.number],
    )
    add(conn, part.extract_id, slices, way=way or part.way)


def note_job(conn: psycopg.Connection, part: Part, job_id: str) -> None:
    """Keeps the Bulk job's id, so that the job is found again after a kill."""
    conn.execute(
        "update sync.extract_parts set job_id = %s where extract_id = %s and part = %s",
        [job_id, part.extract_id, part.number],
    )


def done_pages(conn: psycopg.Connection, part: Part) -> dict[int, Checkpoint]:
    """The part's pages that are here."""
    cursor = conn.cursor(row_factory=class_row(Checkpoint)).execute(
        "select page, row_count, next_locator as locator, total from sync.extract_pages"
        " where extract_id = %s and part = %s order by page",
        [part.extract_id, part.number],
    )
    return {one.page: one for one in cursor}


def landed(conn: psycopg.Connection, extract_id: int) -> int:
    """How many rows the pages that are here have."""
    cursor = conn.execute(
        "select coalesce(sum(row_count), 0)::bigint from sync.extract_pages where extract_id = %s",
        [extract_id],
    )
    return int(next(cursor)[0])


def nuls(conn: psycopg.Connection, extract_id: int) -> int:
    """How many NUL characters were replaced in the pages that are here."""
    cursor = conn.execute(
        "select coalesce(sum(nul_count), 0)::bigint from sync.extract_pages where extract_id = %s",
        [extract_id],
    )
    return int(next(cursor)[0])


def note_page(conn: psycopg.Connection, part: Part, *, number: int, page: Page) -> None:
    """The page's checkpoint, in the transaction of the page's rows.

    Raises RetryableError when another try of the task has loaded the page.
    """
    noted = conn.execute(
        "insert into sync.extract_pages (extract_id, part, page, next_locator, row_count,"
        " total)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
        [part.extract_id, part.number, number, page.locator, page.row_count, page.total],
    )
    if noted.rowcount != 1:
        raise RetryableError(
            f"Page {number} is here already: another try of this task is at work. It is tried "
            "again, and finds what is left to do."
        )


def note_loaded(conn: psycopg.Connection, part: Part, *, number: int, loaded: Loaded) -> None:
    """What the page turned out to hold, in the same transaction.

    Raises Incomplete when it begins with the record that another page begins with.
    """
    try:
        conn.execute(
            "update sync.extract_pages set first_id = %s, nul_count = %s"
            " where extract_id = %s and part = %s and page = %s",
            [loaded.first_id, loaded.nul_count, part.extract_id, part.number, number],
        )
    except psycopg.errors.UniqueViolation:
        raise Incomplete(
            f"Page {number} begins with {loaded.first_id}, as another page does: Salesforce sent "
            "that one again. It is fetched again.",
            expected=loaded.row_count,
            landed=0,
        ) from None


def forget_pages(conn: psycopg.Connection, extract_id: int) -> None:
    """The rows of the pages are not in landing any more, or are in staging."""
    conn.execute("delete from sync.extract_pages where extract_id = %s", [extract_id])


def left_jobs(conn: psycopg.Connection, org: str, sobject: str) -> list[str]:
    """Bulk jobs of the object's ended extracts and replaced parts that Salesforce still keeps."""
    rows = conn.execute(
        "select p.job_id from sync.extract_parts as p inner join sync.extracts as e"
        " on e.extract_id = p.extract_id where e.org = %s and e.sobject = %s"
        " and (e.state <> 'planned' or p.is_replaced) and p.job_id is not null",
        [org, sobject],
    )
    return [job_id for (job_id,) in rows]


def forget_job(conn: psycopg.Connection, job_id: str) -> None:
    """The job is gone at Salesforce."""
    conn.execute("update sync.extract_parts set job_id = null where job_id = %s", [job_id])
