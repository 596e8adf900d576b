"""How large a generated org is, who is who in it, and the dice that everything is thrown with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from random import Random
from typing import Any, TypeVar

from simulator.catalog import SObject
from simulator.derived import OrgFacts, Save, default_values, derive
from simulator.ids import new_id, pod_of
from simulator.stages import DEFAULT_STAGES, Stage

Record = dict[str, Any]
T = TypeVar("T")

DAY = timedelta(days=1)
YEARS = 4
FEWEST_USERS, MOST_USERS = 8, 400
OPPORTUNITIES_PER_USER = 150


@dataclass(frozen=True)
class Plan:
    """A generated org before any record of it exists."""

    size: int
    seed: int
    now: datetime
    sobjects: Mapping[str, SObject]
    stages: Sequence[Stage] = DEFAULT_STAGES
    _defaults: dict[str, Record] = field(default_factory=dict)

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return max(3, self.size // 5)

    @property
    def contacts(self) -> int:
        """How many contacts there are."""
        return max(5, self.size // 2)

    @property
    def leads(self) -> int:
        """How many leads there are."""
        return max(2, self.size // 10)

    @property
    def campaigns(self) -> int:
        """How many campaigns there are."""
        return max(2, min(200, self.size // 400))

    @property
    def users(self) -> int:
        """How many people work in the org, managers included."""
        return max(FEWEST_USERS, min(MOST_USERS, self.size // OPPORTUNITIES_PER_USER))

    @cached_property
    def last(self) -> datetime:
        """The latest moment of any record: midnight, more than a day ago."""
        return (self.now - DAY).replace(hour=0, minute=0, second=0, microsecond=0)

    @cached_property
    def first(self) -> datetime:
        """When the org began to sell."""
        return self.last - YEARS * 365 * DAY

    @cached_property
    def facts(self) -> OrgFacts:
        """What derived values ask of the org."""
        stages = {stage.api_name: stage for stage in self.stages}
        return OrgFacts(stages, now=self.last)

    @cached_property
    def pod(self) -> str:
        """The part of the Ids that only this org has."""
        return pod_of(f"generated {self.seed}")

    def dice(self, what: str, number: int = 0) -> Random:
        """Dice of their own for a part of the org, so that no part depends on another's size."""
        return Random(f"{self.seed} {what} {number}")

    def id(self, sobject: str, number: int) -> str:
        """The Id of a record by its number, which begins at 0."""
        return new_id(self.sobjects[sobject].key_prefix, number + 1, self.pod)

    def owner(self, number: int) -> str:
        """The Id of the user with that number."""
        return self.id("User", number % self.users)

    def account_of_contact(self, contact: int) -> int:
        """The number of the account that a contact works for."""
        return contact % self.accounts

    def contacts_of(self, account: int) -> list[int]:
        """The numbers of the contacts of an account."""
        return list(range(account, self.contacts, self.accounts))

    def saved(self, sobject: str, given: Record) -> Record:
        """The whole record that saving these values gives."""
        if sobject not in self._defaults:
            self._defaults[sobject] = default_values(self.sobjects[sobject])
        record = {**self._defaults[sobject], **given}
        return {**record, **derive(sobject, Save(record, given.keys()), self.facts), **given}

    def stamps(self, dice: Random, created: datetime, by: str) -> Record:
        """When and by whom a record was created and last changed."""
        created = min(whole_second(created), self.last)
        modified = between(dice, created, self.last) if chance(dice, 0.6) else created
        late = modified + dice.randrange(3600) * timedelta(seconds=1)
        stamp = min(late, self.last) if chance(dice, 0.2) else modified
        return {
            "CreatedDate": created,
            "CreatedById": by,
            "LastModifiedDate": modified,
            "LastModifiedById": by,
            "SystemModstamp": stamp,
        }


def chance(dice: Random, probability: float) -> bool:
    """True that often."""
    return dice.random() < probability


def maybe(dice: Random, probability: float, values: Sequence[T]) -> T | None:
    """One of the values that often, else None."""
    return dice.choice(values) if chance(dice, probability) else None


def between(dice: Random, start: datetime, end: datetime) -> datetime:
    """A moment from start to end, on a whole second."""
    seconds = max(0, int((end - start).total_seconds()))
    return start + timedelta(seconds=dice.randint(0, seconds))


def whole_second(at: datetime) -> datetime:
    """The moment without its fraction of a second."""
    return at.replace(microsecond=0)
