"""
When an incremental sync also looks for what changes do not tell: the due step of an org's DAG.

Decided from the window of the last sync that did so, never from the clock of this machine. A sync
that reconciled all but some objects is no reason to reconcile the others again: what is left of it
is made up for object by object.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import psycopg

from salesforce_elt.run import RunRequest

RECONCILE = "reconcile"

Period = tuple[int, ...]


def _day(moment: datetime) -> Period:
    return (moment.toordinal(),)


def _week(moment: datetime) -> Period:
    return tuple(moment.isocalendar())[:2]


# By the setting's words: what names the time in which one reconcile is enough. Days and weeks are
# counted, not hours since the last: that would be an hour later every day.
PERIODS: Mapping[str, Callable[[datetime], Period]] = {"daily": _day, "weekly": _week}


@dataclass(frozen=True)
class Attempt:
    """The last sync that was to reconcile every object, and the end of its window."""

    run_id: str
    until: datetime


def with_reconcile(
    conn: psycopg.Connection, request: RunRequest, *, until: datetime, every: str
) -> RunRequest:
    """The request; an incremental one reconciles when that is due, or what is left of it.

    `every` is the setting `reconcile`. Before the first load there is nothing to reconcile.
    """
    period = PERIODS.get(every)
    if request.kind != "incremental" or period is None:
        return request
    every_object = replace(request, kind=RECONCILE, objects=())
    last = _last_attempt(conn, request)
    if last is None:
        return every_object if _is_loaded(conn, request.org) else request
    if period(last.until) < period(until):
        return every_object
    left = _left_of(conn, request.org, last)
    return replace(request, kind=RECONCILE, objects=left) if left else request


def _last_attempt(conn: psycopg.Connection, request: RunRequest) -> Attempt | None:
    """Whatever became of it: what its plan had and did not arrive is what is left of it.

    A full synchronization does more than a reconcile. One without a plan has read nothing.
    """
    row = conn.execute(
        "select run_id, until from sync.runs where org = %s and run_id <> %s"
        " and kind in ('full', 'reconcile') and coalesce(cardinality(objects), 0) = 0"
        " and planned_at is not null order by until desc, started_at desc limit 1",
        [request.org, request.run_id],
    ).fetchone()
    return Attempt(*row) if row else None


def _left_of(conn: psycopg.Connection, org: str, attempt: Attempt) -> tuple[str, ...]:
    """The objects that neither it nor a later sync that looked at them brought to an end."""
    rows = conn.execute(
        "select sobject from sync.run_objects as o where run_id = %(run_id)s"
        " and status <> 'success' and not exists ("
        "   select 1 from sync.runs as r inner join sync.run_objects as later"
        "   on later.run_id = r.run_id where r.org = %(org)s and r.until > %(until)s"
        "   and r.kind in ('full', 'reconcile') and o.sobject = any(r.objects)"
        "   and later.sobject = o.sobject and later.status = 'success')"
        " order by sobject",
        {"run_id": attempt.run_id, "org": org, "until": attempt.until},
    )
    return tuple(sobject for (sobject,) in rows)


def _is_loaded(conn: psycopg.Connection, org: str) -> bool:
    cursor = conn.execute("select exists (select 1 from sync.watermarks where org = %s)", [org])
    (is_loaded,) = next(cursor)
    return bool(is_loaded)
