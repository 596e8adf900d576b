"""Suites of checks: what is refused, and in which words."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from salesforce_elt.checks import Check, load_checks, load_staging_checks
from salesforce_elt.errors import StopError
from salesforce_elt.row_conditions import breaking

GOOD = """\
checks:
  - name: key_is_present
    severity: critical
    expectation: ExpectColumnValuesToNotBeNull
    with: {column: id}
    to_do: Mend it.
"""
WITHOUT_FORM = GOOD.replace("""    expectation: ExpectColumnValuesToNotBeNull
    with: {column: id}
""", "")


def load(root: Path, text: str) -> tuple[Check, ...]:
    """The checks of a suite with this text."""
    (root / "quality").mkdir()
    (root / "quality/things.yaml").write_text(text, "utf-8")
    return load_checks(root, "things")


def test_a_check_is_an_expectation_with_arguments_and_advice(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == (
        Check("key_is_present", "critical", "ExpectColumnValuesToNotBeNull", {"column": "id"},
              "Mend it.", unexpected_where='"id" is null'),)


def test_unexpected_rows_are_an_expectation_too(tmp_path: Path) -> None:
    text = GOOD.replace("expectation: ExpectColumnValuesToNotBeNull", "unexpected_rows: select 1")
    (check,) = load(tmp_path, text.replace("    with: {column: id}\n", ""))
    assert check.expectation == "UnexpectedRowsExpectation"
    assert check.arguments == {"unexpected_rows_query": "select 1"}


@pytest.mark.parametrize(("text", "complaint"), [
    ("checks: [", "is not YAML"),
    ("suite: []", "it must hold 'checks:'"),
    ("checks: [5]", "begins with its 'name', not '5'"),
    (GOOD.replace("severity: critical", "severity: awful"), "severity is 'awful'"),
    (GOOD.replace("    to_do: Mend it.\n", ""), "'to_do' is missing"),
    (GOOD.replace("with:", "without:"), "there is no 'without'"),
    (GOOD + "    unexpected_rows: select 1\n", "write either 'expectation'"),
    (GOOD + GOOD.replace("checks:\n", ""), "two checks have one name"),
    (GOOD + "    lag: {syncs: 3}\n", "write either 'expectation'"),
    (WITHOUT_FORM + "    volume: {floor: 5}\n", "'volume' is '{'floor': 5}'. Write floor, gained"),
    (WITHOUT_FORM + "    volume: {lost_share: 1}\n", "'volume' is"),
    (WITHOUT_FORM + "    lag: {syncs: many}\n", "'lag' is"),
    (WITHOUT_FORM + "    silence: {days: -1, usual_days: 5}\n", "'silence' is"),
    (WITHOUT_FORM + "    silence: {days: 1, usual_days: 5, hours: 2}\n", "'silence' is"),
])
def test_a_suite_that_is_wrong_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(StopError, match=complaint):
        load(tmp_path, text)


def test_a_mart_without_a_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StopError, match=r"things\.yaml: there is no such file"):
        load_checks(tmp_path, "things")


def test_rows_that_a_condition_tells_are_an_expectation_too(tmp_path: Path) -> None:
    (check,) = load(tmp_path, WITHOUT_FORM + "    unexpected_where: a < b\n")
    assert (check.expectation, check.unexpected_where) == ("UnexpectedRowsExpectation", "a < b")
    assert check.arguments["unexpected_rows_query"].endswith("where (a < b)")


def test_measures_have_thresholds(tmp_path: Path) -> None:
    (check,) = load(tmp_path, WITHOUT_FORM + "    volume: {lost_share: 0.5, floor: 10}\n")
    assert (check.measure, check.arguments) == ("volume", {"lost_share": 0.5, "floor": 10})


def staging(root: Path, text: str) -> dict[str, tuple[Check, ...]]:
    """The checks of staging tables of which one has a suite with this text."""
    (root / "quality/staging").mkdir(parents=True)
    (root / "quality/staging/things.yaml").write_text(text, "utf-8")
    return load_staging_checks(root)


def test_an_expectation_about_staging_becomes_a_select_over_what_changed(tmp_path: Path) -> None:
    (check,) = staging(tmp_path, GOOD)["things"]
    assert check.expectation == "UnexpectedRowsExpectation"
    assert check.arguments["unexpected_rows_query"].endswith('where ("id" is null)')


def test_an_expectation_that_would_look_at_a_whole_staging_table_is_refused(
    tmp_path: Path
) -> None:
    unique = GOOD.replace("ToNotBeNull", "ToBeUnique")
    with pytest.raises(StopError, match="ToBeUnique would look at every row of the table"):
        staging(tmp_path, unique)


@pytest.mark.parametrize(("expectation", "arguments", "condition"), [
    ("ExpectColumnValuesToNotBeNull", {"column": "a"}, '"a" is null'),
    ("ExpectColumnValuesToNotBeNull", {"column": "a", "mostly": 0.9}, None),
    ("ExpectColumnValuesToBeInSet", {"column": "a", "value_set": ["x", "it's", 1]},
     "\"a\" not in ('x', 'it''s', 1)"),
    ("ExpectColumnValuesToBeBetween", {"column": "a", "min_value": 0}, '"a" < 0'),
    ("ExpectColumnValuesToBeBetween",
     {"column": "a", "min_value": date(1990, 1, 1), "max_value": date(2100, 1, 1)},
     "\"a\" < '1990-01-01' or \"a\" > '2100-01-01'"),
    ("ExpectColumnValuesToBeUnique", {"column": "a"}, None),
])
def test_which_rows_break_an_expectation_by_themselves(
    expectation: str, arguments: dict[str, Any], condition: str | None
) -> None:
    assert breaking(expectation, arguments) == condition
