"""What happens to records when others work on them too (api.md 2.4, 3.8, 5.1, 5.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from simulator.clock import Clock
from simulator.resources import server
from simulator.server import RunningOrg
from simulator.web.routing import Access
from tests.simulator.conftest import Client
from tests.simulator.test_ingest import result, run
from tests.simulator.test_logins import by_client, by_jwt, error

Options = Callable[..., None]
WINDOW = {"start": "2026-03-02T11:00:00Z", "end": "2026-03-02T13:00:00Z"}


@pytest.fixture
def duplicate_rule(client: Client) -> Iterator[None]:
    body = {"kind": "duplicate", "object": "Account", "name": "same", "fields": ["Name"]}
    assert client.admin("POST", "rules", json=body).status_code < 300
    yield
    client.admin("DELETE", "rules/Account/same")


def test_a_later_stamp_may_be_visible_before_an_earlier_one(client: Client, clock: Clock) -> None:
    """api.md 5.1: who reads by stamps alone loses the record that commits late."""
    store = client.running.org.store
    soql = "SELECT Name FROM Account WHERE Name IN ('Early', 'Later') ORDER BY SystemModstamp"
    with store.transaction() as work:
        work.insert("Account", {"Name": "Early"})
        clock.advance(timedelta(minutes=2))
        client.create("Account", Name="Later")
        meanwhile = client.records(soql)
    assert meanwhile == [{"Name": "Later"}]
    assert client.records(soql) == [{"Name": "Early"}, {"Name": "Later"}]


def test_a_merge_moves_the_stamps_of_the_children_and_lists_the_loser(
    client: Client, clock: Clock
) -> None:
    winner, loser = client.create("Account", Name="Won"), client.create("Account", Name="Lost")
    person = client.create("Contact", LastName="Moved", AccountId=loser)
    clock.advance(timedelta(minutes=5))
    client.admin("POST", "records/Account/merge", json={"winner": winner, "losers": [loser]})
    where = f"WHERE Id = '{person}' AND SystemModstamp = 2026-03-02T12:05:30Z"
    assert client.records(f"SELECT AccountId FROM Contact {where}") == [{"AccountId": winner}]
    gone = client.get("/sobjects/Account/deleted/", **WINDOW).json()["deletedRecords"]
    changed = client.get("/sobjects/Contact/updated/", **WINDOW).json()["ids"]
    assert loser in [row["id"] for row in gone]
    assert person in changed


@pytest.mark.parametrize(("start", "status"), [("2026-02-01", 200), ("2026-01-30", 400)])
def test_get_updated_reaches_thirty_days_back(client: Client, start: str, status: int) -> None:
    window = {"start": f"{start}T00:00:00Z", "end": "2026-03-02T12:00:00Z"}
    answer = client.get("/sobjects/Account/updated/", **window)
    assert answer.status_code == status, answer.text


def test_the_oldest_deletion_that_is_known_is_told(client: Client) -> None:
    body = client.get("/sobjects/Account/deleted/", **WINDOW).json()
    assert body["earliestDateAvailable"] == "2026-02-15T12:00:00.000+0000"


def test_rows_of_an_ingest_job_that_are_locked_or_duplicates_fail_alone(
    client: Client, duplicate_rule: None
) -> None:
    held, free = client.create("Account", Name="Held"), client.create("Account", Name="Free")
    client.admin("POST", "locks", json={"ids": [held], "seconds": 20})
    info, job = run(client, "update", f"Id,Site\n{held},x\n{free},y\n")
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (2, 1)
    failed = result(client, job, "failedResults")
    assert [(row["sf__Id"], row["sf__Error"].partition(":")[0]) for row in failed] == [
        (held, "UNABLE_TO_LOCK_ROW")
    ]
    info, job = run(client, "insert", "Name\nFree\nOne of a kind\n")
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (2, 1)
    failed = result(client, job, "failedResults")
    assert failed[0]["sf__Error"].startswith("DUPLICATES_DETECTED:Use one of these records?")
    assert [row["sf__Created"] for row in result(client, job, "successfulResults")] == ["true"]


def test_an_expired_certificate_ends_jwt_logins_and_no_others(
    org: RunningOrg, options: Options
) -> None:
    """api.md 1.2 (U)."""
    options(certificate_valid=False)
    assert error(by_jwt(org)) == (400, "invalid_grant", "invalid assertion")
    assert by_client(org).status_code == 200
    options(certificate_valid=True)
    assert by_jwt(org).status_code == 200


def test_every_route_tolerates_a_slash_at_its_end(org: RunningOrg) -> None:
    """clients.md 1."""
    router = server(org.org).router
    for route in router:
        path = route.path.replace("{", "").replace("}", "")
        if route.access is not Access.ADMIN:
            assert router.find(route.method, path)[0] is router.find(route.method, f"{path}/")[0]


@pytest.mark.parametrize(
    "path",
    ["/recent", "/search", "/parameterizedSearch", "/tooling/query", "/composite/graph",
     "/composite/tree/Account", "/analytics/reports", "/chatter/feeds", "/metadata"],
)  # fmt: skip
def test_what_is_not_offered_is_not_there(client: Client, path: str) -> None:
    """README, What is not offered."""
    for method in ("GET", "POST"):
        answer = client.call(method, path, json={} if method == "POST" else None)
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (404, "NOT_FOUND")


def test_a_plan_is_not_explained(client: Client) -> None:
    answer = client.get("/query", explain="SELECT Id FROM Account")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "MALFORMED_QUERY")
