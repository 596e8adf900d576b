"""
``python -m bench quick``: ours against the limit; ``marts``: what changes cost the marts;
``upkeep``: what years of results take; ``full``: everything about syncs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench import extraction, marts, peers, serving, upkeep
from bench.desk import desk
from bench.measurement import Measurement, against, keep, notes, table
from bench.places import database

RESULTS = Path(__file__).resolve().parent / "results"
QUICK_SIZE, QUICK_RUNS = 100_000, 3
FULL_SIZES, FULL_RUNS = (10_000, 100_000, 1_000_000), 3
MART_SIZES = (100_000, 1_000_000)
YEAR = 365


def main(arguments: list[str]) -> int:
    """Measure, print one table, keep the results; 1 when something of ours arrived wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--size", type=int, default=QUICK_SIZE, help="opportunities of quick")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=FULL_SIZES, help="opportunities of full"
    )
    parser.add_argument("--days", type=int, default=YEAR, help="days of hourly syncs of upkeep")
    parser.add_argument("--results", type=Path, default=RESULTS, help="a folder for the results")
    given = parser.parse_args(arguments)
    path = given.results / f"{given.mode}.json"
    began = time.monotonic()
    measurements: list[Measurement] = []
    for found in MODES[given.mode](given):
        measurements += found
        # what was measured stays, also when a later one is interrupted
        keep(path, measurements)
        print(f"{time.monotonic() - began:5,.0f} s  {', '.join(_names(found))}", file=sys.stderr)
    print(f"{table(measurements)}\n\n{notes(measurements)}")
    print(f"\n{time.monotonic() - began:,.0f} s in all; kept in {path}")
    ours = [one for one in measurements if one.tool == extraction.OURS]
    return int(any(one.complete is False or one.exact is False for one in ours))


def quick(given: argparse.Namespace) -> Iterator[list[Measurement]]:
    """All opportunities of one org by the limit and by the product."""
    with desk(given.size) as at:
        yield extraction.compared(at, QUICK_RUNS)


def marts_alone(given: argparse.Namespace) -> Iterator[list[Measurement]]:
    """The same number of changes in a small and in a large staging."""
    for size in MART_SIZES:
        yield marts.measured(size, FULL_RUNS)


def results_of_years(given: argparse.Namespace) -> Iterator[list[Measurement]]:
    """What a year of hourly syncs leaves, without housekeeping and with it."""
    with database() as server:
        yield [upkeep.at_once(server, given.days)]
        yield [upkeep.day_by_day(server, given.days)]


def full(given: argparse.Namespace) -> Iterator[list[Measurement]]:
    """Every size, and other people's tools on the smallest."""
    for size in given.sizes:
        with desk(size) as at:
            yield [serving.loading(at)]
            limit, ours = extraction.compared(at, FULL_RUNS)
            yield [limit, ours]
            if size == min(given.sizes):
                yield from ([against(limit, one)] for one in peers.measured(at))
            yield extraction.syncs(at, FULL_RUNS)
            if size == max(given.sizes):
                yield serving.serving(at)
    yield from marts_alone(given)


def _names(found: Sequence[Measurement]) -> list[str]:
    return [f"{one.tool}: {one.case} ({one.size:,})" for one in found]


MODES = {"quick": quick, "marts": marts_alone, "upkeep": results_of_years, "full": full}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
