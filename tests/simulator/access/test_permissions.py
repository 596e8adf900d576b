"""Objects and fields, as profile and permission sets grant them (api.md 6)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.access.granting import (
    SET,
    grant,
    listed,
    refused,
    restrict,
    withdraw,
)
from tests.simulator.conftest import Client


def test_an_administrator_sees_everything(client: Client) -> None:
    body = client.admin("GET", "permissions").json()
    assert body["unlimited"] is True
    assert {"Account", "Opportunity", "OpportunityHistory", "LoginHistory"} <= listed(client)


def test_without_a_permission_set_an_object_is_as_if_it_were_not_there(client: Client) -> None:
    """api.md 6.2: not listed, 404 on describe, INVALID_TYPE on query."""
    restrict(client)
    assert not {"Account", "Opportunity", "OpportunityHistory"} & listed(client)
    assert {"User", "Organization", "RecordType"} <= listed(client)
    assert client.get("/sobjects/Account/describe").status_code == 404
    assert refused(client, "SELECT Id FROM Account") == "INVALID_TYPE"
    assert client.call("POST", "/sobjects/Account", json={"Name": "x"}).status_code == 404


def test_an_object_comes_with_those_that_follow_it(client: Client) -> None:
    restrict(client)
    grant(client, object="Opportunity", rights=["Read"])
    found = {name for name in listed(client) if name.startswith("Opportunity")}
    assert {"Opportunity", "OpportunityContactRole", "OpportunityHistory"} <= found
    withdraw(client, object="Opportunity")
    assert "OpportunityHistory" not in listed(client)


def test_activities_and_roles_are_there_for_who_is_granted_them(client: Client) -> None:
    """Control Access to Activities, and UserRole's special access rules."""
    restrict(client)
    assert not {"Event", "Task", "UserRole"} & listed(client)
    grant(client, system=["ActivitiesAccess", "ViewRoles"])
    assert {"Event", "Task", "UserRole"} <= listed(client)
    withdraw(client, system=["ActivitiesAccess", "ViewRoles"])
    assert refused(client, "SELECT Id FROM Task") == "INVALID_TYPE"


def test_a_field_that_is_not_granted_is_an_unknown_field(client: Client) -> None:
    """api.md 2.8: the same error for a field that is hidden and for one that is not there."""
    restrict(client)
    grant(client, object="Account", fields=["Site"])
    described = client.get("/sobjects/Account/describe").json()["fields"]
    names = {field["name"] for field in described}
    assert ("Site" in names, "Industry" in names) == (True, False)
    assert {"Id", "Name", "SystemModstamp", "CreatedById"} <= names
    assert client.query("SELECT Id, Name, Site FROM Account").status_code == 200
    hidden, missing = (
        client.query(f"SELECT {name} FROM Account").json()[0]["message"]
        for name in ("Industry", "Missing_")
    )
    assert hidden.replace("Industry", "Missing_") == missing
    assert refused(client, "SELECT Id FROM Account WHERE Industry = 'x'") == "INVALID_FIELD"
    assert refused(client, "SELECT Account.Industry FROM Contact") == "INVALID_TYPE"


def test_a_withdrawn_field_is_gone_again(client: Client) -> None:
    restrict(client)
    grant(client, object="Account", fields="all")
    before = client.query("SELECT Industry FROM Account").status_code
    withdraw(client, object="Account", fields=["Industry"])
    assert (before, refused(client, "SELECT Industry FROM Account")) == (200, "INVALID_FIELD")
    assert client.query("SELECT Site FROM Account").status_code == 200


def test_the_parts_of_an_address_come_with_the_address(client: Client) -> None:
    restrict(client)
    grant(client, object="Account", fields=["BillingAddress"])
    assert client.query("SELECT BillingCity, BillingAddress FROM Account").status_code == 200
    assert refused(client, "SELECT ShippingCity FROM Account") == "INVALID_FIELD"


def test_who_may_only_read_changes_nothing(client: Client) -> None:
    record = client.create("Account", Name="Acme")
    restrict(client)
    grant(client, object="Account", rights=["Read"], fields="all")
    described = client.get("/sobjects/Account/describe").json()
    assert (described["createable"], described["updateable"]) == (False, False)
    assert client.call("POST", "/sobjects/Account", json={"Name": "x"}).status_code == 400
    answer = client.call("PATCH", f"/sobjects/Account/{record}", json={"Name": "x"})
    assert (answer.status_code, client.records("SELECT Name FROM Account")) == (
        400,
        [{"Name": "Acme"}],
    )


def test_a_bulk_job_sees_as_little_as_a_query(client: Client) -> None:
    restrict(client)
    body = {"operation": "query", "query": "SELECT Id FROM Account"}
    answer = client.call("POST", "/jobs/query", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_TYPE")


def test_a_permission_set_that_is_unassigned_grants_nothing(client: Client) -> None:
    restrict(client)
    grant(client, object="Account")
    before = "Account" in listed(client)
    withdraw(client)
    assert (before, "Account" in listed(client)) == (True, False)


def test_permissions_are_granted_by_the_api_itself(client: Client) -> None:
    restrict(client)
    org = client.running.org
    set_id = client.create("PermissionSet", Name="Own", Label="Own")
    client.create("ObjectPermissions", ParentId=set_id, SobjectType="Account", PermissionsRead=True)
    assert "Account" not in listed(client)
    client.create("PermissionSetAssignment", PermissionSetId=set_id, AssigneeId=org.store.user_id)
    assert "Account" in listed(client)


def test_permissions_can_be_read_as_rows(client: Client) -> None:
    restrict(client)
    grant(client, object="Account", rights=["Read", "ViewAllRecords"], fields=["Site"])
    objects = client.records(
        "SELECT SobjectType, PermissionsRead, PermissionsEdit, PermissionsViewAllRecords"
        f" FROM ObjectPermissions WHERE Parent.Name = '{SET}'"
    )
    fields = client.records(
        f"SELECT SobjectType, Field FROM FieldPermissions WHERE Parent.Name = '{SET}'"
    )
    assigned = client.records(
        "SELECT PermissionSet.Name, PermissionSet.IsOwnedByProfile FROM PermissionSetAssignment"
        " WHERE Assignee.Username = 'integration@simulated.example' ORDER BY Id"
    )
    assert objects == [
        {
            "SobjectType": "Account",
            "PermissionsRead": True,
            "PermissionsEdit": False,
            "PermissionsViewAllRecords": True,
        }
    ]
    assert fields == [{"SobjectType": "Account", "Field": "Account.Site"}]
    names = {
        row["PermissionSet"]["Name"]: row["PermissionSet"]["IsOwnedByProfile"] for row in assigned
    }
    assert names[SET] is False
    assert sorted(names.values()) == [False, True]


def test_the_running_user_reads_what_they_may_do(client: Client) -> None:
    """api.md 6.2: readable without View Setup."""
    soql = (
        "SELECT PermissionsViewAllData, PermissionsViewSetup, PermissionsManageUsers,"
        " PermissionsApiEnabled FROM UserPermissionAccess"
    )
    administrator = client.records(soql)
    restrict(client)
    grant(client, system=["ViewSetup"])
    assert administrator == [dict.fromkeys(administrator[0], True)]
    assert client.records(soql) == [
        {
            "PermissionsViewAllData": False,
            "PermissionsViewSetup": True,
            "PermissionsManageUsers": False,
            "PermissionsApiEnabled": True,
        }
    ]


def test_access_to_an_object_and_its_fields_can_be_asked(client: Client) -> None:
    restrict(client)
    grant(client, object="Account", rights=["Read", "Edit"], fields=["Site"])
    user = client.running.org.store.user_id
    where = f"WHERE UserId = '{user}' AND EntityDefinition.QualifiedApiName"
    shown = "IsReadable, IsCreatable, IsUpdatable, IsDeletable"
    account = client.records(f"SELECT {shown} FROM UserEntityAccess {where} = 'Account'")
    lead = client.records(f"SELECT {shown} FROM UserEntityAccess {where} = 'Lead'")
    fields = client.records(
        f"SELECT DurableId, IsUpdatable FROM UserFieldAccess {where} = 'Account'"
    )
    assert account == [
        {"IsReadable": True, "IsCreatable": False, "IsUpdatable": True, "IsDeletable": False}
    ]
    assert lead == []
    assert {"DurableId": f"Account.Site.{user}", "IsUpdatable": True} in fields
    assert not any(row["DurableId"].startswith("Account.Industry.") for row in fields)


@pytest.mark.parametrize("sobject", ["UserEntityAccess", "UserFieldAccess"])
def test_access_is_told_only_by_filter_and_not_in_bulk(client: Client, sobject: str) -> None:
    """api.md 6.2."""
    assert refused(client, f"SELECT DurableId FROM {sobject}") == "MALFORMED_QUERY"
    soql = f"SELECT DurableId FROM {sobject} WHERE DurableId = 'x'"
    answer = client.call("POST", "/jobs/query", json={"operation": "query", "query": soql})
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDENTITY")


def test_a_user_without_the_api_is_told_so(client: Client) -> None:
    """api.md 1.4."""
    org = client.running.org
    restrict(client)
    owned = client.admin("GET", "records/PermissionSet").json()
    profile = org.user()["ProfileId"]
    set_id = next(row["Id"] for row in owned if row["ProfileId"] == profile)
    org.store.update("PermissionSet", set_id, {"PermissionsApiEnabled": False})
    answer = client.get("/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "API_CURRENTLY_DISABLED")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("permissions/profile", {"profile": "No such"}, 404),
        ("permissions/grant", {}, 400),
        ("permissions/grant", {"permission_set": "x", "object": "Nope"}, 404),
        ("permissions/grant", {"permission_set": "x", "object": "User"}, 400),
        ("permissions/grant", {"permission_set": "x", "object": "Account", "fields": ["No"]}, 400),
        ("permissions/grant", {"permission_set": "x", "object": "Account", "rights": ["Fly"]}, 400),
        ("permissions/grant", {"permission_set": "x", "system": ["Fly"]}, 400),
        ("permissions/grant", {"permission_set": "x", "colour": "red"}, 400),
        ("sharing", {"object": "Account"}, 400),
        ("sharing", {"object": ["Account"], "private": True}, 404),
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(
    client: Client, path: str, body: dict[str, Any], status: int
) -> None:
    assert client.admin("POST", path, json=body).status_code == status
    assert client.admin("GET", "permissions").json()["unlimited"] is True
