"""Faults on demand: a client meets what goes wrong between it and Salesforce."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from simulator.faults.kinds import DECLARED
from simulator.faults.pages import split_rows
from tests.simulator.conftest import Client

Arm = Callable[..., dict[str, Any]]
COUNT = "SELECT COUNT() FROM Account"
NAMES = "SELECT Id, Name FROM Account ORDER BY Name"
MANY = 1_201


@pytest.fixture(scope="module")
def client(client: Client) -> Client:
    for begin in range(0, MANY, 200):
        names = [f"Account {n:04}\nof two lines" for n in range(begin, min(begin + 200, MANY))]
        records = [{"attributes": {"type": "Account"}, "Name": name} for name in names]
        done = client.call("POST", "/composite/sobjects", json={"records": records}).json()
        assert all(result["success"] for result in done)
    return client


@pytest.fixture(autouse=True)
def disarmed(client: Client) -> Iterator[None]:
    yield
    client.admin("DELETE", "faults")
    client.login()


@pytest.fixture
def arm(client: Client) -> Arm:
    def arming(kind: str, **values: Any) -> dict[str, Any]:
        answer = client.admin("POST", "faults", json={"kind": kind, **values})
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return arming


def armed(client: Client) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.admin("GET", "faults").json()["armed"]
    return listed


def results(client: Client, job_id: str, **params: Any) -> requests.Response:
    return client.get(f"/jobs/query/{job_id}/results", **params)


def names(text: str) -> list[str]:
    return [row["Name"] for row in csv.DictReader(io.StringIO(text))]


def test_a_fault_answers_with_its_status_body_and_headers(client: Client, arm: Arm) -> None:
    body = [{"errorCode": "SERVER_UNAVAILABLE", "message": "busy"}]
    arm("status", status=503, body=body, headers={"Retry-After": "7"})
    answer = client.get("/limits")
    assert (answer.status_code, answer.json(), answer.headers["Retry-After"]) == (503, body, "7")


def test_a_fault_hits_as_often_as_it_is_told_after_the_first_ones(client: Client, arm: Arm) -> None:
    arm("status", status=502, body="", times=2, skip=1, match={"path": "/limits$"})
    found = [client.get("/limits").status_code for _ in range(5)]
    assert found == [200, 502, 502, 200, 200]


def test_a_fault_without_an_end_hits_until_it_is_taken_back(client: Client, arm: Arm) -> None:
    number = arm("status", status=429, body="", times=None)["id"]
    hit = [client.get("/limits").status_code for _ in range(3)]
    client.admin("DELETE", f"faults/{number}")
    assert (hit, client.get("/limits").status_code) == ([429] * 3, 200)


@pytest.mark.parametrize(
    "pattern",
    [
        {"method": "POST"},
        {"match": {"path": "/jobs/"}},
        {"match": {"query": "FROM Contact"}},
        {"match": {"body": "Contact"}},
    ],
)
def test_a_fault_leaves_other_requests_alone(
    client: Client, arm: Arm, pattern: dict[str, Any]
) -> None:
    arm("status", status=500, **pattern)
    assert client.query(COUNT).status_code == 200


@pytest.mark.parametrize(
    "pattern",
    [
        {"method": "get"},
        {"match": {"path": "/query$", "query": r"q=select count\(\) from account"}},
    ],
)
def test_a_fault_finds_its_request(client: Client, arm: Arm, pattern: dict[str, Any]) -> None:
    arm("status", status=500, **pattern)
    assert client.query(COUNT.lower()).status_code == 500


def test_a_fault_finds_a_job_by_its_statement(client: Client, arm: Arm) -> None:
    arm("status", status=500, method="POST", match={"body": "FROM Account"})
    body = {"operation": "query", "query": NAMES}
    assert client.call("POST", "/jobs/query", json=body).status_code == 500


def test_what_is_armed_and_what_was_hit_is_listed(client: Client, arm: Arm) -> None:
    arm("delay", seconds=0, match={"path": "limits"})
    client.get("/limits", x="1")
    body = client.admin("GET", "faults").json()
    assert (body["armed"][0]["seen"], body["armed"][0]["hits"]) == (1, 1)
    assert [(hit["kind"], hit["method"], hit["query"]) for hit in body["fired"]] == [
        ("delay", "GET", "x=1")
    ]


def test_the_administrator_is_never_hit(client: Client, arm: Arm) -> None:
    arm("status", status=500, times=None)
    assert client.admin("GET", "state").status_code == 200


def test_logins_are_hit_as_well(client: Client, arm: Arm) -> None:
    arm("html", status=420, title="We are setting things up", match={"path": "oauth2/token"})
    answer = requests.post(f"{client.running.url}/services/oauth2/token", timeout=20)
    assert (answer.status_code, answer.headers["Content-Type"]) == (420, "text/html;charset=UTF-8")
    assert "We are setting things up" in answer.text


def test_an_answer_comes_late(client: Client, arm: Arm) -> None:
    arm("delay", seconds=0.3)
    began = time.monotonic()
    assert client.get("/limits").status_code == 200
    assert time.monotonic() - began >= 0.3


@pytest.mark.parametrize("after", [None, 0, 10])
def test_a_connection_is_reset(client: Client, arm: Arm, after: int | None) -> None:
    arm("reset", after_bytes=after)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        client.get("/limits")
    assert client.get("/limits").status_code == 200


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_streamed_page_is_cut_off(client: Client, arm: Arm, encoding: str) -> None:
    """api.md 8.7: a chunked body without its last chunk is no whole page."""
    job = client.bulk(NAMES)
    arm("truncation", after_bytes=3_000, match={"path": "/results"})
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.call("GET", f"/jobs/query/{job}/results", headers={"Accept-Encoding": encoding})
    assert len(names(results(client, job).text)) == MANY


def test_a_cut_page_has_brought_what_came_before_the_cut(client: Client, arm: Arm) -> None:
    job = client.bulk(NAMES)
    arm("truncation", after_bytes=500, match={"path": "/results"})
    url, headers = f"{client.data}/jobs/query/{job}/results", {"Accept-Encoding": "identity"}
    with client.http.get(url, headers=headers, stream=True, timeout=20) as answer:
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(answer.iter_content(100))
        assert answer.headers["Sforce-NumberOfRecords"] == str(MANY)
        assert answer.headers["Transfer-Encoding"] == "chunked"


def test_a_page_drips_and_arrives_whole(client: Client, arm: Arm) -> None:
    expected = client.get("/limits").json().keys()
    arm("slow_drip", bytes=100, seconds=0.05)
    began = time.monotonic()
    assert client.get("/limits").json().keys() == expected
    assert time.monotonic() - began > 0.05


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


@pytest.mark.parametrize(
    "kind", ["wrong_header_count", "wrong_processed", "lost_rows", "vanished_job"]
)
def test_a_fault_that_finds_nothing_to_spoil_is_loud(client: Client, arm: Arm, kind: str) -> None:
    arm(kind)
    answer = client.get("/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (500, "FAULT_IN_VAIN")


@pytest.mark.parametrize(
    "fault",
    [
        {},
        [],
        {"kind": "magic"},
        {"kind": "delay", "seconds": -1},
        {"kind": "delay", "seconds": "long"},
        {"kind": "reset", "seconds": 1},
        {"kind": "reset", "times": -1},
        {"kind": "reset", "match": {"path": "("}},
        {"kind": "reset", "match": {"header": "x"}},
        [{"kind": "reset"}, {"kind": "magic"}],
    ],
)
def test_a_fault_that_makes_no_sense_is_not_armed(client: Client, fault: object) -> None:
    answer = client.admin("POST", "faults", json=fault)
    assert (answer.status_code, armed(client)) == (400 if fault != [] else 201, [])


def test_all_kinds_are_listed_with_what_they_take(client: Client) -> None:
    listed = client.admin("GET", "faults/kinds").json()
    assert [entry["kind"] for entry in listed] == [kind.name for kind in DECLARED]
    assert all(entry["meaning"] for entry in listed)


def test_a_user_of_the_org_arms_nothing(client: Client) -> None:
    url = f"{client.running.url}/simulator/faults"
    assert client.http.post(url, json={"kind": "reset"}, timeout=20).status_code == 403


def test_rows_are_split_at_the_line_breaks_outside_quotes() -> None:
    text = b'"a","b"\n"1","x ""y""\nz"\n"2",""\n'
    assert split_rows(text) == [b'"a","b"\n', b'"1","x ""y""\nz"\n', b'"2",""\n']
