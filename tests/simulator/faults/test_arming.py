"""Faults hit the requests that they were armed for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import requests

from simulator.faults.kinds import DECLARED
from tests.simulator.conftest import Client
from tests.simulator.faults.conftest import COUNT, NAMES, Arm

README = Path(__file__).resolve().parents[3] / "simulator/README.md"


def armed(client: Client) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = client.admin("GET", "faults").json()["armed"]
    return listed


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
    answer = requests.post(f"{client.running.url}/services/oauth2/token", timeout=120)
    assert (answer.status_code, answer.headers["Content-Type"]) == (420, "text/html;charset=UTF-8")
    assert "We are setting things up" in answer.text


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


def test_every_kind_stands_in_the_readme_with_what_it_takes() -> None:
    text = README.read_text("utf-8")
    faults = text.split("## Faults")[1].split("\n## ")[0]
    rows = [line for line in faults.splitlines() if line.startswith("| `")]
    for kind in DECLARED:
        row = next(row for row in rows if f"`{kind.name}`" in row.split("|")[1])
        takes = row.split("|")[3]
        assert {name.strip(" `") for name in takes.split(",")} - {""} == set(kind.values)


def test_a_user_of_the_org_arms_nothing(client: Client) -> None:
    url = f"{client.running.url}/simulator/faults"
    assert client.http.post(url, json={"kind": "reset"}, timeout=120).status_code == 403
