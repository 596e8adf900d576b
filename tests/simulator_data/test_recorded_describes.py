"""The catalog against describes that were recorded from real orgs."""

import json
from pathlib import Path
from typing import Any

import pytest

from simulator.catalog import describe, describe_global, standard_catalog

CATALOG = standard_catalog()
RECORDED = {
    "Account": "cumulusci/GET_sobjects_Account_describe.json",
    "Case": "cumulusci/GET_sobjects_Case_describe.json",
    "Contact": "cumulusci/GET_sobjects_Contact_describe.json",
    "Event": "cumulusci/GET_sobjects_Event_describe.json",
    "Lead": "cumulusci/GET_sobjects_Lead_describe.json",
    "Opportunity": "cumulusci/GET_sobjects_Opportunity_describe.json",
    "OpportunityContactRole": "cumulusci/GET_sobjects_OpportunityContactRole_describe.json",
    "Campaign": "grouparoo/describe_Campaign.json",
    "User": "force_com_toolkit_net/UserObjectDescribeMetadata.json",
}
# Describes of other orgs and older versions; picklists are as long as each org makes them.
OTHERS = {
    "grouparoo/describe_Account.json": "Account",
    "grouparoo/describe_Contact.json": "Contact",
    "grouparoo/describe_Lead.json": "Lead",
    "grouparoo/describe_Topic.json": "Topic",
    "swiftlysalesforce/MockAccountMetadata.json": "Account",
}
# Describes of custom objects: their keys are compared, their fields are theirs alone.
CUSTOM = (
    "cumulusci/GET_sobjects_Custom__c_describe.json",
    "restforce/sobject_describe_success_response.json",
)
# What an object has only with a feature that the recorded org uses.
FEATURES = {"RecordTypeId"}
COMPARED = ("type", "nillable", "filterable", "sortable", "referenceTo", "relationshipName")
FLAGS = ("createable", "updateable", "length", "precision", "scale", "digits", "calculated")
GLOBAL = "cumulusci/GET_sobjects_Global_describe.json"
# An org lists what it has: a What of an org without service objects can be none of those.
# Text fields of a user have become text areas since.
DIFFERENT = {("Event", "WhatId"), ("User", "Signature"), ("User", "StayInTouchSignature")}
# The recording is ten years older than the catalog.
OLDER = {"User"}


def recorded(shared: Path, file: str) -> Any:
    return json.loads((shared / "salesforce/wire" / file).read_text("utf-8-sig"))


def described(name: str) -> dict[str, Any]:
    return describe(CATALOG[name], catalog=CATALOG, version="59.0")


@pytest.mark.parametrize("name", sorted(set(RECORDED) - OLDER))
def test_a_field_has_the_keys_that_salesforce_sends(shared: Path, name: str) -> None:
    theirs = {
        key: type(value)
        for field in recorded(shared, RECORDED["Opportunity"])["fields"]
        for key, value in field.items()
    }
    for field in described(name)["fields"]:
        assert field.keys() == theirs.keys()
    assert len(theirs) == 57


@pytest.mark.parametrize("name", sorted(set(RECORDED) - OLDER))
def test_an_object_has_the_keys_that_salesforce_sends(shared: Path, name: str) -> None:
    theirs = recorded(shared, RECORDED["Opportunity"])
    assert described(name).keys() == theirs.keys()


@pytest.mark.parametrize("name", sorted(set(RECORDED) - OLDER))
def test_values_are_of_the_type_that_salesforce_sends(shared: Path, name: str) -> None:
    ours = described(name)
    theirs = recorded(shared, RECORDED[name])
    different = {
        key
        for key in ours.keys() & theirs.keys()
        if None not in (ours[key], theirs[key]) and type(ours[key]) is not type(theirs[key])
    }
    assert different == set()


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_fields_are_what_salesforce_says_they_are(shared: Path, name: str) -> None:
    theirs = {field["name"]: field for field in recorded(shared, RECORDED[name])["fields"]}
    keys = ("type", "filterable", "referenceTo") if name in OLDER else (*COMPARED, *FLAGS)
    different = [
        (field["name"], key, field[key], theirs[field["name"]][key])
        for field in described(name)["fields"]
        if field["name"] in theirs and (name, field["name"]) not in DIFFERENT
        for key in keys
        if not same(field[key], theirs[field["name"]][key], older=name in OLDER)
    ]
    assert different == []


@pytest.mark.parametrize("file", sorted(OTHERS))
def test_another_org_has_the_same_standard_fields(shared: Path, file: str) -> None:
    ours = {field["name"]: field for field in described(OTHERS[file])["fields"]}
    theirs = [f for f in recorded(shared, file)["fields"] if not f["custom"]]
    assert {field["name"] for field in theirs} - ours.keys() <= FEATURES
    different = [
        (field["name"], key, ours[field["name"]][key], field[key])
        for field in theirs
        if field["name"] in ours
        for key in (*COMPARED, *FLAGS)
        if ours[field["name"]][key] != field[key] and (key, field["type"]) != ("length", "picklist")
    ]
    assert different == []


@pytest.mark.parametrize("file", sorted({*OTHERS, *CUSTOM}))
def test_a_describe_of_any_org_knows_no_key_that_ours_lacks(shared: Path, file: str) -> None:
    theirs, ours = recorded(shared, file), described(OTHERS.get(file, "Account"))
    assert theirs.keys() <= ours.keys()
    assert {key for f in theirs["fields"] for key in f} <= ours["fields"][0].keys()


def same(ours: Any, theirs: Any, *, older: bool) -> bool:
    return ours == theirs or (older and isinstance(ours, list) and set(theirs) <= set(ours))


def test_a_polymorphic_field_points_to_objects_that_salesforce_lists_too(shared: Path) -> None:
    theirs = {field["name"]: field for field in recorded(shared, RECORDED["Event"])["fields"]}
    ours = {field["name"]: field for field in described("Event")["fields"]}
    assert set(ours["WhatId"]["referenceTo"]) <= set(theirs["WhatId"]["referenceTo"])


def test_the_global_list_has_the_entries_that_salesforce_sends(shared: Path) -> None:
    theirs = {entry["name"]: entry for entry in recorded(shared, GLOBAL)["sobjects"]}
    for entry in describe_global(CATALOG, version="59.0")["sobjects"]:
        assert entry.keys() == theirs["Account"].keys()


@pytest.mark.parametrize("key", ["queryable", "replicateable", "deletable", "undeletable", "label"])
def test_what_can_be_done_to_an_object_is_what_salesforce_says(shared: Path, key: str) -> None:
    theirs = {entry["name"]: entry for entry in recorded(shared, GLOBAL)["sobjects"]}
    ours = describe_global(CATALOG, version="59.0")["sobjects"]
    different = {
        entry["name"]
        for entry in ours
        if entry["name"] in theirs and entry[key] != theirs[entry["name"]][key]
    }
    assert different == set()
