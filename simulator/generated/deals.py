"""The opportunities of a generated org, each with its history and its contact roles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

from simulator.derived import HISTORY_FIELDS, expected_revenue, history_row
from simulator.generated import words
from simulator.generated.dice import Dice, weighted
from simulator.generated.plan import DAY, Plan, Record
from simulator.generated.steps import LOST, WON, Life, live
from simulator.processes import PROCESS_STAGES, RENEWALS

PROCESSES = weighted(dict(zip(PROCESS_STAGES, (6, 3, 1), strict=True)))
WITHOUT_RECORD_TYPE, WITHOUT_ACCOUNT = 0.08, 0.05
MOST_STEPS, MOST_ROLES = 10, 5
SHOWN = (*HISTORY_FIELDS, "ForecastCategory", "ExpectedRevenue")
EXISTING = ("Upgrade", "Replacement", "Downgrade")
ROLES = ("Decision Maker", "Economic Buyer", "Evaluator", "Influencer", "Business User", None)
LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "Other")


@dataclass(frozen=True)
class Deal:
    """An opportunity with everything that hangs on it but its activities."""

    account: int | None
    life: Life
    opportunity: Record
    history: Sequence[Record]
    roles: Sequence[Record]


def deals(plan: Plan, numbers: range) -> Iterator[Deal]:
    """The opportunities with these numbers."""
    dice = plan.dice("deals", numbers.start)
    for number in numbers:
        yield _deal(plan, dice, number)


def popular(dice: Dice, count: int) -> int:
    """One of so many, the first ones more often than the last."""
    return min(int(count * dice.random() ** 1.7), count - 1)


def _deal(plan: Plan, dice: Dice, number: int) -> Deal:
    process = dice.one_of(PROCESSES)
    life = live(plan, dice, process)
    account = None if dice.chance(WITHOUT_ACCOUNT) else popular(dice, plan.accounts)
    given = {
        "Id": plan.id("Opportunity", number),
        "Name": f"{dice.one_of(words.PRODUCTS)[0]} {life.steps[0].at:%Y-%m} #{number + 1}",
        "AccountId": None if account is None else plan.id("Account", account),
        **_ownership(plan, dice, life),
        **_kind(plan, dice, process),
        **_outcome(plan, dice, life),
        **_extras(plan, dice, life),
    }
    opportunity = plan.saved("Opportunity", given)
    history = _history(plan, opportunity, number, life)
    opportunity |= _changes(history, life)
    return Deal(account, life, opportunity, history, _roles(plan, dice, number, (account, life)))


def _ownership(plan: Plan, dice: Dice, life: Life) -> Record:
    owner = plan.owner(popular(dice, plan.users))
    moved = life.steps[-1].at
    touched = dice.between(moved, plan.last) if dice.chance(0.3) else moved
    return {
        "OwnerId": owner,
        "CreatedDate": life.steps[0].at,
        "CreatedById": owner,
        "LastModifiedDate": touched,
        "LastModifiedById": owner,
        "SystemModstamp": touched,
    }


def _kind(plan: Plan, dice: Dice, process: str) -> Record:
    is_existing = process == RENEWALS or dice.chance(0.2)
    kind = f"Existing Customer - {dice.one_of(EXISTING)}" if is_existing else "New Customer"
    record_type = plan.id("RecordType", list(PROCESS_STAGES).index(process))
    return {
        "RecordTypeId": None if dice.chance(WITHOUT_RECORD_TYPE) else record_type,
        "Type": None if dice.chance(0.1) else kind,
    }


def _outcome(plan: Plan, dice: Dice, life: Life) -> Record:
    now = life.steps[-1]
    usual = plan.facts.stages[now.stage].default_probability
    is_own_guess = not life.is_over and dice.chance(0.1)
    return {
        "StageName": now.stage,
        "Amount": now.amount,
        "Probability": Decimal(dice.within(5, 95)) if is_own_guess else usual,
        "CloseDate": now.close_date,
        "LastStageChangeDate": now.at if len(life.steps) > 1 else None,
        "Contract_Signed__c": now.stage == WON,
        "Loss_Reason__c": dice.one_of(words.LOST_WORDS) if now.stage == LOST else None,
    }


def _extras(plan: Plan, dice: Dice, life: Life) -> Record:
    campaign = plan.id("Campaign", dice.below(plan.campaigns))
    return {
        "CampaignId": campaign if dice.chance(0.15) else None,
        "LeadSource": dice.maybe(0.6, LEAD_SOURCES),
        "NextStep": None if life.is_over else dice.maybe(0.5, words.NEXT_STEPS),
        "Description": dice.maybe(0.25, words.NOTES),
        "Discount__c": Decimal(dice.below(3000)) / 100 if dice.chance(0.3) else None,
        "Expected_Start__c": _start(dice, life.steps[-1].close_date),
    }


def _start(dice: Dice, close: date) -> date | None:
    return close + dice.within(10, 90) * DAY if dice.chance(0.4) else None


def _history(plan: Plan, opportunity: Record, number: int, life: Life) -> list[Record]:
    """One row for each step; the last shows the opportunity as it is now."""
    now = {name: opportunity[name] for name in SHOWN}
    by = {"Id": opportunity["Id"], "IsDeleted": False, "LastModifiedById": opportunity["OwnerId"]}
    rows: list[Record] = []
    before: Record | None = None
    for place, step in enumerate(life.steps):
        stage = plan.facts.stages[step.stage]
        then = {
            "StageName": step.stage,
            "Amount": step.amount,
            "Probability": stage.default_probability,
            "ForecastCategory": stage.forecast_category,
            "ExpectedRevenue": expected_revenue(step.amount, stage.default_probability),
            "CloseDate": step.close_date,
        }
        is_last = step is life.steps[-1]
        shown = {**(now if is_last else then), **by, "LastModifiedDate": step.at}
        record_id = plan.id("OpportunityHistory", number * MOST_STEPS + place)
        rows.append({**history_row(shown, before), "Id": record_id})
        before = shown
    return rows


def _changes(history: Sequence[Record], life: Life) -> Record:
    """What an opportunity remembers of its own history."""
    found: Record = {"PushCount": life.pushes}
    for before, after in pairwise(history):
        if before["Amount"] != after["Amount"]:
            found["LastAmountChangedHistoryId"] = after["Id"]
        if before["CloseDate"] != after["CloseDate"]:
            found["LastCloseDateChangedHistoryId"] = after["Id"]
    return found


def _roles(plan: Plan, dice: Dice, number: int, deal: tuple[int | None, Life]) -> list[Record]:
    account, life = deal
    people = range(0) if account is None else plan.contacts_of(account)
    wanted, first = min(len(people), dice.below(MOST_ROLES)), dice.below(max(1, len(people)))
    chosen = [people[(first + place) % len(people)] for place in range(wanted)]
    has_primary = dice.chance(0.85)
    owner, opened = plan.owner(number), life.steps[0].at
    opportunity_id = plan.id("Opportunity", number)
    return [
        plan.saved(
            "OpportunityContactRole",
            {
                "Id": plan.id("OpportunityContactRole", number * MOST_ROLES + place),
                "OpportunityId": opportunity_id,
                "ContactId": plan.id("Contact", contact),
                "Role": dice.one_of(ROLES),
                "IsPrimary": has_primary and place == 0,
                **plan.stamps(dice, opened, owner),
            },
        )
        for place, contact in enumerate(chosen)
    ]
