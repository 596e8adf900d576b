"""``python -m bench quick``: ours against the limit; ``python -m bench full``: everything."""

from __future__ import annotations

import argparse
import sys
import time

from bench import extraction, peers
from bench.desk import desk
from bench.measurement import Measurement, against, keep, table

QUICK_SIZE, QUICK_RUNS = 100_000, 3


def main(arguments: list[str]) -> int:
    """Measure, print one table, keep the results; 1 when something arrived wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("--size", type=int, default=QUICK_SIZE, help="opportunities of quick")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    measurements = MODES[given.mode](given)
    path = keep(given.mode, measurements)
    print(table(measurements))
    print(f"\n{time.monotonic() - began:,.0f} s in all; kept in {path}")
    return int(any(one.complete is False or one.exact is False for one in measurements))


def quick(given: argparse.Namespace) -> list[Measurement]:
    """All opportunities of one org by the limit and by the product."""
    with desk(given.size) as at:
        return extraction.compared(at, QUICK_RUNS)


def of_peers(given: argparse.Namespace) -> list[Measurement]:
    """Other people's tools, beside ours and the limit on the same org."""
    with desk(given.size) as at:
        ours = extraction.compared(at, QUICK_RUNS)
        limit = ours[0]
        return [*ours, *(against(limit, one) for one in peers.measured(at))]


MODES = {"quick": quick, "peers": of_peers}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
