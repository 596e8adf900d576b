"""Fills an org with records that look real: the same ones for the same size, seed and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from simulator import seeds
from simulator.catalog import Field, record_type_field
from simulator.catalog.reading import read_field
from simulator.generated.companies import campaign_rows, process_rows, product_rows
from simulator.generated.parts import Loaded, load_part, parts
from simulator.generated.people import group_rows, role_rows, user_rows
from simulator.generated.plan import Plan, Record
from simulator.rollups import CampaignTotals

Load = Callable[[Plan], Iterable[Loaded]]
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


def generate_org(org: Org, size: int, seed: int, *, load: Load | None = None) -> dict[str, int]:
    """Fill a new org with ``size`` opportunities and all that goes with them.

    Returns the number of records by object. Nothing of it is younger than a day. Most of it is
    made of parts that may be loaded in any order, which ``load`` does in its own way.
    """
    org.add_field("Opportunity", record_type_field())
    for name, declared in CUSTOM_FIELDS.items():
        for line in declared:
            org.add_field(name, custom(line))
    plan = Plan(size, seed, org.clock.now(), org.sobjects)
    counts, totals = Counter(seeds.seed_org(org, plan.first, plan.stages)), CampaignTotals()
    for name, rows in _setup(plan):
        counts[name] += org.load(name, rows)
    for loaded in load(plan) if load else (load_part(org, plan, part) for part in parts(plan)):
        counts += loaded.counts
        totals.add(loaded.totals)
    campaigns = (row | totals.of(row["Id"]) for row in campaign_rows(plan))
    counts["Campaign"] = org.load("Campaign", campaigns)
    return dict(counts)


def custom(line: str) -> Field:
    """The custom field that a line declares."""
    return replace(read_field(line, {}), custom=True)


def _setup(plan: Plan) -> Iterator[tuple[str, Iterable[Record]]]:
    processes, record_types = process_rows(plan)
    yield "UserRole", role_rows(plan)
    yield "User", user_rows(plan)
    yield "Group", group_rows(plan)
    yield "BusinessProcess", processes
    yield "RecordType", record_types
    yield "Product2", product_rows(plan)
