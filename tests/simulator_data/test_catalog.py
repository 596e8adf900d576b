"""The standard catalog, by its own rules."""

import pytest

from simulator.catalog import (
    RecordTypeInfo,
    describe,
    describe_global,
    record_type_field,
    standard_catalog,
)
from simulator.catalog.reading import label_of, read_field
from simulator.ids import MASTER_RECORD_TYPE_ID

CATALOG = standard_catalog()
STANDARD_SET = {
    "Account",
    "AccountHistory",
    "Attachment",
    "AuthSession",
    "BusinessProcess",
    "Campaign",
    "CampaignMember",
    "Case",
    "CaseHistory",
    "Contact",
    "ContactHistory",
    "EntityDefinition",
    "Event",
    "FieldPermissions",
    "Group",
    "GroupMember",
    "Lead",
    "LeadHistory",
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
    "PermissionSetLicenseAssign",
    "Pricebook2",
    "PricebookEntry",
    "Product2",
    "Profile",
    "RecordType",
    "SetupAuditTrail",
    "Task",
    "TaskPriority",
    "TaskStatus",
    "Topic",
    "User",
    "UserEntityAccess",
    "UserFieldAccess",
    "UserLicense",
    "UserPermissionAccess",
    "UserRole",
}
# api.md 5.1: their rows are read whole, or by a time of their own
WITHOUT_STAMP = {
    "AccountHistory",
    "AuthSession",
    "CaseHistory",
    "ContactHistory",
    "EntityDefinition",
    "LeadHistory",
    "LoginHistory",
    "OpportunityFieldHistory",
    "SetupAuditTrail",
    "UserEntityAccess",
    "UserFieldAccess",
    "UserPermissionAccess",
}


def test_a_new_org_has_the_standard_objects() -> None:
    assert set(CATALOG) == STANDARD_SET


def test_currencies_exist_only_in_a_multi_currency_org() -> None:
    multi = standard_catalog(multi_currency=True)
    assert set(multi) - set(CATALOG) == {"CurrencyType", "DatedConversionRate"}
    assert CATALOG["Opportunity"].field("CurrencyIsoCode") is None
    assert multi["Opportunity"].field("CurrencyIsoCode") is not None


def test_record_types_are_a_field_only_once_the_org_has_some() -> None:
    assert CATALOG["Opportunity"].field("RecordTypeId") is None
    typed = CATALOG["Opportunity"].with_field(record_type_field())
    described = describe(typed, catalog=CATALOG, version="59.0")
    assert "RecordTypeId" in [field["name"] for field in described["fields"]]


def test_no_two_objects_share_a_key_prefix() -> None:
    # api.md 5.3: all histories but OpportunityHistory have the prefix 017
    catalog = standard_catalog(multi_currency=True)
    prefixes = [s.key_prefix for s in catalog.values() if s.key_prefix != "017"]
    assert len(set(prefixes)) == len(prefixes)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_field_of_an_object_has_its_own_name(name: str) -> None:
    names = [field.name.lower() for field in CATALOG[name].fields]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_every_record_can_be_found_by_id_and_stamp(name: str) -> None:
    assert CATALOG[name].field("Id") is not None
    has_stamp = CATALOG[name].field("SystemModstamp") is not None
    assert has_stamp is (name not in WITHOUT_STAMP)


@pytest.mark.parametrize("name", sorted(CATALOG))
def test_the_parts_of_an_address_name_the_address(name: str) -> None:
    compounds = {field.name for field in CATALOG[name].fields if field.compound}
    parts = {field.compound_field_name for field in CATALOG[name].fields} - {None}
    assert compounds <= parts


def test_an_address_is_described_but_not_stored() -> None:
    account = CATALOG["Account"]
    assert "BillingAddress" in [field.name for field in account.fields]
    assert "BillingAddress" not in [field.name for field in account.stored_fields]


def test_a_field_is_found_in_any_case() -> None:
    found = CATALOG["Opportunity"].field("stagename")
    assert found is not None
    assert found.name == "StageName"


def test_a_sales_process_cannot_be_reached_through_a_record_type() -> None:
    process = CATALOG["RecordType"].field("BusinessProcessId")
    assert process is not None
    assert process.relationship_name is None


def test_children_are_described_with_their_parent() -> None:
    described = describe(CATALOG["Account"], catalog=CATALOG, version="59.0")
    children = {
        (child["childSObject"], child["field"]): child["relationshipName"]
        for child in described["childRelationships"]
    }
    assert children["Opportunity", "AccountId"] == "Opportunities"
    assert children["Contact", "AccountId"] == "Contacts"


def test_the_master_record_type_is_always_there_and_last() -> None:
    own = RecordTypeInfo("0126g000000AbcDAAS", "Renewal", "Renewal", default=True)
    described = describe(
        CATALOG["Opportunity"], catalog=CATALOG, version="59.0", record_types=[own]
    )
    infos = described["recordTypeInfos"]
    assert [info["name"] for info in infos] == ["Renewal", "Master"]
    assert infos[-1]["recordTypeId"] == MASTER_RECORD_TYPE_ID


def test_urls_carry_the_version_that_was_asked_for() -> None:
    listed = describe_global(CATALOG, version="61.0")["sobjects"]
    assert listed[0]["urls"]["sobject"] == "/services/data/v61.0/sobjects/Account"


def test_the_global_list_is_sorted_by_name() -> None:
    names = [entry["name"] for entry in describe_global(CATALOG, version="61.0")["sobjects"]]
    assert names == sorted(CATALOG)


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("ParentRoleId", "Parent Role ID"),
        ("MasterLabel", "Master Label"),
        ("NumberOfEmployees", "Number Of Employees"),
        ("Region__c", "Region"),
    ],
)
def test_a_label_is_the_name_in_words(name: str, label: str) -> None:
    assert label_of(name) == label


def test_a_long_text_can_neither_be_filtered_nor_sorted() -> None:
    field = read_field("Notes__c longtext 32768", {})
    assert field.type == "textarea"
    assert (field.filterable, field.sortable, field.groupable) == (False, False, False)
