"""Versions, resources, objects and fields (api.md 2.2, 7.1; clients.md 1, 4, 10)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from simulator.server import RunningOrg
from tests.simulator.conftest import Client


def test_the_versions_need_no_login_and_count_no_call(org: RunningOrg) -> None:
    answer = requests.get(f"{org.url}/services/data/", timeout=120)
    assert [v["version"] for v in answer.json()] == [f"{n}.0" for n in range(31, 68)]
    assert "Sforce-Limit-Info" not in answer.headers


@pytest.mark.parametrize(
    ("version", "label"), [("31.0", "Summer '14"), ("66.0", "Spring '26"), ("32.0", "Winter '15")]
)
def test_a_version_bears_the_name_of_its_release(org: RunningOrg, version: str, label: str) -> None:
    versions = requests.get(f"{org.url}/services/data", timeout=120).json()
    assert {v["version"]: v["label"] for v in versions}[version] == label


@pytest.mark.parametrize(
    ("version", "status"), [("31.0", 200), ("67.0", 200), ("30.0", 410), ("68.0", 404), ("59", 404)]
)
def test_versions_from_31_to_67_are_offered(client: Client, version: str, status: int) -> None:
    """api.md 1.0: 21.0 to 30.0 answer 410 GONE."""
    assert client.get(f"/services/data/v{version}/limits").status_code == status


def test_the_resources_name_the_identity(client: Client) -> None:
    body = client.get("/").json()
    assert body["identity"].startswith(f"{client.running.url}/id/")
    assert body["query"] == f"/services/data/v{client.version}/query"


def test_a_global_entry_has_the_recorded_keys(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/cumulusci/GET_sobjects_Global_describe.json."""
    recorded = recording("cumulusci/GET_sobjects_Global_describe.json")
    found = client.get("/sobjects").json()
    assert set(found) == {"encoding", "maxBatchSize", "sobjects"}
    assert set(found["sobjects"][0]) == set(recorded["sobjects"][0])


def test_every_object_of_the_global_list_has_a_describe(client: Client) -> None:
    """clients.md 10."""
    names = [entry["name"] for entry in client.get("/sobjects").json()["sobjects"]]
    described = [client.get(f"/sobjects/{name}/describe").json() for name in names]
    assert [body["name"] for body in described] == names
    assert {len(field) for body in described for field in body["fields"]} == {57}


def test_an_unknown_object_answers_as_recorded(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/restforce/sobject_describe_error_response.json."""
    answer = client.get("/sobjects/Foo/describe")
    recorded = recording("restforce/sobject_describe_error_response.json")
    assert (answer.status_code, answer.json()) == (404, recorded)


def test_a_new_org_has_no_record_type_on_opportunities(client: Client) -> None:
    """api.md 5.6: RecordTypeId is absent, and SOQL on it gives INVALID_FIELD."""
    fields = client.get("/sobjects/Opportunity/describe").json()["fields"]
    assert "RecordTypeId" not in [field["name"] for field in fields]
    refused = client.query("SELECT RecordTypeId FROM Opportunity").json()
    assert refused[0]["errorCode"] == "INVALID_FIELD"


def test_a_slash_at_the_end_is_tolerated(client: Client) -> None:
    """clients.md 1, 4."""
    paths = ("/limits/", "/sobjects/", "/sobjects/Account/describe/", "/query/")
    asked = [client.get(path, q="SELECT Id FROM Account") for path in paths]
    assert [answer.status_code for answer in asked] == [200] * 4


def test_an_answer_bears_the_orgs_date(client: Client) -> None:
    """api.md 5.1: clients take the time from the server."""
    assert client.get("/limits").headers["Date"] == "Mon, 02 Mar 2026 12:00:30 GMT"
