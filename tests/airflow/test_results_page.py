"""The sync results page in Airflow's own API server: its login, its permissions, its schedule."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from airflow.api_fastapi.app import create_app, get_auth_manager, purge_cached_app
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager
from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dag import DagModel
from airflow.utils.session import create_session
from fastapi.testclient import TestClient

from salesforce_elt.results_page.links import EXTRACT, STATIONS, links_of
from tests.conftest import TEMPLATE
from tests.results_page.visiting import FakeAirflow

PROJECT = Path(__file__).resolve().parents[2]
PAGE = "/sync-results"
SETTINGS = """
orgs:
  demo: {connection: salesforce_demo, frequency: every_hour}
  beta: {connection: salesforce_beta, frequency: daily}
"""
ROUTES = (
    "/", "/orgs/demo", "/orgs/demo/history.csv", "/orgs/demo/history.json",
    "/orgs/demo/run?id=demo/1", "/orgs/demo/run.csv?id=demo/1", "/orgs/demo/run.json?id=demo/1",
    "/orgs/demo/exclusions", "/orgs/demo/set-aside",
)  # fmt: skip
RUN = """
insert into sync.runs (run_id, org, kind, status, fence, started_at, published_at, finished_at)
values (%s, %s, 'full', 'success', 1, now(), now(), now())
"""

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory, metadata):
    """The settings, and the DAGs of their orgs as Airflow knows them."""
    settings = tmp_path_factory.mktemp("site") / "sync.yaml"
    settings.write_text(SETTINGS)
    subprocess.run([sys.executable, "-m", "airflow", "dags", "reserialize"], check=True,
                   env={**os.environ, "ELT_SETTINGS": str(settings),
                        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False"},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return settings


@pytest.fixture(scope="module")
def app(site, postgres_server_18):
    """Airflow's API server, with a sync of each org and one of an org that is no more."""
    url = postgres_server_18.url("results_page")
    with psycopg.connect(postgres_server_18.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database results_page template {TEMPLATE}")
    with psycopg.connect(url) as conn:
        for org in ("demo", "beta", "gone"):
            conn.execute(RUN, [f"{org}/1", org])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ELT_SETTINGS", str(site))
        patch.setenv("ELT_WAREHOUSE_URL", url)
        purge_cached_app()
        yield create_app(apps="core")


@pytest.fixture
def visit(app):
    """A browser in which a user of this role is logged in; no role: a stranger."""

    def browser(role: str | None = "viewer") -> TestClient:
        client = TestClient(app, base_url="http://testserver", headers={"Accept": "text/html"})
        if role:
            user = SimpleAuthManagerUser(username="ann", role=role)
            client.cookies.set("_token", get_auth_manager().generate_jwt(user))
        return client

    return browser


@pytest.fixture
def forbid(monkeypatch):
    """Forbids a DAG's runs (None: all of them) to everyone."""

    def apply(forbidden: str | None) -> None:
        def is_authorized(self, *, method, user, access_entity=None, details=None):
            assert (method, access_entity) == ("GET", DagAccessEntity.RUN)
            return (details.id if details else None) != forbidden

        monkeypatch.setattr(SimpleAuthManager, "is_authorized_dag", is_authorized)

    return apply


@pytest.mark.parametrize("route", ROUTES)
def test_every_page_and_file_asks_for_airflows_login(visit, route):
    answer = visit(None).get(f"{PAGE}{route}")
    assert answer.status_code == 401
    assert "demo" not in answer.text.replace("/orgs/demo", "")


@pytest.mark.parametrize("route", ROUTES)
def test_every_page_and_file_is_there_for_who_may_read_the_dag(visit, route):
    assert visit().get(f"{PAGE}{route}").status_code == 200


def test_a_forged_token_lets_nobody_in(visit):
    client = visit(None)
    client.cookies.set("_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.")
    assert client.get(f"{PAGE}/").status_code in (401, 403)


@pytest.mark.parametrize("route", ROUTES[1:])
def test_who_may_not_read_the_dag_sees_nothing_of_its_org(visit, forbid, route):
    forbid("salesforce_sync_every_hour")
    assert visit().get(f"{PAGE}{route}").status_code == 404


def test_the_overview_has_the_orgs_of_the_dags_that_one_may_read(visit, forbid):
    forbid("salesforce_sync_every_hour")
    text = visit().get(f"{PAGE}/").text
    assert ("/orgs/beta" in text, "demo" in text) == (True, False)


def test_an_org_that_the_settings_have_no_more_is_for_those_who_may_read_all_dags(visit, forbid):
    assert "/orgs/gone" in visit().get(f"{PAGE}/").text
    forbid(None)
    assert "gone" not in visit().get(f"{PAGE}/").text
    assert visit().get(f"{PAGE}/orgs/gone").status_code == 404


def test_a_run_is_not_found_under_another_org(visit, forbid):
    forbid("salesforce_sync_every_hour")
    assert visit().get(f"{PAGE}/orgs/beta/run", params={"id": "demo/1"}).status_code == 404


def test_the_next_sync_is_when_airflows_schedule_begins_it(visit):
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    shown = visit().get(f"{PAGE}/").text
    assert any(f"{hour + timedelta(hours=more):%Y-%m-%d %H:%M} UTC" in shown for more in (0, 1))


def test_a_paused_dag_has_no_next_sync(visit):
    with create_session() as session:
        session.get(DagModel, "salesforce_sync_daily").is_paused = True
    assert "none: the DAG is paused in Airflow" in visit().get(f"{PAGE}/").text


def test_the_page_is_in_airflows_navigation(visit):
    plugins = visit("admin").get("/api/v2/plugins", headers={"Accept": "application/json"}).json()
    views = [view for one in plugins["plugins"] for view in one["external_views"]]
    assert [(one["name"], one["href"], one["destination"]) for one in views] == [
        ("Sync results", "/sync-results/", "nav")]


def test_the_style_and_the_script_are_public_and_nothing_beside_them_is(visit):
    stranger = visit(None)
    assert [stranger.get(f"{PAGE}/static/{name}").status_code
            for name in ("page.css", "page.js")] == [200, 200]
    for path in ("..%2fapp.py", "../app.py", "%2e%2e/%2e%2e/errors.py", "page.css/../../app.py"):
        assert stranger.get(f"{PAGE}/static/{path}").status_code == 404


def test_the_links_to_task_logs_name_tasks_of_the_dag(site, monkeypatch):
    monkeypatch.setenv("ELT_SETTINGS", str(site))
    dag = DagBag(str(PROJECT / "dags")).dags["salesforce_sync_every_hour"]
    assert {f"demo.{station}" for station in STATIONS} == set(dag.task_ids)
    assert {one.split(".")[1] for one in dag.task_ids if dag.get_task(one).is_mapped} == {EXTRACT}
    links = links_of(FakeAirflow().host(), "demo/manual__1+2", frequency="every_hour")
    assert links.run == "/airflow/dags/salesforce_sync_every_hour/runs/manual__1%2B2"
    assert dict(links.logs)["extract"] == f"{links.run}/tasks/demo.extract/mapped"


def test_reading_the_plugin_costs_other_processes_no_web_framework():
    told = subprocess.run(
        [sys.executable, "-c", "import airflow.plugins_manager, sys; before = set(sys.modules);"
         " import sync_results_page;"
         " print({one.split('.')[0] for one in set(sys.modules) - before}"
         " & {'fastapi', 'pygal', 'jinja2', 'psycopg', 'salesforce_elt'})"],
        env={**os.environ, "PYTHONPATH": str(PROJECT / "plugins")},
        check=True, capture_output=True, text=True)
    assert told.stdout.splitlines()[-1] == "set()"
