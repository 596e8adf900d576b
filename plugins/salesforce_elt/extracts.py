"""
An extract: what is asked of an SObject once, which outlives the run that began it.

Its parts and their pages (`parts`) are committed one by one, so that a task that is killed goes
on where it was, also on another worker, and a finished Bulk job is never bought twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import LiteralString

import psycopg
from psycopg.rows import class_row

from salesforce_elt import parts
from salesforce_elt.errors import RetryableError
from salesforce_elt.run import Run
from salesforce_elt.slices import Slice
from salesforce_elt.warehouse import leases

ROWS, FIELDS, IDS, RECORDS = "rows", "fields", "ids", "records"

COLUMNS = (
    "extract_id, org, sobject, purpose, since, until, watermark, is_full, is_beside,"
    " cursor_field, fields"
)


@dataclass(frozen=True)
class Extract:
    """What is asked, for what purpose, and since which watermark of staging.

    `is_full`: every record is read; `is_beside`: into a table that takes staging's place.
    """

    extract_id: int
    org: str
    sobject: str
    purpose: str
    since: datetime | None
    until: datetime
    watermark: datetime | None
    is_full: bool
    is_beside: bool
    cursor_field: str | None
    fields: list[str]


@dataclass(frozen=True)
class Asking:
    """An extract before it is noted; `way` is how its first part is asked for: rest or bulk."""

    sobject: str
    since: datetime | None
    watermark: datetime | None
    is_full: bool
    way: str
    fields: Sequence[str]
    cursor_field: str | None = None
    is_beside: bool = False
    purpose: str = ROWS


def begin(conn: psycopg.Connection, run: Run, asking: Asking) -> Extract:
    """Notes an extract and its first part before Salesforce is asked, and commits."""
    with conn.transaction():
        leases.hold(conn, run)
        cursor = conn.cursor(row_factory=class_row(Extract)).execute(
            "insert into sync.extracts (org, sobject, purpose, since, until, watermark, is_full,"
            " is_beside, cursor_field, fields, state, run_id)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'planned', %s)"
            f" returning {COLUMNS}",
            [
                run.org,
                asking.sobject,
                asking.purpose,
                asking.since,
                run.until,
                asking.watermark,
                asking.is_full,
                asking.is_beside,
                asking.cursor_field,
                list(asking.fields),
                run.run_id,
            ],
        )
        extract = next(cursor)
        asked = Slice(extract.since, extract.until) if extract.since else Slice()
        parts.add(conn, extract.extract_id, [asked], way=asking.way)
        return extract


def unfinished(
    conn: psycopg.Connection, run: Run, sobject: str, *, purpose: str = ROWS
) -> Extract | None:
    """The object's extract that this run, or one before it, began and did not merge."""
    cursor = conn.cursor(row_factory=class_row(Extract)).execute(
        f"select {COLUMNS} from sync.extracts where org = %s and sobject = %s"
        " and purpose = %s and state = 'planned'",
        [run.org, sobject, purpose],
    )
    return cursor.fetchone()


def hold(conn: psycopg.Connection, run: Run, extract: Extract) -> None:
    """Keeps the org and the extract for this transaction alone: two tries of a task take turns.

    Raises LeaseLost when the org is not this run's any more, RetryableError when another try has
    ended the extract.
    """
    leases.hold(conn, run)
    _require_open(conn, extract, lock="for update")


def share(conn: psycopg.Connection, run: Run, extract: Extract) -> None:
    """Keeps them for this transaction, together with others that load pages of the extract.

    Raises what `hold` raises, and RetryableError when another try holds the extract: it may wait
    for the table that this transaction has written to, so this one does not wait for it.
    """
    leases.hold(conn, run)
    try:
        _require_open(conn, extract, lock="for share nowait")
    except psycopg.errors.LockNotAvailable:
        raise RetryableError(
            f"{extract.sobject}: another try of this task is at work on the same extract. This "
            "page is not kept; the task is tried again, and finds what is left to do."
        ) from None


def require_ours(conn: psycopg.Connection, run: Run, extract: Extract) -> None:
    """Raises what `hold` raises, without a lock: it holds for this moment only."""
    leases.require(conn, run)
    _require_open(conn, extract, lock="")


def _require_open(conn: psycopg.Connection, extract: Extract, *, lock: LiteralString) -> None:
    row = conn.execute(
        f"select state from sync.extracts where extract_id = %s {lock}", [extract.extract_id]
    ).fetchone()
    if row is None or row[0] != "planned":
        raise RetryableError(
            f"{extract.sobject}: another try of this task has ended the extract that this one was "
            "working on. It is tried again, and finds what is left to do."
        )


def is_done(conn: psycopg.Connection, run: Run, sobject: str, *, purpose: str = ROWS) -> bool:
    """Whether this run has merged its own window of the object already (the task ran before)."""
    row = conn.execute(
        "select 1 from sync.extracts where run_id = %s and sobject = %s and purpose = %s"
        " and until = %s and state = 'merged'",
        [run.run_id, sobject, purpose, run.until],
    ).fetchone()
    return row is not None


def close(conn: psycopg.Connection, extract: Extract, *, state: str) -> None:
    """Ends an extract as `merged` or `abandoned`, in the caller's transaction."""
    conn.execute(
        "update sync.extracts set state = %s where extract_id = %s", [state, extract.extract_id]
    )
    parts.forget_pages(conn, extract.extract_id)
