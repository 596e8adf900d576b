"""Records of others, left out in silence (api.md 6.1, 6.2)."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.ids import new_id
from tests.simulator.access.granting import (
    colleague,
    grant,
    refused,
    restrict,
    share,
)
from tests.simulator.conftest import Client


def test_records_of_others_are_hidden_in_silence_where_an_object_is_private(client: Client) -> None:
    """api.md 6.2, 6: no error, fewer rows; recordCount is not cut."""
    other = colleague(client)
    own = client.create("Account", Name="Own")
    theirs = client.create("Account", Name="Theirs", OwnerId=other)
    restrict(client)
    grant(client, object="Account", rights=["Read"])
    seen = [row["Name"] for row in client.records("SELECT Name FROM Account ORDER BY Name")]
    share(client, "Account")
    cut = client.records("SELECT Id FROM Account")
    assert seen == ["Own", "Theirs"]
    assert cut == [{"Id": own}]
    assert client.query("SELECT COUNT() FROM Account").json()["totalSize"] == 1
    assert client.records("SELECT Id FROM Account", all_rows=True) == [{"Id": own}]
    assert client.get(f"/sobjects/Account/{theirs}").status_code == 404
    assert client.get("/composite/sobjects/Account", ids=theirs, fields="Id").json() == [None]
    counts = client.get("/limits/recordCount", sObjects="Account").json()["sObjects"]
    assert counts == [{"count": 2, "name": "Account"}]


def test_bulk_leaves_out_what_is_not_shared(client: Client) -> None:
    client.create("Account", Name="Theirs", OwnerId=colleague(client))
    client.create("Account", Name="Own")
    restrict(client)
    grant(client, object="Account", rights=["Read"])
    share(client, "Account")
    job = client.bulk("SELECT Name FROM Account")
    assert client.get(f"/jobs/query/{job}/results").text == '"Name"\n"Own"\n'


@pytest.mark.parametrize(
    "right",
    [{"object": "Account", "rights": ["Read", "ViewAllRecords"]}, {"system": ["ViewAllData"]}],
)
def test_view_all_sees_private_records(client: Client, right: dict[str, Any]) -> None:
    client.create("Account", Name="Theirs", OwnerId=colleague(client))
    restrict(client)
    grant(client, object="Account", rights=["Read"])
    share(client, "Account")
    before = client.records("SELECT Name FROM Account")
    grant(client, **right)
    assert (before, client.records("SELECT Name FROM Account")) == ([], [{"Name": "Theirs"}])


def test_an_administrator_sees_private_records(client: Client) -> None:
    client.create("Account", Name="Theirs", OwnerId=colleague(client))
    share(client, "Account")
    assert client.records("SELECT Name FROM Account") == [{"Name": "Theirs"}]


def test_contacts_are_controlled_by_their_account(client: Client) -> None:
    other = colleague(client)
    theirs = client.create("Account", Name="Theirs", OwnerId=other)
    own = client.create("Account", Name="Own")
    client.create("Contact", LastName="At theirs", AccountId=theirs)
    client.create("Contact", LastName="At own", AccountId=own, OwnerId=other)
    client.create("Contact", LastName="Private")
    restrict(client)
    grant(client, object="Account", rights=["Read"])
    grant(client, object="Contact", rights=["Read"])
    share(client, "Account")
    found = [row["LastName"] for row in client.records("SELECT LastName FROM Contact ORDER BY Id")]
    assert found == ["At own", "Private"]


def test_history_follows_its_opportunity(client: Client) -> None:
    values = {"StageName": "Prospecting", "CloseDate": "2026-05-01"}
    client.create("Opportunity", Name="Theirs", OwnerId=colleague(client), **values)
    own = client.create("Opportunity", Name="Own", **values)
    restrict(client)
    grant(client, object="Opportunity", rights=["Read"], fields="all")
    share(client, "Opportunity")
    found = client.records("SELECT OpportunityId FROM OpportunityHistory")
    assert {row["OpportunityId"] for row in found} == {own}


def test_logins_of_others_are_hidden_in_silence(client: Client) -> None:
    """api.md 6.1: Manage Users or Monitor Login History see all, everybody else their own."""
    org = client.running.org
    row = {"Id": new_id("0Ya", 77), "UserId": colleague(client), "LoginTime": org.clock.stamp()}
    org.store.load("LoginHistory", [{**row, "LoginType": "Application"}])
    users = "SELECT UserId FROM LoginHistory GROUP BY UserId"
    all_users = len(client.records(users))
    restrict(client)
    own = client.records(users)
    grant(client, system=["MonitorLoginHistory"])
    assert (all_users, own) == (2, [{"UserId": org.store.user_id}])
    assert len(client.records(users)) == 2


def test_the_audit_trail_may_be_open_to_everybody(client: Client) -> None:
    """api.md 6.1 (U): the other reading."""
    restrict(client)
    client.admin("PATCH", "options", json={"audit_trail_needs_view_setup": False})
    answer = client.query("SELECT Action FROM SetupAuditTrail")
    client.admin("DELETE", "options")
    assert answer.status_code == 200


def test_the_audit_trail_needs_view_setup(client: Client) -> None:
    restrict(client)
    before = refused(client, "SELECT Action FROM SetupAuditTrail")
    grant(client, system=["ViewSetup"])
    actions = [
        row["Action"] for row in client.records("SELECT Action FROM SetupAuditTrail ORDER BY Id")
    ]
    assert before == "INVALID_TYPE"
    assert {"changedProfileForUser", "PermSetAssign"} <= set(actions)
