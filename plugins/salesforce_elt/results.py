"""The sync results log: what a run planned, did, found and cost, in the `sync` tables."""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal

import psycopg

from salesforce_elt.batches import Counts
from salesforce_elt.errors import QuotaReached, SyncError, WarehouseUnavailable
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.warehouse.connection import Connect
from salesforce_elt.warehouse.refusals import explained

log = logging.getLogger(__name__)

NOTHING = "nothing"  # the way of an object in which nothing changed


@dataclass(frozen=True)
class Finding:
    """What a person should know; severity `error`, `warning` or `info`.

    `missing` is what the warehouse will lack because of it.
    """

    severity: str
    code: str
    message: str
    sobject: str | None = None
    field: str | None = None
    missing: str | None = None


@dataclass(frozen=True)
class PlannedObject:
    """A line of the plan: what is read of an SObject, how, and how much that is."""

    sobject: str
    way: str
    since: datetime | None
    planned: int | None
    fields: Sequence[str]
    cursor_field: str | None
    is_whole: bool  # every record is read, whatever the watermark says
    estimated_calls: int = 0  # of the API, to read it


def ensure_run(conn: psycopg.Connection, request: RunRequest) -> None:
    """Gives a run that never took its org a row of its own, for its results to stand in."""
    conn.execute(
        "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
        " values (%s, %s, %s, 'running', 0, now()) on conflict (run_id) do nothing",
        [request.run_id, request.org, request.kind],
    )


def note_findings(
    conn: psycopg.Connection, run: Run | RunRequest, findings: Sequence[Finding], *, station: str
) -> None:
    """Adds findings of a station to the run's results and to its log; each once, however often a
    station that is tried again finds it."""
    for one in findings:
        log.log(logging.WARNING if one.severity != "info" else logging.INFO, "%s", one.message)
        conn.execute(
            "insert into sync.findings (run_id, org, station, severity, code, sobject, field,"
            " message, missing) select %(run_id)s, %(org)s, %(station)s, %(severity)s, %(code)s,"
            " %(sobject)s, %(field)s, %(message)s, %(missing)s where not exists"
            " (select 1 from sync.findings where run_id = %(run_id)s and station = %(station)s"
            " and code = %(code)s and sobject is not distinct from %(sobject)s"
            " and message = %(message)s and field is not distinct from %(field)s)",
            {"run_id": run.run_id, "org": run.org, "station": station, **asdict(one)},
        )


def note_plan(
    conn: psycopg.Connection, run: Run, plan: Sequence[PlannedObject], *, waiting: Collection[str]
) -> None:
    """Keeps the plan before the first record is fetched; a plan made again replaces it.

    `waiting` objects are not done when nothing changed in them: more is to be read of them.
    """
    conn.execute("delete from sync.run_objects where run_id = %s", [run.run_id])
    conn.cursor().executemany(
        "insert into sync.run_objects (run_id, org, sobject, way, since, until, planned,"
        " fields, cursor_field, is_whole, estimated_calls, status)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            (
                run.run_id,
                run.org,
                one.sobject,
                one.way,
                one.since,
                run.until,
                one.planned,
                list(one.fields),
                one.cursor_field,
                one.is_whole,
                one.estimated_calls,
                "success" if one.way == NOTHING and one.sobject not in waiting else "planned",
            )
            for one in plan
        ],
    )


def note_planned(conn: psycopg.Connection, run: Run) -> None:
    """The plan is complete: what is read from now on is in it."""
    conn.execute("update sync.runs set planned_at = now() where run_id = %s", [run.run_id])


def is_planned(conn: psycopg.Connection, run: Run) -> bool:
    """Whether the run's plan came to its end."""
    cursor = conn.execute(
        "select exists (select 1 from sync.runs where run_id = %s and planned_at is not null)",
        [run.run_id],
    )
    (found,) = next(cursor)
    return bool(found)


def planned_object(conn: psycopg.Connection, run: Run, sobject: str) -> PlannedObject:
    """The object's line of the plan.

    Raises LookupError when the run's plan does not have it.
    """
    row = conn.execute(
        "select sobject, way, since, planned, fields, cursor_field, is_whole"
        " from sync.run_objects"
        " where run_id = %s and sobject = %s",
        [run.run_id, sobject],
    ).fetchone()
    if row is None:
        raise LookupError(f"{run.run_id} did not plan {sobject}")
    return PlannedObject(*row)


def note_counts(conn: psycopg.Connection, run: Run, sobject: str, *, counts: Counts) -> None:
    """Adds what was merged to the object's line, in the transaction of the merge."""
    conn.execute(
        "update sync.run_objects set fetched = fetched + %s, inserted = inserted + %s,"
        " updated = updated + %s, deleted = deleted + %s where run_id = %s and sobject = %s",
        [
            counts.fetched,
            counts.inserted,
            counts.updated,
            counts.deleted,
            run.run_id,
            sobject,
        ],
    )


def note_arrival(conn: psycopg.Connection, run: Run, sobject: str, *, seconds: float) -> None:
    """The object has reached the end of the run's window; it is done when nothing waits beside."""
    conn.execute(
        "update sync.run_objects as o set message = null, seconds = coalesce(seconds, 0) + %s,"
        " status = case when exists (select 1 from sync.run_reads as r where r.run_id = o.run_id"
        " and r.sobject = o.sobject and r.status = 'planned') or exists (select 1"
        " from sync.proofs as p where p.run_id = o.run_id and p.sobject = o.sobject"
        " and p.our_count is null) then 'planned' else 'success' end"
        " where run_id = %s and sobject = %s",
        [Decimal(f"{seconds:.3f}"), run.run_id, sobject],
    )


def note_calls(
    conn: psycopg.Connection, run: Run | RunRequest, station: str, *, calls: int
) -> None:
    """Books the API calls of a station on the run."""
    if not calls:
        return
    conn.execute(
        "insert into sync.api_usage (run_id, org, station, calls) values (%s, %s, %s, %s)",
        [run.run_id, run.org, station, calls],
    )
    conn.execute(
        "update sync.runs set api_calls = api_calls + %s where run_id = %s", [calls, run.run_id]
    )


def note_waiting(conn: psycopg.Connection, run: Run, sobjects: Sequence[str]) -> None:
    """These objects are not begun: a quota leaves too little for them."""
    conn.execute(
        "update sync.run_objects set status = 'deferred' where run_id = %s and sobject = any(%s)",
        [run.run_id, list(sobjects)],
    )


@contextmanager
def recorded(
    connect: Connect, run: Run | RunRequest, station: str, sobject: str | None = None
) -> Iterator[psycopg.Connection]:
    """The station's connection. Whatever stops it is in the results before it is in Airflow's log.

    The errors of an earlier try become history. What else it found stays: a try that goes on does
    not repeat what is merged, and so does not find it again. The note of an error has a connection
    of its own; where the warehouse cannot take even that, Airflow's log has both.
    """
    try:
        with explained(f"The station {station}"), connect() as conn:
            _begin_try(conn, run, station=station, sobject=sobject)
            yield conn
    except Exception as error:
        note_failure(connect, run, error, station=station, sobject=sobject)
        raise


def note_failure(
    connect: Connect,
    run: Run | RunRequest,
    error: Exception,
    *,
    station: str,
    sobject: str | None = None,
) -> None:
    """What stopped a station, as a finding and as the status of its object."""
    finding = _failure(error, station=station, sobject=sobject)
    status = "deferred" if isinstance(error, QuotaReached) else "failed"
    note_despite_an_error(
        connect, lambda conn: _note_failure(conn, run, finding, station=station, status=status)
    )


def note_despite_an_error(connect: Connect, note: Callable[[psycopg.Connection], None]) -> None:
    """Notes something of a station that failed, through a connection of its own. Where that
    fails as well, the log says so, and the station's error stays the one that is raised."""
    try:
        with connect() as conn:
            note(conn)
    except (psycopg.Error, WarehouseUnavailable):
        log.warning("What is known of the failed station is not in the results.", exc_info=True)


def _note_failure(
    conn: psycopg.Connection, run: Run | RunRequest, finding: Finding, *, station: str, status: str
) -> None:
    note_findings(conn, run, [finding], station=station)
    conn.execute(
        "update sync.run_objects set status = %s, message = %s where run_id = %s and sobject = %s",
        [status, finding.message, run.run_id, finding.sobject],
    )


def _begin_try(
    conn: psycopg.Connection, run: Run | RunRequest, *, station: str, sobject: str | None
) -> None:
    conn.execute(
        "update sync.findings set severity = 'info', message = 'Tried again after: ' || message"
        " where run_id = %s and station = %s and severity = 'error'"
        " and (%s::text is null or sobject = %s)",
        [run.run_id, station, sobject, sobject],
    )


def _failure(error: Exception, *, station: str, sobject: str | None) -> Finding:
    code = type(error).__name__
    if isinstance(error, SyncError):
        return Finding("error", code, str(error), sobject)
    # A vendor's or our own mistake: its text may quote data, so the results name it alone.
    return Finding(
        "error",
        code,
        f"The station {station} stopped with {code}, which is not an "
        "error that it knows. The task's log has the details.",
        sobject,
    )
