"""`make check`: what a person and a program are told, and the exit code."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from salesforce_elt.environment import Environment
from simulator.admin.filling import replace_by_generated
from tests.conftest import folder_of_a_server
from tests.desk.conftest import desk_command, fresh_environment
from tests.desks import new_desk  # noqa: F401
from tests.driver import Desk

pytestmark = [pytest.mark.server, pytest.mark.slow]

SETTINGS = "orgs: {acme: {connection: salesforce_acme}}\n"
WARNINGS, ERRORS = 3, 4


@pytest.fixture
def org(new_desk, monkeypatch) -> Desk:  # noqa: F811
    """A simulated org, and an Airflow connection to it."""
    made = new_desk(lambda org: replace_by_generated(org, 8, 1))
    keys = made.org.credentials
    extra = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}
    connection = {"conn_type": "salesforce_elt", "host": made.org.url, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_ACME", json.dumps(connection))
    return made


@pytest.fixture
def copy() -> Iterator[Environment]:
    """A copy that has never been started."""
    with folder_of_a_server() as path:
        environment = fresh_environment(Path(path) / "home")
        environment.settings.write_text(SETTINGS)
        yield environment


@pytest.fixture
def check(copy):
    """Runs the command in that copy."""
    return partial(desk_command, copy, "check")


def test_without_a_connection_it_says_which_and_where_it_is_made(check) -> None:
    finished = check("", "table")
    assert finished.returncode == ERRORS
    assert "There is no Airflow connection 'salesforce_acme'" in finished.stdout
    assert "warning" not in finished.stderr  # Airflow's own


def test_a_simulated_org_that_is_not_running_is_named_as_such(check, copy) -> None:
    said = "The simulated org of this copy, which salesforce_demo leads to, is not running"
    assert said not in check("", "json").stderr
    copy.settings.write_text("orgs: {demo: {connection: salesforce_demo}}\n")
    assert said in check("", "json").stderr


def test_findings_are_a_table_for_people_and_json_for_programs(check, org: Desk) -> None:
    org.org.org.permissions.hide("Opportunity", "Amount")
    table, printed = check("acme", "table"), check("acme", "json")
    assert (table.returncode, printed.returncode) == (WARNINGS, WARNINGS)
    assert "acme: connected as" in table.stdout
    assert "what will be missing" in table.stdout
    (checked,) = json.loads(printed.stdout)
    found = {one["code"]: one["missing"] for one in checked["findings"]}
    assert found["field_hidden"] == (
        "marts.opportunities.amount, corporate_amount, weighted_amount will be empty")
    assert "warning" not in table.stderr + printed.stderr
    assert org.org.credentials.consumer_secret not in table.stdout + printed.stdout


@pytest.mark.parametrize(("arguments", "says"), [
    (("beta", "table"), "ORG is 'beta', which is not in the settings. There are: acme."),
    (("", "yaml"), "FORMAT is 'yaml'. Use table or json"),
])
def test_a_variable_that_cannot_be_is_explained(check, arguments, says: str) -> None:
    finished = check(*arguments)
    assert finished.returncode == 1
    assert says in finished.stderr
