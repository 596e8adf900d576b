"""Where measurements take place: a PostgreSQL server and a simulated org that nobody else uses."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from bench.measurement import Measurement
from bench.processes import MEGABYTE, Watch
from desk.postgres import SUPERUSER, PostgresServer, create, free_port, start, stop
from salesforce_elt.environment import PROJECT, Environment

ANY_PORT = "0"


@dataclass(frozen=True)
class Database:
    """A server of its own, with as many databases as are wanted."""

    folder: Path
    port: int
    password: str

    def url(self, name: str = "postgres") -> str:
        """The URL of one of its databases."""
        return f"postgresql://{SUPERUSER}:{quote(self.password)}@127.0.0.1:{self.port}/{name}"

    def fresh(self, name: str) -> str:
        """The URL of a database that is empty; what was in it before is gone."""
        known = sql.Identifier(name)
        with psycopg.connect(self.url(), autocommit=True) as admin:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(known))
            admin.execute(sql.SQL("create database {}").format(known))
        return self.url(name)


@dataclass(frozen=True)
class Place:
    """A running org: how it is reached, with which keys, and its own database."""

    url: str
    keys: dict[str, str]
    database_url: str
    pid: int
    proxy_url: str
    authority: Path
    loading: Measurement


@contextmanager
def database() -> Iterator[Database]:
    """A PostgreSQL server, configured as the product's own; removed at the end."""
    home = Environment.read(os.environ).home / "bench"
    home.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=home))
    server, password, port = PostgresServer(folder), secrets.token_urlsafe(), free_port()
    try:
        create(server, password=password)
        start(server, port=port)
        try:
            yield Database(folder, port, password)
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder)


@contextmanager
def org(server: Database, size: int, seed: int = 1) -> Iterator[Place]:
    """A generated org that runs until the block ends, over plain HTTP and over TLS."""
    database_url = server.fresh("org")
    with tempfile.TemporaryDirectory(prefix="org-", dir=server.folder.parent) as name:
        folder = Path(name)
        command = [sys.executable, "-m", "simulator", "--port", str(free_port())]
        command += ["--database-url", database_url, "--size", str(size), "--seed", str(seed)]
        command += ["--credentials", str(folder / "keys.json"), "--data-dir", str(folder / "data")]
        command += ["--tls-port", ANY_PORT, "--proxy-port", ANY_PORT]
        process = subprocess.Popen(
            command, cwd=PROJECT, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        try:
            watch, began = Watch(process.pid), time.monotonic()
            watch.start()
            url, authority, proxy_url = _said(process)
            loading = _loading(process.pid, time.monotonic() - began, watch.end())
            keys: dict[str, str] = json.loads((folder / "keys.json").read_text("utf-8"))
            yield Place(url, keys, database_url, process.pid, proxy_url, Path(authority), loading)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _loading(pid: int, seconds: float, peak: int) -> Measurement:
    """What the org used until it answered, with the processes that helped it."""
    used = psutil.Process(pid).cpu_times()
    cpu = used.user + used.system + used.children_user + used.children_system
    peak_mb = peak / MEGABYTE
    return Measurement("", "", 0, seconds=seconds, cpu_seconds=cpu, peak_memory_mb=peak_mb)


def _said(process: subprocess.Popen[str]) -> tuple[str, str, str]:
    """The org's URL, the file of its authority and its proxy, as it names them when it is ready."""
    assert process.stdout is not None
    last_words = [process.stdout.readline().rpartition(" ")[2].strip() for _ in range(3)]
    if not all(last_words):
        raise RuntimeError("the simulated org did not start")
    url, authority, proxy_url = last_words
    return url, authority, proxy_url
