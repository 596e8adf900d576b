"""Custom objects, every type of field, and what wide rows and large objects do to a query."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.simulator.conftest import Client

FIELDS = [
    "Name string 80 name idlookup auto='INV-{0000}'",
    "Account__c reference cascade required to=Account children=Invoices__r",
    "Amount__c currency 16,2",
    "Paid__c boolean",
    "Starts__c time",
    "Secret__c encryptedstring 100",
    "Tags__c multipicklist values='A; B; C'",
    "Country__c picklist values='Germany; France'",
    "City__c picklist controller=Country__c"
    " values='Munich @Germany; Paris @France; !Bonn @Germany'",
    "location Place__c",
    "Notes__c html",
    "Terms__c longtext 32768",
    "Body__c base64",
    "Age__c double 18,0 formula='TODAY() - DATEVALUE(CreatedDate)'",
]
TYPES = {
    "Name": "string",
    "Account__c": "reference",
    "Amount__c": "currency",
    "Starts__c": "time",
    "Secret__c": "encryptedstring",
    "Tags__c": "multipicklist",
    "Place__c": "location",
    "Place__Latitude__s": "double",
    "Notes__c": "textarea",
    "Body__c": "base64",
    "Age__c": "double",
}


@pytest.fixture(scope="module")
def account(client: Client) -> str:
    body = {"name": "Invoice__c", "fields": FIELDS}
    answer = client.admin("POST", "objects", json=body)
    assert (answer.status_code, answer.json()["keyPrefix"]) == (201, "a00"), answer.text
    total = {
        "object": "Account",
        "field": "Unpaid__c currency rollup='SUM(Invoice__c.Amount__c) WHERE NOT(Paid__c)'",
    }
    assert client.admin("POST", "fields", json=total).status_code == 201
    return client.create("Account", Name="Buyer")


@pytest.fixture(scope="module")
def invoice(client: Client, account: str) -> str:
    return client.create(
        "Invoice__c",
        Account__c=account,
        Amount__c=12.5,
        Starts__c="08:30:00.000Z",
        Secret__c="hidden",
        Tags__c="A;C",
        Country__c="Germany",
        City__c="Munich",
        Place__Latitude__s=48.1,
        Place__Longitude__s=11.6,
        Terms__c="long",
    )


def described(client: Client) -> dict[str, dict[str, Any]]:
    fields = client.get("/sobjects/Invoice__c/describe").json()["fields"]
    return {field["name"]: field for field in fields}


def test_a_custom_object_describes_itself_as_one(client: Client, account: str) -> None:
    fields = described(client)
    assert {name: fields[name]["type"] for name in TYPES} == TYPES
    assert all(fields[name]["custom"] for name in TYPES if name.endswith("__c"))
    shown = client.get("/sobjects").json()["sobjects"]
    found = next(entry for entry in shown if entry["name"] == "Invoice__c")
    assert (found["custom"], found["keyPrefix"], found["labelPlural"]) == (True, "a00", "Invoices")


def test_its_values_come_back_by_query(client: Client, invoice: str) -> None:
    soql = "SELECT Name, Starts__c, Tags__c, Place__c, Secret__c, Age__c FROM Invoice__c"
    assert client.records(soql) == [
        {
            "Name": "INV-0001",
            "Starts__c": "08:30:00.000Z",
            "Tags__c": "A;C",
            "Place__c": {"latitude": 48.1, "longitude": 11.6},
            "Secret__c": "hidden",
            "Age__c": 0.0,
        }
    ]


def test_its_relationships_end_in_r_both_ways(client: Client, invoice: str) -> None:
    up = client.query("SELECT Account__r.Name FROM Invoice__c").json()["records"][0]
    down = client.query("SELECT (SELECT Id FROM Invoices__r) FROM Account").json()["records"][0]
    assert (up["Account__r"]["Name"], down["Invoices__r"]["totalSize"]) == ("Buyer", 1)


def test_auto_numbers_count(client: Client, account: str, invoice: str) -> None:
    record = client.create("Invoice__c", Account__c=account)
    assert client.get(f"/sobjects/Invoice__c/{record}").json()["Name"] == "INV-0002"
    answer = client.call("POST", "/sobjects/Invoice__c", json={"Name": "X", "Account__c": account})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_roll_up_sums_what_its_condition_lets_in(
    client: Client, account: str, invoice: str
) -> None:
    path = f"/sobjects/Account/{account}"
    assert client.get(path).json()["Unpaid__c"] == 12.5
    client.call("PATCH", f"/sobjects/Invoice__c/{invoice}", json={"Paid__c": True})
    assert client.get(path).json()["Unpaid__c"] == 0.0
    client.call("PATCH", f"/sobjects/Invoice__c/{invoice}", json={"Paid__c": False})


def test_a_master_takes_its_details_with_it(client: Client) -> None:
    master = client.create("Account", Name="Master")
    detail = client.create("Invoice__c", Account__c=master)
    client.call("DELETE", f"/sobjects/Account/{master}")
    soql = f"SELECT IsDeleted FROM Invoice__c WHERE Id = '{detail}'"
    assert client.records(soql, all_rows=True) == [{"IsDeleted": True}]


def test_a_dependent_picklist_says_for_what_each_value_is_valid(
    client: Client, account: str
) -> None:
    city = described(client)["City__c"]
    values = {value["value"]: value["validFor"] for value in city["picklistValues"]}
    assert (city["controllerName"], city["dependentPicklist"]) == ("Country__c", True)
    # one bit a country, Germany first; an inactive value is not listed
    assert values == {"Munich": "gA==", "Paris": "QA=="}


def test_an_object_is_declared_once_and_well(client: Client, account: str) -> None:
    bodies: list[dict[str, Any]] = [
        {"name": "Invoice__c"},
        {"name": "Plain"},
        {"name": "Bad__c", "fields": ["X__c nosuchtype"]},
        {"name": "Bad__c", "fields": ["X__c double formula='1 +'"]},
        {"name": "Bad__c", "fields": ["X__c double rollup='SUM(Nothing.Amount)'"]},
    ]
    answers = [client.admin("POST", "objects", json=body).status_code for body in bodies]
    assert answers == [400] * len(bodies)


@pytest.fixture(scope="module")
def many(client: Client, account: str) -> int:
    work = client.running.org.store
    for number in range(210):
        work.insert("Invoice__c", {"Account__c": account, "Terms__c": f"terms {number}"})
    return int(client.query("SELECT count() FROM Invoice__c").json()["totalSize"])


def first_page(client: Client, fields: str) -> tuple[int, int]:
    body = client.query(f"SELECT {fields} FROM Invoice__c").json()
    return len(body["records"]), body["totalSize"]


def test_wide_rows_make_small_pages(client: Client, many: int) -> None:
    assert first_page(client, "Id, Terms__c") == (many, many)
    assert first_page(client, "Id, Terms__c, Notes__c") == (200, many)
    assert first_page(client, "Id, Body__c") == (1, many)


def test_wide_pages_follow_each_other_without_a_gap(client: Client, many: int) -> None:
    ids = [row["Id"] for row in client.records("SELECT Id, Terms__c, Notes__c FROM Invoice__c")]
    assert len(set(ids)) == many


def test_an_org_may_have_pages_that_do_not_shrink(
    client: Client, many: int, options: Callable[..., None]
) -> None:
    options(wide_rows_shrink=False)
    assert first_page(client, "Id, Terms__c, Notes__c") == (many, many)


def test_a_query_over_too_many_records_times_out(
    client: Client, many: int, options: Callable[..., None]
) -> None:
    options(query_timeout_records=100)
    answer = client.query("SELECT Id FROM Invoice__c")
    error = {
        "message": "Your query request was running for too long.",
        "errorCode": "QUERY_TIMEOUT",
    }
    assert (answer.status_code, answer.json()) == (400, [error])


@pytest.mark.parametrize(
    ("clause", "state"),
    [("", "JobComplete"), (" ORDER BY Name", "Failed"), (" LIMIT 5", "Failed")],
)
def test_order_and_limit_keep_a_large_bulk_query_from_ending(
    client: Client, many: int, options: Callable[..., None], clause: str, state: str
) -> None:
    options(order_by_timeout_records=100)
    job = client.wait(client.bulk(f"SELECT Id FROM Invoice__c{clause}"))
    assert job["state"] == state
    assert ("QUERY_TIMEOUT" in job.get("errorMessage", "")) == (state == "Failed")
