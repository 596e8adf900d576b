"""What an org refuses to keep: validation rules, duplicates, unique values, locked rows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import Clock
from tests.simulator.conftest import Client


def rule(client: Client, **body: Any) -> None:
    answer = client.admin("POST", "rules", json=body)
    assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module", autouse=True)
def _rules(client: Client) -> None:
    formula = "AND(Amount < 0, NOT(IsClosed))"
    message = "An open deal is worth something"
    names = {"object": "Opportunity", "name": "positive", "fields": ["Amount"]}
    rule(client, kind="validation", formula=formula, message=message, **names)
    rule(client, kind="duplicate", object="Account", name="same", fields=["Name", "BillingCity"])
    body = {"object": "Account", "field": "Number__c string 20 unique idlookup"}
    assert client.admin("POST", "fields", json=body).status_code == 201


def post(client: Client, sobject: str, **values: Any) -> tuple[int, Any]:
    answer = client.call("POST", f"/sobjects/{sobject}", json=values)
    return answer.status_code, answer.json()


DEAL = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01"}


def test_a_validation_rule_refuses_with_its_own_message(client: Client) -> None:
    status, body = post(client, "Opportunity", **DEAL, Amount=-5)
    error = {
        "message": "An open deal is worth something",
        "errorCode": "FIELD_CUSTOM_VALIDATION_EXCEPTION",
        "fields": ["Amount"],
    }
    assert (status, body) == (400, [error])
    assert client.records("SELECT Id FROM Opportunity") == []


def test_in_a_collection_each_record_has_its_own_answer(client: Client) -> None:
    deals = [{"attributes": {"type": "Opportunity"}, **DEAL, "Amount": n} for n in (1, -1, 2)]
    body = client.call("POST", "/composite/sobjects", json={"records": deals}).json()
    assert [row["success"] for row in body] == [True, False, True]
    assert body[1]["errors"][0]["statusCode"] == "FIELD_CUSTOM_VALIDATION_EXCEPTION"


def test_a_duplicate_is_refused_unless_the_header_lets_it_through(client: Client) -> None:
    acme = {"Name": "Acme", "BillingCity": "Paris"}
    assert post(client, "Account", **acme)[0] == 201
    status, body = post(client, "Account", Name="ACME", BillingCity="paris")
    shown = (status, body[0]["errorCode"], body[0]["message"])
    assert shown == (400, "DUPLICATES_DETECTED", "Use one of these records?")
    headers = {"Sforce-Duplicate-Rule-Header": "allowSave=true"}
    saved = client.call("POST", "/sobjects/Account", json=acme, headers=headers)
    assert saved.status_code == 201


def test_a_unique_value_is_taken_once(client: Client) -> None:
    first = post(client, "Account", Name="One", Number__c="A1")[1]["id"]
    status, body = post(client, "Account", Name="Two", Number__c="a1")
    message = f"duplicate value found: Number__c duplicates value on record with id: {first}"
    assert (status, body[0]["errorCode"], body[0]["message"]) == (400, "DUPLICATE_VALUE", message)


def test_a_locked_row_cannot_be_changed_until_it_is_free(client: Client, clock: Clock) -> None:
    record = client.create("Account", Name="Held")
    client.admin("POST", "locks", json={"ids": [record], "seconds": 20})
    path = f"/sobjects/Account/{record}"
    refused = client.call("PATCH", path, json={"Name": "New"})
    assert refused.json()[0]["errorCode"] == "UNABLE_TO_LOCK_ROW"
    status, body = post(client, "Contact", LastName="Child", AccountId=record)
    assert (status, body[0]["errorCode"]) == (400, "UNABLE_TO_LOCK_ROW")
    clock.advance(timedelta(seconds=21))
    assert client.call("PATCH", path, json={"Name": "New"}).status_code == 204


def test_a_rule_can_be_taken_away(client: Client) -> None:
    client.admin("DELETE", "rules/Opportunity/positive")
    assert post(client, "Opportunity", **DEAL, Amount=-5)[0] == 201


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "validation", "object": "Account", "name": "x", "formula": "Name + 1"},
        {"kind": "validation", "object": "Account", "name": "x", "formula": "LEN(Name)"},
        {"kind": "duplicate", "object": "Account", "name": "x", "fields": ["Nothing"]},
        {"kind": "other", "object": "Account", "name": "x"},
        {"kind": "duplicate", "object": "Account", "fields": ["Name"]},
    ],
)
def test_a_rule_that_cannot_work_is_refused(client: Client, body: dict[str, Any]) -> None:
    assert client.admin("POST", "rules", json=body).status_code == 400
