"""convertCurrency by dated rates: a deal is worth what it was when it closed (api.md 5.4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulator.server import RunningOrg
from tests.simulator.conftest import Client

DEAL = {"Name": "Deal", "StageName": "Prospecting", "CurrencyIsoCode": "EUR", "Amount": 90}


@pytest.fixture(scope="module")
def currencies(new_org: Callable[..., RunningOrg]) -> Client:
    """An org with several currencies, and dated rates for the euro: 0.9, 0.75 from May on."""
    client = Client(new_org())
    client.admin("PATCH", "options", json={"multi_currency": True})
    assert client.admin("POST", "empty").status_code == 204
    client.login()
    for start, rate in (("2026-01-01", 0.9), ("2026-05-01", 0.75)):
        values = {"IsoCode": "EUR", "StartDate": start, "ConversionRate": rate}
        client.create("DatedConversionRate", **values)
    return client


def worth(
    client: Client, record: str, field: str = "Amount", sobject: str = "Opportunity"
) -> float:
    soql = f"SELECT convertCurrency({field}) FROM {sobject} WHERE Id = '{record}'"
    return float(client.records(soql)[0][field])


def test_a_rate_is_good_until_the_next_begins(currencies: Client) -> None:
    soql = "SELECT StartDate, NextStartDate FROM DatedConversionRate ORDER BY StartDate"
    assert currencies.records(soql) == [
        {"StartDate": "2026-01-01", "NextStartDate": "2026-05-01"},
        {"StartDate": "2026-05-01", "NextStartDate": "9999-12-31"},
    ]


@pytest.mark.parametrize(
    ("closes", "expected"),
    [
        ("2026-04-30", 100.0),
        ("2026-05-01", 120.0),
        # before the first dated rate, today's counts: 0.92
        ("2025-12-31", 97.83),
    ],
)
def test_an_opportunity_is_converted_at_the_rate_of_its_close_date(
    currencies: Client, closes: str, expected: float
) -> None:
    deal = currencies.create("Opportunity", **DEAL, CloseDate=closes)
    assert worth(currencies, deal) == expected


def test_a_line_item_is_converted_as_its_opportunity_is(currencies: Client) -> None:
    product = currencies.create("Product2", Name="Thing", IsActive=True)
    book = currencies.records("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]["Id"]
    price = {"UnitPrice": 90, "CurrencyIsoCode": "EUR", "IsActive": True}
    entry = currencies.create("PricebookEntry", Pricebook2Id=book, Product2Id=product, **price)
    deal = currencies.create("Opportunity", **DEAL, CloseDate="2026-05-02", Pricebook2Id=book)
    values = {"OpportunityId": deal, "PricebookEntryId": entry, "Quantity": 1, "UnitPrice": 90}
    line = currencies.create("OpportunityLineItem", **values, CurrencyIsoCode="EUR")
    assert worth(currencies, line, "UnitPrice", "OpportunityLineItem") == 120.0


def test_history_is_converted_at_the_close_date_that_it_tells(currencies: Client) -> None:
    deal = currencies.create("Opportunity", **DEAL, CloseDate="2026-05-03")
    soql = f"SELECT convertCurrency(Amount) FROM OpportunityHistory WHERE OpportunityId = '{deal}'"
    assert currencies.records(soql) == [{"Amount": 120.0}]


def test_other_objects_are_converted_at_todays_rate(currencies: Client) -> None:
    account = currencies.create("Account", Name="A", CurrencyIsoCode="EUR", AnnualRevenue=92)
    assert worth(currencies, account, "AnnualRevenue", "Account") == 100.0


def test_a_converted_amount_can_be_written_for_people(currencies: Client) -> None:
    deal = currencies.create("Opportunity", **{**DEAL, "Amount": 900_000}, CloseDate="2026-05-04")
    soql = f"SELECT FORMAT(convertCurrency(Amount)) shown FROM Opportunity WHERE Id = '{deal}'"
    assert currencies.records(soql) == [{"shown": "1,200,000.00"}]


def test_a_rate_that_goes_leaves_the_one_before(currencies: Client) -> None:
    values = {"IsoCode": "GBP", "ConversionRate": 0.8}
    first = currencies.create("DatedConversionRate", **values, StartDate="2026-01-01")
    second = currencies.create("DatedConversionRate", **values, StartDate="2026-02-01")
    currencies.call("DELETE", f"/sobjects/DatedConversionRate/{second}")
    row = currencies.get(f"/sobjects/DatedConversionRate/{first}").json()
    assert row["NextStartDate"] == "9999-12-31"
