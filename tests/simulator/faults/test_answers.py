"""Answers, pages and jobs that are not what the org found."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
import requests

from simulator.faults.pages import split_rows
from tests.simulator.conftest import Client
from tests.simulator.faults.conftest import COUNT, MANY, NAMES, Arm


def results(client: Client, job_id: str, **params: Any) -> requests.Response:
    return client.get(f"/jobs/query/{job_id}/results", **params)


def names(text: str) -> list[str]:
    return [row["Name"] for row in csv.DictReader(io.StringIO(text))]


def test_the_records_of_a_page_are_miscounted(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    arm("wrong_header_count", by=-3, match={"path": "/results"})
    answer = results(client, job)
    assert answer.headers["Sforce-NumberOfRecords"] == str(MANY - 3)
    assert len(names(answer.text)) == MANY


def test_the_records_of_a_job_and_of_a_query_are_miscounted(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    arm("wrong_processed", by=2, match={"path": job})
    arm("wrong_total", by=5, match={"path": "/query$"})
    assert client.get(f"/jobs/query/{job}").json()["numberRecordsProcessed"] == MANY + 2
    assert client.query(COUNT).json()["totalSize"] == MANY + 5


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("lost_rows", lambda rows: rows[:-1]),
        ("repeated_rows", lambda rows: [*rows, *rows]),
        ("reordered_rows", lambda rows: rows[::-1]),
    ],
)
def test_the_rows_of_a_page_are_not_those_that_were_found(
    client: Client, arm: Arm, kind: str, change: Callable[[list[str]], list[str]]
) -> None:
    """Rows of several lines stay whole; REST and Bulk alike."""
    job = client.bulk(NAMES)
    right = names(results(client, job).text)
    arm(kind, times=2)
    assert names(results(client, job).text) == change(right)
    page = client.query(f"{NAMES} LIMIT 10").json()["records"]
    assert [record["Name"] for record in page] == change(right[:10])


def test_a_spoilt_page_is_no_text(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    arm("corrupted_page", match={"path": "/results"})
    with pytest.raises(UnicodeDecodeError):
        results(client, job).content.decode("utf-8")


def test_the_first_page_comes_again_in_place_of_a_later_one(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    first = results(client, job, maxRecords=500)
    second = {"locator": first.headers["Sforce-Locator"], "maxRecords": 500}
    right = results(client, job, **second)
    arm("first_page_again", match={"query": "locator"})
    wrong = results(client, job, **second)
    assert wrong.text == first.text != right.text
    assert wrong.headers["Sforce-Locator"] == right.headers["Sforce-Locator"]


def test_the_first_page_of_a_query_comes_again(client: Client, arm: Arm) -> None:
    headers = {"Sforce-Query-Options": "batchSize=500"}
    first = client.call("GET", "/query", params={"q": NAMES}, headers=headers).json()
    right = client.get(first["nextRecordsUrl"]).json()
    arm("first_page_again", match={"path": "/query/01g"})
    wrong = client.get(first["nextRecordsUrl"]).json()
    assert wrong["records"] == first["records"] != right["records"]
    assert wrong["nextRecordsUrl"] == right["nextRecordsUrl"]


def test_a_session_ends_in_the_middle_of_the_work(client: Client, arm: Arm) -> None:
    arm("expired_session", skip=1)
    found = [client.get("/limits") for _ in range(3)]
    assert [answer.status_code for answer in found] == [200, 401, 401]
    assert found[1].json()[0]["errorCode"] == "INVALID_SESSION_ID"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("daily_quota", (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests")),
        ("concurrent_quota", (403, "REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn")),
        ("bulk_quota", (400, "LIMIT_EXCEEDED", "Max bulk v2 query jobs")),
    ],
)
def test_quotas_refuse(client: Client, arm: Arm, kind: str, expected: tuple[int, str, str]) -> None:
    """api.md 2.5, 3.7."""
    arm(kind)
    answer = client.get("/limits")
    error = answer.json()[0]
    assert (answer.status_code, error["errorCode"]) == expected[:2]
    assert error["message"].startswith(expected[2])


def test_a_job_vanishes(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    arm("vanished_job", match={"path": "/results"})
    found = [results(client, job).status_code, client.get(f"/jobs/query/{job}").status_code]
    assert found == [404, 404]


@pytest.mark.parametrize("message", ["InternalServerError : retry", None])
@pytest.mark.parametrize(("kind", "state"), [("failed_job", "Failed"), ("aborted_job", "Aborted")])
def test_a_job_ends_badly_and_says_why_or_not(
    client: Client, arm: Arm, message: str | None, kind: str, state: str
) -> None:
    """api.md 8.9: Failed without errorMessage occurs."""
    arm(kind, message=message, method="POST", match={"path": "/jobs/query$"})
    job = client.wait(client.bulk(NAMES))
    assert (job["state"], job.get("errorMessage")) == (state, message)


def test_a_finished_job_fails_when_it_is_polled(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    arm("failed_job", method="GET", match={"path": f"{job}$"})
    assert client.get(f"/jobs/query/{job}").json()["state"] == "Failed"
    assert results(client, job).status_code == 400


def test_rows_are_split_at_the_line_breaks_outside_quotes() -> None:
    text = b'"a","b"\n"1","x ""y""\nz"\n"2",""\n'
    assert split_rows(text) == [b'"a","b"\n', b'"1","x ""y""\nz"\n', b'"2",""\n']
