"""A record read by REST and by Bulk gives the same row, whatever its fields hold."""

from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from salesforce_elt import plan
from salesforce_elt.salesforce import bulk
from tests.driver import AUTHORITIES, Desk

TABLE = "thing__c"
FIELDS = [
    "Text__c string 255",
    "Lines__c textarea 255",
    "Long__c longtext 131072",
    "Choice__c picklist values='NA; null; 0012'",
    "Choices__c multipicklist values='A; B; C'",
    "Phone__c phone",
    "Email__c email",
    "Url__c url",
    "Flag__c boolean",
    "Whole__c int",
    "Number__c double 18,8",
    "Money__c currency 16,2",
    "Share__c percent 5,2",
    "Day__c date",
    "Moment__c datetime",
    "Time__c time",
    "Account__c reference to=Account children=Things__r",
    "location Place__c",
]

# No NUL: neither Salesforce's JSON nor PostgreSQL holds one in a text. No surrogates: no text.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=80)
hostile = st.sampled_from(
    ["NA", "null", "None", "NaN", "0012", "1E5", '"', '""', '","', "\\N", "\\.", "a\nb", "a\r\nb",
     "a\rb", " pad ", "😀", "true", "#N/A", "=1+1", "é" * 80]
)
any_text = st.one_of(texts, hostile)
days = st.dates(date(1700, 1, 1), date(4000, 12, 31))
numbers = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(-1e12, 1e12, allow_nan=False).map(lambda number: round(number, 4)),
    st.sampled_from([0, 0.1, 1e7, 9e7, 12345678.91, -0.01, 1e15]),
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), values)


records = st.fixed_dictionaries(
    {
        "Text__c": maybe(any_text),
        "Lines__c": maybe(any_text),
        "Long__c": maybe(st.one_of(any_text, st.just("0123456789abcdef" * 8192))),
        "Choice__c": maybe(st.sampled_from(["NA", "null", "0012"])),
        "Choices__c": maybe(st.sampled_from(["A", "A;B", "A;B;C"])),
        "Phone__c": maybe(st.sampled_from(["0012", "+49 89 1"])),
        "Email__c": maybe(st.sampled_from(["na@na.na", "a+b@acme.com"])),
        "Url__c": maybe(st.sampled_from(["https://acme.com/?a=1,2", "null"])),
        "Flag__c": st.booleans(),
        "Whole__c": maybe(st.integers(-(10**8), 10**8)),
        "Number__c": maybe(st.floats(-1e9, 1e9, allow_nan=False).map(lambda n: round(n, 6))),
        "Money__c": maybe(numbers.map(lambda number: round(number % 10**13, 2))),
        "Share__c": maybe(st.sampled_from([0, 0.5, 99.99, 100])),
        "Day__c": maybe(days.map(str)),
        "Moment__c": maybe(
            st.builds(lambda day, at: f"{day}T{at:%H:%M:%S}.000Z", days, st.times())
        ),
        "Time__c": maybe(st.times().map(lambda at: at.strftime("%H:%M:%S.000Z"))),
        "Place__Latitude__s": maybe(st.sampled_from([0, 48.137154, -89.999999])),
    }
)


@pytest.fixture(scope="module")
def desk(generated_desk: Callable[..., Desk]) -> Desk:
    made = generated_desk(size=5)
    made.administer("objects", {"name": "Thing__c", "fields": FIELDS})
    made.org.org.options.update({"query_batch_size": 200, "bulk_page_records": 7})
    return made.configured(objects={"Thing__c": {}})


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(records, min_size=1, max_size=60))
def test_any_record_gives_the_same_row_by_rest_and_by_bulk(desk, made):
    create(desk, made)
    by_rest, by_bulk = rows(desk, "rest"), rows(desk, "bulk")
    assert len(by_rest) >= len(made)
    assert by_rest == by_bulk


def create(desk: Desk, made: list[dict[str, Any]]) -> None:
    """As a client that writes would; the product's own reads no answer of this shape."""
    client = desk.client()
    answer = httpx.post(
        f"{client.token().instance_url}{client.data_path}/composite/sobjects",
        json={"allOrNone": True, "records": [{"attributes": {"type": "Thing__c"}, **one}
                                             for one in made]},
        headers={"Authorization": f"Bearer {client.token().access_token}"},
        timeout=120,
        verify=AUTHORITIES,
    )
    assert all(one["success"] for one in answer.json()), answer.text


def rows(desk: Desk, way: str) -> list[dict[str, Any]]:
    """The object's rows in a warehouse of its own."""
    fresh = desk.with_an_empty_warehouse()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "BULK_CALLS", 10**6 if way == "rest" else 0)
        patch.setattr(bulk, "LISTED_FROM", 0)
        fresh.read("Thing__c")
    assert fresh.value("select way from sync.run_objects where sobject = 'Thing__c'") == way
    assert list(fresh.differences_of("Thing__c")) == []
    return fresh.rows(f"select * from staging_demo.{TABLE} order by id")
