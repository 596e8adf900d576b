"""The table and the JSON of `make faults`."""

import json

import pytest

from tests.faults.report import Trial, Trials, summary, table

GOOD = Trial("kills", "after what lasts", 8, 8, 0, 0, 0, 1.5)
BAD = Trial("races", "two at once", 1, 0, 3, 2, 1, 0.5)


def test_the_table_has_a_line_for_each_family_and_one_for_all():
    lines = [line.split() for line in table([BAD, GOOD])]
    assert lines[1:] == [
        ["kills", "8", "8", "0", "0", "0", "0"],
        ["races", "1", "0", "3", "2", "1", "0"],
        ["all", "9", "8", "3", "2", "1", "0"],
    ]


def test_the_json_has_the_sums_and_every_case():
    told = summary([GOOD, BAD], minutes=2.0)
    assert {name: told[name] for name in ("tried", "survived", "records_lost")} == {
        "tried": 9, "survived": 8, "records_lost": 3}  # fmt: skip
    assert [case["case"] for case in json.loads(json.dumps(told))["cases"]] == [
        "after what lasts", "two at once"]  # fmt: skip


@pytest.mark.parametrize(("outcome", "when", "survived"), [
    ("passed", "call", 5), ("failed", "call", 0), ("failed", "setup", 0),
])  # fmt: skip
def test_what_a_trial_noted_is_counted(tmp_path, outcome, when, survived):
    report = pytest.TestReport(
        "tests/faults/test_kills.py::test_one[x]", ("", 0, ""), {"faults": 1}, outcome, None, when,
        user_properties=[("tried", 5), ("records_lost", 2)],
    )  # fmt: skip
    trials = Trials(tmp_path / "faults.json")
    trials.pytest_runtest_logreport(report)
    (one,) = trials.collected
    assert (one.family, one.case, one.tried, one.survived, one.records_lost) == (
        "kills", "test_one[x]", 5, survived, 2)  # fmt: skip


def test_what_was_skipped_is_no_trial_that_was_survived(tmp_path):
    report = pytest.TestReport(
        "tests/faults/test_servers.py::test_disk", ("", 0, ""), {"faults": 1}, "skipped",
        ("", 1, "no disk"), "setup",
    )  # fmt: skip
    trials = Trials(tmp_path / "faults.json")
    trials.pytest_runtest_logreport(report)
    (one,) = trials.collected
    assert (one.tried, one.survived, one.skipped) == (0, 0, 1)


def test_what_is_no_trial_is_not_counted(tmp_path):
    report = pytest.TestReport("tests/a.py::b", ("", 0, ""), {}, "passed", None, "call")
    trials = Trials(tmp_path / "faults.json")
    trials.pytest_runtest_logreport(report)
    assert trials.collected == []
