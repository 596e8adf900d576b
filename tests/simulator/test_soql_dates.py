"""Date literals as half-open spans of days (api.md 4)."""

from __future__ import annotations

from datetime import date

import pytest

from simulator.soql.dates import Span, Today, span

# a Wednesday
TODAY = Today(date(2026, 3, 4))
FISCAL = Today(date(2026, 3, 4), fiscal_start=2)


@pytest.mark.parametrize(
    ("literal", "since", "until"),
    [
        ("TODAY", (2026, 3, 4), (2026, 3, 5)),
        ("yesterday", (2026, 3, 3), (2026, 3, 4)),
        ("THIS_WEEK", (2026, 3, 1), (2026, 3, 8)),
        ("LAST_WEEK", (2026, 2, 22), (2026, 3, 1)),
        ("THIS_MONTH", (2026, 3, 1), (2026, 4, 1)),
        ("LAST_MONTH", (2026, 2, 1), (2026, 3, 1)),
        ("NEXT_QUARTER", (2026, 4, 1), (2026, 7, 1)),
        ("LAST_YEAR", (2025, 1, 1), (2026, 1, 1)),
        ("LAST_90_DAYS", (2025, 12, 4), (2026, 3, 5)),
        ("LAST_N_DAYS:3", (2026, 3, 1), (2026, 3, 5)),
        ("NEXT_N_DAYS:2", (2026, 3, 5), (2026, 3, 7)),
        ("N_DAYS_AGO:4", (2026, 2, 28), (2026, 3, 1)),
        ("LAST_N_MONTHS:2", (2026, 1, 1), (2026, 3, 1)),
        ("N_YEARS_AGO:1", (2025, 1, 1), (2026, 1, 1)),
    ],
)
def test_a_literal_is_a_span_of_days(
    literal: str, since: tuple[int, int, int], until: tuple[int, int, int]
) -> None:
    assert span(literal, TODAY) == Span(date(*since), date(*until))


def test_a_fiscal_year_begins_when_the_org_says() -> None:
    assert span("THIS_FISCAL_YEAR", FISCAL) == Span(date(2026, 2, 1), date(2027, 2, 1))
    assert span("LAST_FISCAL_QUARTER", FISCAL) == Span(date(2025, 11, 1), date(2026, 2, 1))


@pytest.mark.parametrize("literal", ["SOON", "LAST_N_DAYS", "LAST_N_DAYS:99999999", "THIS_DECADE"])
def test_what_is_no_literal_has_no_span(literal: str) -> None:
    assert span(literal, TODAY) is None
