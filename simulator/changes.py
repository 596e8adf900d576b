"""Changes an org at random, the same way for the same seed, as its users would."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from itertools import islice
from typing import Any, TypedDict, Unpack

from simulator.catalog import SObject
from simulator.generated.companies import company_name
from simulator.generated.dice import Dice
from simulator.soql.sql import quote
from simulator.storage.rows import table
from simulator.store import Store

Record = dict[str, Any]

CENT = Decimal("0.01")
NAME_LENGTH = 120
CLOSES_WITHIN_DAYS = 180
SOME_ACCOUNTS = 500


class Counts(TypedDict, total=False):
    """How many opportunities to change in each way; none where it says nothing."""

    inserts: int
    updates: int
    deletes: int
    owner_changes: int
    record_type_changes: int


def change_org(store: Store, seed: int, **counts: Unpack[Counts]) -> dict[str, list[str]]:
    """Change opportunities at random and say which: the Ids by kind of change.

    No opportunity is changed in two ways. Where the org has too few, or no record types or other
    users, fewer are changed than were asked for.
    """
    work = _Changing(store, Dice(seed))
    updates, deletes = counts.get("updates", 0), counts.get("deletes", 0)
    owners = counts.get("owner_changes", 0) if len(work.owners) > 1 else 0
    types = counts.get("record_type_changes", 0) if work.record_types else 0
    chosen = iter(work.pick("Opportunity", updates + deletes + owners + types, seed))
    ways: Sequence[tuple[str, int, Callable[[str], None]]] = (
        ("updated", updates, work.update),
        ("deleted", deletes, work.delete),
        ("owner_changed", owners, work.change_owner),
        ("record_type_changed", types, work.change_record_type),
    )
    done = {"inserted": [work.insert() for _ in range(counts.get("inserts", 0))]}
    for kind, count, change in ways:
        done[kind] = list(islice(chosen, count))
        for record_id in done[kind]:
            change(record_id)
    return done


@dataclass(frozen=True)
class _Changing:
    """The org that is being changed, and the dice."""

    store: Store
    dice: Dice

    @cached_property
    def owners(self) -> list[str]:
        """Who may own an opportunity: the active users."""
        return [user["Id"] for user in self.store.records("User") if user["IsActive"]]

    @cached_property
    def accounts(self) -> list[str]:
        """Some of the accounts, for new opportunities."""
        return self.pick("Account", SOME_ACCOUNTS, seed=0)

    @cached_property
    def stages(self) -> list[str]:
        """The stages in use, in their order."""
        rows = sorted(self.store.records("OpportunityStage"), key=lambda row: row["SortOrder"])
        return [row["ApiName"] for row in rows if row["IsActive"]]

    @cached_property
    def record_types(self) -> list[str]:
        """The active record types of opportunities, where the org has any."""
        if self.opportunity.field("RecordTypeId") is None:
            return []
        rows = self.store.records("RecordType")
        return [row["Id"] for row in rows if row["SobjectType"] == "Opportunity"]

    @property
    def opportunity(self) -> SObject:
        """What an opportunity is in this org."""
        return self.store.sobjects["Opportunity"]

    def pick(self, name: str, count: int, seed: int) -> list[str]:
        """So many records that are not deleted, in an order that only the seed decides."""
        query = f"""
            select "Id" from {table(self.store.schema, self.store.sobjects[name])}
            where not {quote("IsDeleted")} order by md5("Id" || %s), "Id" limit %s
        """
        with self.store.connections.transaction() as connection:
            return [row[0] for row in connection.execute(query, (str(seed), count))]

    def insert(self) -> str:
        """Create an opportunity in the first stage."""
        close = self.store.clock.now().date()
        close += timedelta(days=self.dice.randrange(7, CLOSES_WITHIN_DAYS))
        values: Record = {
            "Name": f"{company_name(self.dice)} - new",
            "AccountId": self.dice.choice(self.accounts) if self.accounts else None,
            "OwnerId": self.dice.choice(self.owners),
            "StageName": self.stages[0],
            "Amount": Decimal(self.dice.randrange(1_000, 90_000)),
            "CloseDate": close,
            "Type": self.dice.choice(["New Customer", None]),
        }
        if self.record_types:
            values["RecordTypeId"] = self.dice.choice(self.record_types)
        return self.store.insert("Opportunity", values)

    def update(self, record_id: str) -> None:
        """Change an opportunity's amount, stage or name."""
        record = self._get(record_id)
        change = self.dice.choice((self._amount, self._stage, self._name))
        self.store.update("Opportunity", record_id, change(record))

    def delete(self, record_id: str) -> None:
        """Move an opportunity to the recycle bin."""
        self.store.delete("Opportunity", record_id)

    def change_owner(self, record_id: str) -> None:
        """Give an opportunity to somebody else."""
        others = [owner for owner in self.owners if owner != self._get(record_id)["OwnerId"]]
        self.store.update("Opportunity", record_id, {"OwnerId": self.dice.choice(others)})

    def change_record_type(self, record_id: str) -> None:
        """Move an opportunity to another record type, or to none."""
        now = self._get(record_id)["RecordTypeId"]
        others = [other for other in (*self.record_types, None) if other != now]
        values = {"RecordTypeId": self.dice.choice(others)}
        self.store.update("Opportunity", record_id, values)

    def _get(self, record_id: str) -> Record:
        record = self.store.get("Opportunity", record_id)
        assert record is not None, "the record was picked from the org"
        return record

    def _amount(self, record: Mapping[str, Any]) -> Record:
        factor = Decimal(self.dice.randrange(101, 180)) / 100
        old = record["Amount"] or Decimal(1_000)
        return {"Amount": (old * factor + 1).quantize(CENT)}

    def _stage(self, record: Mapping[str, Any]) -> Record:
        others = [stage for stage in self.stages if stage != record["StageName"]]
        return {"StageName": self.dice.choice(others)}

    def _name(self, record: Mapping[str, Any]) -> Record:
        mark = f" (rev. {self.dice.randrange(1_000):03d})"
        return {"Name": record["Name"][: NAME_LENGTH - len(mark)] + mark}
