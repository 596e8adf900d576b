"""A whole sync of an org in which an attacker named everything: nothing of it is executed."""

import csv
import io
import re
from urllib.parse import quote

import pytest
from lxml import html

from desk import results as results_command
from desk import sql as sql_command
from salesforce_elt import history
from salesforce_elt.report import Report
from salesforce_elt.results_files import PARTS, history_csv, report_csv, report_json
from salesforce_elt.results_text import render
from salesforce_elt.warehouse.connection import connect
from tests.attackers.conftest import WRITABLE
from tests.attackers.hostile import FORMULA_STARTS, PAYLOADS, compositions, moves_a_terminal
from tests.desks import requests_noted
from tests.driver import Desk
from tests.results_page.visiting import PREFIX, FakeAirflow

pytestmark = [pytest.mark.faults, pytest.mark.slow]

NOBODYS = "Nobody's'); drop schema sync; -- {{ 7 * 191 }} <b>"
# What belongs to nobody but the person who made it, and what a statement of an attacker would drop.
STANDING = """
select (select count(*) from public.canary) as canary, string_agg(nspname, ' ' order by nspname)
    filter (where nspname in ('landing', 'staging_demo', 'delta', 'marts', 'sync')) as schemas
from pg_namespace
"""


@pytest.fixture(scope="module")
def synced(attacked: Desk) -> Desk:
    """The org after a full sync."""
    assert attacked.sync("full").status == "success"
    return attacked


@pytest.fixture(scope="module")
def asked(synced: Desk) -> list[str]:
    """What a reconciling asks of Salesforce after every opportunity got another hostile name."""
    store, names = synced.org.org.store, compositions(len(PAYLOADS), seed=9)
    for one, name in zip(list(store.records("Opportunity")), names, strict=True):
        store.update("Opportunity", one["Id"], {"Name": name, "NextStep": name})
    synced.wait(3600)
    with requests_noted() as noted:
        assert synced.sync("reconcile").status == "success"
    return noted


@pytest.fixture(scope="module")
def report(synced: Desk, asked: list[str]) -> Report:
    """The newest sync, which did not like the settings and says so, quoting everybody."""
    named = {"opportunity_types": (*WRITABLE, NOBODYS), "pipelines": {
        "mode": "split", "sales_processes": (*WRITABLE, NOBODYS)}}
    found = synced.configured(**named).sync()
    assert found.status == "failed"
    assert NOBODYS in found.run["message"]
    return found


def test_every_hostile_text_arrives_as_it_is(synced: Desk) -> None:
    marts = {row["company_name"] for row in synced.marts()["companies"]}
    # As Salesforce keeps them: without spaces around, line ends as they came.
    assert {text.strip() for text in PAYLOADS.values()} <= marts


@pytest.mark.parametrize(("mart", "column"), [
    ("contacts", "contact_name"), ("pipelines", "pipeline_name"),
    ("pipeline_stages", "stage_name"), ("activities", "subject"),
])
def test_every_mart_has_the_hostile_names(synced: Desk, mart: str, column: str) -> None:
    shown = " ".join(str(row[column]) for row in synced.marts()[mart])
    assert [text for text in WRITABLE if text not in shown] == []


def test_what_fails_the_settings_is_left_out_by_them_and_not_by_its_name(synced: Desk) -> None:
    """Forty opportunities: those below the minimum, and those whose type cannot be written."""
    kept = {row["opportunity_name"] for row in synced.marts()["opportunities"]}
    worth = {text for n, text in enumerate(PAYLOADS.values()) if n * 10 >= 50}
    assert kept == worth & set(WRITABLE)


def test_no_statement_of_an_attacker_was_run(synced: Desk, report: Report) -> None:
    (standing,) = synced.rows(STANDING)
    assert standing == {"canary": 1, "schemas": "delta landing marts staging_demo sync"}
    assert synced.value("select count(*) from pg_roles where rolname = 'analyst'") == 1


def test_no_hostile_text_goes_back_to_salesforce_in_a_question(asked: list[str]) -> None:
    assert any("SELECT" in one for one in asked)
    telling = [text for text in PAYLOADS.values() if len(text) > len("\\.")]
    assert [text for text in telling if any(text in one for one in asked)] == []


def test_names_that_change_into_hostile_ones_arrive_as_they_are(synced: Desk, asked) -> None:
    assert synced.differences() == []
    there = {row["Name"] for row in synced.org.org.store.records("Opportunity")}
    assert {row["opportunity_name"] for row in synced.marts()["opportunities"]} <= there


# The terminal.


def test_no_character_of_the_results_moves_a_terminal(report: Report) -> None:
    assert moves_a_terminal(render(report)) == []
    assert report_json(report).isascii()


@pytest.mark.parametrize("arguments", [
    ("", "", "table", ""), ("", "demo", "json", ""), ("", "", "csv", "findings"),
])
def test_make_results_moves_no_terminal(synced, report, arguments, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ELT_WAREHOUSE_URL", synced.warehouse_url)
    assert results_command.main(arguments) == 0
    assert moves_a_terminal(capsys.readouterr().out) == []


@pytest.mark.parametrize("relation", ["marts.companies", "marts.pipelines", "staging_demo.account"])
def test_make_sql_moves_no_terminal(synced: Desk, relation, monkeypatch, capsys) -> None:
    monkeypatch.setenv("ELT_WAREHOUSE_URL", synced.warehouse_url)
    assert sql_command.main((f"select * from {relation}", "table")) == 0
    shown = capsys.readouterr().out
    assert "[red]x[/red]" in shown
    assert moves_a_terminal(shown) == []


# Spreadsheets.


def cells(text: str) -> list[str]:
    return [cell for row in csv.reader(io.StringIO(text)) for cell in row]


def starts_a_formula(cell: str) -> bool:
    return cell.startswith(FORMULA_STARTS) and not re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell)


@pytest.mark.parametrize("part", PARTS)
def test_no_cell_of_a_results_csv_is_a_formula(report: Report, part: str) -> None:
    assert [cell for cell in cells(report_csv(report, part)) if starts_a_formula(cell)] == []


def test_no_cell_of_the_history_csv_is_a_formula(synced: Desk, report: Report) -> None:
    with connect(synced.warehouse_url) as conn:
        found = history.read_history(conn, "demo", before=None)
    assert [cell for cell in cells(history_csv(found)) if starts_a_formula(cell)] == []


# The sync results page.

TAGS_WORDS = (
    "html head meta title script link body a header nav ol li main h1 h2 p section div table "
    "caption thead tbody tr th td dl dt dd span time ul figure figcaption details summary form "
    "label select option button code em svg g rect circle path text line desc")
ATTRIBUTES_WORDS = (
    "lang charset name content src rel href class id tabindex role aria-label aria-labelledby "
    "aria-hidden aria-current scope datetime download method action for value selected type "
    "viewbox x y x1 y1 x2 y2 width height cx cy r rx ry d transform xmlns version")
TAGS, ATTRIBUTES = (set(words.split()) for words in (TAGS_WORDS, ATTRIBUTES_WORDS))


@pytest.fixture(scope="module")
def visit(synced: Desk, report: Report, tmp_path_factory):
    """A browser of someone who may read the org."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "sync.yaml").write_text("orgs: {demo: {connection: salesforce_demo}}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELT_SETTINGS", str(folder / "sync.yaml"))
        patch.setenv("ELT_HOME", str(folder))
        patch.setenv("ELT_WAREHOUSE_URL", synced.warehouse_url)
        yield FakeAirflow().client()


@pytest.mark.parametrize("path", [
    "/", "/orgs/demo", "/orgs/demo/run?id={run}", "/orgs/demo/exclusions", "/orgs/demo/set-aside",
    "/orgs/demo/exclusions?only=type_not_selected&after={payload}&after={payload}",
    "/orgs/demo/exclusions?only={payload}", "/orgs/demo/set-aside?only={payload}",
])
def test_no_element_and_no_attribute_of_a_page_comes_from_data(visit, report, path) -> None:
    payload = quote(PAYLOADS["html attribute"])
    answer = visit.get(path.format(run=quote(report.run["run_id"]), payload=payload))
    assert answer.status_code == 200
    elements = [one for one in html.document_fromstring(answer.text).iter()
                if isinstance(one.tag, str)]
    assert {one.tag for one in elements} - TAGS == set()
    assert {name for one in elements for name in one.attrib} - ATTRIBUTES == set()
    links = [one.get(name) for one in elements for name in ("href", "src", "action")
             if one.get(name) is not None]
    assert [one for one in links if not one.startswith((f"{PREFIX}/", "/airflow/", "#"))] == []
    scripts = [one for one in elements if one.tag == "script"]
    assert [(one.get("src"), one.text) for one in scripts] == [(f"{PREFIX}/static/page.js", None)]


def test_the_page_shows_the_hostile_names_as_text(visit, report) -> None:
    answer = visit.get("/orgs/demo/run", params={"id": report.run["run_id"]})
    shown = html.document_fromstring(answer.text).text_content()
    assert NOBODYS in shown
    assert PAYLOADS["html script"] in shown
    assert PAYLOADS["jinja value"] in shown


@pytest.mark.parametrize("name", sorted(PAYLOADS))
@pytest.mark.parametrize("path", [
    "/orgs/{}", "/orgs/{}/run?id=demo/run-001", "/orgs/demo/run?id={}", "/orgs/demo/{}",
    "/orgs/demo/run.csv?id=demo/run-001&part={}", "/orgs/demo/history.{}", "/orgs/demo?before={}",
])
def test_an_address_that_an_attacker_made_up_is_not_there(visit, path, name) -> None:
    answer = visit.get(path.format(quote(PAYLOADS[name], safe="")))
    assert answer.status_code == 404
    assert {one.tag for one in html.document_fromstring(answer.text).iter()} <= TAGS
    assert "alert(1)" not in answer.text


def test_a_download_has_a_name_that_no_attacker_gives_it(visit, report) -> None:
    answer = visit.get("/orgs/demo/run.csv", params={"id": report.run["run_id"], "part": "run"})
    assert re.fullmatch(r'attachment; filename="[A-Za-z0-9_.-]+"',
                        answer.headers["Content-Disposition"])
