"""A quota on Airflow's own machinery: red and deferred, gone on with later, and nobody else's."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dag import DagModel
from airflow.models.dagrun import DagRun
from airflow.models.taskinstance import TaskInstance
from airflow.utils.session import create_session
from sqlalchemy import select

from salesforce_elt import deferral
from salesforce_elt.deferral import ITSELF, SCHEDULE, Resumption
from tests.driver import Desk

PROJECT = Path(__file__).resolve().parents[2]
DAG_ID = "salesforce_sync_daily"
ORGS = ("demo", "other")
SETTINGS = """
orgs:
  demo: {connection: salesforce_demo, frequency: daily, pipelines: {mode: split}}
  other: {connection: salesforce_other, frequency: daily, pipelines: {mode: split}}
"""
PAST_THE_SHARE = {"daily_api_requests": 1_000, "used_api_requests": 800}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desks(generated_desk) -> dict[str, Desk]:
    """Two orgs; both are kept in the first one's warehouse."""
    return {org: generated_desk(size=8, seed=seed) for seed, org in enumerate(ORGS, start=1)}


@pytest.fixture
def trigger(desks, metadata, monkeypatch, tmp_path):
    """Runs the DAG of both orgs; gives the DAG run back when it has ended."""
    settings = tmp_path / "sync.yaml"
    settings.write_text(SETTINGS)
    monkeypatch.setenv("ELT_SETTINGS", str(settings))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", desks["demo"].warehouse_url)
    for org, desk in desks.items():
        keys = desk.org.credentials
        extra = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}
        connection = {"conn_type": "salesforce_elt", "host": desk.org.url, "extra": extra}
        monkeypatch.setenv(f"AIRFLOW_CONN_SALESFORCE_{org.upper()}", json.dumps(connection))

    def run(conf: dict | None = None) -> DagRun:
        # Airflow writes a run's choices into the DAG object, so each run reads the file anew.
        return DagBag(str(PROJECT / "dags")).dags[DAG_ID].test(run_conf=conf)

    yield run
    for desk in desks.values():
        desk.org.org.options.reset()
    with create_session() as session:
        for waiting in session.scalars(select(DagRun).where(DagRun.state == "queued")):
            session.delete(waiting)


def waiting_runs() -> list[DagRun]:
    with create_session() as session:
        return list(session.scalars(select(DagRun).where(
            DagRun.dag_id == DAG_ID, DagRun.state == "queued")))


def results(desks: dict[str, Desk], dag_run: DagRun) -> dict[str, dict]:
    rows = desks["demo"].rows("select * from sync.runs")
    return {row["org"]: row for row in rows if row["run_id"].endswith(f"/{dag_run.run_id}")}


def state_of(dag_run: DagRun, task_id: str) -> str:
    with create_session() as session:
        return str(session.scalar(select(TaskInstance.state).where(
            TaskInstance.dag_id == DAG_ID, TaskInstance.run_id == dag_run.run_id,
            TaskInstance.task_id == task_id)))


def goes_on(monkeypatch, by: str, *, minutes: float = 60) -> datetime:
    """Decides when and by what deferred syncs go on, whatever the hour of the test."""
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(minutes=minutes)
    monkeypatch.setattr(deferral, "resumption", lambda now, settings: Resumption(at, by))
    return at


def test_an_orgs_quota_defers_that_org_alone_and_a_run_of_its_own_waits_to_go_on(
    trigger, desks, monkeypatch
):
    at = goes_on(monkeypatch, ITSELF)
    desks["demo"].org.org.options.update(PAST_THE_SHARE)
    dag_run = trigger()
    found = results(desks, dag_run)
    assert {org: row["status"] for org, row in found.items()} == {
        "demo": "deferred", "other": "success"}
    assert (found["demo"]["api_calls"], found["demo"]["resumes_at"]) == (1, at)
    assert str(dag_run.state) == "failed"
    assert (state_of(dag_run, "demo.report"), state_of(dag_run, "other.report")) == (
        "failed", "success")
    (waiting,) = waiting_runs()
    assert (waiting.run_after, waiting.conf) == (at, {"orgs": ["demo"]})
    assert str(waiting.run_type) == "operator_triggered"


def test_the_waiting_run_begins_at_its_time_and_syncs_the_deferred_org_alone(
    trigger, desks, monkeypatch
):
    goes_on(monkeypatch, ITSELF)
    desks["demo"].org.org.options.update(PAST_THE_SHARE)
    trigger()
    (waiting,) = waiting_runs()
    assert begun_by_the_scheduler() == []
    let_its_time_come(waiting)
    assert begun_by_the_scheduler() == [waiting.run_id]
    desks["demo"].org.org.options.reset()
    dag_run = trigger(waiting.conf)
    assert {org: row["status"] for org, row in results(desks, dag_run).items()} == {
        "demo": "success"}
    assert str(dag_run.state) == "success"


def begun_by_the_scheduler() -> list[str]:
    with create_session() as session:
        session.get(DagModel, DAG_ID).is_paused = False
        session.flush()
        return [run.run_id for run in DagRun.get_queued_dag_runs_to_set_running(session)]


def let_its_time_come(waiting: DagRun) -> None:
    with create_session() as session:
        session.get(DagRun, waiting.id).run_after = datetime.now(UTC) - timedelta(minutes=1)


def test_a_report_that_is_judged_again_makes_no_second_run(trigger, desks, monkeypatch):
    goes_on(monkeypatch, ITSELF)
    desks["demo"].org.org.options.update(PAST_THE_SHARE)
    states = [str(trigger().state), str(trigger().state)]
    assert states == ["failed", "failed"]
    assert len(waiting_runs()) == 1


def test_when_the_schedule_is_near_no_run_is_made(trigger, desks, monkeypatch):
    at = goes_on(monkeypatch, SCHEDULE)
    desks["demo"].org.org.options.update(PAST_THE_SHARE)
    found = results(desks, trigger())
    assert (found["demo"]["status"], found["demo"]["resumes_at"]) == ("deferred", at)
    assert "with the next scheduled run" in found["demo"]["message"]
    assert waiting_runs() == []
