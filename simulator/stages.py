"""Opportunity stages: those of a new org, and what a stage means that an org folder uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

FORECAST_CATEGORIES = {
    "Omitted": "Omitted",
    "Pipeline": "Pipeline",
    "BestCase": "Best Case",
    "MostLikely": "Most Likely",
    "Forecast": "Commit",
    "Closed": "Closed",
}


@dataclass(frozen=True)
class Stage:
    """A step of a sales process, and what an opportunity in it counts as."""

    api_name: str
    default_probability: Decimal
    forecast_category: str
    is_closed: bool = False
    is_won: bool = False

    @property
    def forecast_category_name(self) -> str:
        """The forecast category as people see it."""
        return FORECAST_CATEGORIES[self.forecast_category]


def open_stage(name: str, probability: int, category: str = "Pipeline") -> Stage:
    """A stage in which an opportunity may still be won."""
    return Stage(name, Decimal(probability), category)


def won_stage(name: str, category: str = "Closed") -> Stage:
    """A stage in which an opportunity has been won."""
    return Stage(name, Decimal(100), category, is_closed=True, is_won=True)


def lost_stage(name: str) -> Stage:
    """A stage in which an opportunity has been lost."""
    return Stage(name, Decimal(0), "Omitted", is_closed=True)


# The order is that of a new org; the forecast categories are Salesforce's own defaults.
DEFAULT_STAGES = (
    open_stage("Prospecting", 10),
    open_stage("Qualification", 10),
    open_stage("Needs Analysis", 20),
    open_stage("Value Proposition", 50),
    open_stage("Id. Decision Makers", 60),
    open_stage("Perception Analysis", 70),
    open_stage("Proposal/Price Quote", 75),
    open_stage("Negotiation/Review", 90),
    won_stage("Closed Won"),
    lost_stage("Closed Lost"),
)

# Stages of Salesforce's Nonprofit Success Pack, as its trial orgs have them: a pledge is open, a
# posted gift is won. A refund is ours: closed, and no longer won.
KNOWN_STAGES = (
    open_stage("Cultivating", 10, "Omitted"),
    open_stage("Identification", 10),
    open_stage("LOI Submitted", 20),
    open_stage("Application Submitted", 30),
    open_stage("Cultivation", 30),
    open_stage("Solicitation", 40),
    open_stage("Pledged", 50),
    open_stage("In-Kind Not Yet Received", 50, "Omitted"),
    open_stage("Proposal/Review", 60, "BestCase"),
    open_stage("Verbal Commitment", 80, "Forecast"),
    won_stage("In-Kind Received", "Omitted"),
    won_stage("Awarded"),
    won_stage("Posted"),
    lost_stage("Declined"),
    lost_stage("Withdrawn"),
    lost_stage("Refunded"),
)

UNKNOWN_STAGE_PROBABILITY = 50


def stage_called(name: str) -> Stage:
    """What a stage of that name means.

    One that nobody knows goes by its words: won, lost or closed if it says so, else open and
    halfway there.
    """
    known = {stage.api_name: stage for stage in (*DEFAULT_STAGES, *KNOWN_STAGES)}
    words = set(re.findall(r"[a-z]+", name.lower()))
    if name in known:
        return known[name]
    if "won" in words:
        return won_stage(name)
    if words & {"lost", "closed"}:
        return lost_stage(name)
    return open_stage(name, UNKNOWN_STAGE_PROBABILITY)
