"""
Which syncs there were: the newest of each org, an org's history for lists and charts, and the
lists that belong to what was published last.

What a single sync did is in `report`. Both are all that is ever asked of the results: the page in
Airflow's UI, `make results` and the report of a sync show the same rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import class_row, dict_row

from salesforce_elt.salesforce.limits import API_REQUESTS

RUNS_SHOWN = 30
ROWS_SHOWN = 100

COLUMNS = (
    "run_id, org, kind, status, started_at, finished_at, published_at, api_calls, message,"
    " resumes_at, resumes_by, until, settings ->> 'frequency' as frequency"
)
# Steps from org to org in the index: years of hourly syncs are not read for their newest.
NEWEST = f"""
with recursive orgs as (
    select min(org) as org from sync.runs
    union all
    select (select min(r.org) from sync.runs as r where r.org > o.org)
    from orgs as o where o.org is not null
)
select newest.* from orgs cross join lateral (
    select {COLUMNS} from sync.runs as r
    where r.org = orgs.org order by r.started_at desc, r.fence desc limit 1
) as newest
order by newest.org
"""
HISTORY = f"""
select {COLUMNS} from sync.runs
where org = %(org)s and started_at < coalesce(%(before)s, 'infinity'::timestamptz)
order by started_at desc, fence desc limit %(limit)s
"""
LAST_PUBLISHED = f"""
select {COLUMNS} from sync.runs
where org = %s and published_at is not null order by started_at desc, fence desc limit 1
"""
OBJECTS_OF_RUNS = """
select run_id, sobject, fetched, inserted, updated, deleted
from sync.run_objects where run_id = any(%s) and way <> 'nothing' order by sobject
"""
EXCLUSIONS_OF_RUNS = """
select run_id, reason, opportunity_count
from sync.run_exclusions where run_id = any(%s) order by reason
"""
QUOTAS_OF_RUNS = """
select run_id, coalesce(last_used, used) as used, allowed, ours
from sync.run_quotas where run_id = any(%s) and quota = %s and allowed > 0
"""
EXCLUDED = """
select opportunity_id, reason, opportunity_name, value, setting
from marts.opportunity_exclusions
where org = %(org)s and reason = coalesce(%(only)s, reason)
and (opportunity_id, reason) > (%(first)s, %(second)s)
order by opportunity_id, reason limit %(limit)s
"""
SET_ASIDE = """
select mart, key, reason, run_id, since from sync.quarantine
where org = %(org)s and mart = coalesce(%(only)s, mart)
and (mart, key, reason) > (%(first)s, %(second)s, %(third)s)
order by mart, key, reason limit %(limit)s
"""


@dataclass(frozen=True)
class PastSync:
    """A sync in short; `frequency` is the one that its settings had, None when it had none yet."""

    run_id: str
    org: str
    kind: str
    status: str
    started_at: datetime
    finished_at: datetime | None
    published_at: datetime | None
    api_calls: int
    message: str | None
    resumes_at: datetime | None
    resumes_by: str | None
    until: datetime | None
    frequency: str | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


@dataclass(frozen=True)
class History:
    """An org's syncs, newest first, and what charts show of them, as rows of the results."""

    org: str
    syncs: Sequence[PastSync]
    has_older: bool
    objects: Sequence[dict[str, Any]]
    exclusions: Sequence[dict[str, Any]]
    quotas: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Listed:
    """A part of a long list; `after` is where the next part begins, empty when this is the end."""

    rows: Sequence[dict[str, Any]]
    after: tuple[str, ...] = ()


def has_results(conn: psycopg.Connection) -> bool:
    """Whether a sync was ever begun in this warehouse."""
    if not _exists(conn, "sync.runs"):
        return False
    row = conn.execute("select exists (select 1 from sync.runs)").fetchone()
    return bool(row and row[0])


def newest_syncs(conn: psycopg.Connection) -> list[PastSync]:
    """The newest sync of every org that was ever synced, by the orgs' keys."""
    return conn.cursor(row_factory=class_row(PastSync)).execute(NEWEST).fetchall()


def newest_sync(conn: psycopg.Connection, org: str) -> PastSync | None:
    """An org's newest sync, if there was one."""
    values = {"org": org, "before": None, "limit": 1}
    return conn.cursor(row_factory=class_row(PastSync)).execute(HISTORY, values).fetchone()


def last_published(conn: psycopg.Connection, org: str) -> PastSync | None:
    """The sync by which the org's marts are what they are, if there was one."""
    return conn.cursor(row_factory=class_row(PastSync)).execute(LAST_PUBLISHED, [org]).fetchone()


def read_history(
    conn: psycopg.Connection, org: str, *, before: datetime | None = None, limit: int = RUNS_SHOWN
) -> History:
    """The org's newest syncs that began `before` a moment, at most `limit`."""
    values = {"org": org, "before": before, "limit": limit + 1}
    found = conn.cursor(row_factory=class_row(PastSync)).execute(HISTORY, values).fetchall()
    syncs = found[:limit]
    runs = [one.run_id for one in syncs]
    return History(
        org,
        syncs,
        has_older=len(found) > limit,
        objects=_rows(conn, OBJECTS_OF_RUNS, [runs]),
        exclusions=_rows(conn, EXCLUSIONS_OF_RUNS, [runs]),
        quotas=_rows(conn, QUOTAS_OF_RUNS, [runs, API_REQUESTS]),
    )


def excluded(
    conn: psycopg.Connection, org: str, only: str | None = None, after: Sequence[str] = ()
) -> Listed:
    """The opportunities that the last publish left out, `only` for one reason, from `after` on
    (Id, reason)."""
    if not _exists(conn, "marts.opportunity_exclusions"):
        return Listed(())
    first, second = after or ("", "")
    values = {"org": org, "only": only, "first": first, "second": second}
    return _listed(conn, EXCLUDED, values, by=("opportunity_id", "reason"))


def set_aside(
    conn: psycopg.Connection, org: str, only: str | None = None, after: Sequence[str] = ()
) -> Listed:
    """The records that checks keep out of marts, or `only` of one, from `after` on (mart, key,
    reason)."""
    first, second, third = after or ("", "", "")
    values = {"org": org, "only": only, "first": first, "second": second, "third": third}
    return _listed(conn, SET_ASIDE, values, by=("mart", "key", "reason"))


def excluded_reasons(conn: psycopg.Connection, org: str) -> list[str]:
    """The reasons for which the last publish left opportunities out."""
    published = last_published(conn, org)
    runs = [published.run_id] if published else []
    return [one["reason"] for one in _rows(conn, EXCLUSIONS_OF_RUNS, [runs])]


def marts_set_aside(conn: psycopg.Connection, org: str) -> list[str]:
    """The marts of which records are set aside."""
    query = "select distinct mart from sync.quarantine where org = %s order by mart"
    return [one["mart"] for one in _rows(conn, query, [org])]


def _listed(
    conn: psycopg.Connection, query: str, values: dict[str, Any], *, by: Sequence[str]
) -> Listed:
    rows = _rows(conn, query, {**values, "limit": ROWS_SHOWN + 1})
    shown = rows[:ROWS_SHOWN]
    is_end = len(rows) <= ROWS_SHOWN
    return Listed(shown, () if is_end else tuple(str(shown[-1][name]) for name in by))


def _exists(conn: psycopg.Connection, relation: str) -> bool:
    row = conn.execute("select to_regclass(%s) is not null", [relation]).fetchone()
    return bool(row and row[0])


def _rows(
    conn: psycopg.Connection, query: str, values: Sequence[Any] | dict[str, Any]
) -> list[dict[str, Any]]:
    return conn.cursor(row_factory=dict_row).execute(query.encode(), values).fetchall()
