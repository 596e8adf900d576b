"""getUpdated and getDeleted (api.md 2.4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from simulator.clock import Clock
from tests.simulator.conftest import Client

Options = Callable[..., None]


def deleted(client: Client, start: str, end: str, sobject: str = "Account") -> dict[str, Any]:
    answer = client.get(f"/sobjects/{sobject}/deleted/", start=start, end=end)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def gone(client: Client) -> str:
    record_id = client.create("Account", Name="Gone")
    client.call("DELETE", f"/sobjects/Account/{record_id}")
    return record_id


def test_the_answers_have_the_recorded_keys(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/docs_examples/getDeleted.json, wire/restforce/get_updated_success_response.json."""
    record_id = gone(client)
    body = deleted(client, "2026-03-02T11:00:00Z", "2026-03-02T12:05:00Z")
    recorded = recording("docs_examples/getDeleted.json")
    updated = client.get(
        "/sobjects/Account/updated/", start="2026-03-02T11:00:00Z", end="2026-03-02T12:05:00Z"
    )
    assert set(body) == set(recorded)
    assert {"id": record_id, "deletedDate": "2026-03-02T12:00:30.000+0000"} in body[
        "deletedRecords"
    ]
    assert set(updated.json()) == set(recording("restforce/get_updated_success_response.json"))


def test_created_and_changed_records_are_updated_and_deleted_ones_are_not(client: Client) -> None:
    kept, lost = client.create("Account", Name="Kept"), gone(client)
    window = {"start": "2026-03-02T11:00:00+00:00", "end": "2026-03-02T12:05:00+00:00"}
    found = client.get("/sobjects/Account/updated/", **window).json()["ids"]
    assert (kept in found, lost in found) == (True, False)


def test_seconds_are_dropped_from_the_window(client: Client) -> None:
    record_id = gone(client)
    body = deleted(client, "2026-03-02T11:00:59Z", "2026-03-02T12:00:59Z")
    assert record_id not in [row["id"] for row in body["deletedRecords"]]
    assert body["latestDateCovered"] == "2026-03-02T12:00:00.000+0000"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-02T11:00:00Z", "2026-03-02T11:00:30Z"),
        ("2026-03-02T11:00:00Z", "2026-03-02T10:00:00Z"),
        ("2026-01-10T11:00:00Z", "2026-03-02T11:00:00Z"),
        ("2026-03-02T11:00:00 00:00", "2026-03-02T12:00:00Z"),
        ("", "2026-03-02T12:00:00Z"),
        ("2026-03-02T11:00:00", "2026-03-02T12:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "2026-03-02T12:00:00Z"),
        ("2026-03-02T11:00:00Z", "9999-12-31T23:59:00-12:00"),
    ],
    ids=[
        "a minute is too short",
        "backwards",
        "beyond 30 days",
        "lost plus",
        "missing",
        "no zone",
        "before the first year",
        "after the last year",
    ],
)
@pytest.mark.parametrize("list_name", ["updated", "deleted"])
def test_a_window_that_cannot_be_is_refused(
    client: Client, list_name: str, start: str, end: str
) -> None:
    answer = client.get(f"/sobjects/Account/{list_name}/", start=start, end=end)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_REPLICATION_DATE")


def test_deletes_can_be_asked_for_during_15_days(client: Client) -> None:
    window = {"start": "2026-02-10T11:00:00Z", "end": "2026-03-02T11:00:00Z"}
    lists = ("updated", "deleted")
    answers = [client.get(f"/sobjects/Account/{name}/", **window).status_code for name in lists]
    assert answers == [200, 400]


def test_an_open_transaction_holds_the_covered_date_back(client: Client, clock: Clock) -> None:
    """api.md 2.4: latestDateCovered is the start of the oldest open transaction."""
    store = client.running.org.store
    with store.transaction() as work:
        late = work.insert("Account", {"Name": "Late"})
        clock.advance(timedelta(minutes=5))
        during = deleted(client, "2026-03-02T11:00:00Z", "2026-03-02T12:04:00Z")
        unseen = client.records(f"SELECT Id FROM Account WHERE Id = '{late}'")
    after = deleted(client, "2026-03-02T11:00:00Z", "2026-03-02T12:04:00Z")
    seen = client.records(f"SELECT SystemModstamp FROM Account WHERE Id = '{late}'")
    assert during["latestDateCovered"] == "2026-03-02T12:00:00.000+0000"
    assert after["latestDateCovered"] == "2026-03-02T12:04:00.000+0000"
    assert (unseen, seen) == ([], [{"SystemModstamp": "2026-03-02T12:00:30.000+0000"}])


def test_other_users_can_hold_the_covered_date_back(client: Client, options: Options) -> None:
    options(open_transaction_seconds=600)
    body = deleted(client, "2026-03-02T11:00:00Z", "2026-03-02T12:00:00Z")
    assert body["latestDateCovered"] == "2026-03-02T11:50:00.000+0000"


@pytest.mark.parametrize(("leaves", "listed"), [(True, False), (False, True)])
def test_an_undeleted_record_leaves_the_list_or_stays(
    client: Client, options: Options, leaves: bool, listed: bool
) -> None:
    """api.md 2.4 (U)."""
    options(undelete_leaves_deleted_list=leaves)
    record_id = gone(client)
    client.admin("POST", "records/Account/undelete", json={"ids": [record_id]})
    body = deleted(client, "2026-03-02T11:00:00Z", "2026-03-02T12:05:00Z")
    assert (record_id in [row["id"] for row in body["deletedRecords"]]) is listed


@pytest.mark.parametrize(("inclusive", "listed"), [(True, True), (False, False)])
def test_the_end_of_the_window_belongs_to_it_or_not(
    client: Client, options: Options, clock: Clock, inclusive: bool, listed: bool
) -> None:
    """api.md 2.4: documented as inclusive."""
    options(replication_end_inclusive=inclusive)
    clock.set(datetime(2026, 3, 2, 12, 10, tzinfo=UTC))
    record_id = gone(client)
    body = deleted(client, "2026-03-02T12:05:00Z", "2026-03-02T12:10:00Z")
    assert (record_id in [row["id"] for row in body["deletedRecords"]]) is listed


def test_a_purged_record_is_still_listed(client: Client) -> None:
    """api.md 2.4: hard deletes have no other trace."""
    record_id = client.create("Account", Name="Purged")
    client.admin("POST", "records/Account/purge", json={"ids": [record_id]})
    body = deleted(client, "2026-03-02T11:00:00Z", "2026-03-02T12:05:00Z")
    assert record_id in [row["id"] for row in body["deletedRecords"]]
