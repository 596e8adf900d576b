"""The simulated org itself: how fast a generated one loads, and how fast it serves result pages.

For the pages the org's process may use one core; a client on another core reads the pages of one
job over loopback again and again. Counted are the bytes of the records as they arrive.
"""

from __future__ import annotations

import http.client
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import psutil
import psycopg

from bench.clients import VERSION
from bench.desk import OBJECT, Desk
from bench.measurement import Measurement
from bench.processes import MEGABYTE

TOOL = "simulated org"
LOADING, SERVING, PACKED = "org is generated", "result pages served", "the same packed by gzip"
BUFFER_BYTES = 1 << 20
READING_SECONDS, JOB_SECONDS, POLL_SECONDS = 10.0, 900, 0.05


def loading(at: Desk) -> Measurement:
    """From an empty database to an org that answers."""
    query = "select sum(n_live_tup) from pg_stat_user_tables where schemaname = 'org'"
    with psycopg.connect(at.place.database_url) as connection:
        (records,) = next(connection.execute(query))
    return replace(at.place.loading, case=LOADING, tool=TOOL, size=at.size, rows=int(records))


def serving(at: Desk) -> list[Measurement]:
    """The pages of a job that reads all opportunities, as they are and packed."""
    reader = _Reader(at)
    pages = reader.pages()
    with _one_core_each(at.place.pid):
        sizes = [reader.read(page) for page in pages]
        plain = _measured(at, reader, pages, sum(sizes))
        reader.headers["Accept-Encoding"] = "gzip"
        packed = _measured(at, reader, pages, sum(sizes))
    return [replace(plain, case=SERVING), replace(packed, case=PACKED)]


def _measured(at: Desk, reader: _Reader, pages: list[str], size: int) -> Measurement:
    org = psutil.Process(at.place.pid)
    began, used, rounds = time.monotonic(), sum(org.cpu_times()[:2]), 0
    while time.monotonic() - began < READING_SECONDS:
        for page in pages:
            reader.read(page)
        rounds += 1
    seconds, cpu = time.monotonic() - began, sum(org.cpu_times()[:2]) - used
    read = rounds * size / MEGABYTE
    rates = f"{read / seconds:,.0f} MB/s by the clock, {read / cpu:,.0f} MB in a CPU second"
    held = org.memory_info().rss / MEGABYTE
    rows = rounds * at.size
    return Measurement("", TOOL, at.size, rows, seconds, cpu, held, rounds * len(pages), note=rates)


class _Reader:
    """Reads pages as fast as Python can: one connection, one buffer."""

    def __init__(self, at: Desk) -> None:
        self._connection = http.client.HTTPConnection(
            urlsplit(at.place.url).netloc, timeout=JOB_SECONDS
        )
        self._buffer = bytearray(BUFFER_BYTES)
        self._query = f"SELECT {', '.join(at.shape)} FROM {OBJECT}"
        self.headers = {"Authorization": f"Bearer {at.client.token()}"}

    def pages(self) -> list[str]:
        """The paths of all pages of a new job's result."""
        jobs = f"/services/data/v{VERSION}/jobs/query"
        job = self._json("POST", jobs, {"operation": "query", "query": self._query})
        until = time.monotonic() + JOB_SECONDS
        while job["state"] != "JobComplete":
            if job["state"] in ("Failed", "Aborted") or time.monotonic() > until:
                raise RuntimeError(f"the job is {job['state']}: {job.get('errorMessage')}")
            time.sleep(POLL_SECONDS)
            job = self._json("GET", f"{jobs}/{job['id']}")
        found: list[str] = []
        listed = f"{jobs}/{job['id']}/resultPages"
        while listed:
            answer = self._json("GET", listed)
            found += [page["resultUrl"] for page in answer["resultPages"]]
            listed = answer.get("nextRecordsUrl", "")
        return found

    def read(self, path: str) -> int:
        """Read one page and count the bytes that arrive."""
        self._connection.request("GET", path, headers=self.headers)
        answer = self._connection.getresponse()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status} {answer.read()[:200]!r}")
        total = 0
        while count := answer.readinto(self._buffer):
            total += count
        return total

    def _json(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        given = None if body is None else json.dumps(body)
        headers = {**self.headers, "Content-Type": "application/json"}
        self._connection.request(method, path, body=given, headers=headers)
        return json.loads(self._connection.getresponse().read())


@contextmanager
def _one_core_each(org: int) -> Iterator[None]:
    """The org has the first core to itself and this process the last, until the block ends."""
    cores = sorted(os.sched_getaffinity(0))
    _pin(org, {cores[0]})
    _pin(os.getpid(), {cores[-1]})
    try:
        yield
    finally:
        _pin(org, set(cores))
        _pin(os.getpid(), set(cores))


def _pin(pid: int, cores: set[int]) -> None:
    for thread in psutil.Process(pid).threads():
        os.sched_setaffinity(thread.id, cores)
