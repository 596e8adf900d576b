"""Whatever text is rendered stays a text: on the page, in CSV, in XML, in a mail."""

import csv
import io
import re
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from salesforce_elt.history import History, PastSync
from salesforce_elt.notices import Notice
from salesforce_elt.permission_files import NAMESPACE, permission_set_xml
from salesforce_elt.permission_set import ObjectRight, PermissionSet
from salesforce_elt.printable import one_line, printable
from salesforce_elt.results_files import report_csv, report_json
from salesforce_elt.results_page.charts import charts
from salesforce_elt.results_page.rendering import ENVIRONMENT
from salesforce_elt.results_page.tables import Column, Table
from salesforce_elt.results_text import render
from tests.attackers.hostile import FORMULA_STARTS, PAYLOADS, PIECES, moves_a_terminal
from tests.unit.test_results_text import REPORT

pytestmark = pytest.mark.faults

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# As PostgreSQL keeps texts: without NUL and without halves of a surrogate.
texts = st.lists(st.sampled_from(PIECES) | st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
    max_size=6).map("".join)
fuzzed = settings(derandomize=True, max_examples=150, deadline=None)
ROWS = ENVIRONMENT.from_string('{% from "parts.html" import rows_of %}{{ rows_of(table) }}')


def elements(text: str) -> list[tuple[str, list[str]]]:
    """The elements of a piece of HTML in order, with the names of their attributes.

    A class says how long a text is; which classes there are is our style sheet's business.
    """
    return [(str(one.tag), sorted(set(one.attrib) - {"class"})) for one in html.fragment_fromstring(
        text, create_parent="div").iter()]


def table_of(text: str) -> Table:
    columns = (Column("a", text), Column("b", "b"), Column("c", "c", is_number=True))
    return Table(text, "part", columns, [{"a": text, "b": [text, text], "c": text}])


@fuzzed
@given(texts)
def test_a_table_has_the_same_elements_whatever_it_holds(text: str) -> None:
    shown = elements(ROWS.render(table=table_of(text)))
    assert shown == elements(ROWS.render(table=table_of("plain")))


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.lists(texts, min_size=1, max_size=3, unique=True))
def test_a_chart_is_a_picture_whatever_its_series_are_called(names: list[str]) -> None:
    sync = PastSync(run_id="acme/1", org="acme", kind="full", status="success", started_at=NOON,
                    finished_at=NOON, published_at=NOON, api_calls=1, message=None,
                    resumes_at=None, resumes_by=None, until=NOON, frequency="daily")
    rows = [{"run_id": "acme/1", "sobject": name, "fetched": 5} for name in names]
    history = History("acme", (sync,), has_older=False, objects=rows, exclusions=[], quotas=[])
    for chart in charts(history):
        tags = {one.tag.rpartition("}")[2] for one in ET.fromstring(chart.svg).iter()}
        assert tags <= {"svg", "g", "rect", "path", "text", "line", "circle", "title", "desc"}


@fuzzed
@given(texts)
def test_a_cell_of_a_csv_is_no_formula_and_a_line_of_results_moves_nothing(text: str) -> None:
    finding = {"severity": "error", "code": text, "message": text, "missing": text}
    report = replace(REPORT, findings=[finding], run={**REPORT.run, "message": text})
    _, *rows = csv.reader(io.StringIO(report_csv(report, "findings")))
    assert [cell for row in rows for cell in row if cell.startswith(FORMULA_STARTS)] == []
    assert moves_a_terminal(render(report) + printable(text)) == []
    assert report_json(report).isascii()
    assert "\n" not in one_line(text)


@fuzzed
@given(texts)
def test_a_mail_has_the_same_elements_whatever_it_tells(text: str) -> None:
    def mail(one: str) -> list[tuple[str, list[str]]]:
        return elements(Notice("acme", "failed", one, ((one, (one,)),)).html)

    assert mail(text) == mail("plain")


@pytest.mark.parametrize("name", sorted(PAYLOADS))
def test_the_files_of_a_permission_set_stay_xml(name: str) -> None:
    """Describes with such names are refused before; the file would be right nevertheless."""
    text = re.sub(r"[\x00-\x1f\x7f-\x9f]", "", PAYLOADS[name])
    xml = permission_set_xml(PermissionSet((ObjectRight(text),), (f"Account.{text}",), ()))
    root = ET.fromstring(xml)
    assert [one.text for one in root.iter(f"{{{NAMESPACE}}}field")] == [f"Account.{text}"]
    assert len(list(root)) == 5
