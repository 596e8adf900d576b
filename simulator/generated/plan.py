"""How large a generated org is, who is who in it, and the dice that everything is thrown with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from simulator.catalog import SObject
from simulator.derived import OrgFacts, Save, default_values, derive
from simulator.generated.dice import Dice
from simulator.ids import new_id, pod_of
from simulator.stages import DEFAULT_STAGES, Stage

Record = dict[str, Any]

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

    @cached_property
    def _owners(self) -> list[str]:
        return [self.id("User", number) for number in range(self.users)]

    def dice(self, what: str, number: int = 0) -> Dice:
        """Dice of their own for a part of the org, so that no part depends on another's size."""
        return Dice(f"{self.seed} {what} {number}")

    def id(self, sobject: str, number: int) -> str:
        """The Id of a record by its number, which begins at 0."""
        return new_id(self.sobjects[sobject].key_prefix, number + 1, self.pod)

    def owner(self, number: int) -> str:
        """The Id of the user with that number."""
        return self._owners[number % self.users]

    def account_of_contact(self, contact: int) -> int:
        """The number of the account that a contact works for."""
        return contact % self.accounts

    def contacts_of(self, account: int) -> range:
        """The numbers of the contacts of an account."""
        return range(account, self.contacts, self.accounts)

    def saved(self, sobject: str, given: Record) -> Record:
        """The whole record that saving these values gives."""
        if sobject not in self._defaults:
            self._defaults[sobject] = default_values(self.sobjects[sobject])
        record = self._defaults[sobject] | given
        record.update(derive(sobject, Save(record, given.keys()), self.facts))
        record.update(given)
        return record

    def stamps(self, dice: Dice, created: datetime, by: str) -> Record:
        """When, on a whole second, and by whom a record was created and last changed."""
        created = min(created, self.last)
        modified = dice.between(created, self.last) if dice.chance(0.6) else created
        late = modified + timedelta(0, dice.below(3600))
        stamp = min(late, self.last) if dice.chance(0.2) else modified
        return {
            "CreatedDate": created,
            "CreatedById": by,
            "LastModifiedDate": modified,
            "LastModifiedById": by,
            "SystemModstamp": stamp,
        }
