"""Every query of docs/marts.md does what its heading says."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from salesforce_elt.settings.models import Minimums
from tests.warehouse.small_org import PROJECT, SmallOrg, create_staging, settings_of

PAGE = (PROJECT / "docs/marts.md").read_text(encoding="utf-8")
QUERIES = {
    heading: query
    for heading, text in re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", PAGE, flags=re.M | re.S)
    for query in re.findall(r"^```sql\n(.*?)^```", text, flags=re.M | re.S)
}
NOW = datetime.now(UTC).replace(microsecond=0)
HOUR_AGO, MINUTE_AGO = NOW - timedelta(hours=1), NOW - timedelta(minutes=1)
FIRST, SECOND = "006000000000001AAA", "006000000000002AAA"
OPEN, WON, LOST = (False, False), (True, True), (True, False)
STAGES = {"Prospecting": OPEN, "Proposal": OPEN, "Closed Won": WON, "Closed Lost": LOST}

EXPECTED: Mapping[str, list[tuple[Any, ...]]] = {
    "Pipeline by month and stage": [
        (date(2026, 6, 1), "One Pipeline", "Prospecting", 1, Decimal(10)),
        (date(2026, 7, 1), "One Pipeline", "Prospecting", 1, Decimal(20)),
        (date(2026, 7, 1), "One Pipeline", "Proposal", 1, Decimal(30)),
    ],
    "Win rate by owner": [("Ann", 1, 1, Decimal("50.0")), ("Ben", 0, 1, Decimal("0.0"))],
    "Stage conversion and time in stage": [
        ("One Pipeline", "Prospecting", 3, 2, Decimal("2.0")),
        ("One Pipeline", "Proposal", 2, 1, Decimal("3.0")),
        ("One Pipeline", "Closed Won", 1, 0, None),
        ("One Pipeline", "Closed Lost", 2, 0, None),
    ],
    "The pipeline as it was": [
        (date(2026, 6, 30), "Proposal", 1, Decimal(7)),
        (date(2026, 6, 30), "Prospecting", 1, Decimal(5)),
    ],
    "What changed since yesterday": [
        (HOUR_AGO, "A", None, "Prospecting", None, Decimal(10)),
        (MINUTE_AGO, "A", "Prospecting", "Prospecting", Decimal(10), Decimal(15)),
    ],
    "What the syncs did since yesterday": [("members", 0, 0, 1), ("opportunities", 0, 0, 1)],
    "Why an opportunity is missing": [
        (FIRST, "amount_below_minimum", "5", "opportunity_minimums.amount: 10")],
}


@pytest.fixture
def demo(org_18: SmallOrg) -> SmallOrg:
    """The org of the page."""
    create_staging(org_18.conn, "demo")
    org = replace(org_18, key="demo", settings=settings_of("demo"))
    org.stage("OpportunityStage", *(
        {"id": f"01J{order}", "api_name": name, "master_label": name, "sort_order": order,
         "is_active": True, "is_closed": flags[0], "is_won": flags[1]}
        for order, (name, flags) in enumerate(STAGES.items())))
    return org


def opportunity(one: str, stage: str, **fields: Any) -> dict[str, Any]:
    """A row of Opportunity in this stage."""
    is_closed, is_won = STAGES[stage]
    return {"id": one, "stage_name": stage, "is_closed": is_closed, "is_won": is_won, **fields}


def stays(org: SmallOrg, one: str, *states: tuple[str, datetime], amount: int = 1) -> None:
    """What Salesforce noted of an opportunity."""
    org.stage("OpportunityHistory", *(
        {"id": f"008{one}{number}", "opportunity_id": one, "stage_name": stage, "amount": amount,
         "created_date": at}
        for number, (stage, at) in enumerate(states)))


def june(day: int) -> datetime:
    """A day of June 2026."""
    return datetime(2026, 6, day, tzinfo=UTC)


def answer(org: SmallOrg, heading: str) -> list[tuple[Any, ...]]:
    """What the page's query returns."""
    org.sync()
    return [tuple(row.values()) for row in org.rows(QUERIES[heading])]


def test_every_query_of_the_page_has_a_test() -> None:
    assert set(QUERIES) == set(EXPECTED)


def test_pipeline_by_month_and_stage(demo: SmallOrg) -> None:
    demo.stage("Opportunity",
        opportunity("006A", "Prospecting", amount=10, close_date="2026-06-30"),
        opportunity("006B", "Prospecting", amount=20, close_date="2026-07-01"),
        opportunity("006C", "Proposal", amount=30, close_date="2026-07-31"),
        opportunity("006D", "Closed Won", amount=40, close_date="2026-07-31"))
    assert answer(demo, "Pipeline by month and stage") == EXPECTED["Pipeline by month and stage"]


def test_win_rate_by_owner(demo: SmallOrg) -> None:
    demo.stage("User", {"id": "0051", "name": "Ann"}, {"id": "0052", "name": "Ben"})
    demo.stage("Opportunity",
        opportunity("006A", "Closed Won", owner_id="0051"),
        opportunity("006B", "Closed Lost", owner_id="0051"),
        opportunity("006C", "Closed Lost", owner_id="0052"),
        opportunity("006D", "Prospecting", owner_id="0052"))
    assert answer(demo, "Win rate by owner") == EXPECTED["Win rate by owner"]


def test_stage_conversion_and_time_in_stage(demo: SmallOrg) -> None:
    demo.stage("Opportunity", opportunity("006A", "Closed Won"),
               opportunity("006B", "Closed Lost"), opportunity("006C", "Closed Lost"))
    stays(demo, "006A", ("Prospecting", june(1)), ("Proposal", june(2)), ("Closed Won", june(4)))
    stays(demo, "006B", ("Prospecting", june(1)), ("Proposal", june(3)), ("Closed Lost", june(7)))
    stays(demo, "006C", ("Prospecting", june(1)), ("Closed Lost", june(4)))
    found = answer(demo, "Stage conversion and time in stage")
    assert found == EXPECTED["Stage conversion and time in stage"]


def test_the_pipeline_as_it_was(demo: SmallOrg) -> None:
    demo.stage("Opportunity", opportunity("006A", "Closed Won"), opportunity("006B", "Proposal"))
    stays(demo, "006A", ("Prospecting", june(30)), ("Closed Won", june(30) + timedelta(days=1)),
          amount=5)
    stays(demo, "006B", ("Proposal", june(2)), amount=7)
    assert answer(demo, "The pipeline as it was") == EXPECTED["The pipeline as it was"]


def test_what_changed_since_yesterday(demo: SmallOrg) -> None:
    demo.stage("Opportunity", opportunity("006A", "Prospecting", name="A"),
               opportunity("006B", "Prospecting", name="B"))
    stays(demo, "006A", ("Prospecting", HOUR_AGO), amount=10)
    stays(demo, "006B", ("Prospecting", NOW - timedelta(days=2)))
    demo.stage("OpportunityHistory",
        {"id": "009", "opportunity_id": "006A", "stage_name": "Prospecting", "amount": 15,
         "created_date": MINUTE_AGO})
    assert answer(demo, "What changed since yesterday") == EXPECTED["What changed since yesterday"]


def test_what_the_syncs_did_since_yesterday(demo: SmallOrg) -> None:
    demo.stage("User", {"id": "0051", "name": "Ann"})
    demo.stage("Opportunity", opportunity("006A", "Prospecting", owner_id="0051"))
    demo.sync()
    demo.conn.execute("update sync.runs set published_at = now() - interval '2 days'")
    demo.delete("Opportunity", "006A")
    found = answer(demo, "What the syncs did since yesterday")
    assert found == EXPECTED["What the syncs did since yesterday"]


def test_why_an_opportunity_is_missing(demo: SmallOrg) -> None:
    heading = "Why an opportunity is missing"
    (gone,) = answer(demo, heading)
    demo.stage("Opportunity", opportunity(FIRST, "Prospecting", amount=5))
    (there,) = answer(demo, heading)
    demo.settings = demo.settings.model_copy(
        update={"opportunity_minimums": Minimums(amount=Decimal(10))})
    assert answer(demo, heading) == EXPECTED[heading]
    assert gone[1:] == ("deleted in Salesforce, or hidden from the integration user", None, None)
    assert there[1:] == ("it is there", None, None)
