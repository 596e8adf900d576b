"""Records by an external Id (api.md 2.7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulator.catalog.types import Field
from simulator.server import RunningOrg
from tests.simulator.conftest import Client


@pytest.fixture(scope="module", autouse=True)
def external_id(org: RunningOrg) -> None:
    """A custom field that names records of another system."""
    org.org.store.add_field(
        "Account", Field("Key__c", "Key", "string", 40, custom=True, external_id=True)
    )


def test_an_upsert_creates_and_then_changes(client: Client) -> None:
    path = "/sobjects/Account/Key__c/A-1"
    created = client.call("PATCH", path, json={"Name": "First"})
    changed = client.call("PATCH", path, json={"Name": "Second"})
    assert (created.status_code, created.json()["created"]) == (201, True)
    assert (changed.status_code, changed.json()["created"]) == (200, False)
    assert client.get(path).json()["Name"] == "Second"


def test_an_upsert_of_an_old_version_answers_without_a_body(client: Client) -> None:
    """api.md 2.7: 204 before v46."""
    old = Client(client.running, version="45.0", http=client.http)
    old.call("PATCH", "/sobjects/Account/Key__c/A-2", json={"Name": "First"})
    answer = old.call("PATCH", "/sobjects/Account/Key__c/A-2", json={"Name": "Second"})
    assert (answer.status_code, answer.text) == (204, "")


def test_several_records_are_listed(client: Client, recording: Callable[[str], Any]) -> None:
    """wire/restforce/upsert_multiple_error_response.json: 300 with their URLs."""
    ids = [client.create("Account", Name="Twin", Key__c="twin") for _ in range(2)]
    answer = client.get("/sobjects/Account/Key__c/twin")
    recorded = recording("restforce/upsert_multiple_error_response.json")
    assert (answer.status_code, len(answer.json())) == (300, len(recorded))
    assert [url.rpartition("/")[2] for url in answer.json()] == ids


def test_another_field_is_no_external_id(client: Client, recording: Callable[[str], Any]) -> None:
    """wire/restforce/upsert_error_response.json."""
    recorded = recording("restforce/upsert_error_response.json")[0]
    answer = client.call("PATCH", "/sobjects/Account/Namez/x", json={"Name": "x"})
    assert (answer.status_code, answer.json()[0]) == (404, recorded)


def test_a_collection_is_upserted_as_recorded(client: Client) -> None:
    """wire/cumulusci/interactions/TestUpsert.…duplicate_error.json: an empty Id creates."""
    record = {"attributes": {"type": "Account"}, "Name": "Sitwell-Bluth", "Id": None}
    answer = client.call("PATCH", "/composite/sobjects/Account/Id", json={"records": [record]})
    assert list(answer.json()[0]) == ["id", "success", "errors", "created"]
    assert answer.json()[0]["created"] is True
