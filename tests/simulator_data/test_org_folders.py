"""The four real org folders, against what is known of them."""

import csv
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from simulator.catalog import standard_catalog
from simulator.folders import Prepared, load_folder, prepare
from simulator.ids import is_id
from simulator.store import Store

from .conftest import NOW

CATALOG = standard_catalog()
ROWS = {
    "crm": {
        "Opportunity": 8800,
        "Account": 85,
        "User": 41,
        "UserRole": 4,
        "RecordType": 3,
        "BusinessProcess": 3,
        "Product2": 7,
    },
    "nonprofit-1k": {
        "Account": 1223,
        "Contact": 1024,
        "Opportunity": 1517,
        "OpportunityContactRole": 3499,
        "Campaign": 13,
        "CampaignMember": 1699,
    },
    "nonprofit-real-ids": {
        "Account": 115,
        "Contact": 166,
        "Opportunity": 102,
        "OpportunityContactRole": 222,
        "Lead": 3,
        "Event": 6,
        "Campaign": 17,
        "CampaignMember": 228,
    },
    "recipes": {"Account": 50, "Contact": 150, "Opportunity": 50},
}
TEXTS = ("string", "textarea", "picklist", "email", "phone", "url", "combobox")


@cache
def prepared(shared: Path, name: str) -> Prepared:
    return prepare(shared / "data/orgs" / name, CATALOG, now=NOW)


def source(shared: Path, name: str, sobject: str) -> list[dict[str, str]]:
    file = shared / "data/orgs" / name / f"{sobject}.csv"
    with file.open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_every_row_is_loaded(shared: Path, name: str) -> None:
    records = prepared(shared, name).records
    assert {sobject: len(records[sobject]) for sobject in ROWS[name]} == ROWS[name]


@pytest.mark.parametrize("name", ROWS)
def test_every_id_is_real_and_belongs_to_its_object(shared: Path, name: str) -> None:
    for sobject, records in prepared(shared, name).records.items():
        prefix = CATALOG[sobject].key_prefix
        ids = {record["Id"] for record in records}
        assert len(ids) == len(records)
        assert all(is_id(one) and len(one) == 18 and one.startswith(prefix) for one in ids)


@pytest.mark.parametrize("name", ROWS)
def test_every_text_is_what_the_file_says(shared: Path, name: str) -> None:
    loaded = prepared(shared, name)
    for sobject in ROWS[name]:
        fields = [field for field in CATALOG[sobject].stored_fields if field.type in TEXTS]
        rows = source(shared, name, sobject)
        for row, record in zip(rows, loaded.records[sobject], strict=True):
            for field in fields:
                if field.name in row:
                    assert (record.get(field.name) or "") == row[field.name]


@pytest.mark.parametrize("name", ROWS)
def test_every_required_field_has_a_value(shared: Path, name: str) -> None:
    for sobject, records in prepared(shared, name).records.items():
        required = [f.name for f in CATALOG[sobject].stored_fields if not f.nillable]
        missing = {n for record in records for n in required if record.get(n) is None}
        assert (sobject, missing) == (sobject, set())


def crm(shared: Path) -> list[dict[str, Any]]:
    return prepared(shared, "crm").records["Opportunity"]


def test_the_crm_has_its_stages(shared: Path) -> None:
    assert Counter(record["StageName"] for record in crm(shared)) == {
        "Closed Won": 4238,
        "Closed Lost": 2473,
        "Negotiation/Review": 1589,
        "Prospecting": 500,
    }


def test_the_crm_has_won_what_it_has_won(shared: Path) -> None:
    won = [record for record in crm(shared) if record["IsWon"]]
    assert sum(record["Amount"] for record in won) == 10_005_534
    assert len(won) == 4238
    assert sum(not record["IsClosed"] for record in crm(shared)) == 2089


def test_the_crm_leaves_empty_what_is_empty(shared: Path) -> None:
    missing = Counter(
        name
        for record in crm(shared)
        for name in ("AccountId", "Amount", "Type")
        if record[name] is None
    )
    assert missing == {"AccountId": 1425, "Amount": 2089, "Type": 1425}


def test_the_crm_has_its_sales_processes(shared: Path) -> None:
    loaded = prepared(shared, "crm").records
    processes = {row["Id"]: row["Name"] for row in loaded["BusinessProcess"]}
    through = {row["Id"]: processes[row["BusinessProcessId"]] for row in loaded["RecordType"]}
    found = Counter(through[record["RecordTypeId"]] for record in loaded["Opportunity"])
    assert found == {"GTX Sales": 5697, "MG Sales": 3063, "GTK Sales": 40}


def test_the_crm_has_its_people_and_companies(shared: Path) -> None:
    loaded = prepared(shared, "crm").records
    owners = {record["OwnerId"] for record in loaded["Opportunity"]}
    agents = [user for user in loaded["User"] if user["ManagerId"]]
    assert len(agents) == 35
    assert sum(agent["Id"] not in owners for agent in agents) == 5
    assert len({user["Email"] for user in loaded["User"]}) == 41
    assert sum(account["ParentId"] is not None for account in loaded["Account"]) == 15


def test_the_ids_of_the_nonprofit_survive(shared: Path) -> None:
    loaded = prepared(shared, "nonprofit-real-ids").records
    for sobject in ROWS["nonprofit-real-ids"]:
        rows = source(shared, "nonprofit-real-ids", sobject)
        assert [row["Id"] for row in rows] == [record["Id"] for record in loaded[sobject]]


def test_an_id_of_an_object_that_is_not_in_the_folder_is_text(shared: Path) -> None:
    added = prepared(shared, "nonprofit-real-ids").additions
    types = {addition.field.name: addition.field.type for addition in added}
    assert types["level__c"] == types["giving_level__c"] == "string"


@pytest.mark.parametrize("name", ROWS)
def test_a_folder_comes_back_from_the_org_as_it_was_loaded(
    shared: Path, store: Store, name: str
) -> None:
    counts = load_folder(store, shared / "data/orgs" / name)
    expected = prepared(shared, name).records
    for sobject, records in expected.items():
        got = {row["Id"]: row for row in store.records(sobject)}
        assert len(got) == counts[sobject]
        for record in records:
            row = got[record["Id"]]
            assert {key: row[key] for key in record} == record
