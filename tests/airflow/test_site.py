"""What the tasks are given by the environment that Airflow runs in."""

from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException

from salesforce_elt import wiring
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.hashing import Salt
from salesforce_elt.stations import Site


@pytest.fixture
def site(monkeypatch, tmp_path) -> Site:
    (tmp_path / "sync.yaml").write_text("orgs:\n  demo: {connection: salesforce_demo}\n")
    monkeypatch.setenv("ELT_SETTINGS", str(tmp_path / "sync.yaml"))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", "postgresql://elt:secret@127.0.0.1:9/warehouse")
    monkeypatch.setenv("ELT_HASH_SALT_FILE", str(tmp_path / "salt"))
    return wiring._site("demo")


def test_tasks_read_the_salt_from_its_file_when_they_hash(site, tmp_path):
    (tmp_path / "salt").write_text("a salt of the tests, long enough to be one\n")
    assert site.read_salt() == Salt.of("a salt of the tests, long enough to be one")


def test_tasks_that_hash_nothing_need_no_salt(site):
    with pytest.raises(SettingsInvalid, match=r"salt .ELT_HASH_SALT_FILE. does not exist"):
        site.read_salt()


@pytest.mark.parametrize("run_type", ["scheduled", "manual", "operator_triggered"])
def test_an_org_that_is_not_synced_by_schedule_is_synced_by_hand(
    monkeypatch, tmp_path, run_type: str
) -> None:
    settings = tmp_path / "sync.yaml"
    settings.write_text("orgs: {acme: {connection: c, automatically_sync: false}}\n")
    monkeypatch.setenv("ELT_SETTINGS", str(settings))
    dag_run = SimpleNamespace(run_type=run_type, run_id="run")
    choices = {"kind": "incremental", "orgs": ["acme"], "objects": []}
    if run_type == "scheduled":
        with pytest.raises(AirflowSkipException, match="automatically_sync: false"):
            wiring._request("acme", choices, dag_run)
    else:
        assert wiring._request("acme", choices, dag_run).run_id == "acme/run"
