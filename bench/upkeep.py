"""How large a year of hourly syncs leaves the `sync` tables, without housekeeping and with it.

The results are written by PostgreSQL itself, as a usual org would leave them; what removes them is
the product's own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from psycopg import sql

from bench.extraction import OURS
from bench.measurement import Measurement
from bench.ours import ORG
from bench.places import Database
from bench.processes import MEGABYTE
from salesforce_elt import upkeep
from salesforce_elt.checks import load_checks, load_staging_checks
from salesforce_elt.environment import PROJECT
from salesforce_elt.models import load_models
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.run import Run
from salesforce_elt.settings import OrgSettings, Retention
from salesforce_elt.warehouse.connection import connect, prepare

SYNCS = Path(__file__).with_name("hourly_syncs.sql")
HOURS_A_DAY, DAYS_A_WEEK = 24, 7
BEGINNING = datetime(2025, 6, 1, tzinfo=UTC)
MOST_TOLD = 4  # tables


def at_once(server: Database, days: int) -> Measurement:
    """The syncs of so many days that nobody tidied up after, and the first housekeeping."""
    with connect(server.fresh("upkeep")) as conn:
        prepare(conn)
        _sync(conn, _of_an_org(), 0, days * HOURS_A_DAY)
        conn.execute("analyze")
        before = f"{_size(conn)} ({_largest(conn)})"
        seconds = _tidy(conn, days * HOURS_A_DAY)
        conn.execute("vacuum full")
        note = f"before {before}; afterwards {_size(conn)} ({_largest(conn)})"
        return _measured("first housekeeping", days, rows=_rows(conn), seconds=seconds, note=note)


def day_by_day(server: Database, days: int) -> Measurement:
    """The same syncs, with the housekeeping of each day.

    Autovacuum looks once a minute, in which months go by here: it would come each week, when a
    fifth of the rows is dead.
    """
    spent, of_an_org = [], _of_an_org()
    with connect(server.fresh("upkeep")) as conn:
        prepare(conn)
        for day in range(days):
            first, last = day * HOURS_A_DAY, (day + 1) * HOURS_A_DAY
            _sync(conn, of_an_org, first, last)
            spent.append(_tidy(conn, last))
            if day % DAYS_A_WEEK == 0:
                conn.execute("vacuum (analyze)")
        note = f"{_size(conn)} in the end ({_largest(conn)}), the slowest day {max(spent):.2f} s"
        return _measured(
            "housekeeping of a day", days, rows=_rows(conn), seconds=median(spent), note=note
        )


def _measured(what: str, days: int, **values: Any) -> Measurement:
    return Measurement(f"{days} days of hourly syncs: {what}", OURS, days * HOURS_A_DAY, **values)


def _of_an_org() -> Mapping[str, Any]:
    """What results name: objects, marts and checks as they are, settings as a run keeps them."""
    models = load_models(PROJECT / "include")
    suites = {mart: load_checks(models.root, mart) for mart in models.marts}
    suites |= {f"staging.{name}": told for name, told in load_staging_checks(models.root).items()}
    checks = [(mart, check.name) for mart, told in suites.items() for check in told]
    return {
        "org": ORG,
        "settings": OrgSettings(key=ORG, connection="bench").model_dump_json(),
        "objects": [one.name for one in STANDARD_SET],
        "marts": list(models.marts),
        "checked": [mart for mart, _ in checks],
        "checks": [name for _, name in checks],
    }


def _sync(conn: psycopg.Connection, of_an_org: Mapping[str, Any], first: int, last: int) -> None:
    """The results of hourly syncs; the org is held by the last of them."""
    statement = sql.SQL(SYNCS.read_text("utf-8")).format(first=first, last=last, **of_an_org)
    with conn.transaction():
        conn.execute(statement)


def _tidy(conn: psycopg.Connection, hours: int) -> float:
    """The seconds that the housekeeping of the newest sync takes."""
    fence, until = hours - 1, BEGINNING + timedelta(hours=hours - 1)
    run = Run(ORG, f"{ORG}/scheduled__{fence}", fence, "incremental", until)
    began = time.monotonic()
    upkeep.tidy(conn, run, retention=Retention())
    return time.monotonic() - began


def _size(conn: psycopg.Connection) -> str:
    (size,) = conn.execute(
        "select sum(pg_total_relation_size(c.oid)) from pg_class as c"
        " where c.relnamespace = 'sync'::regnamespace and c.relkind = 'r'"
    ).fetchone() or (0,)
    return f"{int(size) / MEGABYTE:,.0f} MB"


def _largest(conn: psycopg.Connection) -> str:
    rows = conn.execute(
        "select relname, pg_total_relation_size(oid) from pg_class"
        " where relnamespace = 'sync'::regnamespace and relkind = 'r' order by 2 desc limit %s",
        [MOST_TOLD],
    )
    return ", ".join(f"{name} {size / MEGABYTE:,.0f}" for name, size in rows)


def _rows(conn: psycopg.Connection) -> int:
    """All rows of the results, counted."""
    names = conn.execute("select tablename from pg_tables where schemaname = 'sync'").fetchall()
    counts = (
        conn.execute(sql.SQL("select count(*) from sync.{}").format(sql.Identifier(name)))
        for (name,) in names
    )
    return sum(int(next(counted)[0]) for counted in counts)
