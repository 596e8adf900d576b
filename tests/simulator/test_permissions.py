"""What the integration user may not see is as if it did not exist (api.md 2.8, 6.2)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.simulator.conftest import Client


@pytest.fixture(autouse=True)
def shown_again(client: Client) -> Iterator[None]:
    yield
    client.running.org.permissions.clear()


def test_a_hidden_object_is_not_listed_described_or_queried(client: Client) -> None:
    client.admin("POST", "hide", json={"object": "Lead"})
    listed = [entry["name"] for entry in client.get("/sobjects").json()["sobjects"]]
    query = client.query("SELECT Id FROM Lead")
    assert "Lead" not in listed
    assert client.get("/sobjects/Lead/describe").status_code == 404
    assert (query.status_code, query.json()[0]["errorCode"]) == (400, "INVALID_TYPE")


def test_a_hidden_field_is_an_unknown_field(client: Client) -> None:
    unknown = client.query("SELECT Amounx FROM Opportunity").json()[0]
    client.admin("POST", "hide", json={"object": "Opportunity", "field": "Amount"})
    hidden = client.query("SELECT Amount FROM Opportunity").json()[0]
    fields = client.get("/sobjects/Opportunity/describe").json()["fields"]
    assert hidden["message"].replace("Amount", "Amounx") == unknown["message"]
    assert hidden["errorCode"] == "INVALID_FIELD"
    assert "Amount" not in [field["name"] for field in fields]


def test_a_hidden_parent_cannot_be_reached(client: Client) -> None:
    client.admin("POST", "hide", json={"object": "Account"})
    answer = client.query("SELECT Account.Name FROM Opportunity").json()[0]
    assert answer["errorCode"] == "INVALID_FIELD"


def test_what_was_hidden_can_be_shown_again(client: Client) -> None:
    client.admin("POST", "hide", json={"object": "Lead"})
    client.admin("POST", "show", json={"object": "Lead"})
    assert client.query("SELECT Id FROM Lead").status_code == 200


def test_hiding_what_the_org_lacks_is_refused(client: Client) -> None:
    unknown = client.admin("POST", "hide", json={"object": "Foo"})
    field = client.admin("POST", "hide", json={"object": "Lead", "field": "Foo"})
    assert (unknown.status_code, field.status_code) == (404, 400)
