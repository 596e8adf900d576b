"""Insert, update, delete, undelete and purge with Salesforce's semantics (api.md 5.1, 5.2, 5.9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from simulator import ids
from simulator.catalog.types import SObject
from simulator.derived import OrgFacts, Save, default_values, derive, history_row
from simulator.errors import RowError
from simulator.options import Options
from simulator.soql.sql import quote
from simulator.storage import (
    cascades,
    dated_rates,
    histories,
    licenses,
    persons,
    rollups,
    rows,
    rules,
)
from simulator.storage.connections import Connection
from simulator.storage.facts import org_facts
from simulator.storage.numbering import next_numbers

Record = rows.Record
LINGERS = timedelta(hours=24)


@dataclass(frozen=True)
class Org:
    """What a transaction works on: its tables, its objects, its options."""

    schema: str
    state: str
    sobjects: dict[str, SObject]
    options: Options
    locks: Mapping[str, datetime] = field(default_factory=dict)


class Transaction:
    """Changes that become visible together; each carries the second in which it was written."""

    def __init__(self, connection: Connection, org: Org, *, at: datetime, user_id: str) -> None:
        self.connection, self.org = connection, org
        self.at, self.user_id = at, user_id
        self.saves_duplicates = False

    @cached_property
    def facts(self) -> OrgFacts:
        """What derived values ask of the org."""
        return org_facts(self.connection, self.org.schema, sobjects=self.org.sobjects, now=self.at)

    def insert(self, sobject: str, record: Mapping[str, Any]) -> str:
        """Create a record and return its Id."""
        target = self.sobject(sobject)
        given = _known(target, record)
        complete = {**default_values(target), **self._stamps(target), **given}
        complete["Id"] = given.get("Id") or self.next_id(target)
        rules.check_lock(self, _masters(target, complete))
        complete |= next_numbers(self, target)
        complete |= derive(target.name, Save(complete, given), self.facts)
        if not self._write_new(target, complete):
            message = f"duplicate value found: Id duplicates value on record {complete['Id']}"
            raise RowError("DUPLICATE_VALUE", message)
        self._saved(target, complete, None)
        return str(complete["Id"])

    def update(self, sobject: str, record_id: str, values: Mapping[str, Any]) -> None:
        """Change a record; its stamps move even when its values do not."""
        target = self.sobject(sobject)
        names = ("LastModifiedDate", "LastModifiedById", "SystemModstamp")
        stamps = {k: v for k, v in self._stamps(target).items() if k in names}
        self._change(target, record_id, values, stamps=stamps)

    def automate(self, sobject: str, record_id: str, values: Mapping[str, Any]) -> None:
        """Change a record as the org itself does: only SystemModstamp moves (api.md 5.1)."""
        target = self.sobject(sobject)
        stamps = {k: v for k, v in self._stamps(target).items() if k == "SystemModstamp"}
        self._change(target, record_id, values, stamps=stamps)

    def _change(
        self, target: SObject, record_id: str, values: Mapping[str, Any], *, stamps: Record
    ) -> None:
        before = self._alive(target, record_id)
        given = _known(target, values)
        after = {**before, **stamps, **given, "Id": before["Id"]}
        after |= derive(target.name, Save(after, given, before), self.facts)
        changed = {k: v for k, v in after.items() if k == "Id" or before.get(k) != v}
        rows.write_changed(
            self.connection, self.org.schema, sobject=target, record={**changed, **stamps}
        )
        self._saved(target, after, before)

    def _saved(self, target: SObject, after: Record, before: Record | None) -> None:
        """What follows a saving, or forbids it."""
        persons.follow(self, target, after=after, before=before)
        rules.check(self, target, after)
        self._history(target, after, before)
        histories.track(self, target, after=after, before=before)
        rollups.roll_up(self, target, before, after)
        self._follow(target)

    def delete(self, sobject: str, record_id: str) -> None:
        """Move a record, and what belongs to it, to the recycle bin."""
        target = self.sobject(sobject)
        record = self._alive(target, record_id)
        cascades.delete(self, target, [record["Id"]])
        rollups.roll_up(self, target, record, None)
        self._follow(target)

    def undelete(self, sobject: str, record_id: str) -> None:
        """Bring a record, and what was deleted with it, back from the recycle bin."""
        target = self.sobject(sobject)
        record = self.get(target, record_id)
        if record is None or not record.get("IsDeleted"):
            raise RowError("UNDELETE_FAILED", "Entity is not in the recycle bin")
        cascades.undelete(self, target, [record["Id"]])
        rollups.roll_up(self, target, None, record)

    def hard_delete(self, sobject: str, record_id: str) -> None:
        """Remove a record for good, from the recycle bin or from life."""
        target = self.sobject(sobject)
        record = self.get(target, record_id)
        if record is None:
            raise RowError("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
        cascades.purge(self, target, [record["Id"]])
        if not record.get("IsDeleted"):
            rollups.roll_up(self, target, record, None)
        self._follow(target)

    def merge(self, sobject: str, winner: str, *, losers: Sequence[str]) -> None:
        """Make one record of several: the losers are deleted, their children move (api.md 5.2)."""
        target = self.sobject(sobject)
        if not target.mergeable:
            raise RowError("INVALID_OPERATION", f"{sobject} records cannot be merged")
        lost = [str(self._alive(target, loser)["Id"]) for loser in losers]
        cascades.merge(self, target, str(self._alive(target, winner)["Id"]), losers=lost)

    def _follow(self, target: SObject) -> None:
        """What the org counts or links anew when records of this object come, change or go."""
        if target.name in licenses.COUNTED:
            licenses.count_licenses(self)
        if target.name == dated_rates.NAME:
            dated_rates.follow(self)

    def sweep(self) -> None:
        """Remove what was purged a day ago."""
        cascades.sweep(self, purged_before=self.at - LINGERS)

    def sobject(self, name: str) -> SObject:
        """The object of that name; KeyError if the org has none."""
        return self.org.sobjects[name]

    def find(self, sobject: SObject, record_id: str) -> Record | None:
        """A record, deleted or not, or None."""
        found = rows.fetch(
            self.connection, self.org.schema, sobject=sobject, ids=[ids.to_18(record_id)]
        )
        return next(found, None)

    def get(self, sobject: SObject, record_id: str) -> Record | None:
        """A record, deleted or not, locked until the transaction ends."""
        if not ids.is_id(record_id):
            return None
        rules.check_lock(self, [ids.to_18(record_id)])
        return rows.fetch_locked(
            self.connection, self.org.schema, sobject=sobject, record_id=ids.to_18(record_id)
        )

    def _alive(self, sobject: SObject, record_id: str) -> Record:
        record = self.get(sobject, record_id)
        if record is None:
            raise RowError("NOT_FOUND", "The requested resource does not exist", status=404)
        if record.get("IsDeleted"):
            raise RowError("ENTITY_IS_DELETED", "entity is deleted", status=404)
        return record

    def _stamps(self, sobject: SObject) -> Record:
        stamps = {
            "CreatedDate": self.at,
            "CreatedById": self.user_id,
            "LastModifiedDate": self.at,
            "LastModifiedById": self.user_id,
            "SystemModstamp": self.at,
            "OwnerId": self.user_id,
            "IsDeleted": False,
        }
        return {name: value for name, value in stamps.items() if sobject.field(name) is not None}

    def next_id(self, sobject: SObject) -> str:
        """The Id of a new record."""
        sequence = f"{quote(self.org.state)}.id_number"
        row = self.connection.execute("select nextval(%s)", (sequence,)).fetchone()
        return ids.new_id(sobject.key_prefix, int(row[0]) if row else 0)

    def _write_new(self, sobject: SObject, record: Record) -> bool:
        return rows.write_new(self.connection, self.org.schema, sobject=sobject, record=record)

    def _history(self, sobject: SObject, after: Record, before: Record | None) -> None:
        if sobject.name != "Opportunity" or "OpportunityHistory" not in self.org.sobjects:
            return
        row = history_row(after, before)
        if row:
            history = self.sobject("OpportunityHistory")
            self._write_new(history, {**_known(history, row), "Id": self.next_id(history)})


def _known(sobject: SObject, values: Mapping[str, Any]) -> Record:
    known = {}
    for name, value in values.items():
        field = sobject.field(name)
        if field is None or field.compound:
            message = f"No such column '{name}' on sobject of type {sobject.name}"
            raise RowError("INVALID_FIELD", message)
        known[field.name] = None if value == "" else value
    return known


def _masters(sobject: SObject, record: Record) -> list[str]:
    """The parents that saving a new child locks: those that it goes with."""
    links = (record.get(f.name) for f in sobject.stored_fields if f.cascade_delete)
    return [str(parent) for parent in links if parent]
