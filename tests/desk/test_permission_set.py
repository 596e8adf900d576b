"""`make permission-set`: what it writes, and what it says."""

import json
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from desk import permission_set as command
from salesforce_elt.environment import PROJECT
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.permission_files import PROJECT_FILE, SET_FILE
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.settings import load_settings
from simulator.admin.filling import replace_by_generated
from tests.desks import new_desk  # noqa: F401
from tests.driver import Desk

MINIMUM = {"profile": "Minimum Access - API Only Integrations"}
TWO_ORGS = "orgs: {acme: {connection: sf}, other: {connection: sf}}\n"


@pytest.fixture
def org(new_desk) -> Desk:  # noqa: F811
    return new_desk(lambda made: replace_by_generated(made, 1, 1))


@pytest.fixture
def run(org: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Runs the command against the org; returns the connections that it asked for."""
    settings = tmp_path / "sync.yaml"
    settings.write_text("orgs: {acme: {connection: salesforce_acme}}\n")
    monkeypatch.setenv("ELT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ELT_SETTINGS", str(settings))
    monkeypatch.setenv("ELT_WAREHOUSE_URL", org.warehouse_url)
    asked: list[str] = []

    def open_client(connection: str, share: Decimal) -> SalesforceClient:
        asked.append(connection)
        return org.client()

    monkeypatch.setattr(command, "org_clients", lambda _: nullcontext(open_client))

    def start(*arguments: str) -> list[str]:
        assert command.main(arguments) == 0
        return asked

    return start


def restrict(org: Desk) -> None:
    answer = httpx.post(
        f"{org.org.url}/simulator/permissions/profile", json=MINIMUM, timeout=120,
        headers={"Authorization": f"Bearer {org.org.credentials.admin_token}"})  # fmt: skip
    assert answer.is_success, answer.text


def test_the_only_org_needs_no_name_and_the_files_are_in_elt_home(run, tmp_path, capsys):
    assert run("", "", "") == ["salesforce_acme"]
    folder = tmp_path / "home/permission-set/acme"
    assert "<object>Opportunity</object>" in (folder / SET_FILE).read_text()
    assert (folder / PROJECT_FILE).exists()
    printed = capsys.readouterr().out
    assert f"Written into {folder}" in printed
    assert "No right to change anything." in printed
    assert "CONNECTION=<its id>" in printed


def test_an_administrators_connection_is_asked_in_place_of_the_users(run, tmp_path, capsys):
    assert run("acme", "salesforce_admin", str(tmp_path / "out")) == ["salesforce_admin"]
    assert (tmp_path / "out" / SET_FILE).exists()
    assert "the connection salesforce_admin is shown" in capsys.readouterr().out


def test_what_the_asking_user_cannot_see_is_said(run, org, tmp_path, capsys):
    restrict(org)
    run("acme", "", str(tmp_path / "out"))
    assert "  - Account is hidden from this connection" in capsys.readouterr().out


def test_written_again_the_files_are_the_same_and_others_stay(run, tmp_path):
    out = tmp_path / "out"
    run("acme", "", str(out))
    before = (out / SET_FILE).read_text()
    (out / "notes.txt").write_text("mine")
    run("acme", "", str(out))
    assert ((out / SET_FILE).read_text(), (out / "notes.txt").read_text()) == (before, "mine")


def test_a_folder_that_cannot_be_written_is_one_sentence(run, tmp_path):
    (tmp_path / "out").write_text("a file")
    with pytest.raises(SettingsInvalid, match=r"cannot be written into .*out: .*OUT=<folder>"):
        run("acme", "", str(tmp_path / "out"))


@pytest.mark.parametrize(("key", "says"), [
    ("", r"several orgs: acme, other. Say which: ORG=<key>"),
    ("nobody", r"ORG is 'nobody', which is not in the settings. There are: acme, other"),
])  # fmt: skip
def test_the_org_has_to_be_clear(tmp_path, key, says):
    file = tmp_path / "sync.yaml"
    file.write_text(TWO_ORGS)
    with pytest.raises(SettingsInvalid, match=says):
        command.org_of(load_settings(file, root=PROJECT), key)


@pytest.mark.server
def test_the_command_logs_in_with_the_airflow_connection(org, desk, environment, monkeypatch):
    keys = org.org.credentials
    connection = {
        "conn_type": "salesforce_elt", "host": org.org.url,
        "extra": {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}}
    # Not salesforce_demo: that one is the simulated org's, as soon as `make run` has made one.
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_ADMIN", json.dumps(connection))
    finished = desk("permission_set", "", "salesforce_admin", "")
    assert finished.returncode == 0, finished.stderr
    text = (environment.home / "permission-set/demo" / SET_FILE).read_text()
    assert "<field>Account.Site</field>" in text
    assert keys.consumer_secret not in finished.stdout + text


@pytest.mark.server
def test_without_the_connection_it_is_one_paragraph(desk):
    finished = desk("permission_set", "", "salesforce_nobody", "")
    assert finished.returncode == 1
    assert "There is no Airflow connection 'salesforce_nobody'" in finished.stderr
    assert "Traceback" not in finished.stderr
