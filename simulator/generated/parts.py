"""The parts of a generated org that can be made in any order: each has dice of its own.

Records name each other by Ids that follow from their numbers, so no part waits for another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from simulator import seeds
from simulator.generated.activities import events, tasks
from simulator.generated.companies import account_rows, contact_rows, lead_rows
from simulator.generated.deals import deals
from simulator.generated.plan import Plan, Record
from simulator.rollups import CampaignTotals

# Enough for COPY to be fast, few enough for their records to fit in little memory.
CHUNK = 5_000
DEALS = "deals"
ROWS: Mapping[str, Callable[[Plan, range], Iterator[Record]]] = {
    "Account": account_rows,
    "Contact": contact_rows,
    "Lead": lead_rows,
}


@dataclass(frozen=True)
class Part:
    """The records of a kind with these numbers: of an object, or deals with all that is theirs."""

    kind: str
    numbers: range


@dataclass(frozen=True)
class Loaded:
    """What came of a part: how many records by object, and what its deals add to campaigns."""

    counts: Counter[str] = field(default_factory=Counter)
    totals: CampaignTotals = field(default_factory=CampaignTotals)


def parts(plan: Plan) -> list[Part]:
    """All parts of an org."""
    sizes = {
        "Account": plan.accounts,
        "Contact": plan.contacts,
        "Lead": plan.leads,
        DEALS: plan.size,
    }
    return [
        Part(kind, range(start, min(start + CHUNK, size)))
        for kind, size in sizes.items()
        for start in range(0, size, CHUNK)
    ]


def load_part(org: seeds.Org, plan: Plan, part: Part) -> Loaded:
    """Make a part and load it."""
    loaded = Loaded()
    for name, rows in _rows(plan, part, loaded.totals):
        loaded.counts[name] += org.load(name, rows)
    return loaded


def _rows(plan: Plan, part: Part, totals: CampaignTotals) -> Iterator[tuple[str, Iterable[Record]]]:
    if part.kind != DEALS:
        yield part.kind, ROWS[part.kind](plan, part.numbers)
        return
    chunk = list(zip(part.numbers, deals(plan, part.numbers), strict=True))
    totals.add_opportunities(deal.opportunity for _, deal in chunk)
    yield "Opportunity", (deal.opportunity for _, deal in chunk)
    yield "OpportunityHistory", (row for _, deal in chunk for row in deal.history)
    yield "OpportunityContactRole", (row for _, deal in chunk for row in deal.roles)
    yield "Task", tasks(plan, chunk)
    yield "Event", events(plan, chunk)
