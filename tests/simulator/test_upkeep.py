"""What background processes do: archived activities, the recycle bin, the delete log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from simulator.clock import Clock
from tests.simulator.conftest import Client

Options = Callable[..., None]
DAY = timedelta(days=1)


@pytest.fixture
def later(client: Client, clock: Clock) -> Iterator[Callable[[timedelta], None]]:
    """Lets time pass, and logs in again."""

    def move(span: timedelta) -> None:
        clock.advance(span)
        client.login()

    yield move
    clock.follow()
    client.running.org.sessions.end_all()


def task(client: Client, day: str, status: str = "Completed") -> str:
    values = {"Subject": "Call", "ActivityDate": day, "Status": status, "Priority": "Normal"}
    return client.create("Task", **values)


def found(client: Client, record_id: str, *, all_rows: bool = False) -> list[dict[str, object]]:
    soql = f"SELECT IsArchived, SystemModstamp FROM Task WHERE Id = '{record_id}'"
    return client.records(soql, all_rows=all_rows)


@pytest.fixture(autouse=True)
def _fresh_session(client: Client, clock: Clock) -> None:
    client.login()


def test_a_closed_task_leaves_query_after_a_year_and_stays_in_query_all(
    client: Client, later: Callable[[timedelta], None]
) -> None:
    record = task(client, "2026-03-01")
    before = found(client, record)
    later(365 * DAY)
    assert found(client, record) == []
    after = found(client, record, all_rows=True)
    assert after == [{"IsArchived": True, "SystemModstamp": before[0]["SystemModstamp"]}]


def test_an_open_task_is_never_archived(client: Client, later: Callable[[timedelta], None]) -> None:
    record = task(client, "2026-03-01", "Not Started")
    later(400 * DAY)
    assert len(found(client, record)) == 1


def test_archiving_changes_the_stamp_where_the_option_says_so(
    client: Client, later: Callable[[timedelta], None], options: Options
) -> None:
    options(archiving_bumps_stamp=True)
    record = task(client, "2026-03-01")
    later(366 * DAY)
    assert found(client, record, all_rows=True)[0]["SystemModstamp"] > "2027"


def test_an_archived_task_is_still_changed(
    client: Client, later: Callable[[timedelta], None]
) -> None:
    record = task(client, "2020-01-01")
    answer = client.call("PATCH", f"/sobjects/Task/{record}", json={"Subject": "Old"})
    assert answer.status_code == 204


def deleted_accounts(client: Client, *names: str) -> list[str]:
    ids = [client.create("Account", Name=name) for name in names]
    for record_id in ids:
        client.call("DELETE", f"/sobjects/Account/{record_id}")
    return ids


def in_bin(client: Client) -> set[str]:
    soql = "SELECT Id FROM Account WHERE IsDeleted = true"
    return {str(row["Id"]) for row in client.records(soql, all_rows=True)}


def test_the_recycle_bin_keeps_a_record_for_fifteen_days(
    client: Client, later: Callable[[timedelta], None]
) -> None:
    (record,) = deleted_accounts(client, "Gone")
    later(14 * DAY)
    assert record in in_bin(client)
    later(2 * DAY)
    assert record not in in_bin(client)


def test_the_oldest_leave_a_full_recycle_bin(
    client: Client, later: Callable[[timedelta], None], options: Options
) -> None:
    (first,) = deleted_accounts(client, "First")
    later(timedelta(minutes=1))
    (second,) = deleted_accounts(client, "Second")
    options(recycle_bin_capacity=1)
    assert {first, second} <= in_bin(client)
    later(timedelta(hours=3))
    assert (first in in_bin(client), second in in_bin(client)) == (False, True)


def listed(client: Client, start: str, end: str, what: str = "deleted") -> object:
    path = f"/sobjects/Account/{what}/"
    return client.get(path, start=start, end=end).json()


def test_a_delete_log_that_grew_too_long_refuses_what_it_forgot(
    client: Client, later: Callable[[timedelta], None], options: Options
) -> None:
    deleted_accounts(client, "Forgotten")
    later(timedelta(hours=1))
    (kept,) = deleted_accounts(client, "Kept")
    options(delete_log_capacity=1)
    later(timedelta(hours=1))
    refused = listed(client, "2026-03-02T11:00:00Z", "2026-03-02T14:00:00Z")
    assert isinstance(refused, list)
    assert refused[0]["errorCode"] == "INVALID_REPLICATION_DATE"
    answer = listed(client, "2026-03-02T13:00:00Z", "2026-03-02T14:00:00Z")
    assert isinstance(answer, dict)
    assert [row["id"] for row in answer["deletedRecords"]] == [kept]


def test_a_window_with_too_many_ids_is_refused(client: Client, options: Options) -> None:
    for name in ("One", "Two", "Three"):
        client.create("Account", Name=name)
    options(replication_most_ids=2)
    refused = listed(client, "2026-03-02T11:00:00Z", "2026-03-02T12:30:00Z", "updated")
    assert isinstance(refused, list)
    assert refused[0]["errorCode"] == "EXCEEDED_ID_LIMIT"
