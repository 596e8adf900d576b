"""
What is wrong with an org, each thing once: from the sync that found it first until it is over.

Whom it has been told is kept beside it, so that the same failure hour after hour is one message to
each notifier, and a message that did not go out is made up for by the next sync.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
from psycopg.rows import class_row

from salesforce_elt.checks import CRITICAL
from salesforce_elt.report import Report

SUCCESS = "success"
CHECKS, FINDINGS = "checks", "findings"
UNFINISHED = "station_unfinished"

# Findings of what happened, not of what lasts: the next sync has them no more, and nothing has
# become better. They are the same incident when they are found again within the time.
HAPPENED = (
    "deletes_unknown",
    "field_not_hashed",
    "field_retyped",
    "nul_replaced",
    "parents_missing",
    "records_differed",
)
REMEMBERED = timedelta(days=7)

NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True)
class Cause:
    """Something wrong that a sync's results show; the same one as before if all but the message
    is the same."""

    occasion: str
    code: str
    about: str
    message: str


@dataclass(frozen=True)
class Incident:
    """A cause with its time; `closed_at` is None while it lasts."""

    incident_id: int
    occasion: str
    code: str
    about: str
    message: str
    run_id: str
    opened_at: datetime
    closed_at: datetime | None


COLUMNS = (
    "i.incident_id, i.occasion, i.code, i.about, i.message, i.run_id, i.opened_at, i.closed_at"
)


def causes(report: Report) -> list[Cause]:
    """What is wrong, by the results of a judged sync; several messages about one thing are one."""
    together: dict[tuple[str, str, str], list[str]] = {}
    for one in (*_of_status(report), *_of_checks(report), *_of_findings(report)):
        messages = together.setdefault((one.occasion, one.code, one.about), [])
        messages += [one.message] * (one.message not in messages)
    return [Cause(*key, " ".join(messages)) for key, messages in together.items()]


def _of_status(report: Report) -> Iterator[Cause]:
    if report.status == SUCCESS:
        return
    for one in report.errors:
        yield Cause(report.status, one["code"], _place(one), one["message"])
    if not report.errors:
        message = f"A station did not finish. {report.run['message'] or ''}".strip()
        yield Cause(report.status, UNFINISHED, "", message)


def _of_checks(report: Report) -> Iterator[Cause]:
    for one in report.checks:
        if one["severity"] == CRITICAL and not one["is_passed"]:
            aside = f", {one['set_aside_count']:,} set aside" if one["set_aside_count"] else ""
            found = one["words"] or f"{one['unexpected_count']:,} rows do not pass{aside}"
            message = f"The critical check {one['check_name']} of {one['mart']} fails: {found}."
            yield Cause(CHECKS, one["check_name"], one["mart"], message)


def _of_findings(report: Report) -> Iterator[Cause]:
    for one in report.findings:
        if one["severity"] == "warning":
            missing = f" Missing: {one['missing']}." if one["missing"] else ""
            # What names no object is told apart by its words; its numbers may be others next time.
            about = _place(one) or NUMBERS.sub("#", one["message"])
            yield Cause(FINDINGS, one["code"], about, one["message"] + missing)


def _place(finding: dict[str, str | None]) -> str:
    return ".".join(filter(None, (finding["sobject"], finding["field"])))


def record(conn: psycopg.Connection, report: Report, *, occasions: Collection[str]) -> None:
    """Opens what is new, and closes what is over, by the results of a judged sync."""
    found = [one for one in causes(report) if one.occasion in occasions]
    with conn.transaction():
        seen = [_open(conn, report, cause) for cause in found]
        _close(conn, report, seen=seen)


def _open(conn: psycopg.Connection, report: Report, cause: Cause) -> int:
    run = report.run
    cursor = conn.execute(
        "insert into sync.incidents as i (org, occasion, code, about, message, kind, run_id,"
        " opened_at, seen_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " on conflict (org, occasion, code, about) where closed_at is null do update set"
        " message = excluded.message, seen_at = excluded.seen_at,"
        " kind = case when 'incremental' in (i.kind, excluded.kind) then 'incremental'"
        " else excluded.kind end returning incident_id",
        [
            run["org"],
            cause.occasion,
            cause.code,
            cause.about,
            cause.message,
            run["kind"],
            run["run_id"],
            run["finished_at"],
            run["finished_at"],
        ],
    )
    (incident_id,) = next(cursor)
    return int(incident_id)


def _close(conn: psycopg.Connection, report: Report, *, seen: list[int]) -> None:
    """Closes the org's incidents that this sync would have met, and did not.

    A check holds although records are set aside for it, since they are not in the mart; it is
    over when none is. What a reconcile finds, an incremental sync does not look for.
    """
    conn.execute(
        "update sync.incidents as i set closed_at = %(now)s"
        " where org = %(org)s and closed_at is null and incident_id <> all(%(seen)s) and case"
        "   when occasion = 'checks' then %(is_published)s and not exists ("
        "     select 1 from sync.quarantine as q where q.org = i.org and q.mart = i.about"
        "     and q.reason = i.code)"
        "   when not %(is_success)s then false"
        "   when code = any(%(happened)s) then seen_at < %(now)s - %(remembered)s"
        "   when occasion = 'findings' then kind = 'incremental' or %(is_thorough)s"
        "   else true end",
        {
            "now": report.run["finished_at"],
            "org": report.run["org"],
            "seen": seen,
            "is_published": report.is_published,
            "is_success": report.status == SUCCESS,
            "happened": list(HAPPENED),
            "remembered": REMEMBERED,
            "is_thorough": report.run["kind"] != "incremental",
        },
    )


def untold(
    conn: psycopg.Connection, org: str, *, notifier: str, occasions: Collection[str]
) -> list[Incident]:
    """What the notifier has to tell: incidents that it was not told of, and those that it was told
    of and that are over. One that came and went without a word stays without."""
    cursor = conn.cursor(row_factory=class_row(Incident)).execute(
        f"select {COLUMNS} from sync.incidents as i"
        " left join sync.notices as n on n.incident_id = i.incident_id"
        "   and n.notifier = %(notifier)s and not n.is_over"
        " where i.org = %(org)s and i.occasion = any(%(occasions)s) and case"
        "   when i.closed_at is null then n.incident_id is null"
        "   else n.incident_id is not null and i.code <> all(%(happened)s) and not exists ("
        "     select 1 from sync.notices as o where o.incident_id = i.incident_id"
        "     and o.notifier = %(notifier)s and o.is_over) end"
        " order by i.incident_id",
        {
            "org": org,
            "notifier": notifier,
            "occasions": list(occasions),
            "happened": list(HAPPENED),
        },
    )
    return cursor.fetchall()


def still_open(conn: psycopg.Connection, org: str) -> list[Incident]:
    """Everything that is wrong with the org, told or not."""
    cursor = conn.cursor(row_factory=class_row(Incident)).execute(
        f"select {COLUMNS} from sync.incidents as i where i.org = %s and i.closed_at is null"
        " order by i.incident_id",
        [org],
    )
    return cursor.fetchall()


def note_told(conn: psycopg.Connection, incidents: Iterable[Incident], *, notifier: str) -> None:
    """The notifier's message about these has gone out."""
    with conn.transaction():
        for one in incidents:
            conn.execute(
                "insert into sync.notices (incident_id, notifier, is_over) values (%s, %s, %s)"
                " on conflict do nothing",
                [one.incident_id, notifier, one.closed_at is not None],
            )
