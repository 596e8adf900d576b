"""The last station: what became of the sync, in the results and for people to read.

Airflow calls a run green whose leaf succeeded, whatever happened before it (design rule 1). So
the leaf judges by the results, and raises unless the sync is a success.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from psycopg.rows import dict_row

from salesforce_elt.errors import QuotaReached, SyncNotSuccessful
from salesforce_elt.run import RunRequest
from salesforce_elt.warehouse.connection import prepare

log = logging.getLogger(__name__)

NEXT_STEPS = {
    "success": "",
    "partial": "Staging keeps what came and the marts stand as they were; the next sync goes on.",
    "deferred": "The org's quota share is used up; the next sync goes on where this one stopped.",
    "failed": "The marts stand as they were; the next sync takes the work up again.",
}


@dataclass(frozen=True)
class Report:
    """A run's results, as rows of the `sync` tables."""

    run: dict[str, Any]
    objects: Sequence[dict[str, Any]]
    marts: Sequence[dict[str, Any]]
    checks: Sequence[dict[str, Any]]
    findings: Sequence[dict[str, Any]]

    @property
    def status(self) -> str:
        """`running`, `success`, `partial`, `deferred` or `failed`."""
        return str(self.run["status"])

    @property
    def errors(self) -> list[dict[str, Any]]:
        """The findings that stopped a station."""
        return [one for one in self.findings if one["severity"] == "error"]


def close_run(conn: psycopg.Connection, request: RunRequest) -> Report:
    """Judges the run by what its stations left in the results, and writes its status down.

    A run that never got as far as a row of its own gets one here, as `failed`.
    """
    prepare(conn)
    conn.execute(
        "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
        " values (%s, %s, %s, 'running', 0, now()) on conflict (run_id) do nothing",
        [request.run_id, request.org, request.kind],
    )
    report = read_report(conn, request.run_id)
    status = judge(report)
    message = "; ".join(one["message"] for one in report.errors) or NEXT_STEPS[status]
    conn.execute(
        "update sync.runs set status = %s, message = %s, finished_at = now() where run_id = %s",
        [status, message, request.run_id],
    )
    return read_report(conn, request.run_id)


def judge(report: Report) -> str:
    """The status that a run's results amount to."""
    is_whole = all(one["status"] == "success" for one in report.objects)
    if report.run["published_at"] and is_whole:
        return "success"
    if any(one["code"] == QuotaReached.__name__ for one in report.errors):
        return "deferred"
    came = [one for one in report.objects if one["status"] == "success"]
    has_lost_objects = bool(came) and not is_whole
    return "partial" if has_lost_objects else "failed"


def require_success(report: Report) -> None:
    """Raises SyncNotSuccessful, which names the causes, unless the sync is a success."""
    if report.status == "success":
        return
    causes = " ".join(one["message"] for one in report.errors) or "A station did not finish."
    raise SyncNotSuccessful(
        f"{report.run['org']}: the sync {report.run['run_id']} is {report.status}. {causes} "
        f"{NEXT_STEPS[report.status]}",
        status=report.status,
    )


def read_report(conn: psycopg.Connection, run_id: str) -> Report:
    """The results of a run.

    Raises LookupError when there is no such run.
    """
    runs = _rows(conn, "select * from sync.runs where run_id = %s", run_id)
    if not runs:
        raise LookupError(f"There is no sync {run_id!r} in sync.runs.")
    return Report(
        run=runs[0],
        objects=_rows(
            conn,
            "select * from sync.run_objects where run_id = %s order by way = 'nothing', sobject",
            run_id,
        ),
        marts=_rows(conn, "select * from sync.run_marts where run_id = %s order by mart", run_id),
        checks=_rows(
            conn, "select * from sync.checks where run_id = %s order by mart, check_name", run_id
        ),
        findings=_rows(
            conn, "select * from sync.findings where run_id = %s order by finding_id", run_id
        ),
    )


def render(report: Report) -> str:
    """The results as a person reads them, top to bottom: plain text, aligned."""
    return "\n".join(
        [
            *_headline(report),
            "",
            *_objects(report),
            "",
            *_marts(report),
            *_checks(report),
            *_findings(report),
        ]
    )


def _rows(conn: psycopg.Connection, query: str, run_id: str) -> list[dict[str, Any]]:
    return conn.cursor(row_factory=dict_row).execute(query, [run_id]).fetchall()


def _headline(report: Report) -> list[str]:
    run = report.run
    seconds = (run["finished_at"] - run["started_at"]).total_seconds() if run["finished_at"] else 0
    return [
        f"{run['org']}: {run['kind']} sync {run['status'].upper()}",
        f"  run        {run['run_id']}",
        f"  changes    until {run['until']:%Y-%m-%d %H:%M:%S} UTC"
        if run["until"]
        else "  changes    none were asked for",
        f"  took       {seconds:.1f} s, {run['api_calls']} API calls",
        *([f"  because    {run['message']}"] if run["message"] else []),
    ]


def _objects(report: Report) -> list[str]:
    header = ("object", "way", "fetched", "inserted", "updated", "deleted", "seconds")
    rows = [
        (
            one["sobject"],
            one["way"] if one["status"] != "failed" else "FAILED",
            *(f"{one[name]:,}" for name in ("fetched", "inserted", "updated", "deleted")),
            f"{one['seconds'] or Decimal(0):.1f}",
        )
        for one in report.objects
    ]
    totals = (
        "total",
        "",
        *(
            f"{sum(one[name] for one in report.objects):,}"
            for name in ("fetched", "inserted", "updated", "deleted")
        ),
        "",
    )
    return _table([header, *rows, totals], left=2)


def _marts(report: Report) -> list[str]:
    header = ("mart", "rows", "inserted", "updated", "deleted", "because")
    rows = [
        (
            one["mart"],
            *(f"{one[name]:,}" for name in ("row_count", "inserted", "updated", "deleted")),
            one["reason"] or "",
        )
        for one in report.marts
    ]
    return _table([header, *rows], left=1) if rows else ["Nothing was published."]


def _checks(report: Report) -> list[str]:
    broken = [one for one in report.checks if not one["is_passed"]]
    passed = len(report.checks) - len(broken)
    lines = ["", f"checks: {passed} passed, {len(broken)} not"] if report.checks else []
    return lines + [
        f"  {one['severity'].upper()} {one['mart']}: {one['check_name']}"
        f" ({one['unexpected_count']:,} rows)"
        for one in broken
    ]


def _findings(report: Report) -> list[str]:
    if not report.findings:
        return ["", "findings: none"]
    return [
        "",
        "findings:",
        *(f"  {one['severity'].upper()} {one['message']}" for one in report.findings),
    ]


def _table(rows: Sequence[Sequence[str]], *, left: int) -> list[str]:
    """Aligned columns: the first `left` ones to the left, and a last one of words too."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    is_words = {index for index in range(len(widths)) if index < left}
    if rows[0][-1] == "because":
        is_words.add(len(widths) - 1)
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if index in is_words else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
