"""The real DAG on Airflow's own machinery: green exactly when the sync is a success."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.asset import AssetEvent, AssetModel
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select
from sync_results_page import mapped

from salesforce_elt import stations
from salesforce_elt.errors import CheckFailed, LeaseLost
from tests.driver import Desk

PROJECT = Path(__file__).resolve().parents[2]
DAG_ID = "salesforce_sync_every_hour"
SETTINGS = "orgs:\n  demo: {connection: salesforce_demo, pipelines: {mode: split}}\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(generated_desk) -> Desk:
    return generated_desk(size=20)


@dataclass(frozen=True)
class Finished:
    """A DAG run that has ended: its state, and the states of each station's tasks."""

    state: str
    tasks: Mapping[str, set[str]]


@pytest.fixture
def trigger(desk, metadata, monkeypatch, tmp_path):
    """Runs the DAG as triggered with the given choices, on Airflow's own machinery."""
    (tmp_path / "sync.yaml").write_text(SETTINGS)
    keys = desk.org.credentials
    connection = {
        "conn_type": "salesforce_elt", "host": desk.org.url,
        "extra": {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret},
    }
    monkeypatch.setenv("ELT_SETTINGS", str(tmp_path / "sync.yaml"))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", desk.warehouse_url)
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEMO", json.dumps(connection))

    def run(**choices: object) -> Finished:
        # Airflow writes a run's choices into the DAG object, so each run reads the file anew.
        dag_run = DagBag(str(PROJECT / "dags")).dags[DAG_ID].test(run_conf=choices or None)
        return Finished(str(dag_run.state), states(dag_run))

    return run


def latest(desk: Desk) -> dict:
    return desk.rows("select * from sync.runs order by started_at desc limit 1")[0]


def states(dag_run) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with create_session() as session:
        query = select(TaskInstance.task_id, TaskInstance.state).where(
            TaskInstance.dag_id == dag_run.dag_id, TaskInstance.run_id == dag_run.run_id)
        for task_id, state in session.execute(query):
            found.setdefault(task_id.split(".")[1], set()).add(str(state))
    return found


def test_a_full_and_an_incremental_sync_are_green(trigger, desk):
    assert trigger(kind="full").state == "success"
    assert (latest(desk)["kind"], latest(desk)["status"]) == ("full", "success")
    assert_each_object_has_a_log_of_its_own(desk)
    told = events("demo.opportunities")
    assert [(one["org"], one["run_id"], one["inserted"]) for one in told] == [
        ("demo", latest(desk)["run_id"], one["rows"]) for one in told]
    again = trigger()
    assert (again.state, again.tasks["extract"]) == ("success", {"skipped"})
    assert again.tasks["publish"] == {"skipped"}  # no row is another one, and nobody is told
    assert (latest(desk)["kind"], latest(desk)["status"]) == ("incremental", "success")
    assert events("demo.opportunities") == told != []


def assert_each_object_has_a_log_of_its_own(desk: Desk) -> None:
    """By what the results page asks of Airflow, for its links."""
    run_id = latest(desk)["run_id"]
    found = mapped(DAG_ID, run_id.split("/", 1)[1], "demo.extract")
    planned = desk.rows(
        f"select sobject from sync.run_objects where run_id = '{run_id}' and way <> 'nothing'")
    assert set(found) == {one["sobject"] for one in planned}
    assert sorted(found.values()) == list(range(len(planned)))


def events(asset: str) -> list[dict]:
    """What the asset's events told, the first one first."""
    with create_session() as session:
        query = select(AssetEvent.extra).join(AssetModel, AssetModel.id == AssetEvent.asset_id)
        return list(session.scalars(query.where(AssetModel.name == asset).order_by(AssetEvent.id)))


# Each station: its task, and what a sync is in which it broke. Without its objects nothing is
# ready to be published, but something came; after them, and before them, nothing new is there.
BROKEN = {
    "start": ("preflight", "failed"),
    "make_plan": ("plan", "failed"),
    "extract_object": ("extract", "partial"),
    "transform_marts": ("transform", "failed"),
    "audit_marts": ("audit", "failed"),
    "publish_marts": ("publish", "failed"),
}


@pytest.mark.parametrize("station", BROKEN)
def test_a_broken_station_gives_a_red_run_a_result_row_and_intact_marts(
    trigger, desk, station, monkeypatch
):
    task, status = BROKEN[station]
    trigger(kind="full")
    before = desk.marts()
    change_something(desk)

    def broken(*arguments):
        raise CheckFailed("It is broken for the test.", checks=())

    with monkeypatch.context() as patch:
        patch.setattr(stations, station, broken)
        run = trigger()
    assert run.state == "failed"
    assert "failed" in run.tasks[task]
    assert latest(desk)["status"] == status
    assert desk.marts() == before


def test_a_broken_report_is_red_and_the_next_sync_closes_the_run(trigger, desk, monkeypatch):
    def broken(*arguments):
        raise LeaseLost("It is broken for the test.")

    with monkeypatch.context() as patch:
        patch.setattr(stations, "finish", broken)
        assert trigger().state == "failed"
    abandoned = latest(desk)
    assert abandoned["status"] == "running"
    trigger()
    query = f"select status from sync.runs where run_id = '{abandoned['run_id']}'"
    assert desk.value(query) == "failed"


def test_a_missing_connection_is_red_and_says_what_to_create(trigger, desk, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_SALESFORCE_DEMO")
    assert trigger().state == "failed"
    assert "no Airflow connection 'salesforce_demo'" in latest(desk)["message"]


def test_a_choice_that_does_not_exist_is_red_and_lists_what_does(trigger):
    with pytest.raises(Exception, match="reconcil"):
        trigger(kind="reconciling")


def change_something(desk: Desk) -> None:
    store = desk.org.org.store
    account = next(iter(store.records("Account")))
    store.update("Account", account["Id"], {"Name": f"Changed at {os.urandom(4).hex()}"})
    desk.wait(60)


