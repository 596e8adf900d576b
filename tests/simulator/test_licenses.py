"""Licences of users and of permission sets: how many are in use follows what happens (6.1)."""

from __future__ import annotations

from simulator.access.seeding import seed_permissions
from simulator.seeds import STANDARD_PROFILE_ID
from tests.simulator.conftest import Client


def used(client: Client) -> int:
    row = client.records("SELECT UsedLicenses FROM UserLicense WHERE LicenseDefinitionKey = 'SFDC'")
    return int(row[0]["UsedLicenses"])


def used_of(client: Client, key: str) -> int:
    where = f"PermissionSetLicenseKey = '{key}'"
    row = client.records(f"SELECT UsedLicenses FROM PermissionSetLicense WHERE {where}")
    return int(row[0]["UsedLicenses"])


def test_an_active_user_uses_the_licence_of_the_profile(client: Client) -> None:
    before = used(client)
    values = {"Username": "new@x.example", "LastName": "New", "ProfileId": STANDARD_PROFILE_ID}
    user = client.running.org.store.insert("User", {**values, "IsActive": True})
    hired = used(client)
    client.running.org.store.update("User", user, {"IsActive": False})
    assert (hired, used(client)) == (before + 1, before)


def test_a_permission_set_licence_is_used_while_it_is_assigned(client: Client) -> None:
    key = "SalesUserPsl"
    where = f"PermissionSetLicenseKey = '{key}'"
    licence = client.records(f"SELECT Id FROM PermissionSetLicense WHERE {where}")[0]["Id"]
    before = used_of(client, key)
    values = {"PermissionSetLicenseId": licence, "AssigneeId": client.running.org.store.user_id}
    assigned = client.create("PermissionSetLicenseAssign", **values)
    meanwhile = used_of(client, key)
    client.call("DELETE", f"/sobjects/PermissionSetLicenseAssign/{assigned}")
    assert (before, meanwhile, used_of(client, key)) == (0, 1, 0)


def test_a_new_org_counts_what_its_people_use(client: Client) -> None:
    assert used_of(client, "SalesforceAPIIntegrationPsl") == 1
    people = client.records("SELECT COUNT(Id) n FROM User WHERE IsActive = true")[0]["n"]
    assert used(client) == people


def test_the_assignment_names_licence_and_user(client: Client) -> None:
    soql = (
        "SELECT PermissionSetLicense.MasterLabel, Assignee.Username FROM PermissionSetLicenseAssign"
    )
    row = client.records(soql)[0]
    assert row["PermissionSetLicense"]["MasterLabel"] == "Salesforce API Integration"
    assert row["Assignee"]["Username"] == client.running.org.user()["Username"]


def test_licences_are_for_who_may_see_the_setup(client: Client) -> None:
    client.admin("POST", "permissions/profile", json={"profile": "Standard User"})
    try:
        hidden = client.query("SELECT Id FROM PermissionSetLicense").json()[0]["errorCode"]
        assert hidden == "INVALID_TYPE"
        assert client.query("SELECT Id FROM UserLicense").status_code == 200
    finally:
        client.admin("POST", "permissions/profile", json={"profile": "System Administrator"})


def test_a_licence_says_what_its_sets_can_permit_at_most(client: Client) -> None:
    names = "MaximumPermissionsApiEnabled, MaximumPermissionsManageUsers"
    rows = client.records(f"SELECT {names} FROM PermissionSetLicense")
    assert {
        (row["MaximumPermissionsApiEnabled"], row["MaximumPermissionsManageUsers"]) for row in rows
    } == {(True, False)}


def test_permissions_are_seeded_once(client: Client) -> None:
    before = client.records("SELECT COUNT(Id) n FROM PermissionSet")
    seed_permissions(client.running.org.store)
    assert client.records("SELECT COUNT(Id) n FROM PermissionSet") == before
