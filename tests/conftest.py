"""
PostgreSQL for the tests: a server per version for the session, a fresh database per test.

`database_url`, `connection`         on PostgreSQL 18 and 15: what touches the warehouse
`database_url_18`, `connection_18`   on 18 only: what is not about versions
"""

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from desk.postgres import (
    SUPERUSER,
    PostgresServer,
    create,
    embedded_binaries,
    free_port,
    start,
    stop,
)
from salesforce_elt.warehouse.connection import connect, prepare

PROJECT = Path(__file__).resolve().parents[1]
TEMPLATE = "with_sync_schema"
# Nothing of a test outlives a crash, so nothing waits for the disk.
HASTE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
MEMORY, ROOM = Path("/dev/shm"), 6 * 2**30  # bytes, for the servers of some workers
BINARIES = {"18": embedded_binaries(), "15": Path("/usr/lib/postgresql/15/bin")}


@dataclass(frozen=True)
class RunningServer:
    """A server that runs for the whole session."""

    version: str
    port: int
    password: str

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@127.0.0.1:{self.port}/{database}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that the fast tests leave it out; leave out what is exhaustive,
    which only `make faults` tries."""
    for item in items:
        if {"postgres_server", "postgres_server_18"} & set(getattr(item, "fixturenames", ())):
            item.add_marker("server")
    if not config.getoption("every_fault", default=False):
        left_out = [one for one in items if one.get_closest_marker("exhaustive")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [one for one in items if one not in left_out]


@pytest.fixture(scope="session", params=["18", "15"])
def postgres_server(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    """PostgreSQL 18, then 15: the oldest that is supported."""
    if request.param == "18":
        yield request.getfixturevalue("postgres_server_18")
    else:
        yield from _server(request.param)


@pytest.fixture(scope="session")
def postgres_server_18() -> Iterator[RunningServer]:
    """The embedded PostgreSQL 18."""
    yield from _server("18")


@pytest.fixture
def database_url(postgres_server: RunningServer) -> Iterator[str]:
    """The URL of a fresh, empty database, on each version."""
    yield from _database(postgres_server, template="template1")


@pytest.fixture
def database_url_18(postgres_server_18: RunningServer) -> Iterator[str]:
    """The URL of a fresh, empty database on PostgreSQL 18."""
    yield from _database(postgres_server_18, template="template1")


@pytest.fixture
def warehouse(postgres_server: RunningServer) -> Iterator[str]:
    """The URL of a fresh warehouse (the sync schema is there), on each version."""
    yield from _database(postgres_server, template=TEMPLATE)


@pytest.fixture
def warehouse_18(postgres_server_18: RunningServer) -> Iterator[str]:
    """The URL of a fresh warehouse on PostgreSQL 18."""
    yield from _database(postgres_server_18, template=TEMPLATE)


@pytest.fixture
def connection(warehouse: str) -> Iterator[psycopg.Connection]:
    """A connection to a fresh warehouse, on each version."""
    with psycopg.connect(warehouse) as opened:
        yield opened


@pytest.fixture
def connection_18(warehouse_18: str) -> Iterator[psycopg.Connection]:
    """A connection to a fresh warehouse on PostgreSQL 18."""
    with psycopg.connect(warehouse_18) as opened:
        yield opened


def _server(version: str) -> Iterator[RunningServer]:
    if not (BINARIES[version] / "postgres").exists():
        pytest.skip(f"PostgreSQL {version} is not installed (apt-get install postgresql)")
    with folder_of_a_server() as folder:
        server = PostgresServer(folder, binaries=BINARIES[version], settings=HASTE)
        running = RunningServer(version, port=free_port(), password=secrets.token_urlsafe())
        create(server, password=running.password)
        start(server, port=running.port)
        try:
            _make_template(running)
            _hasten_logins(running)
            yield running
        finally:
            stop(server)


@contextmanager
def folder_of_a_server() -> Iterator[Path]:
    """A folder for a server's data; pytest's own is closed again by each session that starts.

    Each trial has a database, of some thousand files: to make them in memory takes a tenth.
    """
    folder = Path(tempfile.mkdtemp(prefix="elt-test-", dir=_memory()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _memory() -> Path | None:
    """The folder that is kept in memory, if there is room; who names another one gets that."""
    is_there = MEMORY.is_dir() and os.access(MEMORY, os.W_OK)
    has_room = is_there and shutil.disk_usage(MEMORY).free > ROOM
    return MEMORY if has_room and not os.environ.get("TMPDIR") else None


def _make_template(server: RunningServer) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {TEMPLATE}")
    with connect(server.url(TEMPLATE)) as template:
        prepare(template)


def _hasten_logins(server: RunningServer) -> None:
    """A login hashes the password 4,096 times, if not told else: much for syncs of no record."""
    if server.version == "15":
        return  # it always does
    statement = sql.SQL("alter role {} password {}")
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute("set scram_iterations = 1")
        admin.execute(statement.format(sql.Identifier(SUPERUSER), sql.Literal(server.password)))


def _database(server: RunningServer, *, template: str) -> Iterator[str]:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        statement = "create database {} template {}"
        admin.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))
        yield server.url(name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
