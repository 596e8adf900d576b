"""Numbers as Java writes doubles, dates as REST and Bulk write them (api.md 2.3, 3.4)."""

from __future__ import annotations

from decimal import Decimal

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.formats import JavaDouble, java_double
from simulator.json_text import dumps
from simulator.storage.tables import JAVA_DOUBLE

# api.md 3.4: scientific from 1e7 up (forcedotcom/cli 3367: 9.0E7, 1.6147805824397E13)
KNOWN = {
    "0": "0.0",
    "1": "1.0",
    "90000000": "9.0E7",
    "16147805824397": "1.6147805824397E13",
    "9999999": "9999999.0",
    "10000000": "1.0E7",
    "12345678.91": "1.234567891E7",
    "0.001": "0.001",
    "0.0001": "1.0E-4",
    "0.00012345": "1.2345E-4",
    "-1500.50": "-1500.5",
    "-90000000": "-9.0E7",
    "1E+20": "1.0E20",
}


@pytest.mark.parametrize(("number", "text"), KNOWN.items())
def test_a_number_is_written_as_java_writes_it(number: str, text: str) -> None:
    assert java_double(Decimal(number)) == text


def test_the_database_writes_numbers_as_the_json_does(database_url: str) -> None:
    numbers = [Decimal(number) for number in KNOWN] + [Decimal("123456789012345.67")]
    with psycopg.connect(database_url) as connection:
        connection.execute("create schema state")
        connection.execute(JAVA_DOUBLE.format(state="state"))
        query = "select state.java_double(n) from unnest(%s::numeric[]) with ordinality q(n, i)"
        found = [row[0] for row in connection.execute(f"{query} order by i", (numbers,))]
    assert found == [java_double(number) for number in numbers]


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=2, min_value=-(10**13), max_value=10**13
    )
)
def test_money_survives_being_written(amount: Decimal) -> None:
    assert Decimal(java_double(amount)) == amount


def test_a_pretty_answer_has_the_spaces_that_salesforce_has() -> None:
    # wire/cumulusci/interactions/TestCompositeParallelSalesforce.test_reference_ids.json
    body = {"totalSize": 0, "done": True, "records": []}
    text = '{\n  "totalSize" : 0,\n  "done" : true,\n  "records" : [ ]\n}'
    assert dumps(body, pretty=True) == text


def test_a_double_keeps_javas_form_in_json() -> None:
    assert dumps([JavaDouble(9e7), 3, None]) == "[9.0E7,3,null]"
