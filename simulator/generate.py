"""Fills an org with records that look real: the same ones for the same size, seed and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from simulator import seeds
from simulator.catalog import Field, record_type_field
from simulator.catalog.reading import read_field
from simulator.generated.activities import events, tasks
from simulator.generated.companies import (
    account_rows,
    campaign_rows,
    contact_rows,
    lead_rows,
    process_rows,
    product_rows,
)
from simulator.generated.deals import deals
from simulator.generated.people import group_rows, role_rows, user_rows
from simulator.generated.plan import Plan, Record
from simulator.rollups import CampaignTotals

# Enough for COPY to be fast, few enough for a million opportunities to fit in little memory.
CHUNK = 10_000

CUSTOM_FIELDS = {
    "Account": ("Region__c picklist values='East; West; Central; EMEA; APAC' label=Region",),
    "Opportunity": (
        "Contract_Signed__c boolean hideable label='Contract Signed'",
        "Discount__c percent 5,2 label='Discount (%)'",
        "Expected_Start__c date label='Expected Start'",
        "Loss_Reason__c string 80 label='Loss Reason'",
    ),
}


class Clock(Protocol):
    """Tells the org's time."""

    def now(self) -> datetime: ...


class Org(seeds.Org, Protocol):
    """What generating asks of an org."""

    @property
    def clock(self) -> Clock: ...

    def add_field(self, sobject: str, field: Field) -> None: ...


def generate_org(org: Org, size: int, seed: int) -> dict[str, int]:
    """Fill a new org with ``size`` opportunities and all that goes with them.

    Returns the number of records by object. Nothing of it is younger than a day.
    """
    org.add_field("Opportunity", record_type_field())
    for name, declared in CUSTOM_FIELDS.items():
        for line in declared:
            org.add_field(name, custom(line))
    plan = Plan(size, seed, org.clock.now(), org.sobjects)
    counts = Counter(seeds.seed_org(org, plan.first, plan.stages))
    for name, rows in _everything(plan):
        counts[name] += org.load(name, rows)
    return dict(counts)


def custom(line: str) -> Field:
    """The custom field that a line declares."""
    return replace(read_field(line, {}), custom=True)


def _everything(plan: Plan) -> Iterator[tuple[str, Iterable[Record]]]:
    yield from _setup(plan)
    yield "Account", account_rows(plan)
    yield "Contact", contact_rows(plan)
    yield "Lead", lead_rows(plan)
    totals = CampaignTotals()
    for start in range(0, plan.size, CHUNK):
        numbers = range(start, min(start + CHUNK, plan.size))
        yield from _chunk(plan, numbers, totals)
    yield "Campaign", (row | totals.of(row["Id"]) for row in campaign_rows(plan))


def _setup(plan: Plan) -> Iterator[tuple[str, Iterable[Record]]]:
    processes, record_types = process_rows(plan)
    yield "UserRole", role_rows(plan)
    yield "User", user_rows(plan)
    yield "Group", group_rows(plan)
    yield "BusinessProcess", processes
    yield "RecordType", record_types
    yield "Product2", product_rows(plan)


def _chunk(
    plan: Plan, numbers: range, totals: CampaignTotals
) -> Iterator[tuple[str, Iterable[Record]]]:
    chunk = list(zip(numbers, deals(plan, numbers), strict=True))
    totals.add_opportunities(deal.opportunity for _, deal in chunk)
    yield "Opportunity", (deal.opportunity for _, deal in chunk)
    yield "OpportunityHistory", (row for _, deal in chunk for row in deal.history)
    yield "OpportunityContactRole", (row for _, deal in chunk for row in deal.roles)
    yield "Task", tasks(plan, chunk)
    yield "Event", events(plan, chunk)
