"""Results as files: exact as JSON, harmless in a spreadsheet as CSV."""

import csv
import io
import json
from dataclasses import replace
from decimal import Decimal

import pytest

from salesforce_elt.results_files import PARTS, report_csv, report_json
from tests.unit.test_results_text import REPORT, START


def cell(value: object) -> str:
    """What a value is in a CSV file."""
    report = replace(REPORT, findings=[{"message": value}])
    (row,) = csv.DictReader(io.StringIO(report_csv(report, "findings")))
    return row["message"]


@pytest.mark.parametrize("text", [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "－1", '=HYPERLINK("http://x")',
])
def test_a_text_that_would_be_a_formula_begins_with_an_apostrophe(text):
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["Müller, \"M\"", "a=b", "1-2", "it's", "", "NA", "001"])
def test_other_texts_stay_as_they_are(text):
    assert cell(text) == text


def test_numbers_stay_numbers_also_below_zero():
    assert (cell(-5), cell(Decimal("-1.50")), cell(None)) == ("-5", "-1.50", "")


def test_what_moves_a_cursor_is_made_visible_in_csv():
    assert cell("a\x1b[2Jb\x9bc\u202ed") == r"a\x1b[2Jb\x9bc\u202ed"


def test_json_has_everything_exactly_and_nothing_for_a_terminal_to_obey():
    hostile = "=1\x1b[2J\x9b\u202e"
    written = report_json(replace(REPORT, findings=[{"message": hostile, "at": START}]))
    assert written.isascii()
    assert "\x1b" not in written
    (finding,) = json.loads(written)["findings"]
    assert finding == {"message": hostile, "at": "2026-03-01T12:00:00+00:00"}


@pytest.mark.parametrize("part", PARTS)
def test_every_part_is_a_file_also_when_it_has_no_rows(part):
    assert report_csv(REPORT, part).splitlines()[0]
