"""The real DAG on Airflow's own machinery: green exactly when the sync is a success."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

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


@pytest.fixture(scope="module")
def metadata():
    """Airflow's own database, in the home that conftest made."""
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.fixture
def dag(desk, metadata, monkeypatch, tmp_path):
    (tmp_path / "sync.yaml").write_text(SETTINGS)
    keys = desk.org.credentials
    connection = {
        "conn_type": "salesforce_elt", "host": desk.org.url,
        "extra": {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret},
    }
    monkeypatch.setenv("ELT_SETTINGS", str(tmp_path / "sync.yaml"))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", desk.warehouse_url)
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEMO", json.dumps(connection))
    return DagBag(str(PROJECT / "dags")).dags[DAG_ID]


def latest(desk: Desk) -> dict:
    return desk.rows("select * from sync.runs order by started_at desc limit 1")[0]


def states(dag_run) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for task in dag_run.task_instances:
        found.setdefault(task.task_id.split(".")[1], set()).add(str(task.state))
    return found


def test_a_full_and_an_incremental_sync_are_green(dag, desk):
    assert dag.test(run_conf={"kind": "full"}).state == "success"
    assert (latest(desk)["kind"], latest(desk)["status"]) == ("full", "success")
    again = dag.test()
    assert again.state == "success"
    assert states(again)["extract"] == {"skipped"}
    assert (latest(desk)["kind"], latest(desk)["status"]) == ("incremental", "success")


BROKEN = {
    "start": ("preflight", "failed"),
    "make_plan": ("plan", "failed"),
    "extract_object": ("extract", "failed"),
    "transform_marts": ("transform", "failed"),
    "audit_marts": ("audit", "failed"),
    "publish_marts": ("publish", "failed"),
}


@pytest.mark.parametrize("station", BROKEN)
def test_a_broken_station_gives_a_red_run_a_result_row_and_intact_marts(
    dag, desk, station, monkeypatch
):
    dag.test(run_conf={"kind": "full"})
    before = desk.marts()
    change_something(desk)

    def broken(*arguments):
        raise CheckFailed("It is broken for the test.", checks=())

    with monkeypatch.context() as patch:
        patch.setattr(stations, station, broken)
        run = dag.test()
    task, _ = BROKEN[station]
    assert run.state == "failed"
    assert "failed" in states(run)[task]
    assert latest(desk)["status"] in ("failed", "partial")
    assert desk.marts() == before


def test_a_broken_report_is_red_and_the_next_sync_closes_the_run(dag, desk, monkeypatch):
    def broken(*arguments):
        raise LeaseLost("It is broken for the test.")

    with monkeypatch.context() as patch:
        patch.setattr(stations, "finish", broken)
        assert dag.test().state == "failed"
    abandoned = latest(desk)
    assert abandoned["status"] == "running"
    dag.test()
    query = f"select status from sync.runs where run_id = '{abandoned['run_id']}'"
    assert desk.value(query) == "failed"


def test_a_missing_connection_is_red_and_says_what_to_create(dag, desk, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_SALESFORCE_DEMO")
    assert dag.test().state == "failed"
    assert "no Airflow connection 'salesforce_demo'" in latest(desk)["message"]


def test_an_org_that_was_not_chosen_is_left_alone(dag, desk):
    before = latest(desk)["run_id"]
    run = dag.test(run_conf={"orgs": ["demo"], "kind": "incremental"})
    assert run.state == "success"
    assert latest(desk)["run_id"] != before


def test_a_choice_that_does_not_exist_is_red_and_lists_what_does(dag):
    with pytest.raises(Exception, match="reconcil"):
        dag.test(run_conf={"kind": "reconciling"})


def change_something(desk: Desk) -> None:
    store = desk.org.org.store
    account = next(iter(store.records("Account")))
    store.update("Account", account["Id"], {"Name": f"Changed at {os.urandom(4).hex()}"})
    desk.wait(60)


