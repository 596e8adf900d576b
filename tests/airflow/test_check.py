"""The DAG salesforce_check on Airflow's own machinery."""

import json
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.models.dagrun import DagRun

from tests.driver import Desk

PROJECT = Path(__file__).resolve().parents[2]
SETTINGS = "orgs: {demo: {connection: salesforce_demo}}\n"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def desk(generated_desk) -> Desk:
    return generated_desk(size=8)


@pytest.fixture
def check(desk: Desk, metadata, monkeypatch, tmp_path):
    """Runs the DAG; gives the DAG run back when it has ended."""
    settings = tmp_path / "sync.yaml"
    settings.write_text(SETTINGS)
    keys = desk.org.credentials
    extra = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}
    connection = {"conn_type": "salesforce_elt", "host": desk.org.url, "extra": extra}
    monkeypatch.setenv("ELT_SETTINGS", str(settings))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", desk.warehouse_url)
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_DEMO", json.dumps(connection))

    def run() -> DagRun:
        return DagBag(str(PROJECT / "dags")).dags["salesforce_check"].test()

    yield run
    desk.org.org.permissions.clear()


def test_an_org_without_faults_is_green_and_its_remarks_are_kept(check, desk: Desk) -> None:
    desk.org.org.permissions.hide("Opportunity", "Amount")
    assert check().state == "success"
    # The simulated org keeps a time of its own, which is a remark as well.
    assert desk.rows("select code, missing from sync.findings where sobject is not null") == [
        {"code": "field_hidden", "missing": "marts.opportunities.amount, corporate_amount, "
                                            "weighted_amount will be empty"}]


def test_an_org_that_cannot_be_synced_is_red(check, desk: Desk) -> None:
    desk.org.org.permissions.hide("Account")
    assert check().state == "failed"
    assert desk.value("select severity from sync.findings where sobject = 'Account'") == "error"
