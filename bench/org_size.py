"""How fast a generated org of any size loads, and in how much memory: ``python -m bench.org_size``.

The org is generated into an embedded PostgreSQL of its own, in this process. Counted are the
records, the seconds and the most memory that this process ever held; its own processor time is
told too, because other programs on the machine disturb it less.
"""

from __future__ import annotations

import argparse
import json
import resource
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

from desk.postgres import (
    SUPERUSER,
    PostgresServer,
    create,
    embedded_binaries,
    free_port,
    start,
    stop,
)
from simulator.catalog import standard_catalog
from simulator.clock import Clock
from simulator.generate import generate_org
from simulator.generated.crew import load_parts
from simulator.store import Store

RESULTS = Path(__file__).resolve().parents[1] / "bench/results/org_size.json"
FULL_SIZE, WANTED_SECONDS = 1_000_000, 600
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Loaded:
    """What was measured."""

    opportunities: int
    records: int
    seconds: float
    processor_seconds: float
    megabytes: float

    @property
    def seconds_at_full_size(self) -> float:
        """How long a million opportunities would take at this pace."""
        return self.seconds * FULL_SIZE / self.opportunities


def main(arguments: list[str]) -> int:
    """Measure, print, keep; 1 when a million opportunities would take too long."""
    parser = argparse.ArgumentParser(prog="python -m bench.org_size", description=__doc__)
    parser.add_argument("--size", type=int, default=100_000, help="opportunities of the org")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args(arguments)
    loaded = _measured(given.size, given.seed)
    pace = loaded.seconds_at_full_size
    print(f"  {loaded.opportunities:,} opportunities, {loaded.records:,} records in all:")
    used = f"{loaded.processor_seconds:,.0f} s of this process's own processor time"
    print(f"  {loaded.seconds:,.0f} s ({used}), {loaded.megabytes:,.0f} MB of memory at most;")
    print(f"  a million would take {pace:,.0f} s (wanted: {WANTED_SECONDS} s)")
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {**asdict(loaded), "seconds_at_full_size": pace, "wanted_seconds": WANTED_SECONDS}
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n")
    return 0 if pace <= WANTED_SECONDS else 1


def _measured(size: int, seed: int) -> Loaded:
    with _database() as url:
        store = Store(url, Clock())
        store.install(standard_catalog())
        began, used = time.monotonic(), time.process_time()
        with store.loading():
            counts = generate_org(store, size, seed, load=lambda plan: load_parts(store, plan))
        seconds, spent = time.monotonic() - began, time.process_time() - used
        store.close()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    return Loaded(size, sum(counts.values()), seconds, spent, most)


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
