"""Many calls in one (api.md 2.6, clients.md 11)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.conftest import Client

INTERACTIONS = "cumulusci/interactions"


def composite(client: Client, *requests: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    numbered = [{"method": "GET", "referenceId": f"r{n}", **r} for n, r in enumerate(requests)]
    answer = client.call("POST", "/composite", json={"compositeRequest": numbered, **more})
    assert answer.status_code == 200, answer.text
    parts: list[dict[str, Any]] = answer.json()["compositeResponse"]
    return parts


def query(client: Client, soql: str) -> dict[str, str]:
    return {"url": f"/services/data/v{client.version}/query/?q={soql}"}


def shape(value: Any) -> Any:
    """The keys and kinds of a JSON value, whatever its contents."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


@pytest.mark.parametrize(
    "name",
    [
        "TestCompositeParallelSalesforce.test_errors",
        "TestCompositeParallelSalesforce.test_reference_ids",
        "TestCountSObjects.test_count_sobjects_simple",
        "TestCountSObjects.test_count_sobjects__errors",
    ],
)
def test_recorded_composites_get_the_recorded_answers(
    client: Client, recording: Callable[[str], Any], name: str
) -> None:
    for exchange in recording(f"{INTERACTIONS}/{name}.json"):
        asked = exchange["request"]["body"].replace("vxx.0", f"v{client.version}")
        expected = exchange["response"]["body"]
        answer = client.call("POST", "/composite", data=asked)
        assert answer.status_code == exchange["response"]["status"]["code"]
        assert shape(answer.json()) == shape(json.loads(expected))


def test_an_error_in_a_part_has_the_recorded_message(
    client: Client, recording: Callable[[str], Any]
) -> None:
    exchange = recording(f"{INTERACTIONS}/TestCountSObjects.test_count_sobjects__errors.json")[0]
    recorded = json.loads(exchange["response"]["body"])["compositeResponse"][1]
    part = composite(client, query(client, "select count() from XYZZY"))[0]
    assert (part["body"], part["httpStatusCode"]) == (recorded["body"], 400)


def test_a_later_part_uses_what_an_earlier_one_answered(client: Client) -> None:
    base = f"/services/data/v{client.version}/sobjects"
    parts = composite(
        client,
        {"method": "POST", "url": f"{base}/Account", "body": {"Name": "Named"}},
        {"url": f"{base}/Account/@{{r0.id}}?fields=Name"},
    )
    assert parts[1]["body"]["Name"] == "Named"


def test_a_reference_to_nothing_halts_its_part(client: Client) -> None:
    part = composite(client, {"url": f"/services/data/v{client.version}/sobjects/@{{x.id}}"})[0]
    assert (part["httpStatusCode"], part["body"][0]["errorCode"]) == (400, "PROCESSING_HALTED")
    assert part["body"][0]["message"].startswith("Invalid reference specified. No value for x.id")


def test_all_or_none_takes_everything_back(client: Client) -> None:
    base = f"/services/data/v{client.version}/sobjects"
    good = {"method": "POST", "url": f"{base}/Account", "body": {"Name": "Taken back"}}
    parts = composite(
        client, good, {"method": "POST", "url": f"{base}/Account", "body": {}}, allOrNone=True
    )
    assert parts[0]["body"][0]["errorCode"] == "PROCESSING_HALTED"
    assert [part["httpHeaders"] for part in parts] == [{}, {}]
    assert client.records("SELECT Id FROM Account WHERE Name = 'Taken back'") == []


@pytest.mark.parametrize(("queries", "status"), [(5, 200), (6, 400)])
def test_at_most_five_parts_are_queries(client: Client, queries: int, status: int) -> None:
    requests = [
        {"method": "GET", "referenceId": f"r{n}", **query(client, "SELECT Id FROM Account")}
        for n in range(queries)
    ]
    answer = client.call("POST", "/composite", json={"compositeRequest": requests})
    assert answer.status_code == status


def test_at_most_twenty_five_parts_are_taken(client: Client) -> None:
    requests = [
        {"method": "GET", "referenceId": f"r{n}", "url": "/services/data/v60.0/limits"}
        for n in range(26)
    ]
    assert client.call("POST", "/composite", json={"compositeRequest": requests}).status_code == 400


def test_a_batch_counts_every_part_and_a_composite_counts_once(client: Client) -> None:
    def used() -> int:
        info = client.get("/limits").headers["Sforce-Limit-Info"]
        return int(info.removeprefix("api-usage=").partition("/")[0])

    limits = {"method": "GET", "url": f"v{client.version}/limits"}
    before = used()
    composite(client, *({"url": f"/services/data/{limits['url']}"} for _ in range(3)))
    after_composite = used()
    client.call("POST", "/composite/batch", json={"batchRequests": [limits] * 3})
    assert (after_composite - before, used() - after_composite) == (2, 4)


def test_a_batch_reports_each_part(client: Client) -> None:
    parts = [
        {"method": "GET", "url": f"v{client.version}/{path}"} for path in ("limits", "nothing")
    ]
    body = client.call("POST", "/composite/batch", json={"batchRequests": parts}).json()
    assert (body["hasErrors"], [r["statusCode"] for r in body["results"]]) == (True, [200, 404])


def test_a_composite_may_not_contain_a_composite_or_leave_the_api(client: Client) -> None:
    urls = ("https://example.com/", "/simulator/state", "/services/oauth2/userinfo")
    parts = composite(client, *({"url": url} for url in urls))
    assert [part["httpStatusCode"] for part in parts] == [400, 400, 400]


@pytest.mark.parametrize(("allowed", "status"), [(True, 200), (False, 400)])
def test_get_deleted_works_in_a_composite_or_not(
    client: Client, options: Callable[..., None], allowed: bool, status: int
) -> None:
    """api.md 2.6 (U)."""
    options(replication_in_composite=allowed)
    window = "start=2026-03-01T00:00:00Z&end=2026-03-02T00:00:00Z"
    url = f"/services/data/v{client.version}/sobjects/Account/deleted/?{window}"
    assert composite(client, {"url": url})[0]["httpStatusCode"] == status
