"""Dates for records that bring none: in the past, in a plausible order, always the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zlib import crc32

Record = dict[str, Any]

DAY = timedelta(days=1)
OPEN_AT, OPEN_FOR = timedelta(hours=8), timedelta(hours=10)
SETUP_LEAD = 400 * DAY
WITHOUT_DATES = 730 * DAY
SETUP = frozenset(
    {
        "BusinessProcess",
        "Campaign",
        "Group",
        "OpportunityStage",
        "Organization",
        "Product2",
        "Profile",
        "RecordType",
        "User",
        "UserRole",
    }
)
PARENTS = ("OpportunityId", "CampaignId", "ContactId", "LeadId")
DATED = ("CreatedDate", "CloseDate", "ActivityDate", "StartDateTime", "StartDate")
_FRACTIONS = 2**32


@dataclass(frozen=True)
class Timeline:
    """The span in which an org's records come to be: all of it before the last whole day."""

    first: datetime
    last: datetime

    @property
    def founded(self) -> datetime:
        """When the org was set up, before anything happened in it."""
        return self.first - SETUP_LEAD

    def stamps(self, sobject: str, record: Mapping[str, Any], born: datetime) -> Record:
        """CreatedDate, LastModifiedDate and SystemModstamp in that order; given ones stay.

        ``born`` is when the youngest of the record's parents was created.
        """
        created = record.get("CreatedDate") or self._created(sobject, record, born)
        modified = record.get("LastModifiedDate") or self._modified(record, created)
        stamp = record.get("SystemModstamp") or self._later(record, "stamp", modified, 2 * DAY)
        return {"CreatedDate": created, "LastModifiedDate": modified, "SystemModstamp": stamp}

    def _created(self, sobject: str, record: Mapping[str, Any], born: datetime) -> datetime:
        due = record.get("CloseDate") or record.get("ActivityDate") or record.get("StartDateTime")
        if sobject in SETUP:
            created = self.founded + _share(record, "created") * (SETUP_LEAD / 8)
        elif due and sobject not in PARENTS:
            created = _moment(due) - (2 * DAY + _share(record, "created") * 90 * DAY)
        else:
            created = self.first - _share(record, "created") * (SETUP_LEAD / 2)
        return min(max(_working_hours(record, created), born), self.last)

    def _modified(self, record: Mapping[str, Any], created: datetime) -> datetime:
        closed = record.get("CloseDate")
        until = min(self.last, _moment(closed) + 30 * DAY) if closed else self.last
        return self._later(record, "modified", created, max(until - created, DAY))

    def _later(
        self, record: Mapping[str, Any], what: str, than: datetime, span: timedelta
    ) -> datetime:
        later = than + _share(record, what) * span
        return max(than, min(later.replace(microsecond=0), self.last))


def timeline(records: Iterable[Mapping[str, Any]], now: datetime) -> Timeline:
    """The timeline of these records: from the first date that they name to a day before now."""
    last = (now - DAY).replace(hour=0, minute=0, second=0, microsecond=0)
    named = [_moment(value) for record in records for name in DATED if (value := record.get(name))]
    return Timeline(min(named, default=last - WITHOUT_DATES), last)


def _moment(value: date | datetime) -> datetime:
    return value if isinstance(value, datetime) else datetime.combine(value, time(), UTC)


def _share(record: Mapping[str, Any], what: str) -> float:
    """A number between 0 and 1 that is always the same for a record."""
    return crc32(f"{record['Id']} {what}".encode()) / _FRACTIONS


def _working_hours(record: Mapping[str, Any], at: datetime) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return (midnight + OPEN_AT + _share(record, "hour") * OPEN_FOR).replace(microsecond=0)
