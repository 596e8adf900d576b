"""Formula fields compute when they are read: over own fields, parents and TODAY() (issue 3.4)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from simulator.clock import Clock
from tests.simulator.conftest import Client

DAYS_LEFT = "CloseDate - TODAY()"
KIND = 'IF(ISBLANK(Account.Industry), "none", UPPER(Account.Industry) & " " & TEXT(StageName))'


def declare(client: Client, field: str, formula: str, sobject: str = "Opportunity") -> None:
    body = {"object": sobject, "field": field, "formula": formula}
    answer = client.admin("POST", "fields", json=body)
    assert answer.status_code == 201, answer.text


@pytest.fixture(scope="module")
def opportunity(client: Client) -> str:
    declare(client, "Days_Left__c double 18,0", DAYS_LEFT)
    declare(client, "Kind__c string 1300", KIND)
    declare(client, "Late__c boolean", "AND(NOT(IsClosed), Days_Left__c < 0)")
    declare(client, "Net__c currency", "ROUND(Amount / 3, 1)")
    account = client.create("Account", Name="Acme", Industry="Energy")
    return client.create(
        "Opportunity",
        Name="One",
        StageName="Prospecting",
        CloseDate="2026-03-12",
        AccountId=account,
        Amount=100,
    )


def value(client: Client, field: str) -> object:
    return client.records(f"SELECT {field} FROM Opportunity WHERE Name = 'One'")[0][field]


def test_a_formula_reads_own_fields_and_those_of_a_parent(client: Client, opportunity: str) -> None:
    assert value(client, "Kind__c") == "ENERGY Prospecting"
    assert value(client, "Net__c") == 33.3


def test_a_formula_over_today_drifts_without_a_stamp(
    client: Client, opportunity: str, clock: Clock
) -> None:
    stamp, days = value(client, "SystemModstamp"), value(client, "Days_Left__c")
    clock.advance(timedelta(days=11))
    client.login()
    assert (days, value(client, "Days_Left__c")) == (10.0, -1.0)
    assert value(client, "SystemModstamp") == stamp
    assert value(client, "Late__c") is True


def test_a_changed_parent_changes_a_formula_without_a_stamp(
    client: Client, opportunity: str
) -> None:
    account = client.records("SELECT Id FROM Account")[0]["Id"]
    stamp = value(client, "SystemModstamp")
    client.call("PATCH", f"/sobjects/Account/{account}", json={"Industry": "Media"})
    assert value(client, "Kind__c") == "MEDIA Prospecting"
    assert value(client, "SystemModstamp") == stamp
    client.call("PATCH", f"/sobjects/Account/{account}", json={"Industry": "Energy"})


def test_a_formula_filters_and_sorts(client: Client, opportunity: str) -> None:
    soql = "SELECT Id FROM Opportunity WHERE Days_Left__c = 10 ORDER BY Kind__c LIMIT 5"
    assert client.records(soql) == [{"Id": opportunity}]


def test_a_formula_is_read_by_bulk_and_by_id_alike(client: Client, opportunity: str) -> None:
    job = client.bulk("SELECT Net__c, Kind__c, Late__c FROM Opportunity")
    rows = client.get(f"/jobs/query/{job}/results").text.splitlines()
    assert rows[1] == '"33.3","ENERGY Prospecting","false"'
    record = client.get(f"/sobjects/Opportunity/{opportunity}").json()
    assert (record["Net__c"], record["Kind__c"]) == (33.3, "ENERGY Prospecting")


def test_a_formula_describes_itself_and_is_not_written(client: Client, opportunity: str) -> None:
    fields = client.get("/sobjects/Opportunity/describe").json()["fields"]
    found = next(field for field in fields if field["name"] == "Days_Left__c")
    shown = (found["calculated"], found["calculatedFormula"], found["updateable"], found["type"])
    assert shown == (True, DAYS_LEFT, False, "double")
    answer = client.call("PATCH", f"/sobjects/Opportunity/{opportunity}", json={"Days_Left__c": 1})
    assert answer.json()[0]["errorCode"] == "INVALID_FIELD_FOR_INSERT_UPDATE"


def test_a_formula_reads_what_its_reader_may_not_see(client: Client, opportunity: str) -> None:
    hidden = {"object": "Account", "field": "Industry"}
    client.admin("POST", "hide", json=hidden)
    assert value(client, "Kind__c") == "ENERGY Prospecting"
    refused = client.query("SELECT Account.Industry FROM Opportunity").json()
    client.admin("POST", "show", json=hidden)
    assert refused[0]["errorCode"] == "INVALID_FIELD"


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        ("2 + 3 * 4", 14.0),
        ("(2 + 3) * -4", -20.0),
        ("10 / 0", None),
        ("2 ^ 3", 8.0),
        ("MOD(7, 4) + ABS(-2) + MAX(1, 5, 3)", 10.0),
        ('CASE(StageName, "Prospecting", 1, "Closed Won", 2, 3)', 1.0),
        ('IF(CONTAINS(Name, "n"), LEN(Name), 0)', 3.0),
        ("YEAR(CloseDate) + MONTH(CloseDate)", 2029.0),
        ("ADDMONTHS(DATE(2026, 1, 31), 1) - DATE(2026, 1, 31)", 28.0),
        ("BLANKVALUE(Probability, 0)", 10.0),
        ('VALUE("12.5") + VALUE("no number")', None),
        ("NOW() - CreatedDate", 0.0),
        ('IF(NextStep = "", 1, 0)', 1.0),
        ('FIND("spec", StageName) + FIND("n", "banana", 4)', 9.0),
        ('FIND("z", "banana")', 0.0),
        ('IF(LPAD("7", 3, "0") & RPAD("7", 3) = "0077  ", 1, 0)', 1.0),
        ('IF(INCLUDES("A;B", "B") && NOT(INCLUDES("A;B", "C")), 1, 0)', 1.0),
        ('IF(ISNUMBER("12.5") && NOT(ISNUMBER("x")), 1, 0)', 1.0),
        ("LEN(CASESAFEID(Id))", 18.0),
    ],
)
def test_the_language_computes(
    client: Client, opportunity: str, formula: str, shown: float | None
) -> None:
    declare(client, "Tried__c double 18,2", formula)
    assert value(client, "Tried__c") == shown


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("Amount +", "Syntax error"),
        ("Missing__c + 1", "Field Missing__c does not exist"),
        ("NOSUCH(1)", "Unknown function NOSUCH"),
        ('Amount + "text"', "Expected number, received text"),
        ("LEFT(Name)", "Incorrect number of parameters"),
        ("IF(ISCHANGED(Amount), 1, 0)", "Function ISCHANGED may not be used in this type of"),
        ("Wrong__c + 1", "refers to itself"),
        ('IF(IsWon, "yes", 1)', "Incorrect parameter type for IF"),
    ],
)
def test_a_formula_that_does_not_compile_is_refused_when_declared(
    client: Client, formula: str, reason: str
) -> None:
    body = {"object": "Opportunity", "field": "Wrong__c double 18,2", "formula": formula}
    answer = client.admin("POST", "fields", json=body)
    assert (answer.status_code, reason in answer.text) == (400, True), answer.text


def test_blank_numbers_count_as_zero_where_the_field_says_so(
    client: Client, opportunity: str
) -> None:
    body = {"object": "Opportunity", "field": "Zero__c double 18,0", "null_is_zero": True}
    client.admin("POST", "fields", json={**body, "formula": "TotalOpportunityQuantity + 1"})
    declare(client, "Blank__c double 18,0", "TotalOpportunityQuantity + 1")
    assert (value(client, "Zero__c"), value(client, "Blank__c")) == (1.0, None)
