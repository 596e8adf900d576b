"""Works out what an org lacks before a folder fits: fields, record types, picklist values."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from simulator.catalog import Field, PicklistValue, SObject, record_type_field
from simulator.folders.tables import Table
from simulator.folders.values import custom_field, custom_reference, shows_text

RECORD_TYPE = "RecordTypeId"
CUSTOM_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9]*(_[A-Za-z0-9]+)*__c")
# What the folder uses here, the org offers: by field of Opportunity, the columns that use it.
GROWING_PICKLISTS = {
    "StageName": (("OpportunityStage", "ApiName"), ("Opportunity", "StageName")),
    "Type": (("Opportunity", "Type"),),
}


@dataclass(frozen=True)
class Addition:
    """A field that an object of the org gets, or gets anew with more picklist values."""

    sobject: str
    field: Field


def additions(tables: Sequence[Table], sobjects: Mapping[str, SObject]) -> list[Addition]:
    """The fields that the folder's columns and values ask of the org.

    Raises OrgFolderInvalid for a file or a standard column that no org has.
    """
    for table in tables:
        _check(table, sobjects)
    return [
        *_record_type_fields(tables, sobjects),
        *(added for table in tables for added in _custom_fields(table, tables, sobjects)),
        *_grown_picklists(tables, sobjects),
    ]


def extended(sobjects: Mapping[str, SObject], added: Sequence[Addition]) -> dict[str, SObject]:
    """The org's objects as they are once the additions are made."""
    result = dict(sobjects)
    for addition in added:
        result[addition.sobject] = result[addition.sobject].with_field(addition.field)
    return result


def _check(table: Table, sobjects: Mapping[str, SObject]) -> None:
    sobject = sobjects.get(table.sobject)
    if sobject is None:
        raise table.place().problem(
            f"the org has no object {table.sobject}{_nearest(table.sobject, list(sobjects))}",
            do="Name the file after an object of the org, or take it out of the folder.",
        )
    names = [field.name for field in sobject.stored_fields]
    for column in table.columns:
        known = column in names or column == RECORD_TYPE or CUSTOM_FIELD.fullmatch(column)
        if not known:
            raise table.place(column=column).problem(
                f"{table.sobject} has no such field{_nearest(column, names)}",
                do="Correct the header; only a name such as Region__c becomes a custom field.",
            )


def _nearest(name: str, names: list[str]) -> str:
    close = difflib.get_close_matches(name, names, n=1)
    return f" (nearest: {close[0]})" if close else ""


def _record_type_fields(
    tables: Sequence[Table], sobjects: Mapping[str, SObject]
) -> Iterator[Addition]:
    with_types = set(_texts(tables, "RecordType", "SobjectType"))
    new = {name for name in with_types & sobjects.keys() if not _has_record_types(sobjects[name])}
    for table in tables:
        known = table.sobject in new or _has_record_types(sobjects[table.sobject])
        if RECORD_TYPE in table.columns and not known:
            raise table.place(column=RECORD_TYPE).problem(
                f"the org has no record type of {table.sobject}",
                do=f"Add RecordType.csv with SobjectType {table.sobject}, or drop the column.",
            )
    yield from (Addition(name, record_type_field()) for name in sorted(new))


def _has_record_types(sobject: SObject) -> bool:
    return sobject.field(RECORD_TYPE) is not None


def _custom_fields(
    table: Table, tables: Sequence[Table], sobjects: Mapping[str, SObject]
) -> Iterator[Addition]:
    sobject = sobjects[table.sobject]
    for column in table.columns:
        if column.endswith("__c") and sobject.field(column) is None:
            texts = {row.texts[column] for row in table.rows if column in row.texts}
            target = _target(texts, tables) if shows_text(texts) else None
            field = custom_reference(column, target) if target else custom_field(column, texts)
            yield Addition(table.sobject, field)


def _target(texts: set[str], tables: Sequence[Table]) -> str | None:
    """The one object whose rows all these values are the Ids of."""
    targets = [
        table.sobject
        for table in tables
        if texts and texts <= {row.texts["Id"] for row in table.rows if "Id" in row.texts}
    ]
    return targets[0] if len(targets) == 1 else None


def _grown_picklists(
    tables: Sequence[Table], sobjects: Mapping[str, SObject]
) -> Iterator[Addition]:
    for name, columns in GROWING_PICKLISTS.items():
        field = sobjects["Opportunity"].field(name)
        if field is not None:
            offered = {value.value for value in field.picklist}
            used = dict.fromkeys(text for column in columns for text in _texts(tables, *column))
            new = tuple(PicklistValue(value, value) for value in used if value not in offered)
            if new:
                yield Addition("Opportunity", replace(field, picklist=(*field.picklist, *new)))


def _texts(tables: Sequence[Table], sobject: str, column: str) -> Iterator[str]:
    for table in tables:
        if table.sobject == sobject:
            yield from (row.texts[column] for row in table.rows if column in row.texts)
