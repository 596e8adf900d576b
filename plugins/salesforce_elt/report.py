"""The last station: what became of the sync, in the results and for people to read.

Airflow calls a run green whose leaf succeeded, whatever happened before it (rule 1). So
the leaf judges by the results, and raises unless the sync is a success.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from salesforce_elt.deferral import Resumption
from salesforce_elt.errors import QuotaReached, SyncNotSuccessful
from salesforce_elt.results import ensure_run
from salesforce_elt.run import RunRequest
from salesforce_elt.warehouse.connection import prepare

log = logging.getLogger(__name__)

NOT_READY = "not_ready"  # the finding of a transform that waits for an object

PUBLISHED_IN_PART = "partial, published"

NEXT_STEPS = {
    "success": "",
    "partial": "Staging keeps what came and the marts stand as they were; the next sync goes on.",
    PUBLISHED_IN_PART: "The marts are published with what came; the next sync takes up the rest.",
    "deferred": "The org's quota share is used up; a later sync goes on where this one stopped.",
    "failed": "The marts stand as they were; the next sync takes the work up again.",
}

UNSAID = (
    "A station did not finish and left no word of why: it was killed, or the warehouse could not "
    "take the note. The log of its task tells more."
)

# Each part of the results, as rows of the `sync` tables.
QUERIES = {
    "objects": "select * from sync.run_objects where run_id = %s order by way = 'nothing', sobject",
    "quotas": "select * from sync.run_quotas where run_id = %s order by quota",
    "marts": "select * from sync.run_marts where run_id = %s order by mart",
    "exclusions": "select * from sync.run_exclusions where run_id = %s"
    " order by opportunity_count desc, reason",
    "checks": "select * from sync.checks where run_id = %s order by mart, check_name",
    "findings": "select * from sync.findings where run_id = %s order by finding_id",
    "reads": "select * from sync.run_reads where run_id = %s and status <> 'if_needed'"
    " order by sobject",
    "proofs": "select * from sync.proofs where run_id = %s order by sobject",
    "usage": "select station, sum(calls)::bigint as calls from sync.api_usage"
    " where run_id = %s group by station order by min(used_at), station",
    "set_aside": "select q.mart, q.key, q.reason, q.since from sync.quarantine as q"
    " inner join sync.runs as r on q.org = r.org and q.run_id = r.run_id"
    " where r.run_id = %s order by q.mart, q.key, q.reason",
}


@dataclass(frozen=True)
class Report:
    """A run's results, as rows of the `sync` tables."""

    run: dict[str, Any]
    objects: Sequence[dict[str, Any]]
    marts: Sequence[dict[str, Any]]
    exclusions: Sequence[dict[str, Any]]
    checks: Sequence[dict[str, Any]]
    findings: Sequence[dict[str, Any]]
    reads: Sequence[dict[str, Any]] = ()  # of every record, beside what changed
    proofs: Sequence[dict[str, Any]] = ()
    quotas: Sequence[dict[str, Any]] = ()
    usage: Sequence[dict[str, Any]] = ()  # API calls by station
    set_aside: Sequence[dict[str, Any]] = ()  # by this run, and still

    @property
    def status(self) -> str:
        """`running`, `success`, `partial`, `deferred` or `failed`."""
        return str(self.run["status"])

    @property
    def is_published(self) -> bool:
        """Whether the marts are those of this run."""
        return self.run["published_at"] is not None

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The findings that stopped a station."""
        return [one for one in self.findings if one["severity"] == "error"]

    @property
    def resumption(self) -> Resumption | None:
        """When a deferred sync goes on."""
        run = self.run
        return Resumption(run["resumes_at"], run["resumes_by"]) if run["resumes_at"] else None


def close_run(conn: psycopg.Connection, request: RunRequest, *, goes_on: Resumption) -> Report:
    """Judges the run by what its stations left in the results, and writes its status down.

    A run that never got as far as a row of its own gets one here, as `failed`. One that a quota
    stopped `goes_on`; judged again (a retried or cleared task), it goes on when it was to before.
    """
    prepare(conn)
    ensure_run(conn, request)
    report = read_report(conn, request.run_id)
    status = judge(report)
    causes = dict.fromkeys(one["message"] for one in report.errors)
    unsaid = f"{UNSAID} {next_step(report, status)}"
    message = "" if status == "success" else " ".join(causes) or unsaid
    if status == "deferred":
        goes_on = report.resumption or goes_on
        message += f" It goes on {goes_on.words}."
        conn.execute(
            "update sync.runs set resumes_at = %s, resumes_by = %s where run_id = %s",
            [goes_on.at, goes_on.by, request.run_id],
        )
    conn.execute(
        "update sync.runs set status = %s, message = %s, finished_at = now() where run_id = %s",
        [status, message, request.run_id],
    )
    return read_report(conn, request.run_id)


def judge(report: Report) -> str:
    """The status that a run's results amount to.

    A run whose plan did not come to its end has read nothing, whatever else it left.
    """
    is_whole = all(one["status"] == "success" for one in report.objects)
    is_planned = report.run["planned_at"] is not None
    if is_planned and report.is_published and is_whole and not report.errors:
        return "success"
    if any(one["code"] == QuotaReached.__name__ for one in report.errors):
        return "deferred"
    came = any(one["status"] == "success" for one in report.objects)
    is_held_back = any(one["code"] == NOT_READY for one in report.errors)
    is_partial = report.is_published or is_held_back or (came and not is_whole)
    return "partial" if is_planned and is_partial else "failed"


def next_step(report: Report, status: str) -> str:
    """What a person may expect after a sync of this status."""
    is_published_in_part = status == "partial" and report.is_published
    return NEXT_STEPS[PUBLISHED_IN_PART if is_published_in_part else status]


def require_success(report: Report) -> None:
    """Raises SyncNotSuccessful, which names the causes, unless the sync is a success."""
    if report.status == "success":
        return
    causes = " ".join(one["message"] for one in report.errors) or UNSAID
    later = f" It goes on {report.resumption.words}." if report.resumption else ""
    raise SyncNotSuccessful(
        f"{report.run['org']}: the sync {report.run['run_id']} is {report.status}. {causes} "
        f"{next_step(report, report.status)}{later}",
        status=report.status,
    )


def read_report(conn: psycopg.Connection, run_id: str) -> Report:
    """The results of a run.

    Raises LookupError when there is no such run.
    """
    runs = _rows(conn, "select * from sync.runs where run_id = %s", run_id)
    if not runs:
        raise LookupError(f"There is no sync {run_id!r} in sync.runs.")
    parts = {part: _rows(conn, query, run_id) for part, query in QUERIES.items()}
    return Report(run=runs[0], **parts)


def _rows(conn: psycopg.Connection, query: str, run_id: str) -> list[dict[str, Any]]:
    return conn.cursor(row_factory=dict_row).execute(query.encode(), [run_id]).fetchall()
