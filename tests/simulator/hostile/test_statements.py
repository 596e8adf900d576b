"""Any statement is answered or refused."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.conftest import Client
from tests.simulator.hostile.sending import (
    FEW,
    refused_or_answered,
)

STATEMENTS = (
    "SELECT Id, Name, Owner.Name FROM Account WHERE Name LIKE 'A%' ORDER BY Name DESC LIMIT 5",
    "SELECT COUNT(Id), Industry FROM Account GROUP BY Industry HAVING COUNT(Id) > 1",
    "SELECT Id, (SELECT Id FROM Contacts WHERE Email != null) FROM Account WHERE IsDeleted = false",
    "SELECT Id FROM Contact WHERE AccountId IN (SELECT Id FROM Account WHERE AnnualRevenue > 1.5)",
    "SELECT Id FROM Opportunity WHERE CloseDate = LAST_N_DAYS:30"
    " OR CreatedDate > 2020-01-01T00:00:00Z",
    "SELECT FIELDS(STANDARD) FROM User WHERE NOT (IsActive = true AND Name = 'x\\'y')",
    "SELECT What.Type FROM Task WHERE CALENDAR_YEAR(CreatedDate) = 2026 LIMIT 1 OFFSET 2",
    "SELECT IsReadable FROM UserEntityAccess WHERE EntityDefinition.QualifiedApiName = 'Account'",
)
TOKENS = sorted({token for one in STATEMENTS for token in re.findall(r"\w+|\S", one)})


@FEW
@given(
    soql=st.sampled_from(STATEMENTS),
    cut=st.integers(0, 40),
    count=st.integers(0, 3),
    put=st.lists(st.sampled_from(TOKENS), max_size=3),
)
def test_a_spoilt_statement_is_answered_or_refused(
    client: Client, soql: str, cut: int, count: int, put: list[str]
) -> None:
    tokens = re.findall(r"'(?:\\.|[^'])*'|[\w.:]+|\S", soql)
    spoilt = " ".join([*tokens[:cut], *put, *tokens[cut + count :]])
    refused_or_answered(client.query(spoilt))
    refused_or_answered(client.query(spoilt, all_rows=True))


@FEW
@given(soql=st.text(max_size=80))
def test_a_statement_of_any_characters_is_refused(client: Client, soql: str) -> None:
    answer = client.get("/query", q=soql.encode("utf-8", "replace"))
    refused_or_answered(answer)
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Account WHERE " + "(" * 2_000 + "Id != null" + ")" * 2_000,
        "SELECT Id FROM Account WHERE " + "NOT " * 1_500 + "IsDeleted = true",
        "SELECT Id FROM Account WHERE " + " OR ".join(["Name = 'x'"] * 900),
        "SELECT Id FROM Account WHERE Name IN (" + ",".join(["'x'"] * 3_000) + ")",
        "SELECT " + "(SELECT Id FROM Contacts), " * 100 + "Id FROM Account",
        "SELECT Id FROM Account WHERE Name LIKE '" + "%a" * 500 + "'",
        "SELECT Id FROM " + "Account, " * 500 + "Contact",
    ],
    ids=["parentheses", "negations", "alternatives", "list", "children", "pattern", "sources"],
)
@pytest.mark.parametrize("way", ["query", "bulk"])
def test_a_statement_without_measure_is_answered_or_refused(
    client: Client, soql: str, way: str
) -> None:
    if way == "query":
        return refused_or_answered(client.query(soql))
    body = {"operation": "query", "query": soql}
    return refused_or_answered(client.call("POST", "/jobs/query", json=body))


@pytest.mark.parametrize(
    "name",
    ["other.Account", "org.Account", "org_state.sobject", "pg_catalog.pg_tables", "pg_tables",
     '"org"."Account"', "Account t0, User", "information_schema.tables", "sobject", "cursor"],
)  # fmt: skip
def test_a_statement_reaches_only_the_objects_of_the_org(client: Client, name: str) -> None:
    answer = client.query(f"SELECT Id FROM {name}")
    assert (answer.status_code, "records" in answer.text) == (400, False)
