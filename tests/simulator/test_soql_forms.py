"""The less common forms of SOQL: offered as they are, or refused in Salesforce's way (api.md 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.simulator.conftest import Client


@pytest.fixture(scope="module", autouse=True)
def _deals(client: Client) -> None:
    store = client.running.org.store
    top = store.insert("Account", {"Name": "Top", "Phone": "1", "Type": "Prospect"})
    unit = store.insert("Account", {"Name": "Unit", "ParentId": top})
    person = store.insert("Contact", {"LastName": "King", "AccountId": unit})
    for stage, kind, amount in (
        ("Prospecting", "New Customer", 10),
        ("Prospecting", None, 20),
        ("Closed Won", "New Customer", 40),
    ):
        values = {"Name": stage, "StageName": stage, "Type": kind, "Amount": amount}
        day = client.running.org.clock.now().date()
        deal = store.insert("Opportunity", {**values, "CloseDate": day, "AccountId": unit})
        role = {"OpportunityId": deal, "ContactId": person, "Role": "Evaluator"}
        store.insert("OpportunityContactRole", role)
    for subject, what in (("about unit", unit), ("about deal", deal), ("about nothing", None)):
        task = {"Subject": subject, "WhatId": what, "Status": "Not Started", "Priority": "Normal"}
        store.insert("Task", task)


@pytest.fixture
def fiscal_year_from_february(client: Client) -> Iterator[None]:
    store = client.running.org.store
    (organization,) = store.records("Organization")
    store.update("Organization", organization["Id"], {"FiscalYearStartMonth": 2})
    yield
    store.update("Organization", organization["Id"], {"FiscalYearStartMonth": 1})


def bare(value: Any) -> Any:
    """A record without the attributes at any depth."""
    if isinstance(value, dict):
        return {k: bare(v) for k, v in value.items() if k != "attributes"}
    return [bare(v) for v in value] if isinstance(value, list) else value


def records(client: Client, soql: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = bare(client.records(soql))
    return found


def refusal(client: Client, soql: str, version: str = "60.0") -> tuple[str, str]:
    body = client.get(f"/services/data/v{version}/query", q=soql).json()
    return body[0]["errorCode"], body[0]["message"]


def test_type_of_shows_fields_by_the_kind_of_parent(client: Client) -> None:
    soql = (
        "SELECT Subject, TYPEOF What WHEN Account THEN Phone, Name WHEN Opportunity THEN Amount "
        "ELSE Name END FROM Task WHERE Subject LIKE 'about %' ORDER BY Subject"
    )
    assert records(client, soql) == [
        {"Subject": "about deal", "What": {"Amount": 40.0}},
        {"Subject": "about nothing", "What": None},
        {"Subject": "about unit", "What": {"Phone": None, "Name": "Unit"}},
    ]


def test_else_asks_every_other_kind_for_its_name(client: Client) -> None:
    case = client.create("Case", Subject="Broken", Status="New")
    client.create("Task", Subject="on a case", WhatId=case, Status="Not Started")
    number = client.get(f"/sobjects/Case/{case}").json()["CaseNumber"]
    soql = (
        "SELECT TYPEOF What WHEN Account THEN Phone ELSE Name END FROM Task "
        "WHERE Subject = 'on a case'"
    )
    assert records(client, soql) == [{"What": {"Name": number}}]
    named = soql.replace("Account THEN Phone", "Case THEN CaseNumber")
    assert records(client, named) == [{"What": {"CaseNumber": number}}]


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        (
            "SELECT TYPEOF Account WHEN Account THEN Phone END FROM Opportunity",
            "INVALID_FIELD",
            "TYPEOF needs a polymorphic relationship",
        ),
        (
            "SELECT TYPEOF What WHEN Account THEN Nonsense END FROM Task",
            "INVALID_FIELD",
            "No such column 'Nonsense' on entity 'Account'",
        ),
        (
            "SELECT TYPEOF What WHEN User THEN Name END FROM Task",
            "INVALID_FIELD",
            "never of type User",
        ),
        ("SELECT TYPEOF What END FROM Task", "MALFORMED_QUERY", "unexpected token: 'END'"),
    ],
)
def test_a_type_of_that_makes_no_sense_is_refused(
    client: Client, soql: str, code: str, message: str
) -> None:
    found = refusal(client, soql)
    assert (found[0], message in found[1]) == (code, True), found


def test_bulk_refuses_type_of(client: Client) -> None:
    soql = "SELECT TYPEOF What WHEN Account THEN Phone END FROM Task"
    body = {"operation": "query", "query": soql}
    answer = client.call("POST", "/jobs/query", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "API_ERROR")


def test_to_label_shows_and_filters_labels(client: Client) -> None:
    stage = "toLabel(StageName) = 'closed won'"
    soql = f"SELECT toLabel(ForecastCategory) FROM Opportunity WHERE {stage}"
    assert records(client, soql) == [{"ForecastCategory": "Closed"}]
    field = "Level__c picklist values='a:First level; b:Second level'"
    client.admin("POST", "fields", json={"object": "Account", "field": field})
    client.create("Account", Name="Levelled", Level__c="b")
    soql = "SELECT toLabel(Level__c) shown FROM Account WHERE toLabel(Level__c) = 'Second level'"
    assert records(client, soql) == [{"shown": "Second level"}]


def test_format_writes_for_people(client: Client) -> None:
    fields = "format(Amount) a, format(CloseDate) d, format(CreatedDate)"
    soql = f"SELECT {fields} FROM Opportunity LIMIT 1"
    assert records(client, soql) == [
        {"a": "10.00", "d": "3/2/2026", "CreatedDate": "3/2/2026, 4:00 AM"}
    ]


def test_rollup_adds_subtotals_and_a_total(client: Client) -> None:
    soql = (
        "SELECT StageName, Type, SUM(Amount) total, GROUPING(Type) g FROM Opportunity "
        "GROUP BY ROLLUP(StageName, Type)"
    )
    rows = {(r["StageName"], r["Type"], r["g"]): r["total"] for r in records(client, soql)}
    assert rows == {
        ("Prospecting", "New Customer", 0): 10.0,
        ("Prospecting", None, 0): 20.0,
        ("Prospecting", None, 1): 30.0,
        ("Closed Won", "New Customer", 0): 40.0,
        ("Closed Won", None, 1): 40.0,
        (None, None, 1): 70.0,
    }


def test_cube_adds_subtotals_of_every_field(client: Client) -> None:
    soql = "SELECT StageName, Type, COUNT(Id) n FROM Opportunity GROUP BY CUBE(StageName, Type)"
    rows = records(client, soql)
    assert (len(rows), max(row["n"] for row in rows)) == (8, 3)


def test_rollup_takes_three_fields_at_most(client: Client) -> None:
    fields = "StageName, Type, LeadSource, OwnerId"
    soql = f"SELECT COUNT(Id) FROM Opportunity GROUP BY ROLLUP({fields})"
    assert refusal(client, soql)[0] == "MALFORMED_QUERY"


DEEP = (
    "SELECT Name, (SELECT Name, (SELECT StageName, (SELECT Role FROM OpportunityContactRoles) "
    "FROM Opportunities WHERE StageName = 'Closed Won') FROM ChildAccounts) "
    "FROM Account WHERE Name = 'Top'"
)


def test_child_queries_go_down_several_levels(client: Client) -> None:
    (top,) = records(client, DEEP)
    unit = top["ChildAccounts"]["records"][0]
    deal = unit["Opportunities"]["records"][0]
    assert (unit["Name"], deal["StageName"]) == ("Unit", "Closed Won")
    assert deal["OpportunityContactRoles"]["records"] == [{"Role": "Evaluator"}]


def test_before_version_58_child_queries_go_down_one_level(client: Client) -> None:
    code, message = refusal(client, DEEP, version="57.0")
    assert (code, "more than 1 level" in message) == ("MALFORMED_QUERY", True)


@pytest.mark.parametrize(
    ("soql", "at"),
    [
        ("SELECT Id, (SELECT Foo FROM Contacts) FROM Account", "Foo"),
        ("SELECT Id, (SELECT Id FROM Foos) FROM Account", "Foos"),
        ("SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account", "Contacts"),
        ("SELECT Id, (SELECT Id FROM Contacts WHERE Email = 5) FROM Account", "5"),
        (DEEP.replace("Role ", "Foo "), "Foo"),
        ("SELECT TYPEOF What WHEN Account THEN Foo END FROM Task", "Foo"),
        ("SELECT TYPEOF What WHEN User THEN Name END FROM Task", "TYPEOF"),
    ],
)
def test_an_error_in_a_part_points_into_the_whole_statement(
    client: Client, soql: str, at: str
) -> None:
    before, shown, caret, place, _ = refusal(client, soql)[1].split("\n")
    column = soql.index(at) + 1
    assert (before, place) == ("", f"ERROR at Row:1:Column:{column}")
    assert shown in soql
    assert shown[caret.index("^") :].startswith(at)


def test_a_statement_has_twenty_child_queries_at_most(client: Client) -> None:
    children = ", ".join(["(SELECT Id FROM Contacts)"] * 21)
    code, message = refusal(client, f"SELECT {children} FROM Account")
    assert (code, "only 20 child queries" in message) == ("MALFORMED_QUERY", True)


@pytest.mark.parametrize(
    ("soql", "name"),
    [
        ("SELECT (SELECT Id FROM Contacts), (SELECT Name FROM contacts) FROM Account", "contacts"),
        (
            "SELECT TYPEOF What WHEN Account THEN Phone END, "
            "TYPEOF What WHEN Opportunity THEN Amount END FROM Task",
            "What",
        ),
        ("SELECT What.Name, TYPEOF What WHEN Account THEN Phone END FROM Task", "What"),
        ("SELECT TYPEOF what WHEN Account THEN Phone END, t.What.Type FROM Task t", "what"),
        ("SELECT format(Amount) Owner, Owner.Name FROM Opportunity", "Owner.Name"),
        ("SELECT Owner.Name, format(Amount) Owner FROM Opportunity", "Owner"),
        (
            "SELECT Name, (SELECT Id, (SELECT Id FROM OpportunityContactRoles), "
            "(SELECT Role FROM OpportunityContactRoles) FROM Opportunities) FROM Account",
            "OpportunityContactRoles",
        ),
    ],
)
def test_a_relationship_is_shown_once(client: Client, soql: str, name: str) -> None:
    code, message = refusal(client, soql)
    expected = ("MALFORMED_QUERY", f"duplicate field selected: {name}")
    assert (code, message.splitlines()[-1]) == expected


def test_a_parent_that_is_shown_by_type_of_may_be_filtered_by(client: Client) -> None:
    soql = "SELECT TYPEOF What WHEN Account THEN Name END FROM Task WHERE What.Name = 'Unit'"
    assert records(client, soql) == [{"What": {"Name": "Unit"}}]


@pytest.mark.parametrize(
    ("clause", "count"),
    [
        ("CloseDate = THIS_FISCAL_YEAR", 3),
        ("CloseDate = LAST_FISCAL_QUARTER", 0),
        ("FISCAL_YEAR(CloseDate) = 2027", 3),
        ("FISCAL_QUARTER(CloseDate) = 1", 3),
        ("FISCAL_MONTH(CloseDate) = 2", 3),
        ("AccountId IN (SELECT Id FROM Account WHERE Name = 'Unit')", 3),
        ("AccountId NOT IN (SELECT Id FROM Account WHERE Name = 'Unit')", 0),
    ],
)
def test_fiscal_dates_and_semi_joins_filter(
    client: Client, fiscal_year_from_february: None, clause: str, count: int
) -> None:
    body = client.query(f"SELECT count() FROM Opportunity WHERE {clause}").json()
    assert body["totalSize"] == count


def test_an_amount_is_converted_only_in_a_multi_currency_org(client: Client) -> None:
    found = refusal(client, "SELECT convertCurrency(Amount) FROM Opportunity")
    assert (found[0], "CONVERTCURRENCY" in found[1]) == ("INVALID_FIELD", True)
