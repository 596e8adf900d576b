"""Airflow's connection page: its form, and its Test button by the API that it calls."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import jsonschema
import pytest
from airflow.providers_manager import ProvidersManager
from fastapi.testclient import TestClient

from salesforce_elt.connection_fields import EXTRAS
from salesforce_elt.connections import ConnectionFields
from salesforce_elt.connections.given import given
from salesforce_elt.provider import PACKAGE, get_provider_info
from simulator.auth.restrictions import read_range
from tests.connected import METHODS, Somebody, as_at_first, org, somebody
from tests.simulator.conftest import new_org

__all__ = ["as_at_first", "new_org", "org", "somebody"]

PAGE = "/api/v2/connections"


@pytest.fixture(scope="module")
def airflow() -> Iterator[TestClient]:
    """Airflow's API server with its database, for an administrator who is logged in."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIRFLOW__CORE__TEST_CONNECTION", "Enabled")
        environment.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS", "True")
        environment.setenv("AIRFLOW__API_AUTH__JWT_SECRET", secrets.token_urlsafe(64))
        from airflow.api_fastapi.app import create_app
        from airflow.utils.db import initdb

        initdb()
        client = TestClient(create_app(apps="core"))
        token = client.get("/auth/token").json()["access_token"]
        client.headers["Authorization"] = f"Bearer {token}"
        yield client


def body(fields: ConnectionFields, *, conn_type: str = "salesforce_elt") -> dict[str, Any]:
    """A connection as the form sends it."""
    values = {**asdict(fields), "extra": json.dumps(dict(fields.extra)), "conn_type": conn_type}
    return {"connection_id": values.pop("conn_id"), **values}


def pressed(airflow: TestClient, sent: dict[str, Any]) -> tuple[bool, str]:
    answer = airflow.post(f"{PAGE}/test", json=sent)
    assert answer.status_code == 200, answer.text
    return answer.json()["status"], answer.json()["message"]


@pytest.mark.parametrize("method", METHODS)
def test_the_button_says_who_where_and_how_much_is_left(airflow, somebody: Somebody, method):
    is_connected, words = pressed(airflow, body(somebody.fields(method)))
    keys, store = somebody.org.credentials, somebody.org.org
    expected = (keys.username, store.organization_id, "production", "Edition", "API version 67.0",
                "of 100,000 daily API requests are used")  # fmt: skip
    assert is_connected, words
    assert [part for part in expected if part not in words] == []
    assert "\n" not in words


@pytest.mark.parametrize(
    ("method", "changes", "cause", "page"),
    [
        ("client_credentials", {"extra": {"consumer_secret": "not-the-secret"}},
         "the consumer secret is wrong", "External Client App Manager"),
        ("jwt_bearer", {"login": "nobody@acme.com"}, "the user is not approved",
         "Permitted Users"),
        ("refresh_token", {"extra": {"refresh_token": "5Aep-revoked"}},
         "the refresh token is not valid", "Refresh Token Policy"),
        ("password", {"password": "not-the-password"}, "the password or the security token is",
         "Setup > Identity > Login History"),
        ("soap", {"password": "not-the-password"}, "the password or the security token is",
         "Setup > Identity > Login History"),
        ("client_credentials", {"extra": {"consumer_secret": ""}}, "lacks the extra",
         "Admin > Connections"),
        ("client_credentials", {"host": "login.salesforce.com"}, "lacks the org's My Domain",
         "Setup > Company Settings > My Domain"),
        ("client_credentials", {"extra": {"version": "20.0"}}, "does not offer version 20.0",
         "31.0 to 67.0"),
    ],
)  # fmt: skip
def test_the_button_says_what_is_wrong_and_where_it_is_cured(
    airflow, somebody: Somebody, method, changes, cause, page
):
    fields = somebody.fields(method, **changes)
    is_connected, words = pressed(airflow, body(fields))
    assert not is_connected
    assert cause in words
    assert page in words
    secret = [e.name for e in EXTRAS if e.is_secret] + ["password"]
    values = [v for name, v in given(fields).values.items() if name in secret]
    assert [value for value in values if value in words] == []


def test_the_button_names_the_ip_range(airflow, somebody: Somebody):
    somebody.org.org.logins.ip_ranges = (read_range("10.0.0.1"),)
    _, words = pressed(airflow, body(somebody.fields("client_credentials")))
    assert "outside of the IP ranges" in words
    assert "Login IP Ranges" in words


def test_the_button_names_the_permission_that_a_user_without_the_api_lacks(airflow, somebody):
    somebody.org.org.options.update({"api_enabled": False})
    is_connected, words = pressed(airflow, body(somebody.fields("client_credentials")))
    assert not is_connected
    assert "API Enabled: Setup > Users > Permission Sets" in words


def test_the_button_warns_that_a_rotating_refresh_token_is_used_up(airflow, somebody: Somebody):
    somebody.org.org.options.update({"refresh_token_rotation": True})
    is_connected, words = pressed(airflow, body(somebody.fields("refresh_token")))
    assert is_connected
    assert "this test has used up the one in the connection" in words


def test_a_connection_that_is_stored_is_tested_with_its_secrets_behind_the_stars(
    airflow, somebody: Somebody
):
    fields = somebody.fields("jwt_bearer")
    assert airflow.post(PAGE, json=body(fields)).status_code == 201
    shown = airflow.get(f"{PAGE}/{fields.conn_id}").json()
    assert fields.extra["private_key"] not in json.dumps(shown)
    is_connected, words = pressed(
        airflow, {**body(fields), "extra": shown["extra"], "password": shown["password"]}
    )
    assert airflow.delete(f"{PAGE}/{fields.conn_id}").status_code == 204
    assert is_connected, words


def test_airflow_knows_the_provider_and_its_connection_type():
    manager = ProvidersManager()
    assert PACKAGE in manager.providers
    assert manager.hooks["salesforce_elt"].hook_name == "Salesforce ELT"
    assert manager.hooks["salesforce"].package_name == "apache-airflow-providers-salesforce"


def test_the_providers_description_is_valid_for_this_airflow(airflow):
    import airflow as package

    (folder,) = package.__path__[:1]
    with open(f"{folder}/provider_info.schema.json") as schema:  # noqa: PTH123
        jsonschema.validate(get_provider_info(), json.load(schema))


def test_the_form_hides_what_is_secret_and_explains_every_field(airflow: TestClient):
    (form,) = [
        one
        for one in airflow.get("/ui/connections/hook_meta").json()
        if one["connection_type"] == "salesforce_elt"
    ]
    shown = form["extra_fields"]
    assert list(shown) == [extra.name for extra in EXTRAS if extra.is_in_form]
    hidden = {name for name, field in shown.items() if field["schema"].get("format") == "password"}
    assert hidden == {extra.name for extra in EXTRAS if extra.is_secret and extra.is_in_form}
    assert all(field["description"] and field["schema"]["title"] for field in shown.values())
    assert form["standard_fields"]["login"]["title"] == "Username"
