"""
The end of `make faults`: how many faults were tried and survived, as a table and as JSON.

Every test that is marked `faults` is a trial. What it noted of its result (`verdict`) is counted:
records lost and doubled, and statuses that were not true. A trial that fails was not survived, and
one that this machine cannot make is skipped, which the table says.
"""

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

COUNTS = ("records_lost", "records_doubled", "wrong_statuses")
SUMS = ("tried", "survived", *COUNTS, "skipped")
LONGEST = ("soak", "topology")
HEAD = ("family", *(name.replace("_", " ") for name in SUMS))


@dataclass(frozen=True)
class Trial:
    """A fault that was tried, once or more often, and what became of the data."""

    family: str
    case: str
    tried: int
    survived: int
    records_lost: int
    records_doubled: int
    wrong_statuses: int
    seconds: float
    skipped: int = 0


class Trials:
    """Collects the trials of all workers."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._began = time.monotonic()
        self._trials: dict[str, Trial] = {}

    @property
    def collected(self) -> list[Trial]:
        """The trials so far, by family."""
        return sorted(self._trials.values(), key=lambda one: (one.family, one.case))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep a trial; one whose preparation failed was not survived either."""
        if "faults" not in report.keywords:
            return
        if report.when == "call" or not report.passed:
            self._trials[report.nodeid] = _trial(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the table and write the JSON."""
        trials = self.collected
        terminalreporter.section("faults")
        for line in table(trials):
            terminalreporter.line(line)
        minutes = round((time.monotonic() - self._began) / 60, 1)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps(summary(trials, minutes=minutes), indent=1) + "\n")
        terminalreporter.line(f"{minutes} minutes; every case is in {self._path}")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `make faults`."""
    group = parser.getgroup("faults")
    group.addoption("--every-fault", action="store_true", help="all of them, not a part")
    group.addoption("--faults-report", type=Path, metavar="FILE", help="write their table as JSON")


def pytest_configure(config: pytest.Config) -> None:
    """Collect where the tests are told of, which is not in a worker."""
    path = config.getoption("faults_report")
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Trials(path), "trials")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first, so that in the end nobody waits for it."""
    items.sort(key=lambda one: _family(one.path) not in LONGEST)


def summary(trials: Iterable[Trial], *, minutes: float) -> dict[str, object]:
    """What the JSON file says: the sums, then every case."""
    trials = list(trials)
    return {**_sums(trials), "minutes": minutes, "cases": [asdict(one) for one in trials]}


def table(trials: Iterable[Trial]) -> list[str]:
    """The sums of each family, and of all, as aligned lines."""
    trials = list(trials)
    families = sorted({one.family for one in trials})
    rows = [(name, [one for one in trials if one.family == name]) for name in families]
    lines = [HEAD, *((name, *_sums(own).values()) for name, own in (*rows, ("all", trials)))]
    cells = [[str(cell) for cell in line] for line in lines]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [_aligned(line, widths) for line in cells]


def _aligned(cells: list[str], widths: list[int]) -> str:
    first, *numbers = zip(cells, widths, strict=True)
    return "  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in numbers)])


def _sums(trials: list[Trial]) -> dict[str, int]:
    sums = Counter[str]()
    for one in trials:
        sums.update({name: getattr(one, name) for name in SUMS})
    return {name: sums[name] for name in SUMS}


def _trial(report: pytest.TestReport) -> Trial:
    path, _, case = report.nodeid.partition("::")
    noted = {"tried": 0} if report.skipped else dict(report.user_properties)
    tried, lost, doubled, wrong = (
        int(noted.get(name, default))
        for name, default in (("tried", 1), *((name, 0) for name in COUNTS))
    )
    survived = tried if report.passed else 0
    seconds = round(report.duration, 2)
    skipped = int(report.skipped)
    return Trial(_family(Path(path)), case, tried, survived, lost, doubled, wrong, seconds, skipped)


def _family(path: Path) -> str:
    """`tests/faults/test_kills.py` and `tests/attackers/...` tell the name."""
    named = path.stem.removeprefix("test_") if path.parent.name == "faults" else path.parent.name
    return named.replace("_", " ")
