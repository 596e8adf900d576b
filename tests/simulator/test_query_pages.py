"""Pages of a query (api.md 2.3, clients.md 5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.server import RunningOrg
from tests.simulator.conftest import Client

COUNT = 450
SOQL = "SELECT Id, Name FROM Account ORDER BY Name"


@pytest.fixture(scope="module", autouse=True)
def records(org: RunningOrg) -> None:
    """More accounts than two small pages hold."""
    with org.org.store.transaction() as work:
        for number in range(COUNT):
            work.insert("Account", {"Name": f"Account {number:04}"})


def first(client: Client, soql: str = SOQL, path: str = "/query") -> dict[str, Any]:
    headers = {"Sforce-Query-Options": "batchSize=200"}
    body: dict[str, Any] = client.call("GET", path, params={"q": soql}, headers=headers).json()
    return body


def test_a_page_has_the_recorded_keys(client: Client, recording: Callable[[str], Any]) -> None:
    """wire/restforce/query_paginated_first_page_response.json and …_last_page_…."""
    page = first(client)
    assert set(page) == set(recording("restforce/query_paginated_first_page_response.json"))
    assert (page["totalSize"], page["done"], len(page["records"])) == (COUNT, False, 200)


def test_pages_lead_to_every_record_once(client: Client) -> None:
    page = first(client)
    found = page["records"]
    while not page["done"]:
        page = client.get(page["nextRecordsUrl"]).json()
        assert page["totalSize"] == COUNT
        found += page["records"]
    assert [row["Name"] for row in found] == [f"Account {n:04}" for n in range(COUNT)]


def test_the_next_url_is_relative_and_ends_in_the_row(client: Client) -> None:
    url = first(client)["nextRecordsUrl"]
    assert url.startswith(f"/services/data/v{client.version}/query/01g")
    assert url.endswith("-200")


def test_a_locator_works_under_both_paths_and_again_and_with_a_query(client: Client) -> None:
    url = first(client, path="/queryAll")["nextRecordsUrl"]
    pages = [
        client.get(url),
        client.get(url),
        client.get(url.replace("/query/", "/queryAll/")),
        client.get(url, q=SOQL),
    ]
    assert len({page.text for page in pages}) == 1


@pytest.mark.parametrize("asked", ["1", "200", "199"])
def test_a_page_has_two_hundred_records_at_least(client: Client, asked: str) -> None:
    headers = {"Sforce-Query-Options": f"batchSize={asked}"}
    body = client.call("GET", "/query", params={"q": SOQL}, headers=headers).json()
    assert len(body["records"]) == 200


def test_a_server_may_send_smaller_pages_than_asked(
    client: Client, options: Callable[..., None]
) -> None:
    """api.md 8, trap 2."""
    options(query_batch_size=7)
    assert len(first(client)["records"]) == 7


def test_a_locator_dies_after_two_days(client: Client, clock: Clock) -> None:
    url = first(client)["nextRecordsUrl"]
    clock.advance(timedelta(days=2, seconds=1))
    answer = client.login().get(url)
    expected = [{"message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR"}]
    assert (answer.status_code, answer.json()) == (400, expected)


@pytest.mark.parametrize(
    "locator", ["01g", "01gSim000000000xxx-1", "01gSim0000000001-200", "nothing"]
)
def test_an_invented_locator_is_refused(client: Client, locator: str) -> None:
    answer = client.get(f"/query/{locator}")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_QUERY_LOCATOR")


@pytest.mark.parametrize(("reading", "name"), [("late", "Changed"), ("snapshot", "Account 0449")])
def test_a_later_page_shows_late_values_or_those_of_the_query(
    client: Client, options: Callable[..., None], reading: str, name: str
) -> None:
    """api.md 5.1 (U): REST cursors give a snapshot of Ids, values may be read late."""
    options(cursor_values=reading)
    page = first(client)
    record_id = client.records("SELECT Id FROM Account WHERE Name = 'Account 0449'")[0]["Id"]
    client.call("PATCH", f"/sobjects/Account/{record_id}", json={"Name": "Changed"})
    while not page["done"]:
        page = client.get(page["nextRecordsUrl"]).json()
    client.call("PATCH", f"/sobjects/Account/{record_id}", json={"Name": "Account 0449"})
    assert page["records"][-1]["Name"] == name


def test_groups_have_no_second_page(client: Client) -> None:
    answer = client.call(
        "GET",
        "/query",
        params={"q": "SELECT Id, COUNT(Name) FROM Account GROUP BY Id"},
        headers={"Sforce-Query-Options": "batchSize=200"},
    )
    assert answer.json()[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
