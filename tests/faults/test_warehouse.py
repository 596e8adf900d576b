"""
What goes wrong in the warehouse: statements that fail, connections that break, locks that nobody
gives back.

A sync survives what passes, and says what does not; the next one has everything.
"""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from salesforce_elt import mart_tables, stations
from salesforce_elt.errors import SyncError
from tests.driver import Desk
from tests.faults.conftest import Verdict, compare, during_a_copy, sampled, told, wrong
from tests.faults.scene import Scene, found, sync

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


@pytest.mark.parametrize("refusal", sampled([(one,) for one in REFUSALS], step=9))
def test_a_refusal_that_passes(changed: Scene, verdict: Verdict, refusal: str) -> None:
    """One sync is refused a statement of each kind once."""
    with changed.trial() as desk:
        for name in TABLES:
            _refuse(desk, refusal, name, times=1)
        report = sync(desk, is_audited=True)
        passes = REFUSALS[refusal] not in STAYING
        said = wrong(report, survives=passes)
        met = [_forgive(desk, name) for name in TABLES]
        assert all(met) if passes else any(met), "not every table was written to"
        if not passes:
            said = said or wrong(sync(desk), survives=True)
        compare(changed, desk, verdict, said, tried=len(TABLES))


@pytest.mark.exhaustive
@pytest.mark.parametrize("table", list(TABLES))
def test_refusals_that_stay(changed: Scene, verdict: Verdict, table: str) -> None:
    """Sync after sync is refused the same statement for another reason, and says so."""
    said = []
    with changed.trial() as desk:
        marts = found(desk).marts
        for refusal in REFUSALS:
            _refuse(desk, refusal, table, times=ENDLESS)
            report = sync(desk, is_audited="check" in table, tries=2)
            assert _forgive(desk, table), "nothing was refused"
            if report.status == "success" or found(desk).marts != marts:
                said.append(f"{refusal}: the status is {report.status}")
            told = [report.run["message"] or "", *(one["message"] for one in report.errors)]
            if not any("PostgreSQL says" in text for text in told):
                said.append(f"{refusal}: no word of it in {told}")
            desk.wait(600)
        said.append(wrong(sync(desk), survives=True))
        compare(changed, desk, verdict, "; ".join(filter(None, said)), tried=len(REFUSALS))


def _refuse(desk: Desk, refusal: str, table: str, *, times: int) -> None:
    relation, event = TABLES[table]
    name = relation.replace(".", "_")
    desk.execute(REFUSE.format(name=name, times=times, code=f"'{REFUSALS[refusal]}'",
                               event=event, table=relation))  # fmt: skip


def _forgive(desk: Desk, table: str) -> bool:
    """Ends it; true when a statement met it."""
    name = TABLES[table][0].replace(".", "_")
    is_met = bool(desk.value(f"select is_called from public.refusals_{name}"))
    desk.execute(FORGIVE.format(name=name))
    return is_met


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
        report = sync(desk, is_audited=True)
        monkeypatch.undo()
        assert next(counted) > number, "the sync has fewer statements"
        # Where the break came after the last try of a task, the next sync takes up the rest.
        said = "" if report.status == "success" else wrong(sync(desk), survives=True)
        compare(changed, desk, verdict, said)


@pytest.mark.parametrize("way", ["rest", "bulk"])
@pytest.mark.parametrize("number", sampled([(one,) for one in range(1, 6)], step=5))
def test_a_connection_that_breaks_in_a_copy(
    changed: Scene, verdict: Verdict, read_by, monkeypatch, way: str, number: int
) -> None:
    """Of the page that was on its way nothing is kept, and it is fetched again."""
    read_by(way)
    with changed.trial() as desk:
        done = during_a_copy(monkeypatch, number, lambda: _terminate(desk))
        report = sync(desk)
        monkeypatch.undo()
        assert done == [number], "the sync copies less often"
        said = wrong(report, survives=True)
        tries = [one["message"] for one in report.findings if "Tried again" in one["message"]]
        if not any("connection" in text for text in tries):
            said = said or f"no word of it in {told(report)}"
        compare(changed, desk, verdict, said)


@pytest.mark.parametrize("kind", ["incremental", "full"])
def test_an_analyst_who_reads_all_the_time(changed: Scene, verdict: Verdict, kind: str) -> None:
    with changed.trial() as desk, psycopg.connect(desk.warehouse_url) as analyst:
        for (table,) in analyst.execute("select tablename from pg_tables where schemaname='marts'"):
            query = sql.SQL("select * from {}").format(sql.Identifier("marts", table))
            analyst.execute(query)
        report = sync(desk, kind)
        compare(changed, desk, verdict, wrong(report, survives=True))


def test_an_analyst_in_the_way_of_a_new_column(
    changed: Scene, verdict: Verdict, monkeypatch
) -> None:
    """A mart has to be altered, and somebody's transaction has read it: others who read it must not
    wait behind a publish that waits without end."""
    monkeypatch.setattr(mart_tables, "LONGEST_WAIT", timedelta(seconds=1))
    with changed.trial() as desk:
        desk.execute("alter table marts.companies add column old text")
        marts = found(desk).marts
        with psycopg.connect(desk.warehouse_url) as analyst:
            analyst.execute("select * from marts.companies")
            report = sync(desk, tries=2)
        said = "" if found(desk).marts == marts else "the marts changed"
        if report.status == "success" or '"companies" is in use for more' not in told(report):
            said = said or f"{report.status}: {told(report)}"
        compare(changed, desk, verdict, said or wrong(sync(desk), survives=True))


def test_a_deadlock_with_a_person(changed: Scene, verdict: Verdict) -> None:
    """A person holds what the publish wants, and wants what it holds; PostgreSQL ends one."""
    with changed.trial() as desk:
        with psycopg.connect(desk.warehouse_url) as person, ThreadPoolExecutor(1) as others:
            person.execute("lock table marts.activities in access exclusive mode")
            is_over = threading.Event()
            victim = others.submit(_lock_when_waited_for, desk, person, is_over)
            report = sync(desk)
            is_over.set()
        told = " ".join(one["message"] for one in report.findings)
        assert victim.result() or "a deadlock" in told
        compare(changed, desk, verdict, wrong(report, survives=True))


def _lock_when_waited_for(desk: Desk, person: psycopg.Connection, is_over: threading.Event) -> bool:
    """As soon as the sync waits for the person, the person waits for the sync; true when it was
    the person whom PostgreSQL chose."""
    waiting = (
        "select count(*) from pg_locks"
        " where not granted and relation = 'marts.activities'::regclass"
    )
    while not desk.value(waiting):
        assert not is_over.is_set(), "the sync never waited"
    try:
        person.execute("lock table marts.opportunities in access exclusive mode")
    except psycopg.errors.DeadlockDetected:
        return True
    finally:
        person.rollback()
    return False


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
        compare(changed, desk, verdict, wrong(sync(desk), survives=True))


def _terminate(desk: Desk) -> None:
    server, _, name = desk.warehouse_url.rpartition("/")
    with psycopg.connect(f"{server}/postgres", autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity"
                      " where datname = %s", [name])  # fmt: skip
