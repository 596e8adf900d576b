"""The tasks and events of a generated org: most done, some overdue, the old ones archived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from simulator.generated import words
from simulator.generated.deals import Deal
from simulator.generated.people import QUEUES
from simulator.generated.plan import DAY, Plan, Record, between, chance, maybe

MOST = 4
TASKS, EVENTS = (5, 4, 2, 1), (7, 2, 1)
DONE, NOT_DONE = "Completed", ("Not Started", "In Progress", "Waiting on someone else", "Deferred")
QUEUED = 0.04


def tasks(plan: Plan, chunk: Iterable[tuple[int, Deal]]) -> Iterator[Record]:
    """The tasks of these opportunities; a few belong to a queue."""
    for number, deal in chunk:
        dice = plan.dice("tasks", number)
        for place in range(dice.choices(range(len(TASKS)), TASKS)[0]):
            due = _due(plan, dice, deal)
            is_done = due <= plan.last and chance(dice, 0.9)
            queue = plan.id("Group", dice.randrange(len(QUEUES)))
            is_call = chance(dice, 0.5)
            given = {
                "Id": plan.id("Task", number * MOST + place),
                **_about(plan, dice, deal),
                "OwnerId": queue if chance(dice, QUEUED) else deal.opportunity["OwnerId"],
                "Subject": dice.choice(words.CALLS if is_call else words.MAILS),
                "TaskSubtype": "Call" if is_call else "Task",
                "Status": DONE if is_done else dice.choice(NOT_DONE),
                "Priority": dice.choice(("High", "Normal", "Normal", "Low")),
                "ActivityDate": None if chance(dice, 0.05) else due.date(),
                "CompletedDateTime": min(due, plan.last) if is_done else None,
                "Description": maybe(dice, 0.3, words.NOTES),
                **plan.stamps(dice, due - 5 * DAY, deal.opportunity["OwnerId"]),
            }
            yield plan.saved("Task", given)


def events(plan: Plan, chunk: Iterable[tuple[int, Deal]]) -> Iterator[Record]:
    """The meetings about these opportunities."""
    for number, deal in chunk:
        dice = plan.dice("events", number)
        for place in range(dice.choices(range(len(EVENTS)), EVENTS)[0]):
            start = _due(plan, dice, deal).replace(minute=0, second=0)
            given = {
                "Id": plan.id("Event", number * MOST + place),
                **_about(plan, dice, deal),
                "OwnerId": deal.opportunity["OwnerId"],
                "Subject": dice.choice(words.MEETINGS),
                "Location": maybe(dice, 0.5, [place[0] for place in words.PLACES]),
                "StartDateTime": start,
                "EndDateTime": start + timedelta(minutes=dice.choice((30, 45, 60, 120))),
                "IsAllDayEvent": False,
                "ShowAs": "Busy",
                **plan.stamps(dice, start - 10 * DAY, deal.opportunity["OwnerId"]),
            }
            yield plan.saved("Event", given)


def _due(plan: Plan, dice: Random, deal: Deal) -> datetime:
    """A moment in the life of the opportunity, or shortly after it."""
    begun = deal.life.steps[0].at
    days = max(5, (deal.opportunity["CloseDate"] - begun.date()).days)
    return between(dice, begun, begun + days * DAY)


def _about(plan: Plan, dice: Random, deal: Deal) -> Record:
    people = [] if deal.account is None else plan.contacts_of(deal.account)
    contact = maybe(dice, 0.7, people) if people else None
    account = None if deal.account is None else plan.id("Account", deal.account)
    is_about_account = account is not None and chance(dice, 0.2)
    return {
        "WhoId": None if contact is None else plan.id("Contact", contact),
        "WhatId": account if is_about_account else deal.opportunity["Id"],
        "AccountId": account,
    }
