"""SOQL text becomes a statement, or an error that points at the place (api.md 2.8, 4)."""

from __future__ import annotations

import pytest

from simulator.errors import SalesforceError
from simulator.soql import syntax
from simulator.soql.parser import parse


def test_keywords_come_in_any_case_and_with_any_blanks() -> None:
    query = parse(
        "select  Id,\n Owner.Name\tfrom   Account where  Name  like 'A%'  order  by Id desc"
    )
    assert query.source.name == "Account"
    assert query.order_by[0].descending


def test_an_object_may_be_named_like_a_keyword() -> None:
    assert parse("SELECT Id FROM Group GROUP BY Id").source.name == "Group"


@pytest.mark.parametrize(
    "moment",
    [
        "2020-01-01T00:00:00Z",
        "2020-01-01T00:00:00.000Z",
        "2020-01-01T00:00:00.000000Z",
        "2020-01-01T00:00:00+00:00",
        "2020-01-01T00:00:00.299+00:00",
    ],
)
def test_every_form_of_a_datetime_is_one_literal(moment: str) -> None:
    """clients.md 7."""
    where = parse(f"SELECT Id FROM Account WHERE SystemModstamp >= {moment}").where
    assert isinstance(where, syntax.Comparison)
    assert where.value.kind == "DATETIME"


@pytest.mark.parametrize(
    ("soql", "column", "token"),
    [
        ("SELECT Id FORM Account", 11, "FORM"),
        ("SELECT Id, FROM Account", 12, "FROM"),
        ("SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3", 46, "OR"),
        ("SELECT Id FROM Account LIMIT ten", 30, "ten"),
        ("SELECT * FROM Account", 8, "*"),
        ("SELECT Id FROM Account ALL ROWS", 28, "ROWS"),
    ],
)
def test_what_cannot_be_read_is_pointed_at(soql: str, column: int, token: str) -> None:
    """wire/restforce/query_error_response.json, api.md 2.8 (MALFORMED_QUERY)."""
    with pytest.raises(SalesforceError) as refused:
        parse(soql)
    assert refused.value.code == "MALFORMED_QUERY"
    expected = f"ERROR at Row:1:Column:{column}\nunexpected token: '{token}'"
    assert refused.value.message.endswith(expected)


def test_a_statement_that_breaks_off_ends_too_early() -> None:
    with pytest.raises(SalesforceError, match="unexpected token: '<EOF>'"):
        parse("SELECT Id FROM")


def test_a_statement_as_deep_as_a_well_is_too_complicated() -> None:
    deep = "(" * 5_000 + "Id = null" + ")" * 5_000
    with pytest.raises(SalesforceError, match="QUERY_TOO_COMPLICATED"):
        parse(f"SELECT Id FROM Account WHERE {deep}")
