"""The standard objects field by field: what shared/salesforce/fieldspecs says of each."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.catalog import describe, standard_catalog

# with currencies and record types, which an org has once it uses them
CATALOG = standard_catalog(multi_currency=True)
OBJECTS = (
    "Account",
    "AuthSession",
    "BusinessProcess",
    "Contact",
    "Event",
    "FieldPermissions",
    "Lead",
    "LoginGeo",
    "LoginHistory",
    "ObjectPermissions",
    "Opportunity",
    "OpportunityContactRole",
    "OpportunityFieldHistory",
    "OpportunityHistory",
    "OpportunityLineItem",
    "OpportunityStage",
    "Organization",
    "PermissionSet",
    "PermissionSetAssignment",
    "PermissionSetLicense",
    "Profile",
    "RecordType",
    "SetupAuditTrail",
    "Task",
    "TaskPriority",
    "TaskStatus",
    "User",
    "UserLicense",
    "UserRole",
)
# Fields of the two orgs behind the lists that an org has only with a feature.
FEATURES = {
    "Account.RecordTypeId": "record types for accounts",
    "Account.IsPartner": "partner accounts",
    "Account.IsCustomerPortal": "a customer portal",
    "Account.ChannelProgramName": "partner programs",
    "Account.ChannelProgramLevelName": "partner programs",
    "Contact.IsPriorityRecord": "priority records",
    "Lead.IsPriorityRecord": "priority records",
    "Event.ServiceAppointmentId": "field service",
}
# Both list what an activity can be about in an org with every product installed.
INSTALLED = {"Task.WhatId", "Event.WhatId"}
COMPARED = (
    "type",
    "nillable",
    "filterable",
    "sortable",
    "groupable",
    "aggregatable",
    "createable",
    "updateable",
    "length",
    "precision",
    "scale",
    "relationshipName",
)


def listed(shared: Path, name: str) -> list[dict[str, Any]]:
    """The fields of the default org: what only documents or type libraries name is left out."""
    spec = json.loads((shared / f"salesforce/fieldspecs/{name}.json").read_text("utf-8"))
    return [f for f in spec["fields"] if "only_in" not in f and not f["name"].endswith("__c")]


def described(name: str) -> dict[str, dict[str, Any]]:
    fields = describe(CATALOG[name], catalog=CATALOG, version="60.0")["fields"]
    return {field["name"]: field for field in fields}


def test_the_lists_are_those_that_are_compared(shared: Path) -> None:
    files = {path.stem for path in (shared / "salesforce/fieldspecs").glob("*.json")}
    assert files == set(OBJECTS)


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_has_every_field_of_its_list(shared: Path, name: str) -> None:
    ours = described(name)
    missing = {f"{name}.{field['name']}" for field in listed(shared, name)} - {
        f"{name}.{known}" for known in ours
    }
    assert missing == {full for full in FEATURES if full.partition(".")[0] == name}


@pytest.mark.parametrize("name", OBJECTS)
def test_a_field_is_what_its_list_says(shared: Path, name: str) -> None:
    ours = described(name)
    different = [
        (field["name"], key, ours[field["name"]][key], field[key])
        for field in listed(shared, name)
        if field["name"] in ours
        for key in COMPARED
        if field.get(key) is not None and ours[field["name"]][key] != field[key]
    ]
    assert different == []


@pytest.mark.parametrize("name", OBJECTS)
def test_a_reference_points_to_what_its_list_says(shared: Path, name: str) -> None:
    ours = described(name)
    for field in listed(shared, name):
        if field["name"] in ours:
            found, wanted = set(ours[field["name"]]["referenceTo"]), set(field["referenceTo"])
            is_part = f"{name}.{field['name']}" in INSTALLED
            assert found <= wanted if is_part else found == wanted, field["name"]
