"""How far a statement may go, and what is refused in Salesforce's own words (api.md 4)."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import Client


def refusal(client: Client, soql: str) -> tuple[str, str]:
    answer = client.call("GET", "/query", params={"q": soql})
    assert answer.status_code == 400, answer.text
    return answer.json()[0]["errorCode"], answer.json()[0]["message"]


def test_parents_are_reached_over_five_levels(client: Client) -> None:
    names = ["Six", "Five", "Four", "Three", "Two", "One"]
    above: str | None = None
    for name in names:
        above = client.create("Account", Name=name, ParentId=above)
    five = ".".join(["Parent"] * 5)
    row = client.records(f"SELECT {five}.Name FROM Account WHERE {five}.Name = 'Six'")[0]
    for _ in range(5):
        row = row["Parent"]
    assert row["Name"] == "Six"
    assert refusal(client, f"SELECT Parent.{five}.Name FROM Account")[0] == "INVALID_FIELD"


def test_a_statement_reaches_fifty_five_relationships_at_most(client: Client) -> None:
    """Accounts up to the fourth, the users of each, and theirs: 58 relationships."""
    people = ("Owner", "CreatedBy", "LastModifiedBy")
    theirs = ("", ".Manager", ".Manager.Manager", ".CreatedBy", ".LastModifiedBy")
    within = {0: 5, 1: 5, 2: 5, 3: 2, 4: 1}
    paths = [
        f"{'Parent.' * up}{person}{their}.Id"
        for up, count in within.items()
        for person in people
        for their in theirs[:count]
    ]
    few = ", ".join(paths[:40])
    assert client.query(f"SELECT {few} FROM Account").status_code == 200
    soql = f"SELECT {', '.join(paths)} FROM Account"
    assert refusal(client, soql)[0] == "QUERY_TOO_COMPLICATED"


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'Linked')", ["With"]),
        ("Id NOT IN (SELECT AccountId FROM Contact WHERE AccountId != null)", ["Without"]),
        (
            "Id IN (SELECT AccountId FROM Contact) "
            "AND Id NOT IN (SELECT AccountId FROM Opportunity)",
            ["With"],
        ),
    ],
)
def test_semi_and_anti_joins_find_who_has_and_who_has_not(
    client: Client, condition: str, found: list[str]
) -> None:
    if not client.records("SELECT Id FROM Account WHERE Name = 'With'"):
        has = client.create("Account", Name="With")
        client.create("Account", Name="Without")
        client.create("Contact", LastName="Linked", AccountId=has)
    names = f"Name IN ('With', 'Without') AND {condition}"
    rows = client.records(f"SELECT Name FROM Account WHERE {names} ORDER BY Name")
    assert [row["Name"] for row in rows] == found


def test_groups_are_kept_by_having(client: Client) -> None:
    for name, site in (("a", "x"), ("b", "x"), ("c", "y")):
        client.create("Account", Name=name, Site=site)
    soql = "SELECT Site, COUNT(Id) n FROM Account WHERE Site != null GROUP BY Site"
    assert client.records(f"{soql} HAVING COUNT(Id) > 1") == [{"Site": "x", "n": 2}]
    assert client.records(f"{soql} HAVING Site = 'y'") == [{"Site": "y", "n": 1}]


@pytest.mark.parametrize(
    "clause",
    [
        "LIMIT 1",
        "OFFSET 1",
        "ORDER BY AccountId",
        "GROUP BY AccountId",
        "GROUP BY AccountId HAVING COUNT(Id) > 1",
        "HAVING COUNT(Id) > 1",
        "USING SCOPE everything",
        "USING SCOPE mine",
    ],
)
def test_a_sub_select_with_another_clause_than_where_is_refused(
    client: Client, clause: str
) -> None:
    sub_select = f"SELECT AccountId FROM Contact {clause}"
    found = refusal(client, f"SELECT Id FROM Account WHERE Id IN ({sub_select})")
    assert found[0] == "MALFORMED_QUERY"
    assert "no clause but FROM and WHERE" in found[1]


@pytest.mark.parametrize("negation", ["", "NOT"])
@pytest.mark.parametrize("column", ["AccountId a", "AccountId, Id", "COUNT()"])
def test_a_sub_select_has_one_column_without_an_alias(
    client: Client, negation: str, column: str
) -> None:
    condition = f"Id {negation} IN (SELECT {column} FROM Contact)"
    code, message = refusal(client, f"SELECT Id FROM Account WHERE {condition}")
    assert (code, "without an alias" in message) == ("MALFORMED_QUERY", True)


@pytest.mark.parametrize("ending", ["FOR VIEW", "FOR REFERENCE", "FOR UPDATE"])
def test_what_a_statement_says_of_its_use_changes_nothing(client: Client, ending: str) -> None:
    assert client.query(f"SELECT Id FROM Account LIMIT 1 {ending}").status_code == 200


@pytest.mark.parametrize(
    ("soql", "code", "message"),
    [
        ("SELECT * FROM Account", "MALFORMED_QUERY", "unexpected token: '*'"),
        ("SELECT Id FROM Account ALL ROWS", "MALFORMED_QUERY", "unexpected token: 'ROWS'"),
        ("SELECT Id FROM Account USING SCOPE team", "MALFORMED_QUERY", "scope: team"),
        (
            "SELECT Id FROM Account WITH DATA CATEGORY Geography__c AT usa__c",
            "MALFORMED_QUERY",
            "unexpected token",
        ),
        (
            "SELECT Id FROM Account WHERE DISTANCE(BillingAddress, GEOLOCATION(1,2), 'km') < 5",
            "MALFORMED_QUERY",
            "unexpected token",
        ),
        (
            "SELECT Id, (SELECT COUNT(Id) FROM Contacts) FROM Account",
            "MALFORMED_QUERY",
            "Only root queries support aggregate expressions",
        ),
        (
            "SELECT CALENDAR_YEAR(convertTimezone()) y FROM Account "
            "GROUP BY CALENDAR_YEAR(convertTimezone())",
            "MALFORMED_QUERY",
            "CONVERTTIMEZONE",
        ),
        (
            "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contact WHERE "
            "AccountId IN (SELECT Id FROM Account))",
            "MALFORMED_QUERY",
            "Semi join sub-selects are only allowed at the top level",
        ),
        ("SELECT Id FROM Account HAVING COUNT(Id) > 1", "MALFORMED_QUERY", "GROUP BY"),
        ("SELECT COUNT() FROM Account GROUP BY Name", "MALFORMED_QUERY", "COUNT() cannot be used"),
        (
            "SELECT COUNT() FROM Account GROUP BY Name HAVING COUNT(Id) > 1",
            "MALFORMED_QUERY",
            "COUNT() cannot be used",
        ),
        ("SELECT COUNT() FROM Account HAVING COUNT(Id) > 1", "MALFORMED_QUERY", "GROUP BY"),
        ("SELECT COUNT() FROM Account ORDER BY Name", "MALFORMED_QUERY", "COUNT() cannot be used"),
        (
            "SELECT Id FROM Opportunity WHERE HOUR_IN_DAY(CloseDate) = 0",
            "INVALID_FIELD",
            "field 'CloseDate' is not a dateTime",
        ),
        (
            "SELECT DAY_ONLY(CloseDate) d FROM Opportunity GROUP BY DAY_ONLY(CloseDate)",
            "INVALID_FIELD",
            "field 'CloseDate' is not a dateTime",
        ),
        (
            "SELECT Id FROM Opportunity WHERE HOUR_IN_DAY(convertTimezone(CloseDate)) = 0",
            "INVALID_FIELD",
            "field 'CloseDate' is not a dateTime",
        ),
        (
            "SELECT Id FROM Account WHERE CALENDAR_YEAR(Name) = 2026",
            "INVALID_FIELD",
            "field 'Name' is not a date or dateTime",
        ),
        ("SELECT FORMAT(toLabel(Name)) FROM Account", "INVALID_FIELD", "TOLABEL"),
        ("SELECT toLabel(FORMAT(Name)) FROM Account", "MALFORMED_QUERY", "TOLABEL takes one field"),
    ],
)
def test_what_is_not_offered_is_refused_and_never_answered_wrongly(
    client: Client, soql: str, code: str, message: str
) -> None:
    found = refusal(client, soql)
    assert found[0] == code
    assert message in found[1]


@pytest.mark.parametrize("condition", ["= '{}'", "LIKE '{}%'", "IN ('x', '{}')"])
@pytest.mark.parametrize("text", ["\\ud800", "\\uDFFF", "\\ude00\\ud83d", "\\u0000"])
def test_a_text_with_half_a_character_or_none_is_refused(
    client: Client, condition: str, text: str
) -> None:
    soql = f"SELECT Id FROM Account WHERE Name {condition.format(text)}"
    code, message = refusal(client, soql)
    assert (code, message.splitlines()[-1]) == ("MALFORMED_QUERY", "Illegal character in string")


def test_two_halves_of_a_character_are_one(client: Client) -> None:
    client.create("Account", Name="Smile \U0001f600")
    soql = "SELECT Name FROM Account WHERE Name = 'Smile \\ud83d\\ude00'"
    assert client.records(soql) == [{"Name": "Smile \U0001f600"}]


def test_a_text_is_compared_with_four_thousand_characters_at_most(client: Client) -> None:
    soql = "SELECT Id FROM Account WHERE Name = '{}'"
    assert client.query(soql.format("x" * 4_000)).status_code == 200
    assert client.query(soql.format("x" * 4_001)).status_code == 400
