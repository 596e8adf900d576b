"""What statements find (api.md 2.3, 4)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from simulator.catalog.types import Field, PicklistValue
from simulator.server import RunningOrg
from tests.simulator.conftest import Client

ACCOUNTS: tuple[dict[str, Any], ...] = (
    {
        "Name": "Acme",
        "Type": "Customer - Direct",
        "AnnualRevenue": 90_000_000,
        "BillingCity": "Ulm",
    },
    {"Name": "ACME Two", "NumberOfEmployees": 7, "AnnualRevenue": 10.5},
    {"Name": "100% 'real' \\ Zoë", "Description": "long"},
)


@pytest.fixture(scope="module", autouse=True)
def records(org: RunningOrg) -> None:
    """Three accounts, and an opportunity with a contact of the first."""
    store = org.org.store
    levels = tuple(PicklistValue(value, value) for value in ("A", "B", "C"))
    store.add_field(
        "Account", Field("Levels__c", "Levels", "multipicklist", 4099, custom=True, picklist=levels)
    )
    ids = [store.insert("Account", values) for values in ACCOUNTS]
    store.update("Account", ids[0], {"Levels__c": "A;B"})
    store.insert("Contact", {"LastName": "Ng", "AccountId": ids[0]})
    deal = {"Name": "Deal", "StageName": "Prospecting", "AccountId": ids[0], "Amount": 5}
    store.insert("Opportunity", {**deal, "CloseDate": date(2026, 3, 1)})


def names(client: Client, where: str) -> list[str]:
    found = client.records(f"SELECT Name FROM Account WHERE {where} ORDER BY Name")
    return [row["Name"] for row in found]


def refusal(client: Client, soql: str) -> tuple[str, str]:
    answer = client.query(soql)
    assert answer.status_code == 400, answer.text
    return answer.json()[0]["errorCode"], answer.json()[0]["message"]


FIRST, SECOND, THIRD = "Acme", "ACME Two", "100% 'real' \\ Zoë"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'acme'", [FIRST]),
        ("Name LIKE 'ACME%'", [FIRST, SECOND]),
        ("Name LIKE '100\\% _real_ \\\\ ZOË'", [THIRD]),
        ("Name LIKE '_00%'", [THIRD]),
        ("Name IN ('acme', 'nobody')", [FIRST]),
        ("Name NOT IN ('acme')", [THIRD, SECOND]),
        ("Name = '100% \\'real\\' \\\\ Zoë'", [THIRD]),
        ("Name > 'acme'", [SECOND]),
        ("Type != 'Customer - Direct'", [THIRD, SECOND]),
        ("Type NOT IN ('Customer - Direct')", [THIRD, SECOND]),
        ("NOT Type = 'Customer - Direct'", [THIRD, SECOND]),
        ("Type = null", [THIRD, SECOND]),
        ("Type IN (null, 'customer - direct')", [THIRD, FIRST, SECOND]),
        ("Type != null", [FIRST]),
        ("Type = ''", [THIRD, SECOND]),
        ("NumberOfEmployees = 7", [SECOND]),
        ("AnnualRevenue > 10.4 AND AnnualRevenue < 9e7", [SECOND]),
        ("AnnualRevenue = 90000000", [FIRST]),
        ("(Name = 'acme' OR NumberOfEmployees = 7) AND IsDeleted = false", [FIRST, SECOND]),
        ("IsDeleted = true", []),
        ("CreatedDate = TODAY", [THIRD, FIRST, SECOND]),
        ("CreatedDate < TODAY", []),
        ("CreatedDate >= 2026-03-02T12:00:30Z", [THIRD, FIRST, SECOND]),
        ("CreatedDate > 2026-03-02T13:00:30.000+01:00", []),
        (
            "CALENDAR_YEAR(CreatedDate) = 2026 AND DAY_IN_MONTH(CreatedDate) = 2",
            [THIRD, FIRST, SECOND],
        ),
        ("HOUR_IN_DAY(CreatedDate) = 12", [THIRD, FIRST, SECOND]),
        ("DAY_ONLY(CreatedDate) = 2026-03-02", [THIRD, FIRST, SECOND]),
        ("Name LIKE '%\\u005a\\u006f%'", [THIRD]),
        ("Levels__c INCLUDES ('A;B')", [FIRST]),
        ("Levels__c INCLUDES ('A;C', 'B')", [FIRST]),
        ("Levels__c EXCLUDES ('A')", [THIRD, SECOND]),
        ("Id IN (SELECT AccountId FROM Contact)", [FIRST]),
        ("Id NOT IN (SELECT AccountId FROM Opportunity WHERE Amount = 5)", [THIRD, SECOND]),
        ("Parent.Name = null", [THIRD, FIRST, SECOND]),
        ("Owner.Name = 'integration user' AND Owner.IsActive = true", [THIRD, FIRST, SECOND]),
    ],
)
def test_a_condition_finds_what_salesforce_would(
    client: Client, where: str, found: list[str]
) -> None:
    """api.md 4: text in any case, null matches !=, NOT IN and NOT, literals in every form."""
    assert names(client, where) == found


def test_an_id_is_found_by_both_its_forms(client: Client) -> None:
    long = client.records("SELECT Id FROM Account WHERE Name = 'acme'")[0]["Id"]
    found = client.records(f"SELECT Id FROM Account WHERE Id = '{long[:15]}'")
    assert found == [{"Id": long}]


def test_parents_are_objects_or_null(client: Client) -> None:
    row = client.query("SELECT Account.Name, Account.Parent.Name, Owner.Email FROM Opportunity")
    record = row.json()["records"][0]
    assert record["Account"]["attributes"]["type"] == "Account"
    assert (record["Account"]["Name"], record["Account"]["Parent"]) == ("Acme", None)
    assert record["Owner"]["attributes"]["url"].endswith(record["Owner"]["attributes"]["url"][-18:])


def test_a_compound_address_is_an_object_or_null(client: Client) -> None:
    found = client.records("SELECT BillingAddress FROM Account ORDER BY AnnualRevenue DESC")
    assert found[0] == {"BillingAddress": None}
    assert found[1]["BillingAddress"]["city"] == "Ulm"


def test_numbers_are_written_as_doubles(client: Client) -> None:
    """api.md 2.3, 3.4: 9.0E7 is legal JSON, ints are plain."""
    text = client.query("SELECT AnnualRevenue, NumberOfEmployees FROM Account").text
    assert '"AnnualRevenue":9.0E7' in text
    assert '"NumberOfEmployees":7' in text


def test_the_keys_follow_the_describe_not_the_statement(client: Client) -> None:
    """api.md 4 (U): the case of output keys."""
    assert client.records("select NAME from account where name = 'ACME'") == [{"Name": "Acme"}]


def test_nulls_come_first_unless_asked_otherwise(client: Client) -> None:
    first = client.records("SELECT AnnualRevenue FROM Account ORDER BY AnnualRevenue")
    last = client.records(
        "SELECT AnnualRevenue FROM Account ORDER BY AnnualRevenue DESC NULLS LAST"
    )
    assert [row["AnnualRevenue"] for row in first] == [None, 10.5, 9e7]
    assert [row["AnnualRevenue"] for row in last] == [9e7, 10.5, None]


def test_limit_and_offset_cut_the_answer(client: Client) -> None:
    found = client.records("SELECT Name FROM Account ORDER BY Name LIMIT 1 OFFSET 1")
    assert found == [{"Name": "Acme"}]


def test_count_has_a_total_and_no_records(client: Client) -> None:
    """wire/cumulusci/interactions/TestCountSObjects.test_count_sobjects_simple.json."""
    body = client.query("SELECT COUNT() FROM Account").json()
    assert body == {"totalSize": 3, "done": True, "records": []}


def test_aggregates_have_the_recorded_shape(client: Client) -> None:
    """wire/restforce/query_aggregate_success_response.json: no url, exprN, aliases."""
    soql = "SELECT Type, COUNT(Id), MAX(SystemModstamp) stamp FROM Account GROUP BY Type"
    assert client.query(f"{soql} HAVING COUNT(Id) > 1").json()["records"] == [
        {
            "attributes": {"type": "AggregateResult"},
            "Type": None,
            "expr0": 2,
            "stamp": "2026-03-02T12:00:30.000+0000",
        }
    ]


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ("Name, Owner.Name, COUNT(Id)", "Name"),
        ("COUNT(Id) n, MAX(AnnualRevenue) N", "N"),
        ("Name, COUNT(Id) name", "name"),
    ],
)
def test_two_columns_of_an_aggregate_never_have_one_name(
    client: Client, fields: str, name: str
) -> None:
    soql = f"SELECT {fields} FROM Account GROUP BY Name, Owner.Name"
    code, message = refusal(client, soql)
    assert (code, message.splitlines()[-1]) == ("MALFORMED_QUERY", f"duplicate alias: {name}")


def test_a_number_that_an_alias_took_is_left_out(client: Client) -> None:
    soql = "SELECT COUNT(Id), MAX(AnnualRevenue) EXPR0, COUNT(Name), MIN(Name) expr2 FROM Account"
    assert client.records(soql) == [
        {"expr1": 3, "EXPR0": 9e7, "expr3": 3, "expr2": "100% 'real' \\ Zoë"}
    ]


def test_the_children_of_a_record_come_with_it(client: Client) -> None:
    soql = "SELECT Name, (SELECT LastName FROM Contacts WHERE LastName != 'X') FROM Account"
    rows = {row["Name"]: row["Contacts"] for row in client.records(f"{soql} ORDER BY Name")}
    assert rows["Acme"]["records"][0]["LastName"] == "Ng"
    assert rows["ACME Two"] is None


def test_fields_stands_for_all_of_a_kind(client: Client) -> None:
    described = client.get("/sobjects/Account/describe").json()["fields"]
    every = client.records("SELECT FIELDS(ALL) FROM Account LIMIT 1")[0]
    assert list(every) == [field["name"] for field in described]
    assert client.records("SELECT FIELDS(CUSTOM) FROM Account LIMIT 200")[0].keys() == {"Levels__c"}


def test_columns_can_be_asked_for_instead_of_records(client: Client) -> None:
    """clients.md 5."""
    body = client.get("/query", q="SELECT Id, Owner.Name FROM Account", columns="true").json()
    assert [column["columnName"] for column in body["columnMetadata"]] == ["Id", "Owner.Name"]


@pytest.mark.parametrize(
    ("soql", "code", "part"),
    [
        ("SELECT Foo FROM Account", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'"),
        ("SELECT Id FROM Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported"),
        ("SELECT Foo.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Foo'"),
        ("SELECT Id FROM Account WHERE Description = 'x'", "INVALID_FIELD", "can not be filtered"),
        ("SELECT Id FROM Account ORDER BY Description", "MALFORMED_QUERY", "can not be sorted"),
        (
            "SELECT Id FROM Account WHERE Id = 'xyz'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid ID field: xyz",
        ),
        (
            "SELECT Id FROM Account WHERE Id LIKE '0%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on id field",
        ),
        (
            "SELECT Id FROM Account WHERE Name INCLUDES ('A')",
            "INVALID_QUERY_FILTER_OPERATOR",
            "INCLUDES",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate = '2020-01-01T00:00:00Z'",
            "INVALID_FIELD",
            "must be of type dateTime and should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate > 2020-01-01",
            "INVALID_FIELD",
            "must be of type dateTime",
        ),
        (
            "SELECT Id FROM Opportunity WHERE CloseDate = 2020-01-01T00:00:00Z",
            "INVALID_FIELD",
            "must be of type date ",
        ),
        ("SELECT Id FROM Account WHERE Name = 5", "INVALID_FIELD", "should be enclosed in quotes"),
        (
            "SELECT Id FROM Account WHERE NumberOfEmployees = '5'",
            "INVALID_FIELD",
            "should not be enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate = SOMEDAY",
            "MALFORMED_QUERY",
            "unexpected token: 'SOMEDAY'",
        ),
        ("SELECT Id, Id FROM Account", "MALFORMED_QUERY", "duplicate field selected: Id"),
        ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", "2000"),
        ("SELECT FIELDS(ALL) FROM Account", "MALFORMED_QUERY", "must have a LIMIT of at most 200"),
        (
            "SELECT Name, COUNT(Id) FROM Account",
            "MALFORMED_QUERY",
            "Field must be grouped or aggregated: Name",
        ),
        (
            "SELECT SUM(Name) FROM Account",
            "INVALID_FIELD",
            "does not support aggregate operator SUM",
        ),
        ("SELECT distance(Type) FROM Account", "MALFORMED_QUERY", "Unknown function: DISTANCE"),
        ("SELECT toLabel(Name) FROM Account", "INVALID_FIELD", "Invalid field for TOLABEL: Name"),
        (
            "SELECT Id FROM Account WHERE Name = 'x' OR Id IN (SELECT AccountId FROM Contact)",
            "MALFORMED_QUERY",
            "Semi join",
        ),
        (
            "SELECT Id, (SELECT Id FROM Foos) FROM Account",
            "INVALID_TYPE",
            "Didn't understand relationship 'Foos'",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_salesforces_words(
    client: Client, soql: str, code: str, part: str
) -> None:
    """api.md 2.8, 4."""
    found_code, message = refusal(client, soql)
    assert found_code == code
    assert part in message


def test_an_unknown_object_is_pointed_at_as_recorded(client: Client, recording: Any) -> None:
    """wire/cumulusci/interactions/TestCountSObjects.test_count_sobjects__errors.json."""
    recorded = recording(
        "cumulusci/interactions/TestCountSObjects.test_count_sobjects__errors.json"
    )
    assert refusal(client, "select count() from XYZZY")[1] in recorded[0]["response"][
        "body"
    ].encode().decode("unicode_escape")


def test_polymorphic_parents_show_a_name(client: Client, org: RunningOrg) -> None:
    account = client.records("SELECT Id FROM Account WHERE Name = 'acme'")[0]["Id"]
    client.create("Task", Subject="Call", WhatId=account)
    row = client.records(
        "SELECT What.Name, What.Type, Who.Name FROM Task WHERE What.Type = 'Account'"
    )[0]
    assert (row["What"]["Name"], row["What"]["Type"], row["Who"]) == ("Acme", "Account", None)
