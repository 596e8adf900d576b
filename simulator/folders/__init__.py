"""Loads an org folder: one CSV file an object, the header in field names, keys of its own.

In the order a folder meets them: ``tables`` reads the files, ``custom`` declares custom objects,
``schema`` finds what the org lacks,
``values`` and ``linking`` turn text into records, ``completing`` and ``dating`` add what Salesforce
would have added. Everything is checked before anything is written.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from simulator import seeds
from simulator.catalog import Field, SObject
from simulator.folders.completing import Records, complete, stages_of
from simulator.folders.custom import custom_objects
from simulator.folders.dating import timeline
from simulator.folders.linking import link, records
from simulator.folders.problems import OrgFolderInvalid, Place
from simulator.folders.schema import Addition, additions, extended
from simulator.folders.tables import Table, read_tables
from simulator.ids import pod_of
from simulator.stages import Stage

__all__ = ["OrgFolderInvalid", "Prepared", "load_folder", "prepare"]

SEEDED = {
    "Profile": (seeds.ADMINISTRATOR_PROFILE_ID, seeds.STANDARD_PROFILE_ID),
    "User": (seeds.RUNNING_USER_ID,),
}


class Clock(Protocol):
    """Tells the org's time."""

    def now(self) -> datetime: ...


class Org(seeds.Org, Protocol):
    """What loading asks of an org."""

    @property
    def clock(self) -> Clock: ...

    def add_field(self, sobject: str, field: Field) -> None: ...

    def add_sobject(self, sobject: SObject) -> None: ...


@dataclass(frozen=True)
class Prepared:
    """A folder that has been checked: what the org gets, fields first."""

    objects: Sequence[SObject]
    additions: Sequence[Addition]
    stages: Sequence[Stage]
    founded: datetime
    records: Records


def load_folder(org: Org, folder: Path) -> dict[str, int]:
    """Load a folder into an org; the number of records by object.

    Raises OrgFolderInvalid, with nothing written, when something in the folder does not fit.
    """
    prepared = prepare(folder, org.sobjects, now=org.clock.now())
    _check_new(org, prepared.records)
    for sobject in prepared.objects:
        org.add_sobject(sobject)
    for addition in prepared.additions:
        org.add_field(addition.sobject, addition.field)
    counts = Counter({name: org.load(name, rows) for name, rows in prepared.records.items()})
    counts.update(seeds.seed_org(org, prepared.founded, prepared.stages))
    return dict(counts)


def prepare(folder: Path, sobjects: Mapping[str, SObject], *, now: datetime) -> Prepared:
    """What loading the folder into an org with these objects would add to it."""
    tables = read_tables(folder)
    new = custom_objects(folder, tables, sobjects)
    sobjects = {**sobjects, **{sobject.name: sobject for sobject in new}}
    added = additions(tables, sobjects)
    sobjects = extended(sobjects, added)
    pod = pod_of(folder.name)
    own = {name: {record_id: record_id for record_id in ids} for name, ids in SEEDED.items()}
    links = link(tables, sobjects, pod=pod, seeds=own)
    given = {table.sobject: records(table, sobjects[table.sobject], links) for table in tables}
    whole = complete(given, sobjects, now=now, pod=pod)
    _check_required(tables, whole, sobjects)
    listed = {row["ApiName"] for row in whole.get("OpportunityStage", ())}
    stages = [stage for name, stage in stages_of(given).items() if name not in listed]
    founded = timeline((row for rows in given.values() for row in rows), now).founded
    return Prepared(new, added, stages, founded, whole)


def _check_required(
    tables: Sequence[Table], whole: Records, sobjects: Mapping[str, SObject]
) -> None:
    for table in tables:
        required = [f for f in sobjects[table.sobject].stored_fields if not f.nillable]
        for row, record in zip(table.rows, whole[table.sobject], strict=True):
            for field in required:
                if record.get(field.name) is None:
                    raise table.place(row, field.name).problem(
                        "the field is required, and the row has no value",
                        do=f"Give every {table.sobject} a {field.label}.",
                    )


def _check_new(org: Org, records: Records) -> None:
    known = ((name, rows) for name, rows in records.items() if name in org.sobjects)
    for name, rows in known:
        there = next(iter(org.records(name, ids=[row["Id"] for row in rows])), None)
        if there:
            raise Place(f"{name}.csv", field="Id").problem(
                f"the org has the record {there['Id']} already",
                do="Load the folder into an org that does not hold it yet.",
            )
