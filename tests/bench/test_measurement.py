"""Measurements: medians, ratios row for row, one table, one list of objects."""

import json
import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from bench import peers, processes
from bench.environments import NotInstalled
from bench.measurement import Measurement, against, beyond, keep, median_of, notes, table
from bench.processes import ProgramFailed, run
from salesforce_elt.environment import PROJECT

KEYS = {
    "case", "tool", "size", "rows", "seconds", "cpu_seconds", "peak_memory_mb", "api_calls",
    "ratio_to_limit", "complete", "exact",
}  # fmt: skip
ONE = Measurement("all", "ours", 100, 100, seconds=2.0, complete=True, exact=True)


def runs(**values: list[object]) -> list[Measurement]:
    names = list(values)
    return [
        Measurement("all", "ours", 100, **dict(zip(names, one, strict=True)))  # type: ignore[arg-type]
        for one in zip(*values.values(), strict=True)
    ]


def test_several_runs_give_their_median_and_the_most_memory() -> None:
    found = median_of(runs(seconds=[3.0, 1.0, 2.0], peak_memory_mb=[10.0, 30.0, 20.0]))
    assert (found.seconds, found.peak_memory_mb, found.runs) == (2.0, 30.0, 3)


def test_one_wrong_run_makes_the_measurement_wrong() -> None:
    assert median_of(runs(exact=[True, False, True])).exact is False


def test_tools_are_compared_row_for_row() -> None:
    peer = Measurement("all", "peer", 10, 10, seconds=4.0)
    assert against(ONE, peer).ratio_to_limit == 20.0


def test_what_is_over_its_budget_is_said_before_where_the_time_went() -> None:
    slow = Measurement("all", "ours", 10, seconds=2.0, ratio_to_limit=1.3, note="extract 2.0 s")
    found = beyond({"ratio_to_limit": 1.15, "peak_memory_mb": 300}, slow)
    said = "ratio_to_limit 1.30 is over its budget of 1.15; extract 2.0 s"
    assert notes([found]) == f"ours, all, 10: {said}"


def test_what_is_within_its_budget_is_not_mentioned() -> None:
    assert beyond({"seconds": 2.0}, ONE) == ONE


def test_what_was_not_measured_is_a_row_with_its_reason() -> None:
    assert table([Measurement("all", "peer", 10, note="no network")]).endswith("no network")


def test_a_peer_that_cannot_be_had_is_a_row_with_its_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def gone(at: object, url: str) -> peers.Outcome:
        raise NotInstalled("it is gone from the index")

    monkeypatch.setattr(peers, "PEERS_BY_NAME", {"peer": gone})
    (row,) = peers.measured(StandIn())  # type: ignore[arg-type]
    assert (row.tool, row.seconds, row.note) == ("peer", None, "it is gone from the index")


class StandIn:
    """A desk on which nothing is measured."""

    size = 10

    @property
    def client(self) -> "StandIn":
        return self

    server = client

    def calls(self) -> int:
        return 0

    def fresh(self, name: str) -> str:
        return name


def test_results_are_a_list_of_objects(tmp_path: Path) -> None:
    keep(tmp_path / "results/some.json", [ONE])
    (kept,) = json.loads((tmp_path / "results/some.json").read_text())
    assert kept.keys() >= KEYS


def test_a_program_s_children_are_counted_with_it(tmp_path: Path) -> None:
    hungry = "x = bytearray(80_000_000); import time; time.sleep(1); print(len(x))"
    command = ["bash", "-c", f'"{sys.executable}" -c "{hungry}" | cat']
    used = run(command, variables={}, folder=tmp_path)
    assert used.output.strip() == "80000000"
    assert used.peak_memory_mb > 80
    assert used.seconds > 1


def test_a_program_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(ProgramFailed, match="ended with 3: no such org"):
        run(["bash", "-c", "echo no such org >&2; exit 3"], variables={}, folder=tmp_path)


def test_a_program_that_hangs_is_ended_with_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "LONGEST_SECONDS", 5.0)
    os.mkfifo(tmp_path / "held")
    held = os.open(tmp_path / "held", os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(ProgramFailed, match="ended with -9"):
        run(["bash", "-c", "exec 3> held; sleep 600 & wait"], variables={}, folder=tmp_path)
    assert select.select([held], [], [], 60)[0], "the child still holds its end"
    os.close(held)


@pytest.mark.slow
def test_quick_measures_the_product_against_the_limit(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "quick", "--size", "400", "--results", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=600)
    found = json.loads((tmp_path / "quick.json").read_text())
    assert [(one["tool"], one["rows"], one["complete"], one["exact"]) for one in found] == [
        ("limit (curl, psql)", 400, True, True),
        ("salesforce-elt", 400, True, True),
    ]


@pytest.mark.slow
def test_upkeep_measures_results_of_syncs_without_housekeeping_and_with_it(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "upkeep", "--days", "37", "--results", str(tmp_path)]
    subprocess.run(command, cwd=PROJECT, check=True, timeout=600)
    at_once, day_by_day = json.loads((tmp_path / "upkeep.json").read_text())
    assert at_once["size"] == day_by_day["size"] == 37 * 24
    assert at_once["rows"] == day_by_day["rows"] > 10_000
    assert "before " in at_once["note"]
    assert "in the end" in day_by_day["note"]
