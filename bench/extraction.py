"""Ours and the limit: all opportunities; and ours: full, incremental and empty syncs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import psycopg

from bench.clients import VERSION
from bench.desk import OBJECT, WAREHOUSE, Desk
from bench.measurement import Measurement, against, beyond, median_of
from bench.ours import ORG, Done
from bench.processes import KILOBYTE, MEGABYTE
from bench.truth import Arrived, Truth, Verdict
from desk.postgres import embedded_binaries
from salesforce_elt.environment import PROJECT
from salesforce_elt.warehouse.names import staging_schema, warehouse_name

OURS, LIMIT = "salesforce-elt", "limit (curl, psql)"
ALL, FULL, EMPTY = "all opportunities", "full sync", "empty sync"
CHANGED = 1_000
INCREMENTAL = f"sync of {CHANGED:,} changed"
LIMITS = "limits"
SLOWEST_SHOWN = 4
# what reading all records of an object may take at most
BUDGETS = {"ratio_to_limit": 1.15, "peak_memory_mb": 300}


def compared(at: Desk, runs: int) -> list[Measurement]:
    """All opportunities by the limit and by the product in turn: the medians of each."""
    limits, ours = [], []
    for _ in range(runs):
        limits.append(by_the_limit(at))
        ours.append(by_the_product(at))
    limit = median_of(limits)
    return [against(limit, limit), beyond(BUDGETS, against(limit, median_of(ours)))]


def by_the_product(at: Desk) -> Measurement:
    """The product reads all opportunities into an empty staging."""
    done = at.ours("extract", at.server.fresh(WAREHOUSE), kind="full")
    return _judged(at, _measured(ALL, at, done), _staged(at))


def by_the_limit(at: Desk) -> Measurement:
    """The shell pipeline reads the same fields into a new table of the same types."""
    url, shape = at.server.fresh(LIMITS), at.shape
    columns, table = at.columns_as_staged(), warehouse_name(OBJECT)
    job = at.folder / "job.json"
    query = f"SELECT {', '.join(shape)} FROM {OBJECT}"
    job.write_text(json.dumps({"operation": "queryAll", "query": query}))
    before = at.client.calls()
    used = at.run(
        [PROJECT / "bench/limit.sh"],
        variables={
            "INSTANCE_URL": at.place.url,
            "JOBS": f"/services/data/v{VERSION}/jobs/query",
            "TOKEN": at.client.token(),
            "JOB": str(job),
            "TABLE": table,
            "DEFINITION": ", ".join(f"{columns[name]} {kind}" for name, kind in shape.items()),
            "COLUMNS": ", ".join(columns.values()),
            "DATABASE_URL": url,
            "PSQL": str(embedded_binaries() / "psql"),
        },
    )
    waited = float(used.output)
    measured = Measurement(
        ALL,
        LIMIT,
        at.size,
        seconds=used.seconds - waited,
        cpu_seconds=used.cpu_seconds,
        peak_memory_mb=used.peak_memory_mb,
        api_calls=at.client.calls() - before,
        waited_seconds=waited,
    )
    return _judged(at, measured, Arrived(url, table, columns))


def syncs(at: Desk, runs: int) -> list[Measurement]:
    """Whole syncs of the standard set: the first one, after changes, after none."""
    url = at.server.fresh(WAREHOUSE)

    def sync(case: str, kind: str = "incremental") -> Measurement:
        measured = _measured(case, at, at.ours("sync", url, kind=kind))
        return _judged(at, measured, _staged(at))

    def after_changes() -> Measurement:
        at.change(CHANGED)
        return sync(INCREMENTAL)

    first = _measured(FULL, at, at.ours("sync", url, kind="full"))
    first = _with(first, *_judged_objects(at))
    return [first, _several(after_changes, runs), _several(lambda: sync(EMPTY), runs)]


def _judged_objects(at: Desk) -> Iterator[Verdict]:
    """What became of every object that the org keeps in a table of its own."""
    url = at.server.url(WAREHOUSE)
    query = "select sobject, fields from sync.run_objects order by sobject"
    with psycopg.connect(url) as connection:
        read = connection.execute(query).fetchall()
    for sobject, fields in read:
        truth = Truth(at.place.database_url, sobject, wanted=fields)
        if truth.types:
            yield truth.judge(_staged(at, sobject, fields))


def _several(measure: Callable[[], Measurement], runs: int) -> Measurement:
    return median_of([measure() for _ in range(runs)])


def _staged(at: Desk, sobject: str = OBJECT, fields: Iterable[str] = ()) -> Arrived:
    relation = f'{staging_schema(ORG)}."{warehouse_name(sobject)}"'
    values = {name: f'"{warehouse_name(name)}"' for name in fields or at.shape}
    return Arrived(at.server.url(WAREHOUSE), relation, values)


def _measured(case: str, at: Desk, done: Done) -> Measurement:
    return Measurement(
        case,
        OURS,
        at.size,
        rows=done.fetched,
        seconds=sum(done.seconds.values()),
        cpu_seconds=done.cpu_seconds,
        peak_memory_mb=done.peak_memory_kb * KILOBYTE / MEGABYTE,
        api_calls=done.api_calls,
        waited_seconds=done.waited_seconds,
        note=_where_it_went(done.seconds),
    )


def _where_it_went(seconds: dict[str, float]) -> str:
    slowest = sorted(seconds.items(), key=lambda entry: -entry[1])[:SLOWEST_SHOWN]
    return ", ".join(f"{station} {spent:.1f} s" for station, spent in slowest)


def _judged(at: Desk, measured: Measurement, arrived: Arrived) -> Measurement:
    return _with(measured, at.truth.judge(arrived))


def _with(measured: Measurement, *verdicts: Verdict) -> Measurement:
    """With what the org says of what arrived; the opportunities alone stand for a small sync."""
    differing = sorted({name for verdict in verdicts for name in verdict.differing})
    differs = f"differing: {', '.join(differing)}" if differing else ""
    return replace(
        measured,
        rows=verdicts[0].rows if measured.rows is None else measured.rows,
        complete=all(verdict.complete for verdict in verdicts),
        exact=all(verdict.exact for verdict in verdicts),
        note="; ".join(filter(None, (measured.note, differs))),
    )
