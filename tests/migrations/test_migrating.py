"""Steps are taken once, whoever comes and whatever is killed; a newer warehouse is refused."""

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from time import monotonic, sleep

import psycopg
import pytest

from salesforce_elt.errors import MigrationRefused, WarehouseRefused, WarehouseUnavailable
from salesforce_elt.preflight import open_run
from salesforce_elt.run import RunRequest
from salesforce_elt.warehouse import migrating
from salesforce_elt.warehouse.connection import connect, prepare
from salesforce_elt.warehouse.versions import known_versions, version_of
from tests.conftest import PROJECT
from tests.migrations.written import columns, rows, shape, take_steps
from tests.warehouse.small_org import settings_of

LATEST = known_versions()[-1]
FROM_THE_FUTURE = "9999"
PREPARE = """
import sys
from salesforce_elt.warehouse.connection import connect, prepare
with connect(sys.argv[1]) as conn:
    prepare(conn)
print("alembic" in sys.modules, "sqlalchemy" in sys.modules)
"""
WAITING = """
select count(*) from pg_locks
where relation = %s::regclass and not granted
and database = (select oid from pg_database where datname = current_database())
"""
SECONDS = 60


def wait_for(is_so: Callable[[], bool]) -> None:
    """PostgreSQL tells nobody that a lock is waited for, so it is asked."""
    end = monotonic() + SECONDS
    while not is_so():
        assert monotonic() < end
        sleep(0.02)


def started(url: str) -> subprocess.Popen[str]:
    """A process that prepares the warehouse."""
    return subprocess.Popen(
        [sys.executable, "-c", PREPARE, url], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(PROJECT / "plugins")})


@pytest.mark.parametrize(
    ("table", "version"),
    [("sync.findings", None), ("staging_demo.account", "0001"), ("sync.fingerprints", "0002"),
     ("sync.fields", "0003")],
)
def test_a_migration_that_is_killed_goes_on_with_the_step_that_it_was_in(
    old: psycopg.Connection, old_url: str, table: str, version: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    old.execute("alter table staging_demo.account drop column _deleted_at")
    if version is not None:
        take_steps(old, monkeypatch, until=version)
    before = shape(old)
    with connect(old_url) as people, people.transaction():
        people.execute(f"lock table {table} in access share mode")
        process = started(old_url)
        wait_for(lambda: old.execute(WAITING, [table]).fetchone() == (1,))
        process.kill()
        assert process.wait() != 0
    assert version_of(old) == version
    if version is None:  # of the step that was at work nothing is there
        assert shape(old) == before
    prepare(old)
    assert version_of(old) == LATEST
    old.execute("select _deleted_at from staging_demo.account")


def test_concurrent_first_starts_take_turns(database_url_18: str) -> None:
    def start(_: int) -> str | None:
        with connect(database_url_18) as conn:
            prepare(conn)
            return version_of(conn)

    with ThreadPoolExecutor(6) as threads:
        assert list(threads.map(start, range(6))) == [LATEST] * 6
    with connect(database_url_18) as conn:
        marks = conn.execute("select version_num from sync.alembic_version")
        assert marks.fetchall() == [(LATEST,)]


def test_a_warehouse_that_is_up_to_date_waits_for_nobodys_merge(warehouse_18: str) -> None:
    with connect(warehouse_18) as conn, psycopg.connect(warehouse_18) as merging:
        merging.execute("lock table sync.pending_batches in row exclusive mode")
        merging.execute("select pg_advisory_xact_lock(%s)", [migrating.SCHEMA_LOCK])
        conn.execute("set lock_timeout = '2s'")
        with conn.transaction():
            prepare(conn)
            held = conn.execute("select distinct mode from pg_locks where pid = pg_backend_pid()"
                                " and relation is not null")
            assert held.fetchall() == [("AccessShareLock",)]


def test_a_warehouse_that_is_up_to_date_is_known_without_alembic(warehouse_18: str) -> None:
    process = started(warehouse_18)
    assert process.communicate() == ("False False\n", None)


def test_a_warehouse_that_a_newer_version_used_is_refused(warehouse_18: str) -> None:
    request = RunRequest("acme", "acme/1", "full")
    with connect(warehouse_18) as conn:
        conn.execute("update sync.alembic_version set version_num = %s", [FROM_THE_FUTURE])
        before = rows(conn, columns(conn))
        with pytest.raises(MigrationRefused) as caught:
            open_run(conn, request, settings=settings_of("acme"))
        said = str(caught.value)
        assert all(one in said for one in (conn.info.dbname, FROM_THE_FUTURE, LATEST))
        assert "Install the newer version" in said
        assert rows(conn, columns(conn)) == before


def test_one_that_becomes_newer_while_we_wait_for_our_turn_is_refused(
    old: psycopg.Connection, old_url: str
) -> None:
    with connect(old_url) as newer, ThreadPoolExecutor(1) as thread:
        with newer.transaction():
            newer.execute("select pg_advisory_xact_lock(%s)", [migrating.SCHEMA_LOCK])
            ours = thread.submit(prepare, old)
            wait_for(lambda: newer.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                " and database = (select oid from pg_database where datname = current_database())"
            ).fetchone() == (1,))
            newer.execute("create table sync.alembic_version (version_num text)")
            newer.execute("insert into sync.alembic_version values (%s)", [FROM_THE_FUTURE])
        with pytest.raises(MigrationRefused, match="newer"):
            ours.result(timeout=SECONDS)
    assert old.execute("select to_regclass('sync.schema_versions') is not null").fetchone() == (
        True,)


def test_a_step_does_not_wait_for_ever_behind_a_query(
    old: psycopg.Connection, old_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "LONGEST_WAIT", timedelta(milliseconds=200))
    with psycopg.connect(old_url) as people:
        people.execute("select * from sync.findings")
        with pytest.raises(WarehouseUnavailable, match=r"pg_locks.*is undone") as caught:
            prepare(old)
    assert "alter table" not in str(caught.value).lower()
    prepare(old)
    assert version_of(old) == LATEST


def test_who_may_not_change_the_tables_is_told_who_may(
    old: psycopg.Connection, old_url: str
) -> None:
    role = f"reader_{old.info.dbname}"
    old.execute(f"create role {role} login password 'letmein'")
    old.execute(f"grant usage on schema sync to {role}")
    host = f"127.0.0.1:{old.info.port}/{old.info.dbname}"
    with (
        connect(f"postgresql://{role}:letmein@{host}") as conn,
        pytest.raises(WarehouseRefused, match=r"permission denied.*the owner") as caught,
    ):
        prepare(conn)
    assert "letmein" not in str(caught.value)
    assert version_of(old) is None
    old.execute(f"drop owned by {role}")
    old.execute(f"drop role {role}")


def test_a_step_that_meets_what_nobody_foresaw_is_undone_and_tells_no_value(
    old: psycopg.Connection,
) -> None:
    """Somebody keeps a status of his own, which the step's constraint does not know."""
    old.execute("alter table sync.run_objects drop constraint run_objects_status_check")
    old.execute("update sync.run_objects set status = 'mine'")
    before = shape(old)
    with pytest.raises(MigrationRefused, match="CheckViolation") as caught:
        prepare(old)
    assert "mine" not in str(caught.value)
    assert shape(old) == before
    assert version_of(old) is None


def test_a_server_that_goes_down_in_between_is_tried_again(
    old: psycopg.Connection, old_url: str
) -> None:
    with connect(old_url) as people, ThreadPoolExecutor(1) as thread, people.transaction():
        people.execute("lock table sync.findings in access share mode")
        ours = thread.submit(prepare, old)
        wait_for(lambda: people.execute(WAITING, ["sync.findings"]).fetchone() == (1,))
        people.execute("select pg_terminate_backend(pid) from pg_locks where not granted"
                       " and relation = 'sync.findings'::regclass")
        with pytest.raises(WarehouseUnavailable, match=r"is undone.*goes on from there"):
            ours.result(timeout=SECONDS)
    prepare(old)
    assert version_of(old) == LATEST


def test_the_log_tells_each_step_and_nothing_else(
    old: psycopg.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    prepare(old)
    assert [one.split(":")[0] for one in caplog.messages] == [
        f"The warehouse is brought to version {one}" for one in known_versions()]


def test_the_connection_is_as_it_was_afterwards(database_url_18: str) -> None:
    with connect(database_url_18) as conn:
        prepare(conn)
        assert conn.autocommit
        assert conn.execute("show timezone").fetchone() == ("UTC",)
        others = conn.execute("select count(*) from pg_stat_activity"
                              " where datname = current_database()")
        assert others.fetchone() == (1,)
