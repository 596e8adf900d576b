"""
A PostgreSQL server that dies, or whose disk is full, in the middle of a sync.

The sync survives it, or says so; when the server is well again, the next one has everything.
"""

import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import psycopg
import pytest

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
from salesforce_elt import loading
from salesforce_elt.errors import SyncError
from tests.conftest import folder_of_a_server
from tests.driver import Desk
from tests.faults.conftest import SIZE, Verdict, compare, during_a_copy, sampled, told, wrong
from tests.faults.scene import Scene, changed_scene, found, sync

pytestmark = [pytest.mark.faults, pytest.mark.slow]

DISK = "400m"


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


@pytest.mark.parametrize("station", sampled([
    ("plan",), ("extract Account",), ("extract Opportunity",), ("transform",), ("audit",),
    ("publish",),
], step=6))  # fmt: skip
def test_a_server_that_dies(
    own_server: OwnServer, on_own_server: Scene, verdict: Verdict, station: str
) -> None:
    """It crashes, which empties the unlogged tables, and is there again."""
    with on_own_server.trial() as desk:
        report = sync(desk, is_audited=True,
                      between=lambda now: own_server.crash() if now == station else None)
        said = wrong(report, survives=True)
        compare(on_own_server, desk, verdict, said)


@pytest.mark.parametrize(
    ("number", "way"), sampled([(1, "bulk"), (1, "rest"), (2, "bulk"), (2, "rest")], step=4)
)
def test_a_server_that_dies_while_rows_arrive(
    own_server: OwnServer, on_own_server: Scene, verdict: Verdict, read_by, monkeypatch,
    number: int, way: str,
) -> None:  # fmt: skip
    """Pages have landed in unlogged tables, which are empty afterwards: they are fetched again."""
    read_by(way)
    monkeypatch.setattr(loading, "PAGES_AT_ONCE", 1)  # so that one has landed when the next comes
    landed = []
    with on_own_server.trial() as desk:

        def crash() -> None:
            landed.append(_landed(desk))
            own_server.crash()
            landed.append(_landed(desk))

        done = during_a_copy(monkeypatch, number, crash, is_meant=lambda: _landed(desk) > 0)
        report = sync(desk)
        monkeypatch.undo()
        assert done == [number], "the sync copies less often"
        assert landed[0] > 0 == landed[1], f"rows before and after the crash: {landed}"
        compare(on_own_server, desk, verdict, wrong(report, survives=True))


def _landed(desk: Desk) -> int:
    """How many rows are in landing."""
    names = desk.rows("select tablename from pg_tables where schemaname = 'landing'")
    return sum(
        desk.value(f'select count(*) from landing."{row["tablename"]}"') for row in names
    )


@pytest.mark.parametrize("station", sampled([
    ("publish",), ("plan",), ("extract Opportunity",), ("transform",),
], step=4))  # fmt: skip
def test_a_disk_that_is_full(
    on_a_small_disk: OwnServer, of_a_small_disk: Scene, verdict: Verdict, station: str
) -> None:
    """Not a byte is left from a station on, until somebody makes room; the server may die of it."""
    scene = of_a_small_disk
    ballast = on_a_small_disk.server.data.parent / "ballast"
    with scene.trial() as desk:
        try:
            report = sync(desk, tries=2, between=lambda now: _fill(ballast, now == station))
            is_whole = report.status == "success" and found(desk) == scene.expected
            words = told(report)
        except SyncError as error:
            is_whole, words = False, str(error)
        finally:
            ballast.unlink()
            start(on_a_small_disk.server, port=on_a_small_disk.port)
        # Where not even a note can be written, the results say that, and the log the rest.
        is_said = re.search("disk is full|does not answer|connection broke|no word of why", words)
        said = "" if is_whole or is_said else f"no word of the disk in {words!r}"
        desk.wait(600)
        compare(scene, desk, verdict, said or wrong(sync(desk), survives=True))


def _fill(ballast: Path, is_now: bool) -> None:
    if not is_now:
        return
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


@pytest.fixture(scope="module")
def own_server() -> Iterator[OwnServer]:
    """The server, with an empty warehouse."""
    with folder_of_a_server() as folder:
        # A commit waits for the log, as in any warehouse: what is haste elsewhere loses some here.
        yield from _server_in(folder, settings={})


@pytest.fixture(scope="module")
def on_a_small_disk() -> Iterator[OwnServer]:
    """The same on a disk of its own, which has room for little more."""
    with folder_of_a_server() as folder:
        mounted = _run("mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "tmpfs", folder)
        if mounted.returncode:
            pytest.skip(f"a disk of its own cannot be mounted here: {mounted.stderr.strip()}")
        try:
            yield from _server_in(folder, settings={"min_wal_size": "32MB", "max_wal_size": "48MB"})
        finally:
            assert _run("umount", folder).returncode == 0


@pytest.fixture(scope="module")
def of_a_small_disk(on_a_small_disk: OwnServer, generated_desk) -> Scene:
    """The scene with its warehouse on that disk."""
    return changed_scene(replace(generated_desk(size=SIZE), warehouse_url=on_a_small_disk.url))


def _server_in(folder: Path, *, settings: dict[str, str]) -> Iterator[OwnServer]:
    server = PostgresServer(folder, binaries=embedded_binaries(), settings=settings)
    running = OwnServer(server, free_port(), secrets.token_urlsafe())
    create(server, password=running.password)
    start(server, port=running.port)
    with psycopg.connect(running.url.replace("/warehouse", "/postgres"), autocommit=True) as on:
        on.execute("create database warehouse")
    yield running
    stop(server)


def _run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def on_own_server(own_server: OwnServer, generated_desk) -> Scene:
    """The scene with its warehouse on that server."""
    return changed_scene(replace(generated_desk(size=SIZE), warehouse_url=own_server.url))
