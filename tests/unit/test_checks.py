"""Suites of checks: what is refused, and in which words."""

from pathlib import Path

import pytest

from salesforce_elt.checks import Check, load_checks
from salesforce_elt.errors import StopError

GOOD = """\
checks:
  - name: key_is_present
    severity: critical
    expectation: ExpectColumnValuesToNotBeNull
    with: {column: id}
    to_do: Mend it.
"""


def load(root: Path, text: str) -> tuple[Check, ...]:
    """The checks of a suite with this text."""
    (root / "quality").mkdir()
    (root / "quality/things.yaml").write_text(text, "utf-8")
    return load_checks(root, "things")


def test_a_check_is_an_expectation_with_arguments_and_advice(tmp_path: Path) -> None:
    assert load(tmp_path, GOOD) == (
        Check("key_is_present", "critical", "ExpectColumnValuesToNotBeNull", {"column": "id"},
              "Mend it."),)


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
])
def test_a_suite_that_is_wrong_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(StopError, match=complaint):
        load(tmp_path, text)


def test_a_mart_without_a_suite_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StopError, match=r"things\.yaml: there is no such file"):
        load_checks(tmp_path, "things")
