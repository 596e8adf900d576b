"""
Checks that look at no row: how many rows a mart would have, and how old staging is.

They go by what syncs noted anyway (row counts, what changed when, watermarks), so they cost the
same whatever the tables hold, and are looked at also when nothing changed.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from salesforce_elt.checks import EVERY_OBJECT, WARNING, Check, load_checks, load_staging_checks
from salesforce_elt.deltas import Delta, Transformed, recomputed
from salesforce_elt.expectations import KEYS_TOLD, Outcome
from salesforce_elt.mart_tables import mart_table
from salesforce_elt.models import Model, Models
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.run import Run
from salesforce_elt.suites import STAGING
from salesforce_elt.warehouse.names import warehouse_name

# How far back it is looked when an object changed, and for how long it has to have been lively.
REMEMBERED_DAYS, LIVELY_DAYS = 60, 14


def measured(
    conn: psycopg.Connection, run: Run, *, models: Models, transformed: Transformed
) -> Iterator[tuple[str, Outcome]]:
    """How each measure went, with the mart or `staging.<table>` that it is about."""
    for delta in transformed.deltas:
        suite = load_checks(models.root, delta.mart)
        if volumes := [one for one in suite if one.measure == "volume"]:
            volume = Volume.of(conn, run.org, models.marts[delta.mart], delta)
            for check in volumes:
                yield delta.mart, _of_volume(check, volume, is_asked_for=run.kind == "full")
    for table, checks in load_staging_checks(models.root).items():
        for check in checks:
            if check.measure:
                yield STAGING + table, STAGING_MEASURES[check.measure](conn, run, table, check)


@dataclass(frozen=True)
class Volume:
    """Rows of a mart at its last publish (None: nothing to compare with) and after this one."""

    before: int | None
    after: int

    @classmethod
    def of(cls, conn: psycopg.Connection, org: str, model: Model, delta: Delta) -> "Volume":
        """From kept counts and the delta. A changed model or setting is meant to change them."""
        row = conn.execute(
            "select fingerprint, row_count from sync.fingerprints where org = %s and mart = %s",
            [org, delta.mart],
        ).fetchone()
        if row is None or row[0] != delta.fingerprint:
            return cls(None, delta.row_count)
        if delta.is_whole:
            return cls(row[1], delta.row_count)
        replaced = sql.SQL("select count(*) from {} as m where {}").format(
            mart_table(model.name), recomputed(org, model, delta, alias="m")
        )
        gone = conn.execute(replaced).fetchone()
        return cls(row[1], row[1] - (gone[0] if gone else 0) + delta.row_count)


def _of_volume(check: Check, volume: Volume, *, is_asked_for: bool) -> Outcome:
    """A full synchronization is how people say that a jump is meant: it is told, not stopped."""
    numbers = check.arguments
    before, after = volume.before, volume.after
    if before is None or before < numbers["floor"]:
        return Outcome(check, is_passed=True)
    lowest = before * (1 - numbers.get("lost_share", 1))
    highest = before * (1 + numbers["gained_share"]) if "gained_share" in numbers else after
    if lowest <= after <= highest:
        return Outcome(check, is_passed=True)
    words = f"it had {before:,} rows and would have {after:,}"
    told = replace(check, severity=WARNING) if is_asked_for else check
    return Outcome(told, is_passed=False, unexpected_count=abs(after - before), words=words)


def _of_silence(conn: psycopg.Connection, run: Run, table: str, check: Check) -> Outcome:
    """Whether an object that usually changes has not changed for long."""
    row = conn.execute(
        "with changes as (select r.until from sync.runs as r"
        " inner join sync.run_objects as o on r.run_id = o.run_id"
        " where r.org = %(org)s and r.started_at > %(now)s - make_interval(days => %(horizon)s)"
        " and o.sobject = %(sobject)s and o.inserted + o.updated + o.deleted > 0),"
        " newest as (select max(until) as until from changes)"
        " select newest.until, newest.until < %(now)s - make_interval(days => %(days)s),"
        " count(distinct changes.until::date) from newest inner join changes"
        " on changes.until > newest.until - make_interval(days => %(lively)s)"
        " group by newest.until",
        {
            "org": run.org,
            "sobject": _api_name(table),
            "now": run.until,
            "days": check.arguments["days"],
            "horizon": REMEMBERED_DAYS,
            "lively": LIVELY_DAYS,
        },
    ).fetchone()
    if row is None or not row[1] or row[2] < check.arguments["usual_days"]:
        return Outcome(check, is_passed=True)
    words = (
        f"nothing changed since {row[0]:%Y-%m-%d %H:%M} UTC, and before that something did on "
        f"{row[2]} of {LIVELY_DAYS} days"
    )
    return Outcome(check, False, unexpected_count=1, keys=(_api_name(table),), words=words)


def _of_lag(conn: psycopg.Connection, run: Run, table: str, check: Check) -> Outcome:
    """Whether an object of this sync was not read to the end by any of the last syncs."""
    rows = conn.execute(
        "select w.sobject, w.complete_until from sync.watermarks as w"
        " inner join sync.run_objects as o on o.sobject = w.sobject and o.run_id = %(run_id)s"
        " where w.org = %(org)s and w.kind = 'changes' and w.complete_until < (select r.until"
        " from sync.runs as r where r.org = %(org)s and r.until is not null"
        " and r.until <= %(until)s order by r.started_at desc offset %(syncs)s limit 1)"
        " and (%(table)s = %(every)s or w.sobject = %(sobject)s) order by w.sobject",
        {
            "run_id": run.run_id,
            "org": run.org,
            "until": run.until,
            "syncs": check.arguments["syncs"] - 1,
            "table": table,
            "every": EVERY_OBJECT,
            "sobject": _api_name(table),
        },
    ).fetchall()
    keys = tuple(sobject for sobject, _ in rows)[:KEYS_TOLD]
    words = ", ".join(f"{one} is complete until {until:%Y-%m-%d %H:%M} UTC" for one, until in rows)
    return Outcome(check, not rows, unexpected_count=len(rows), keys=keys, words=words)


Measure = Callable[[psycopg.Connection, Run, str, Check], Outcome]
STAGING_MEASURES: Mapping[str, Measure] = {"silence": _of_silence, "lag": _of_lag}


def _api_name(table: str) -> str:
    names = {warehouse_name(one.name): one.name for one in STANDARD_SET}
    return names.get(table, table)
