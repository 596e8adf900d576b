"""Loading much at once: the indexes are away for so long, and back whatever happens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil
import psycopg
import pytest

from desk.postgres import free_port
from simulator.catalog import standard_catalog
from simulator.generate import generate_org
from simulator.generated import crew
from simulator.generated.plan import Plan
from simulator.store import Record, Store

PATIENCE_SECONDS = 60
T = TypeVar("T")


def indexed(store: Store) -> set[str]:
    query = "select indexname from pg_indexes where schemaname = %s"
    with store.connections.transaction() as connection:
        return {row[0] for row in connection.execute(query, (store.schema,))}


def test_the_indexes_are_back_after_loading(store: Store) -> None:
    before = indexed(store)
    with store.loading():
        during = indexed(store)
        generate_org(store, 20, 1)
    assert (indexed(store), during < before) == (before, True)


def test_the_indexes_are_back_after_a_failure(store: Store) -> None:
    before = indexed(store)
    with pytest.raises(RuntimeError, match="on the way"), store.loading():
        raise RuntimeError("on the way")
    assert indexed(store) == before


def analyzed(store: Store) -> int:
    query = 'select reltuples from pg_class where oid = \'"org"."Opportunity"\'::regclass'
    with store.connections.transaction() as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def test_a_loaded_table_is_analyzed(store: Store) -> None:
    generate_org(store, 40, 1)
    assert analyzed(store) == 40


def test_tables_are_analyzed_once_much_is_loaded(store: Store) -> None:
    with store.loading():
        generate_org(store, 40, 1)
        assert analyzed(store) != 40
    assert analyzed(store) == 40


def contents(store: Store) -> dict[str, list[Record]]:
    return {name: list(store.records(name)) for name in store.sobjects if store.count(name)}


@pytest.mark.slow
def test_several_processes_make_the_same_org_as_one(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_org(store, 300, 1)
    alone = contents(store)
    store.install(standard_catalog())
    monkeypatch.setattr(crew, "LARGE", 1)
    with store.loading():
        generate_org(store, 300, 1, load=lambda plan: crew.load_parts(store, plan))
    assert contents(store) == alone


@pytest.mark.slow
def test_a_part_that_cannot_be_loaded_stops_the_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    generate_org(store, 300, 1)
    monkeypatch.setattr(crew, "LARGE", 1)
    plan = Plan(300, 1, store.clock.now(), store.sobjects)
    with pytest.raises(psycopg.errors.UniqueViolation):
        list(crew.load_parts(store, plan))


@pytest.mark.slow
def test_a_killed_org_leaves_none_of_its_processes(database_url_18: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "simulator", "--port", str(free_port()), "--size", "100000"]
    command += ["--database-url", database_url_18, "--credentials", str(tmp_path / "keys.json")]
    org = psutil.Process(subprocess.Popen(command).pid)
    crew_of_two = until(
        lambda: [one for one in org.children() if "spawn_main" in str(one.cmdline())]
    )
    org.kill()
    org.wait()
    until(lambda: not any(one.is_running() for one in crew_of_two))


def until(what: Callable[[], T]) -> T:
    """What it gives once it is there; the test fails where that takes too long."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it has not happened")
