"""
The scene of every trial: an org, and a warehouse that read it an hour before the org changed.

A trial works on a copy of that warehouse, so that all of them begin alike; what it ends with is
compared with what an undisturbed sync makes of the same, record by record and mart by mart.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from salesforce_elt import stations
from salesforce_elt.errors import QuotaReached, StopError, SyncError
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.report import Report
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.warehouse.names import warehouse_name
from tests.driver import Desk

TRIES = 4  # of a task, as dags/salesforce_sync.py has it
OPTIONS = {"query_batch_size": 4, "bulk_page_records": 4}  # so that answers have several pages
LEFTOVERS = "select count(*) from pg_tables where schemaname in ('landing', 'delta')"
HOW_IT_CAME = ("_batch_id", "_deleted_by", "_deleted_at")
Between = Callable[[str], None]
Records = Mapping[str, set[tuple[str, ...]]]


@dataclass(frozen=True)
class Found:
    """What a warehouse holds of the org: rows by staging table, and by mart."""

    staging: Records
    marts: Records


@dataclass(frozen=True)
class Scene:
    """`before` is the warehouse that is copied, `now` what the org's clock says at the beginning of
    every trial, `kind` which sync follows, `expected` what an undisturbed one makes of both."""

    before: Desk
    now: datetime
    kind: str
    expected: Found

    @contextmanager
    def trial(self) -> Iterator[Desk]:
        """A desk with a warehouse of its own; afterwards nothing of it is left in the org."""
        org = self.before.org.org
        org.clock.set(self.now)
        desk = copied(self.before)
        try:
            yield desk
        finally:
            org.faults.clear()
            org.options.reset()
            org.options.update(OPTIONS)
            dropped(desk)

    def lost(self, found: Found) -> int:
        """How many rows an undisturbed sync has, and this one lacks or has otherwise."""
        return _difference(self.expected, found)

    def doubled(self, found: Found) -> int:
        """How many rows only this one has."""
        return _difference(found, self.expected)


def changed_scene(desk: Desk, *, kind: str = "incremental") -> Scene:
    """The scene of an org that was read, and has changed since; `kind` is the sync that follows."""
    desk = _prepared(desk)
    assert desk.sync("full").status == "success"
    desk.wait(3600)
    _work_in(desk)
    desk.wait(60)
    return _scene(desk, kind=kind)


def unread_scene(desk: Desk) -> Scene:
    """The scene of an org that was never read."""
    return _scene(_prepared(desk), kind="full")


def _prepared(desk: Desk) -> Desk:
    desk.org.org.options.update(OPTIONS)
    return desk.configured(reconcile="never")


def _scene(desk: Desk, *, kind: str) -> Scene:
    now = desk.org.org.clock.now()
    undisturbed = copied(desk)
    report = sync(undisturbed, kind, is_audited=True)
    assert report.status == "success", report.run["message"]
    assert undisturbed.differences() == []
    scene = Scene(desk, now, kind, found(undisturbed))
    dropped(undisturbed)
    return scene


def _work_in(desk: Desk) -> None:
    """Changes of each kind, of more records than a page holds."""
    store = desk.org.org.store
    deals = [one["Id"] for one in store.records("Opportunity")]
    for deal in deals[2:]:
        store.update("Opportunity", deal, {"NextStep": "Call"})
    for one in store.records("Account"):
        store.update("Account", one["Id"], {"Description": 'Said "yes",\nthen no'})
    store.delete("Opportunity", deals[0])
    store.hard_delete("Opportunity", deals[1])
    store.insert("Account", {"Name": "New"})


def sync(
    desk: Desk,
    kind: str = "incremental",
    *,
    between: Between = lambda station: None,
    is_audited: bool = False,
    tries: int = TRIES,
) -> Report:
    """A sync as Airflow runs it: what may be tried again is, as often as a task is.

    `between` is called before each station. The audit takes half of the time of so small a sync,
    and is left out where what is tried has nothing to do with it. Of what never passes, two
    `tries` tell as much as all that a task has.
    """
    request = desk.request(kind)
    with suppress(SyncError, psycopg.Error):
        _stations(desk, request, between, is_audited, tries)
    return tried(desk, lambda: stations.finish(desk.site, request), tries=tries)


def found(desk: Desk) -> Found:
    """What the desk's warehouse holds: without what names the sync that wrote it."""
    with psycopg.connect(desk.warehouse_url, options="-c timezone=UTC") as conn:
        schema = f"staging_{desk.settings.key}"
        names = [warehouse_name(one.name) for one in STANDARD_SET if one.is_everywhere]
        marts = conn.execute("select tablename from pg_tables where schemaname = 'marts'")
        return Found(
            {name: _rows(conn, schema, name) for name in names},
            {name: _rows(conn, "marts", name) for (name,) in marts.fetchall()},
        )


def copied(desk: Desk) -> Desk:
    """The same desk with a copy of its warehouse."""
    server, _, name = desk.warehouse_url.rpartition("/")
    copy = f"trial_{secrets.token_hex(6)}"
    _administer(server, "create database {} template {} strategy file_copy", copy, name)
    return replace(desk, warehouse_url=f"{server}/{copy}", waits=[])


def dropped(desk: Desk) -> None:
    """Ends a copy."""
    server, _, name = desk.warehouse_url.rpartition("/")
    _administer(server, "drop database {} with (force)", name)


def leftovers(desk: Desk) -> int:
    """How many tables of landing and delta are there."""
    return int(desk.value(LEFTOVERS))


def tried(desk: Desk, station: Callable[[], Any], *, tries: int = TRIES) -> Any:
    """The station's result; tried again like a task, but where somebody has to change something."""
    for _ in range(tries - 1):
        try:
            return station()
        except (StopError, QuotaReached):
            raise
        except (SyncError, psycopg.Error):
            desk.wait(timedelta(minutes=1).total_seconds())
    return station()


def _stations(
    desk: Desk, request: RunRequest, between: Between, is_audited: bool, tries: int
) -> None:
    def do(station: str, work: Callable[[], Any]) -> Any:
        between(station)
        return tried(desk, work, tries=tries)

    run: Run = do("start", lambda: stations.start(desk.site, request))
    for name in do("plan", lambda: stations.make_plan(desk.site, run)):
        with suppress(SyncError, psycopg.Error):  # Airflow goes on with the other mapped tasks
            do(f"extract {name}", lambda name=name: stations.extract_object(desk.site, run, name))
    transformed = do("transform", lambda: stations.transform_marts(desk.site, run))
    if transformed:
        if is_audited:
            do("audit", lambda: stations.audit_marts(desk.site, run, transformed))
        do("publish", lambda: stations.publish_marts(desk.site, run, transformed))


def _rows(conn: psycopg.Connection, schema: str, table: str) -> set[tuple[str, ...]]:
    """A table's rows as texts, without what tells how they came here."""
    columns = conn.execute(
        "select column_name from information_schema.columns where table_schema = %s"
        " and table_name = %s and column_name <> all(%s) order by column_name",
        [schema, table, list(HOW_IT_CAME)],
    ).fetchall()
    texts = sql.SQL(", ").join(
        sql.SQL("coalesce({}::text, '∅')").format(sql.Identifier(name)) for (name,) in columns
    )
    query = sql.SQL("select {} from {}").format(texts, sql.Identifier(schema, table))
    cursor = conn.cursor(row_factory=tuple_row)
    rows = cursor.execute(query).fetchall()
    assert len(set(rows)) == len(rows), f"{schema}.{table} has a row twice"
    return set(rows)


def _difference(one: Found, other: Found) -> int:
    pairs = ((one.staging, other.staging), (one.marts, other.marts))
    return sum(
        len(rows - theirs.get(name, set())) for ours, theirs in pairs for name, rows in ours.items()
    )


def _administer(server: str, statement: str, *names: str) -> None:
    identifiers = (sql.Identifier(name) for name in names)
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(*identifiers))
