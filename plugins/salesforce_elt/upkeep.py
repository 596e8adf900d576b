"""
Housekeeping: old results, and what syncs that broke off left lying about, are removed.

Once a day, at the end of an org's sync, in transactions so small that nobody waits for them, each
under the org's lease (rule 2): when a newer sync takes the org, the rest is left to that one.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from salesforce_elt.deltas import drop_leftovers
from salesforce_elt.run import Run
from salesforce_elt.settings import Retention
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.locks import LONGEST_WAIT, no_long_wait
from salesforce_elt.warehouse.names import staging_schema, table_name
from salesforce_elt.warehouse.staging import BEFORE, LOADING

log = logging.getLogger(__name__)

MOST_RUNS, MOST_ROWS = 100, 5_000  # in one transaction

# The newest run of each outcome of each kind: what later syncs look back at (when the org was
# reconciled, what is left of that, what a quota stopped), and the last success, however long ago.
NEWEST = """
select distinct on (kind, status, planned_at is null, coalesce(cardinality(objects), 0)) run_id
from sync.runs where org = %s
order by kind, status, planned_at is null, coalesce(cardinality(objects), 0), started_at desc
"""

# Runs that nothing needs any more: over, old, not among the newest, and neither an open extract nor
# a batch that waits to be published is theirs.
OLD_RUNS = """
select r.run_id from sync.runs as r
where r.org = %(org)s and r.started_at < %(before)s and r.status <> 'running'
and r.run_id <> all(%(newest)s)
and not exists (
    select 1 from sync.extracts as e where e.run_id = r.run_id and e.state = 'planned'
)
and not exists (
    select 1 from sync.pending_batches as b where b.org = r.org and b.run_id = r.run_id
)
"""

OLD_RESULTS: Mapping[str, LiteralString] = {
    "syncs": f"delete from sync.runs where run_id in ({OLD_RUNS} limit %(most_runs)s)",
    "incidents that are over": """
delete from sync.incidents where incident_id in (
    select incident_id from sync.incidents where org = %(org)s and closed_at < %(before)s
    limit %(most_rows)s
)""",
}

# What says little of a run later. A Bulk job that an ended extract names is kept by Salesforce for
# seven days, which is less than any retention.
OLD_DETAILS: Mapping[str, LiteralString] = {
    "checks that held": f"""
delete from sync.checks where ctid = any(array(
    select ctid from sync.checks where is_passed and run_id in ({OLD_RUNS}) limit %(most_rows)s
))""",
    "objects in which nothing changed": f"""
delete from sync.run_objects where ctid = any(array(
    select ctid from sync.run_objects
    where way = 'nothing' and status = 'success' and fetched + inserted + updated + deleted = 0
    and run_id in ({OLD_RUNS}) limit %(most_rows)s
))""",
    "lists of fields that were asked for": f"""
update sync.run_objects set fields = '{{}}' where ctid = any(array(
    select ctid from sync.run_objects
    where cardinality(fields) > 0 and run_id in ({OLD_RUNS}) limit %(most_rows)s
))""",
    "bookings of API calls": f"""
delete from sync.api_usage where ctid = any(array(
    select ctid from sync.api_usage where run_id in ({OLD_RUNS}) limit %(most_rows)s
))""",
    "extracts that are merged": """
delete from sync.extracts where extract_id in (
    select extract_id from sync.extracts
    where org = %(org)s and state <> 'planned' and created_at < %(before)s
    limit %(most_rows)s
)""",
}


@dataclass(frozen=True)
class Step:
    """Something to remove, by a statement that is repeated until it finds nothing."""

    what: str
    statement: LiteralString
    values: Mapping[str, Any]


def is_due(conn: psycopg.Connection, org: str, *, now: datetime) -> bool:
    """Whether nothing was tidied up on this day (UTC)."""
    row = conn.execute("select done_at from sync.upkeep where org = %s", [org]).fetchone()
    return row is None or row[0].date() < now.date()


def tidy(conn: psycopg.Connection, run: Run, *, retention: Retention) -> Mapping[str, int]:
    """Removes what is older than the settings say, counted back from the run's end, and leftovers;
    returns how much of what.

    Raises LeaseLost when a newer run holds the org; what is removed by then stays removed.
    """
    removed = {
        step.what: _in_small_transactions(conn, run, step)
        for step in _steps(conn, run, retention=retention)
    }
    removed |= {
        "landing tables": _drop_landing(conn, run),
        "tables of broken-off whole reads": _drop_loading(conn, run),
        "rows before changes that are published": _delete_before_rows(conn, run),
    }
    with conn.transaction():
        leases.hold(conn, run)
        _drop_deltas(conn, run)
        conn.execute(
            "insert into sync.upkeep (org, done_at) values (%s, %s)"
            " on conflict (org) do update set done_at = excluded.done_at",
            [run.org, run.until],
        )
    found = {what: count for what, count in removed.items() if count}
    told = ", ".join(f"{count:,} {what}" for what, count in found.items())
    log.info("%s: housekeeping removed %s.", run.org, told or "nothing")
    return found


def _steps(conn: psycopg.Connection, run: Run, *, retention: Retention) -> Iterator[Step]:
    newest = [run_id for (run_id,) in conn.execute(NEWEST, [run.org])]
    values = {"org": run.org, "newest": newest, "most_runs": MOST_RUNS, "most_rows": MOST_ROWS}
    for days, statements in (
        (retention.results_days, OLD_RESULTS),
        (retention.details_days, OLD_DETAILS),
    ):
        before = run.until - timedelta(days=days)
        for what, statement in statements.items():
            yield Step(what, statement, {**values, "before": before})


def _in_small_transactions(conn: psycopg.Connection, run: Run, step: Step) -> int:
    total = 0
    while True:
        with conn.transaction():
            leases.hold(conn, run)
            count = conn.execute(step.statement, step.values).rowcount
        if not count:
            return total
        total += count


def _drop_landing(conn: psycopg.Connection, run: Run) -> int:
    """Tables whose extract is over or gone: a server that went down between the two leaves them."""
    rows = conn.execute(
        "select tablename from pg_tables where schemaname = 'landing' and tablename ~ %s"
        " and not exists (select 1 from sync.extracts as e where e.state = 'planned'"
        "   and e.org = %s and e.org || '__' || e.extract_id = tablename)",
        [f"^{run.org}__[0-9]+$", run.org],
    ).fetchall()
    return _drop(conn, run, [sql.Identifier("landing", name) for (name,) in rows])


def _drop_loading(conn: psycopg.Connection, run: Run) -> int:
    """Tables beside staging into which no whole read streams any more."""
    schema = staging_schema(run.org)
    open_reads = conn.execute(
        "select sobject from sync.extracts where org = %s and state = 'planned' and is_beside",
        [run.org],
    )
    needed = {table_name(sobject, LOADING) for (sobject,) in open_reads}
    left = [name for name in _tables(conn, schema, suffix=LOADING) if name not in needed]
    return _drop(conn, run, [sql.Identifier(schema, name) for name in left])


def _drop(conn: psycopg.Connection, run: Run, tables: list[sql.Identifier]) -> int:
    for table in tables:
        with conn.transaction():
            leases.hold(conn, run)
            with no_long_wait(conn, table, at_most=LONGEST_WAIT):
                conn.execute(sql.SQL("drop table if exists {}").format(table))
    return len(tables)


def _delete_before_rows(conn: psycopg.Connection, run: Run) -> int:
    """Rows as they were before batches that do not wait any more."""
    schema, total = staging_schema(run.org), 0
    for name in _tables(conn, schema, suffix=BEFORE):
        with conn.transaction():
            leases.hold(conn, run)
            total += conn.execute(
                sql.SQL(
                    "delete from {} as b where not exists (select 1 from sync.pending_batches as p"
                    " where p.org = {} and p.batch_id = b._batch_id)"
                ).format(sql.Identifier(schema, name), run.org)
            ).rowcount
    return total


def _drop_deltas(conn: psycopg.Connection, run: Run) -> None:
    """What a success has not published belongs to marts that there are no more. Of another sync it
    may be published yet, when its tasks are cleared."""
    row = conn.execute("select status from sync.runs where run_id = %s", [run.run_id]).fetchone()
    if row == ("success",):
        drop_leftovers(conn, run.org)


def _tables(conn: psycopg.Connection, schema: str, *, suffix: str) -> list[str]:
    rows = conn.execute(
        "select tablename from pg_tables where schemaname = %s and right(tablename, %s) = %s"
        " order by tablename",
        [schema, len(suffix), suffix],
    )
    return [name for (name,) in rows]
