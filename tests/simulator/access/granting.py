"""An org of which the integration user sees only what a permission set grants."""

from __future__ import annotations

from typing import Any

from tests.simulator.conftest import Client

MINIMUM = "Minimum Access - API Only Integrations"
SET = "Extract"


def restrict(client: Client) -> None:
    """Leave the integration user with nothing but the API."""
    answer = client.admin("POST", "permissions/profile", json={"profile": MINIMUM})
    assert answer.status_code == 200, answer.text


def grant(client: Client, **what: Any) -> None:
    answer = client.admin("POST", "permissions/grant", json={"permission_set": SET, **what})
    assert answer.status_code == 200, answer.text


def withdraw(client: Client, **what: Any) -> None:
    answer = client.admin("POST", "permissions/withdraw", json={"permission_set": SET, **what})
    assert answer.status_code == 200, answer.text


def share(client: Client, sobject: str) -> None:
    answer = client.admin("POST", "sharing", json={"object": sobject, "private": True})
    assert answer.status_code == 204, answer.text


def colleague(client: Client) -> str:
    values = {"Username": "other@example.com", "LastName": "Other", "Email": "other@example.com"}
    return client.running.org.store.insert("User", values)


def refused(client: Client, soql: str) -> str:
    answer = client.query(soql)
    assert answer.status_code == 400, answer.text
    return str(answer.json()[0]["errorCode"])


def listed(client: Client) -> set[str]:
    return {entry["name"] for entry in client.get("/sobjects").json()["sobjects"]}
