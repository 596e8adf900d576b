"""
What goes wrong in the warehouse: statements that fail, connections that break, a server that dies,
locks that nobody gives back, tables that somebody altered.

A sync survives what passes, and says what does not; the next one has everything.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import psutil
import psycopg
import pytest
from psycopg import sql

from desk.postgres import (
    SUPERUSER,
    PostgresServer,
    create,
    embedded_binaries,
    free_port,
    running_pid,
    start,
    stop,
)
from salesforce_elt import stations
from salesforce_elt.errors import SyncError
from salesforce_elt.report import Report
from tests.conftest import folder_of_a_server
from tests.driver import Desk
from tests.faults.conftest import SIZE, Verdict, sampled
from tests.faults.scene import Scene, changed_scene, found, sync

pytestmark = [pytest.mark.faults, pytest.mark.slow]

# PostgreSQL's own codes of what may happen to any statement, and whether it passes by itself.
REFUSALS = {
    "disk full": "53100", "out of memory": "53200", "too many connections": "53300",
    "serialization failure": "40001", "deadlock": "40P01", "lock timeout": "55P03",
    "canceled": "57014", "read-only": "25006", "no privilege": "42501",
}  # fmt: skip
TABLES = {
    "the note of a page": ("sync.extract_pages", "insert"),
    "the plan": ("sync.run_objects", "insert"),
    "a merge": ("staging_demo.opportunity", "insert or update"),
    "a watermark": ("sync.watermarks", "insert or update"),
    "a publish": ("marts.opportunities", "insert or update or delete"),
    "a check's result": ("sync.checks", "insert"),
}
# Of these nobody can know that they pass.
STAYING = {"25006", "42501"}
REFUSE = """
create sequence public.refusals_{name};
grant usage on sequence public.refusals_{name} to public;
create function public.refuse_{name}() returns trigger language plpgsql as $$
begin
    if nextval('public.refusals_{name}') <= {times} then
        raise exception 'as told' using errcode = {code};
    end if;
    return null;
end $$;
create trigger refused after {event} on {table}
for each statement execute function public.refuse_{name}()
"""
FORGIVE = "drop function public.refuse_{name}() cascade; drop sequence public.refusals_{name}"
ENDLESS = 10**6


@dataclass(frozen=True)
class OwnServer:
    """A PostgreSQL server of these tests, which may crash."""

    server: PostgresServer
    port: int
    password: str

    def crash(self) -> None:
        """It dies with all its processes, and is started again."""
        postmaster = psutil.Process(running_pid(self.server))
        processes = [postmaster, *postmaster.children(recursive=True)]
        postmaster.kill()
        psutil.wait_procs(processes)
        start(self.server, port=self.port)

    @property
    def url(self) -> str:
        """Where a warehouse is in it."""
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/warehouse"


@pytest.mark.parametrize("refusal", sampled([(one,) for one in REFUSALS], step=9))
def test_a_refusal_that_passes(changed: Scene, verdict: Verdict, refusal: str) -> None:
    """One sync is refused a statement of each kind once."""
    with changed.trial() as desk:
        for name in TABLES:
            _refuse(desk, refusal, name, times=1)
        report = sync(desk)
        passes = REFUSALS[refusal] not in STAYING
        wrong = _wrong(report, survives=passes)
        for name in TABLES:
            _forgive(desk, name)
        if not passes:
            wrong = wrong or _wrong(sync(desk), survives=True)
        _compare(changed, desk, verdict, wrong, tried=len(TABLES))


@pytest.mark.exhaustive
@pytest.mark.parametrize("table", list(TABLES))
def test_refusals_that_stay(changed: Scene, verdict: Verdict, table: str) -> None:
    """Sync after sync is refused the same statement for another reason, and says so."""
    wrong = []
    with changed.trial() as desk:
        marts = found(desk).marts
        for refusal in REFUSALS:
            _refuse(desk, refusal, table, times=ENDLESS)
            report = sync(desk)
            _forgive(desk, table)
            told = [report.run["message"] or "", *(one["message"] for one in report.errors)]
            if report.status == "success" or found(desk).marts != marts:
                wrong.append(f"{refusal}: the status is {report.status}")
            if not any("PostgreSQL says" in text for text in told):
                wrong.append(f"{refusal}: no word of it in {told}")
            desk.wait(600)
        wrong.append(_wrong(sync(desk), survives=True))
        _compare(changed, desk, verdict, "; ".join(filter(None, wrong)), tried=len(REFUSALS))


def _refuse(desk: Desk, refusal: str, table: str, *, times: int) -> None:
    relation, event = TABLES[table]
    name = relation.replace(".", "_")
    desk.execute(REFUSE.format(name=name, times=times, code=f"'{REFUSALS[refusal]}'",
                               event=event, table=relation))  # fmt: skip


def _forgive(desk: Desk, table: str) -> None:
    desk.execute(FORGIVE.format(name=TABLES[table][0].replace(".", "_")))


@pytest.mark.parametrize("way", ["rest", "bulk"])
@pytest.mark.parametrize("number", sampled([(one,) for one in range(5, 300, 30)], step=9))
def test_a_connection_that_breaks(
    changed: Scene, verdict: Verdict, read_by, monkeypatch, way: str, number: int
) -> None:
    """At the n-th statement every connection of the sync is gone, as after a failover."""
    read_by(way)
    with changed.trial() as desk:
        counted = iter(range(1, ENDLESS))
        real, lock = psycopg.Cursor.execute, threading.Lock()

        def execute(self, *arguments, **options):
            with lock:
                is_now = next(counted) == number
            if is_now:
                _terminate(desk)
            return real(self, *arguments, **options)

        monkeypatch.setattr(psycopg.Cursor, "execute", execute)
        report = sync(desk)
        monkeypatch.undo()
        wrong = ""
        if report.status != "success":  # where Airflow's next try would be the report's
            wrong = _wrong(sync(desk), survives=True)
        _compare(changed, desk, verdict, wrong)


@pytest.mark.parametrize("station", sampled([
    ("plan",), ("extract Account",), ("extract Opportunity",), ("transform",), ("audit",),
    ("publish",),
], step=6))  # fmt: skip
def test_a_server_that_dies(
    own_server: OwnServer, on_own_server: Scene, verdict: Verdict, station: str
) -> None:
    """It crashes, which empties the unlogged tables, and is there again."""
    with on_own_server.trial() as desk:
        report = sync(desk, between=lambda now: own_server.crash() if now == station else None)
        wrong = _wrong(report, survives=True)
        _compare(on_own_server, desk, verdict, wrong)


@pytest.mark.parametrize("kind", ["incremental", "full"])
def test_an_analyst_who_reads_all_the_time(changed: Scene, verdict: Verdict, kind: str) -> None:
    with changed.trial() as desk, psycopg.connect(desk.warehouse_url) as analyst:
        for (table,) in analyst.execute("select tablename from pg_tables where schemaname='marts'"):
            query = sql.SQL("select * from {}").format(sql.Identifier("marts", table))
            analyst.execute(query)
        report = sync(desk, kind)
        _compare(changed, desk, verdict, _wrong(report, survives=True))


def test_a_deadlock_with_a_person(changed: Scene, verdict: Verdict) -> None:
    """A person holds what the publish wants, and wants what it holds; PostgreSQL ends one."""
    with changed.trial() as desk:
        with psycopg.connect(desk.warehouse_url) as person:
            person.execute("lock table marts.activities in access exclusive mode")
            others = threading.Thread(target=_lock_when_waited_for, args=(desk, person))
            others.start()
            report = sync(desk)
            others.join()
        _compare(changed, desk, verdict, _wrong(report, survives=True))


ALTERATIONS = {
    "a mart is gone": "drop table marts.opportunities cascade",
    "a mart lacks a column": "alter table marts.companies drop column company_name cascade",
    "a mart has a column more": "alter table marts.companies add column mine text",
    "every mart is gone": "drop schema marts cascade; create schema marts",
    "staging lacks a column": "alter table staging_demo.opportunity drop column next_step cascade",
    "staging has an index more": "create index on staging_demo.opportunity (name)",
    "a staging table is gone": "drop table staging_demo.task cascade",
    "staging is gone": "drop schema staging_demo cascade",
    "the watermarks are gone": "truncate sync.watermarks",
    "the results are gone": "truncate sync.runs cascade",
}


@pytest.mark.parametrize("alteration", sampled([(one,) for one in ALTERATIONS], step=6))
def test_a_table_that_somebody_altered(changed: Scene, verdict: Verdict, alteration: str) -> None:
    """The next sync makes it again. What was purged in the org is not there to be read again."""
    with changed.trial() as desk:
        desk.execute(ALTERATIONS[alteration])
        wrong = _wrong(sync(desk), survives=True)
        result = found(desk)
        marts = replace(result, staging=changed.expected.staging)
        lost = changed.lost(marts) + len(desk.differences())
        verdict(lost=lost, doubled=changed.doubled(marts), wrong=wrong)


def test_a_schema_that_somebody_dropped(changed: Scene, verdict: Verdict) -> None:
    """The sync says so, and has everything when the schema is there again."""
    with changed.trial() as desk:
        desk.execute("drop schema landing, delta cascade")
        report = sync(desk)
        told = [row["message"] for row in report.errors]
        assert any("a schema that a sync made is gone" in text for text in told), told
        desk.execute("create schema landing; create schema delta")
        _compare(changed, desk, verdict, _wrong(sync(desk), survives=True))


def test_a_warehouse_that_is_read_only_or_out_of_bounds(changed: Scene, verdict: Verdict) -> None:
    """Nothing can be written, so nothing can be noted either; the error says what to do."""
    with changed.trial() as desk:
        name = desk.warehouse_url.rpartition("/")[2]
        desk.execute(f"alter database {name} set default_transaction_read_only = on")
        with pytest.raises(SyncError, match="ELT_WAREHOUSE_URL"):
            stations.start(desk.site, desk.request())
        with psycopg.connect(desk.warehouse_url, autocommit=True) as admin:
            admin.execute("set default_transaction_read_only = off")
            admin.execute(f"alter database {name} reset default_transaction_read_only")
        _compare(changed, desk, verdict, _wrong(sync(desk), survives=True))


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """The server, with an empty warehouse."""
    with folder_of_a_server() as folder:
        # A commit waits for the log, as in any warehouse: what is haste elsewhere loses some here.
        server = PostgresServer(folder, binaries=embedded_binaries(), settings={})
        running = OwnServer(server, free_port(), secrets.token_urlsafe())
        create(server, password=running.password)
        start(server, port=running.port)
        with psycopg.connect(running.url.replace("/warehouse", "/postgres"), autocommit=True) as on:
            on.execute("create database warehouse")
        yield running
        stop(server)


@pytest.fixture(scope="module")
def on_own_server(own_server: OwnServer, generated_desk) -> Scene:
    """The scene with its warehouse on that server."""
    return changed_scene(replace(generated_desk(size=SIZE), warehouse_url=own_server.url))


def _lock_when_waited_for(desk: Desk, person: psycopg.Connection) -> None:
    """As soon as the sync waits for the person, the person waits for the sync."""
    waiting = (
        "select count(*) from pg_locks"
        " where not granted and relation = 'marts.activities'::regclass"
    )
    while not desk.value(waiting):
        pass
    with suppress(psycopg.errors.DeadlockDetected):
        person.execute("lock table marts.opportunities in access exclusive mode")
    person.rollback()


def _terminate(desk: Desk) -> None:
    server, _, name = desk.warehouse_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                      " where datname = %s", [name])  # fmt: skip


def _wrong(report: Report, *, survives: bool) -> str:
    if (report.status == "success") is survives:
        return ""
    return f"the status is {report.status}: {report.run['message']}"


def _compare(
    scene: Scene, desk: Desk, verdict: Verdict, wrong: str, *, tried: int = 1
) -> None:
    result = found(desk)
    verdict(tried, lost=scene.lost(result), doubled=scene.doubled(result), wrong=wrong)
