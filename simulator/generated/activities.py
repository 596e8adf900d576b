"""The tasks and events of a generated org: most done, some overdue, the old ones archived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from simulator.generated import words
from simulator.generated.deals import Deal
from simulator.generated.dice import Dice, weighted
from simulator.generated.people import QUEUES
from simulator.generated.plan import DAY, Plan, Record

MOST = 4
# how many an opportunity has, as often as it has them: two of both on average
TASKS = weighted({0: 3, 1: 4, 2: 3, 3: 2})
EVENTS = weighted({0: 5, 1: 3, 2: 2})
DONE, NOT_DONE = "Completed", ("Not Started", "In Progress", "Waiting on someone else", "Deferred")
QUEUED = 0.04


def tasks(plan: Plan, chunk: Sequence[tuple[int, Deal]]) -> Iterator[Record]:
    """The tasks of these opportunities; a few belong to a queue."""
    dice = plan.dice("tasks", chunk[0][0])
    for number, deal in chunk:
        for place in range(dice.one_of(TASKS)):
            due = _due(plan, dice, deal)
            is_done = due <= plan.last and dice.chance(0.9)
            queue = plan.id("Group", dice.below(len(QUEUES)))
            is_call = dice.chance(0.5)
            given = {
                "Id": plan.id("Task", number * MOST + place),
                **_about(plan, dice, deal),
                "OwnerId": queue if dice.chance(QUEUED) else deal.opportunity["OwnerId"],
                "Subject": dice.one_of(words.CALLS if is_call else words.MAILS),
                "TaskSubtype": "Call" if is_call else "Task",
                "Status": DONE if is_done else dice.one_of(NOT_DONE),
                "Priority": dice.one_of(("High", "Normal", "Normal", "Low")),
                "ActivityDate": None if dice.chance(0.05) else due.date(),
                "CompletedDateTime": min(due, plan.last) if is_done else None,
                "Description": dice.maybe(0.3, words.NOTES),
                **plan.stamps(dice, due - 5 * DAY, deal.opportunity["OwnerId"]),
            }
            yield plan.saved("Task", given)


def events(plan: Plan, chunk: Sequence[tuple[int, Deal]]) -> Iterator[Record]:
    """The meetings about these opportunities."""
    dice = plan.dice("events", chunk[0][0])
    for number, deal in chunk:
        for place in range(dice.one_of(EVENTS)):
            start = _due(plan, dice, deal).replace(minute=0, second=0)
            given = {
                "Id": plan.id("Event", number * MOST + place),
                **_about(plan, dice, deal),
                "OwnerId": deal.opportunity["OwnerId"],
                "Subject": dice.one_of(words.MEETINGS),
                "Location": dice.maybe(0.5, [place[0] for place in words.PLACES]),
                "StartDateTime": start,
                "EndDateTime": start + timedelta(minutes=dice.one_of((30, 45, 60, 120))),
                "IsAllDayEvent": False,
                "ShowAs": "Busy",
                **plan.stamps(dice, start - 10 * DAY, deal.opportunity["OwnerId"]),
            }
            yield plan.saved("Event", given)


def _due(plan: Plan, dice: Dice, deal: Deal) -> datetime:
    """A moment in the life of the opportunity, or shortly after it."""
    begun = deal.life.steps[0].at
    days = max(5, (deal.opportunity["CloseDate"] - begun.date()).days)
    return dice.between(begun, begun + days * DAY)


def _about(plan: Plan, dice: Dice, deal: Deal) -> Record:
    people = range(0) if deal.account is None else plan.contacts_of(deal.account)
    contact = dice.maybe(0.7, people) if people else None
    account = None if deal.account is None else plan.id("Account", deal.account)
    is_about_account = account is not None and dice.chance(0.2)
    return {
        "WhoId": None if contact is None else plan.id("Contact", contact),
        "WhatId": account if is_about_account else deal.opportunity["Id"],
        "AccountId": account,
    }
