"""
When an incremental sync also looks for what changes do not tell: the due step of an org's DAG.

Decided from the window of the last sync that did so, never from the clock of this machine.
"""

from collections.abc import Callable, Mapping
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


def kind_of(conn: psycopg.Connection, request: RunRequest, *, until: datetime, every: str) -> str:
    """The kind of sync that the request amounts to: incremental ones reconcile when it is due.

    `every` is the setting `reconcile`. Before the first load there is nothing to reconcile.
    """
    period = PERIODS.get(every)
    if request.kind != "incremental" or period is None:
        return request.kind
    last, is_loaded = _last(conn, request.org)
    is_due = is_loaded if last is None else period(last) < period(until)
    return RECONCILE if is_due else request.kind


def _last(conn: psycopg.Connection, org: str) -> tuple[datetime | None, bool]:
    """The end of the last sync that reconciled every object, and whether the org was ever loaded.

    A full synchronization did more than that.
    """
    cursor = conn.execute(
        "select (select max(until) from sync.runs where org = %(org)s and status = 'success'"
        " and kind in ('full', 'reconcile') and coalesce(cardinality(objects), 0) = 0),"
        " exists (select 1 from sync.watermarks where org = %(org)s)",
        {"org": org},
    )
    last, is_loaded = next(cursor)
    return last, bool(is_loaded)
