"""The sync results page: what people see of syncs that really took place."""

import csv
import html
import io
import itertools
import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from urllib.parse import unquote

import psycopg
import pytest
from fastapi.testclient import TestClient

from salesforce_elt import history
from salesforce_elt.history import History
from salesforce_elt.results_page.charts import charts
from salesforce_elt.results_page.host import NextRun
from tests.driver import Desk
from tests.results_page.visiting import PREFIX, FakeAirflow

HOSTILE = "<img src=x onerror=alert(1)>'\"&{{7*7}}\x1b[31m\u202e"
FIRST = "demo/run-001"


class Page(HTMLParser):
    """What a page is made of, as a browser would take it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    def row(self, heading: str) -> list[str]:
        """The cells of the table's row with this heading."""
        found = re.search(rf"<tr[^>]*>\s*<th scope=\"row\">{re.escape(heading)}</th>(.*?)</tr>",
                          self.text, flags=re.DOTALL)
        assert found, f"no row {heading}"
        return [re.sub(r"<[^>]*>", "", cell).strip()
                for cell in re.findall(r"<td[^>]*>(.*?)</td>", found[1], flags=re.DOTALL)]


def page(visit: TestClient, path: str, **query: str) -> Page:
    answer = visit.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return Page(answer.text)


def runs(told: Desk) -> list[str]:
    return [one["run_id"] for one in told.rows("select run_id from sync.runs order by started_at")]


@pytest.fixture(params=["/", "/orgs/demo", "/orgs/demo/run", "/orgs/demo/exclusions",
                        "/orgs/demo/set-aside"])
def any_page(request, visit) -> Page:
    return page(visit, request.param, **({"id": FIRST} if request.param.endswith("run") else {}))


def test_an_org_is_told_at_a_glance(visit):
    text = page(visit, "/").text
    assert 'class="badge partial"' in text
    assert "incremental sync" in text
    assert "<dd>2999-03-02 13:00 UTC</dd>" in text
    assert "Query Opportunity: no answer." in text
    assert "by hand only (automatically_sync: false)" in text


@pytest.mark.parametrize(("upcoming", "says"), [
    ({}, "not known: Airflow has not read the DAG yet"),
    ({"salesforce_sync_every_hour": NextRun(None, is_paused=False)}, "none is planned"),
    ({"salesforce_sync_every_hour": NextRun(datetime(2020, 1, 1, tzinfo=UTC), is_paused=False)},
     "due since 2020-01-01 00:00 UTC"),
])
def test_an_org_whose_next_sync_is_not_known_or_late_says_so(visit, airflow, upcoming, says):
    airflow.upcoming = upcoming
    assert says in page(visit, "/").text


def test_the_way_to_the_trigger_form_is_on_both_pages(visit):
    for path in ("/", "/orgs/demo"):
        links = [one["href"] for one in page(visit, path).all("a") if one.get("class") == "airflow"]
        assert "/airflow/dags/salesforce_sync_every_hour" in links


def test_the_history_has_every_sync_newest_first(visit, told):
    links = [one["href"] for one in page(visit, "/orgs/demo").all("a")]
    shown = [unquote(one.split("id=")[1]) for one in links if "/run?id=" in one]
    assert shown == list(reversed(runs(told)))


def test_a_long_history_is_paged(visit, told, monkeypatch):
    monkeypatch.setattr(history.read_history, "__kwdefaults__", {"before": None, "limit": 3})
    first = page(visit, "/orgs/demo")
    (older,) = [one["href"] for one in first.all("a") if one.get("rel") == "next"]
    second = Page(visit.get(older.removeprefix(PREFIX)).text)
    shown = [unquote(one["href"].split("id=")[1]) for one in second.all("a")
             if "/run?id=" in (one["href"] or "")]
    assert shown == runs(told)[:1]
    assert "Newest syncs" in second.text


def test_charts_show_what_the_results_say(visit, told):
    text = page(visit, "/orgs/demo").text
    assert text.count("<svg") == 5
    count = told.value(f"select fetched from sync.run_objects where run_id = '{FIRST}'"
                       " and sobject = 'OpportunityHistory'")
    assert re.search(rf"<title>OpportunityHistory, [0-9: -]+ UTC: {count:,} rows</title>", text)
    left_out = told.value("select opportunity_count from sync.run_exclusions limit 1")
    assert text.count(f": {left_out:,} opportunities</title>") == 2


@pytest.fixture
def found(told) -> History:
    with psycopg.connect(told.warehouse_url) as conn:
        return history.read_history(conn, "demo")


def test_axes_say_thousands_in_short(found):
    many = [{**one, "fetched": 1_000 * one["fetched"]} for one in found.objects]
    rows, *_ = charts(replace(found, objects=many))
    assert re.findall(r">([0-9.]+k)</text>", rows.svg)
    assert not re.findall(r">([0-9.]+000)</text>", rows.svg)


@pytest.mark.parametrize(("published_at", "says"), [
    (datetime(2026, 1, 1, tzinfo=UTC), "No opportunity was left out."),
    (None, "Nothing was published."),
])
def test_a_history_in_which_nothing_was_left_out_says_so_and_draws_nothing(
    visit, found, monkeypatch, published_at, says
):
    syncs = [replace(one, published_at=published_at) for one in found.syncs]
    nothing = replace(found, syncs=syncs, exclusions=())
    monkeypatch.setattr(history, "read_history", lambda *_, **__: nothing)
    shown = page(visit, "/orgs/demo").text
    assert shown.count("<svg") == 4
    assert says in shown


def test_no_link_of_the_overview_leads_nowhere(visit):
    """Also of an org that was never synced, which has no history yet."""
    own = [one["href"] for one in page(visit, "/").all("a") if one.get("class") is None]
    paths = {one.removeprefix(PREFIX) for one in own if one and one.startswith(PREFIX)}
    assert {visit.get(path).status_code for path in paths} == {200}


def test_a_sync_that_published_nothing_is_a_gap_among_the_exclusions(visit, told):
    """Rather than none left out: the marts stand as they were."""
    row = [line for line in page(visit, "/orgs/demo").text.splitlines()
           if 'amount_below_minimum</th>' in line]
    assert row
    shown = re.findall(r"<td class=\"number\">([^<]*)</td>", "".join(
        page(visit, "/orgs/demo").text.split("Opportunities left out, by reason, in")[1]))[:4]
    assert [cell == "–" for cell in shown] == [True, True, False, False]


def test_a_sync_is_shown_in_full(visit, told):
    shown = page(visit, "/orgs/demo/run", id=FIRST)
    (row,) = told.rows("select * from sync.run_objects where sobject = 'Opportunity'"
                       f" and run_id = '{FIRST}'")
    cells = shown.row("Opportunity")
    assert cells[:2] == ["REST, every record", "success"]
    assert cells[3] == f"{row['fetched']:,}"
    assert shown.row("quota.share") == ["0.75"]
    assert shown.row("amount_below_minimum")
    assert shown.row("opportunities")[0] == str(told.value(
        f"select row_count from sync.run_marts where mart='opportunities' and run_id='{FIRST}'"))
    for heading in ("The plan, and what came", "Marts", "Left out of the opportunities",
                    "Findings", "Drift", "Checks that do not hold", "The org's quotas",
                    "API calls", "Effective settings"):
        assert heading in html.unescape(shown.text)


def test_a_failed_object_stands_out_with_its_reason(visit, told):
    shown = page(visit, "/orgs/demo/run", id=runs(told)[-1])
    assert shown.row("Opportunity")[1] == "failed"
    assert shown.row("Opportunity")[-1] == "Query Opportunity: no answer."
    assert 'tr class="error"' in shown.text


def test_a_deferred_sync_says_when_it_goes_on(visit, told):
    assert "with the next scheduled run" in page(visit, "/orgs/demo/run", id=runs(told)[2]).text


def test_a_sync_leads_to_its_airflow_run_and_its_task_logs(visit):
    links = [one["href"] for one in page(visit, "/orgs/demo/run", id=FIRST).all("a")]
    run = "/airflow/dags/salesforce_sync_every_hour/runs/run-001"
    assert run in links
    assert f"{run}/tasks/demo.extract/mapped" in links
    assert f"{run}/tasks/demo.report" in links


def test_an_object_leads_to_the_log_of_its_own_extract(visit, airflow, told):
    dag, run_id = "salesforce_sync_every_hour", runs(told)[-1]
    airflow.mapped = {(dag, run_id.split("/")[1], "demo.extract"): {"Opportunity": 3}}
    shown = page(visit, "/orgs/demo/run", id=run_id)
    link = f"/airflow/dags/{dag}/runs/{run_id.split('/')[1]}/tasks/demo.extract/mapped/3"
    assert f'<a class="airflow" href="{link}">Opportunity</a>' in shown.text
    assert "An object's name leads to the log of its extract." in html.unescape(shown.text)


def test_every_exclusion_is_one_link_away_and_paged(visit, told, monkeypatch):
    monkeypatch.setattr(history, "ROWS_SHOWN", 20)
    links = [one["href"] or "" for one in page(visit, "/orgs/demo/run", id=FIRST).all("a")]
    link = next(one for one in links if one.endswith("/exclusions"))
    shown: list[str] = []
    while link:
        part = Page(visit.get(link.removeprefix(PREFIX)).text)
        shown += re.findall(r"<th scope=\"row\">(006\w{15})</th>", part.text)
        link = next((one["href"] or "" for one in part.all("a") if one.get("rel") == "next"), "")
    assert shown == [one["opportunity_id"] for one in told.rows(
        "select opportunity_id from marts.opportunity_exclusions order by opportunity_id, reason")]


def test_exclusions_of_one_reason_can_be_chosen(visit):
    chosen = page(visit, "/orgs/demo/exclusions", only="amount_below_minimum")
    assert "amount_below_minimum</td>" in chosen.text
    none = page(visit, "/orgs/demo/exclusions", only="type_not_selected")
    assert "No opportunity is left out." in none.text


def test_what_is_set_aside_is_listed(visit, told):
    told.execute("insert into sync.quarantine (org, mart, key, reason, run_id) values"
                 f" ('demo', 'opportunities', '006x', 'amount_is_sane', '{FIRST}')")
    try:
        assert page(visit, "/orgs/demo/set-aside").row("opportunities")[:2] == [
            "006x", "amount_is_sane"]
        assert page(visit, "/orgs/demo/run", id=FIRST).row("opportunities")
        assert "Set aside by this sync, and still" in page(
            visit, "/orgs/demo/run", id=FIRST).text
    finally:
        told.execute("delete from sync.quarantine")


def test_a_sync_downloads_as_json(visit, told):
    answer = visit.get("/orgs/demo/run.json", params={"id": FIRST})
    told_of = answer.json()
    assert answer.headers["content-disposition"].startswith('attachment; filename="demo-2')
    assert told_of["run"]["run_id"] == FIRST
    assert {one["sobject"]: one["fetched"] for one in told_of["objects"]} == {
        one["sobject"]: one["fetched"] for one in told.rows(
            f"select sobject, fetched from sync.run_objects where run_id = '{FIRST}'")}


def test_each_part_of_a_sync_downloads_as_csv(visit):
    links = [one["href"] for one in page(visit, "/orgs/demo/run", id=FIRST).all("a")
             if "/run.csv" in (one["href"] or "")]
    assert len(links) > 5
    for link in links:
        answer = visit.get(link.removeprefix(PREFIX))
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        assert len(list(csv.DictReader(io.StringIO(answer.text)))) > 0


def test_a_history_downloads(visit, told):
    lines = list(csv.DictReader(io.StringIO(visit.get("/orgs/demo/history.csv").text)))
    assert [one["run_id"] for one in lines] == list(reversed(runs(told)))
    syncs = json.loads(visit.get("/orgs/demo/history.json").text)["syncs"]
    assert [one["status"] for one in syncs] == ["partial", "deferred", "success", "success"]


@pytest.mark.parametrize("path", [
    "/orgs/nobody", "/orgs/demo/run?id=demo/none", "/orgs/demo/run.csv?id=demo/run-001&part=passwd",
    "/orgs/demo/run", "/orgs/demo/else", "/orgs/demo/exclusions?after=one", "/orgs/beta",
    "/orgs/demo?before=yesterday", "/orgs/demo/history.xml", "/orgs/..%2f..%2fetc/run?id=1",
    "/orgs/demo/run?id=" + "x" * 600, "/orgs/demo?before=1999-01-01T00:00:00Z", "/else",
])  # fmt: skip
def test_what_is_not_there_has_words(visit, path):
    answer = visit.get(path)
    assert answer.status_code == 404
    assert "<h1>There is nothing here</h1>" in answer.text


def test_a_program_gets_errors_as_json(visit):
    answer = visit.get("/orgs/nobody", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()) == (404, {"detail": "There is nothing here"})


def test_a_stranger_is_led_to_the_login(visit, airflow):
    airflow.user = None
    answer = visit.get("/")
    assert answer.status_code == 401
    assert 'href="/airflow/login"' in answer.text
    assert "demo" not in answer.text


def test_who_may_not_read_an_orgs_dag_does_not_see_the_org(visit, airflow):
    airflow.forbidden = {"salesforce_sync_every_hour"}
    assert "demo" not in page(visit, "/").text
    for path in ("/orgs/demo", "/orgs/demo/exclusions", f"/orgs/demo/run?id={FIRST}",
                 f"/orgs/beta/run?id={FIRST}", "/orgs/demo/history.csv"):
        assert visit.get(path).status_code == 404


def test_who_may_read_no_dag_is_told_so(visit, airflow):
    airflow.forbidden = {"salesforce_sync_every_hour", "salesforce_sync_daily", None}
    assert "no org whose DAG you may read" in page(visit, "/").text


# What a page is made of.


def test_pages_have_one_heading_of_the_first_rank_and_none_is_skipped(any_page):
    ranks = [int(tag[1]) for tag, _ in any_page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert (ranks[0], ranks.count(1)) == (1, 1)
    assert all(after - before <= 1 for before, after in itertools.pairwise(ranks))


def test_tables_have_captions_and_headed_rows_and_columns(any_page):
    tables = len(any_page.all("table"))
    assert any_page.text.count("<caption") == tables
    assert len([one for one in any_page.all("th") if one.get("scope") not in ("row", "col")]) == 0


def test_tables_that_scroll_are_reached_by_keyboard(any_page):
    regions = [one for one in any_page.all("div") if one.get("class") == "scroll"]
    assert len(regions) == len(any_page.all("table"))
    assert all(one["tabindex"] == "0" and one["aria-label"] for one in regions)


def test_nothing_in_a_page_is_inline_but_its_own_svg(any_page):
    names = {name for _, attributes in any_page.tags for name in attributes}
    assert not [name for name in names if name.startswith("on")]
    assert "style" not in names
    assert any_page.all("style") == []
    assert [one["src"] for one in any_page.all("script")] == [f"{PREFIX}/static/page.js"]


def test_nothing_of_a_page_comes_from_elsewhere(any_page):
    places = [value or "" for _, attributes in any_page.tags
              for name, value in attributes.items() if name in ("src", "href", "action")]
    assert [one for one in places if not one.startswith(("/airflow/", "#main"))] == []


def test_every_answer_has_a_strict_policy_and_is_not_kept(visit):
    for path in ("/", "/orgs/nobody", "/orgs/demo/history.csv"):
        headers = visit.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self'")
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"


# What comes from the org.


@pytest.fixture
def hostile(told: Desk):
    """Everything that an org can name, with a value that would like to be more than text."""
    run = "demo/hostile"
    with psycopg.connect(told.warehouse_url) as conn:
        conn.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at, planned_at,"
            " published_at, finished_at, message, settings) values (%s, 'demo', 'full', 'failed',"
            " 99, now(), now(), now(), now(), %s, jsonb_build_object('frequency', 'every_hour',"
            " 'connection', %s::text))", [run, HOSTILE, HOSTILE.replace("\x1b", "")])
        conn.execute(
            "insert into sync.run_objects (run_id, org, sobject, way, until, status, fetched,"
            " message) values (%s, 'demo', %s, 'rest', now(), 'failed', 7, %s)",
            [run, HOSTILE, HOSTILE])
        conn.execute(
            "insert into sync.findings (run_id, org, severity, code, sobject, field, message)"
            " values (%s, 'demo', 'error', 'field_hidden', %s, %s, %s)", [run, *[HOSTILE] * 3])
        conn.execute("insert into sync.run_exclusions values (%s, 'demo', %s, 5)", [run, HOSTILE])
        conn.execute("insert into sync.run_marts (run_id, org, mart, reason)"
                     " values (%s, 'demo', 'opportunities', %s)", [run, HOSTILE])
        conn.execute("insert into sync.checks (run_id, org, mart, check_name, severity, is_passed,"
                     " unexpected_keys, words) values (%s, 'demo', 'opportunities', %s, 'critical',"
                     " false, jsonb_build_array(%s::text), %s)", [run, *[HOSTILE] * 3])
        conn.execute("insert into sync.quarantine (org, mart, key, reason, run_id)"
                     " values ('demo', 'opportunities', %s, %s, %s)", [HOSTILE, HOSTILE, run])
        conn.execute("update marts.opportunity_exclusions set opportunity_name = %s", [HOSTILE])
    yield run
    told.execute("delete from sync.runs where run_id = 'demo/hostile'; delete from sync.quarantine")


def test_hostile_values_stay_text(visit, hostile):
    for path in ("/", "/orgs/demo", f"/orgs/demo/run?id={hostile}", "/orgs/demo/exclusions",
                 "/orgs/demo/set-aside"):
        answer = visit.get(path)
        assert answer.status_code == 200
        shown = Page(answer.text)
        assert "&lt;img src=x onerror=alert(1)&gt;" in answer.text
        assert shown.all("img") == []
        assert "{{7*7}}" in answer.text
        assert not [name for _, attributes in shown.tags for name in attributes
                    if name.startswith("on")]


def test_hostile_values_in_a_csv_begin_no_formula(visit, told, hostile):
    told.execute("update sync.runs set message = '=cmd|'' /C calc''!A1' where run_id ="
                 " 'demo/hostile'")
    (row,) = csv.DictReader(io.StringIO(
        visit.get("/orgs/demo/run.csv", params={"id": hostile, "part": "run"}).text))
    assert row["message"] == "'=cmd|' /C calc'!A1"


# What keeps the page from its results.


def test_an_empty_warehouse_says_what_to_do(airflow, settings, warehouse_18, monkeypatch):
    monkeypatch.setenv("ELT_WAREHOUSE_URL", warehouse_18)
    shown = page(airflow.client(), "/")
    assert "No sync has run yet." in shown.text
    assert "/airflow/dags/salesforce_sync_every_hour" in [one["href"] for one in shown.all("a")]


def test_a_warehouse_without_our_tables_is_an_empty_one(
    airflow, settings, database_url_18, monkeypatch
):
    monkeypatch.setenv("ELT_WAREHOUSE_URL", database_url_18)
    assert "No sync has run yet." in page(airflow.client(), "/").text
    for path in ("/orgs/demo", "/orgs/demo/run?id=1"):
        assert airflow.client().get(path).status_code == 404
    assert "Nothing of this org was published yet." in page(
        airflow.client(), "/orgs/demo/exclusions").text


def told_why(airflow: FakeAirflow) -> tuple[int, str]:
    answer = airflow.client().get("/")
    return answer.status_code, Page(answer.text).text.split("<h1>")[1].split("</h1>")[0]


def test_a_warehouse_that_does_not_answer_has_its_own_words(airflow, settings, monkeypatch):
    monkeypatch.setenv("ELT_WAREHOUSE_URL", "postgresql://elt:secret@127.0.0.1:9/warehouse")
    assert told_why(airflow) == (503, "The warehouse does not answer")
    assert "secret" not in airflow.client().get("/").text


def test_a_warehouse_that_was_never_started_has_its_own_words(airflow, settings, monkeypatch):
    monkeypatch.setenv("ELT_WAREHOUSE_URL", "")
    assert told_why(airflow) == (503, "There is no warehouse yet")


def test_results_of_an_older_version_have_their_own_words(
    airflow, settings, warehouse_18, monkeypatch
):
    monkeypatch.setenv("ELT_WAREHOUSE_URL", warehouse_18)
    with psycopg.connect(warehouse_18) as conn:
        conn.execute("insert into sync.runs (run_id, org, kind, status, fence, started_at)"
                     " values ('demo/1', 'demo', 'full', 'running', 1, now())")
        conn.execute("alter table sync.runs drop column resumes_by")
    assert told_why(airflow) == (503, "The results are from an older version")


def test_settings_that_cannot_be_read_hide_everything(visit, airflow, settings):
    settings.write_text("orgs: {demo: {conection: x}}")
    assert told_why(airflow) == (503, "The settings cannot be read")


def test_results_that_may_not_be_read_have_their_own_words(visit, airflow, told, monkeypatch):
    told.execute("drop role if exists nobody_much; create role nobody_much login password 'x'")
    monkeypatch.setenv("ELT_WAREHOUSE_URL", re.sub(
        "//[^@]*@", "//nobody_much:x@", told.warehouse_url))
    try:
        assert told_why(airflow) == (503, "The results may not be read")
    finally:
        told.execute("drop role nobody_much")
