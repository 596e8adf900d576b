"""AuthSession: a row for every session that is open, gone when it ends (api.md 6.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests

from simulator.clock import Clock
from simulator.server import RunningOrg
from tests.simulator.access.granting import MINIMUM
from tests.simulator.conftest import Client

Options = Callable[..., None]
OWN = "SELECT Id FROM AuthSession WHERE IsCurrent = true"


@pytest.fixture(autouse=True)
def only_own_session(client: Client) -> Iterator[None]:
    """Each test begins with one session, the client's."""
    client.running.org.sessions.end_all()
    client.login()
    yield
    client.login()


def test_a_session_is_a_row_that_names_its_login(client: Client) -> None:
    row = client.records(
        "SELECT UsersId, Users.Username, NumSecondsValid, UserType, SourceIp, LoginType, "
        "IsCurrent, LoginHistory.Status, LoginHistory.LoginType FROM AuthSession"
    )[0]
    assert row["UsersId"] == client.running.org.user()["Id"]
    assert (row["NumSecondsValid"], row["UserType"], row["IsCurrent"]) == (7200, "Standard", True)
    assert (row["SourceIp"], row["LoginType"]) == ("127.0.0.1", "Remote Access 2.0")
    assert row["LoginHistory"]["Status"] == "Success"


def test_every_login_has_a_session_of_its_own(client: Client, org: RunningOrg) -> None:
    Client(org).login()
    rows = client.records("SELECT Id, IsCurrent FROM AuthSession ORDER BY IsCurrent")
    assert [row["IsCurrent"] for row in rows] == [False, True]
    assert all(row["Id"].startswith("0Ak") for row in rows)


def test_each_call_moves_the_end_of_a_session(client: Client, clock: Clock) -> None:
    """api.md 6.1: it ends NumSecondsValid after LastModifiedDate."""
    soql = "SELECT CreatedDate, LastModifiedDate FROM AuthSession WHERE IsCurrent = true"
    first = client.records(soql)[0]
    clock.advance(timedelta(hours=1))
    second = client.records(soql)[0]
    assert second["CreatedDate"] == first["CreatedDate"]
    assert second["LastModifiedDate"] > first["LastModifiedDate"]


def test_an_idle_session_leaves_its_row_behind_nobody(
    client: Client, org: RunningOrg, clock: Clock
) -> None:
    Client(org).login()
    clock.advance(timedelta(hours=1, minutes=30))
    assert len(client.records("SELECT Id FROM AuthSession")) == 2
    clock.advance(timedelta(hours=1, minutes=30))
    assert client.records("SELECT Id FROM AuthSession") == client.records(OWN)


def test_a_revoked_session_has_no_row(client: Client, org: RunningOrg) -> None:
    other = Client(org).login()
    token = str(other.http.headers["Authorization"]).removeprefix("Bearer ")
    requests.post(f"{org.url}/services/oauth2/revoke", data={"token": token}, timeout=120)
    assert len(client.records("SELECT Id FROM AuthSession")) == 1


def test_a_session_that_is_deleted_ends(client: Client, org: RunningOrg) -> None:
    other = Client(org).login()
    session_id = other.records(OWN)[0]["Id"]
    path = f"/sobjects/AuthSession/{session_id}"
    assert client.get(path).json()["Id"] == session_id
    assert client.call("DELETE", path).status_code == 204
    assert other.query(OWN).status_code == 401
    assert client.get(path).status_code == 404


def test_the_lifetime_is_the_orgs(client: Client, options: Options) -> None:
    options(session_seconds=900)
    assert client.records("SELECT NumSecondsValid FROM AuthSession") == [{"NumSecondsValid": 900}]


def test_sessions_are_grouped_counted_and_read_by_bulk(client: Client, org: RunningOrg) -> None:
    Client(org).login()
    grouped = client.records("SELECT LoginType, COUNT(Id) n FROM AuthSession GROUP BY LoginType")
    assert grouped == [{"LoginType": "Remote Access 2.0", "n": 2}]
    job = client.bulk("SELECT Id, SourceIp FROM AuthSession")
    assert client.get(f"/jobs/query/{job}/results").headers["Sforce-NumberOfRecords"] == "2"


def test_others_sessions_are_seen_only_with_manage_users(client: Client, org: RunningOrg) -> None:
    """api.md 6.1: own sessions unless admin."""
    someone = org.org.store.insert("User", {"Username": "o@x.example", "LastName": "O"})
    session = org.org.sessions.begin(org.org.organization_id, someone)
    ids = [row["UsersId"] for row in client.records("SELECT UsersId FROM AuthSession")]
    assert someone in ids
    profile = client.records(
        "SELECT ProfileId FROM User WHERE Id = '" + org.org.store.user_id + "'"
    )
    client.admin("POST", "permissions/profile", json={"profile": MINIMUM})
    try:
        own = client.records("SELECT UsersId FROM AuthSession")
        assert own == [{"UsersId": org.org.store.user_id}]
        assert client.get(f"/sobjects/AuthSession/{session.id}").status_code == 404
    finally:
        name = client.running.org.store.get("Profile", profile[0]["ProfileId"]) or {}
        client.admin("POST", "permissions/profile", json={"profile": name["Name"]})


def test_a_session_cannot_be_made_or_changed(client: Client) -> None:
    session_id = client.records(OWN)[0]["Id"]
    made = client.call("POST", "/sobjects/AuthSession", json={"SourceIp": "10.0.0.1"})
    changed = client.call("PATCH", f"/sobjects/AuthSession/{session_id}", json={"SourceIp": "x"})
    assert {made.status_code, changed.status_code} == {400}
    assert made.json()[0]["errorCode"] == "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"
