"""How fast the simulated org serves Bulk 2.0 result pages: ``python -m bench.simulator_speed``.

The org runs in a process of its own that may use one core; a client on another core reads the
pages of one job over loopback again and again. Counted is what arrives, headers left out, and the
processor time that the org's process took for it: other programs on the machine disturb the first
number and not the second.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psutil

from desk.postgres import (
    SUPERUSER,
    PostgresServer,
    create,
    embedded_binaries,
    free_port,
    start,
    stop,
)

PROJECT = Path(__file__).resolve().parents[1]
RESULTS = PROJECT / "bench/results/simulator_speed.json"
WANTED = 300
VERSION = "60.0"
SOQL = (
    "SELECT Id, IsDeleted, Name, AccountId, OwnerId, StageName, Amount, Probability, CloseDate, "
    "Type, LeadSource, ForecastCategoryName, IsClosed, IsWon, FiscalYear, FiscalQuarter, "
    "CreatedDate, CreatedById, LastModifiedDate, LastModifiedById, SystemModstamp FROM Opportunity"
)
MEGABYTE = 1_000_000
BUFFER_BYTES = 1 << 20
START_SECONDS, JOB_SECONDS, POLL_SECONDS = 1_800, 600, 0.05


@dataclass(frozen=True)
class Speed:
    """What was measured; ``megabytes`` are those of the records, packed for the way or not."""

    megabytes: float
    seconds: float
    processor_seconds: float

    @property
    def per_second(self) -> float:
        """MB that arrived in a second, whatever else the machine did."""
        return self.megabytes / self.seconds

    @property
    def per_core(self) -> float:
        """MB for each second in which the org's process had its core."""
        return self.megabytes / self.processor_seconds

    def __str__(self) -> str:
        return f"{self.per_core:6,.0f} MB/s from one core, {self.per_second:,.0f} MB/s by the clock"

    def kept(self) -> dict[str, float]:
        """All numbers, for a file."""
        return {**asdict(self), "per_second": self.per_second, "per_core": self.per_core}


def main(arguments: list[str]) -> int:
    """Measure, print, keep; 1 when it is slower than wanted."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulator_speed", description=__doc__)
    parser.add_argument("--size", type=int, default=50_000, help="opportunities of the org")
    parser.add_argument("--seconds", type=float, default=10, help="how long to read each way")
    given = parser.parse_args(arguments)
    plain, packed = _measured(given.size, given.seconds)
    print(f"  result pages over loopback:   {plain} (wanted: {WANTED} from one core)")
    print(f"  the same asked for with gzip: {packed}")
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {"plain": plain.kept(), "gzip": packed.kept(), "wanted": {"per_core": WANTED}}
    RESULTS.write_text(json.dumps({"opportunities": given.size, **kept}, indent=2) + "\n")
    return 0 if plain.per_core >= WANTED else 1


def _measured(size: int, seconds: float) -> tuple[Speed, Speed]:
    with _database() as url, _org(url, size) as (process, keys):
        client = _Client(keys)
        pages = client.pages()
        _on_one_core(process, 0)
        _on_one_core(psutil.Process(), 1)
        sizes = {page: client.read(page) for page in pages}
        plain = _read(client, sizes, process=process, seconds=seconds)
        client.asks_for("gzip")
        return plain, _read(client, sizes, process=process, seconds=seconds)


def _read(
    client: _Client, sizes: dict[str, int], *, process: psutil.Process, seconds: float
) -> Speed:
    began, used, read = time.monotonic(), _processor_seconds(process), 0
    while time.monotonic() - began < seconds:
        for page, size in sizes.items():
            client.read(page)
            read += size
    spent = time.monotonic() - began
    return Speed(read / MEGABYTE, spent, _processor_seconds(process) - used)


class _Client:
    """Reads pages as fast as Python can: one connection, one buffer."""

    def __init__(self, keys: dict[str, str]) -> None:
        host = keys["instance_url"].removeprefix("http://")
        self._connection = http.client.HTTPConnection(host, timeout=JOB_SECONDS)
        self._buffer = bytearray(BUFFER_BYTES)
        form = {
            "grant_type": "client_credentials",
            "client_id": keys["consumer_key"],
            "client_secret": keys["consumer_secret"],
        }
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self._json("POST", "/services/oauth2/token", body=urlencode(form), headers=kind)
        self._headers = {"Authorization": f"Bearer {answer['access_token']}"}

    def pages(self) -> list[str]:
        """The paths of all pages of a new job's result."""
        jobs = f"/services/data/v{VERSION}/jobs/query"
        body = json.dumps({"operation": "query", "query": SOQL})
        headers = {**self._headers, "Content-Type": "application/json"}
        job = self._json("POST", jobs, body=body, headers=headers)
        until = time.monotonic() + JOB_SECONDS
        while job["state"] != "JobComplete":
            if job["state"] in ("Failed", "Aborted") or time.monotonic() > until:
                raise RuntimeError(f"the job is {job['state']}: {job.get('errorMessage')}")
            time.sleep(POLL_SECONDS)
            job = self._json("GET", f"{jobs}/{job['id']}", headers=self._headers)
        paths, locator = [], ""
        while locator != "null":
            paths.append(f"{jobs}/{job['id']}/results{locator and f'?locator={locator}'}")
            locator = self._locator_after(paths[-1])
        return paths

    def asks_for(self, encoding: str) -> None:
        """From now on ask for pages in this encoding."""
        self._headers = {**self._headers, "Accept-Encoding": encoding}

    def read(self, path: str) -> int:
        """Read one page and count the bytes that arrive."""
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{path}: {answer.status} {answer.read()[:200]!r}")
        total = 0
        while count := answer.readinto(self._buffer):
            total += count
        return total

    def _locator_after(self, path: str) -> str:
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        answer.read()
        return str(answer.headers["Sforce-Locator"])

    def _json(
        self, method: str, path: str, *, headers: dict[str, str], body: str | None = None
    ) -> dict[str, str]:
        self._connection.request(method, path, body=body, headers=headers)
        answer = self._connection.getresponse()
        content: dict[str, str] = json.loads(answer.read())
        return content


@contextmanager
def _org(database_url: str, size: int) -> Iterator[tuple[psutil.Process, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="bench-org-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "simulator", "--port", str(free_port())]
        command += ["--database-url", database_url, "--size", str(size)]
        command += ["--credentials", str(folder / "keys.json"), "--data-dir", str(folder / "data")]
        process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            if not process.stdout.readline().startswith("simulated org at"):
                raise RuntimeError("the simulated org did not start")
            keys: dict[str, str] = json.loads((folder / "keys.json").read_text("utf-8"))
            yield psutil.Process(process.pid), keys
        finally:
            process.terminate()
            process.wait()


@contextmanager
def _database() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    server = PostgresServer(folder, binaries=embedded_binaries(), settings={"fsync": "off"})
    password, port = secrets.token_urlsafe(), free_port()
    try:
        create(server, password=password)
        start(server, port=port)
        try:
            yield f"postgresql://{SUPERUSER}:{quote(password)}@127.0.0.1:{port}/postgres"
        finally:
            stop(server)
    finally:
        shutil.rmtree(folder)


def _on_one_core(process: psutil.Process, number: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    process.cpu_affinity([cores[number % len(cores)]])
    for thread in process.threads():
        os.sched_setaffinity(thread.id, [cores[number % len(cores)]])


def _processor_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
