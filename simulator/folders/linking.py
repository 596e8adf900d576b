"""Gives the rows of a folder their Ids, and turns references into those Ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.catalog import Field, SObject
from simulator.folders.problems import shown
from simulator.folders.tables import Row, Table
from simulator.folders.values import NotAValue, value_of
from simulator.ids import LONG, PREFIX_LENGTH, is_id, new_id

Record = dict[str, Any]
Keys = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Links:
    """The Id of every row, by the key that the folder uses and by the line it stands on."""

    by_key: Keys
    by_line: Mapping[tuple[str, int], str]


def link(
    tables: Sequence[Table], sobjects: Mapping[str, SObject], *, pod: str, seeds: Keys
) -> Links:
    """Give every row its Id: its own where it has a real one, a new one otherwise.

    ``seeds`` are the Ids of records that the org has without the folder.
    """
    by_key: dict[str, dict[str, str]] = {name: dict(keys) for name, keys in seeds.items()}
    by_line: dict[tuple[str, int], str] = {}
    prefixes = {sobject.key_prefix: sobject.name for sobject in sobjects.values()}
    for table in tables:
        keys = by_key.setdefault(table.sobject, {})
        for number, row in enumerate(table.rows, start=1):
            record_id = _id(table, row, prefixes) or new_id(
                sobjects[table.sobject].key_prefix, number, pod
            )
            key = row.texts.get("Id", record_id)
            if key in keys:
                raise table.place(row, "Id").problem(
                    f"{shown(key)} is the Id of another row too", do="Give every row its own Id."
                )
            keys[key] = record_id
            by_line[table.sobject, row.line] = record_id
    return Links(by_key, by_line)


def records(table: Table, sobject: SObject, links: Links) -> list[Record]:
    """The table's rows as records: values by type, references as Ids, empty as None.

    An empty value of a field that cannot be null is left out, for a default to take its place.
    """
    fields = [_field(sobject, column) for column in table.columns if column != "Id"]
    return [
        {
            "Id": links.by_line[table.sobject, row.line],
            **{
                field.name: _value(table, row, field, links)
                for field in fields
                if field.name in row.texts or field.nillable
            },
        }
        for row in table.rows
    ]


def _field(sobject: SObject, column: str) -> Field:
    field = sobject.field(column)
    assert field is not None, "the schema check has seen every column"
    return field


def _id(table: Table, row: Row, prefixes: Mapping[str, str]) -> str | None:
    key = row.texts.get("Id", "")
    if len(key) != LONG or not is_id(key):
        return None
    owner = prefixes.get(key[:PREFIX_LENGTH])
    if owner not in (None, table.sobject):
        raise table.place(row, "Id").problem(
            f"{shown(key)} is an Id of {owner}",
            do=f"Move the row to {owner}.csv, or change its Id.",
        )
    return key if owner else None


def _value(table: Table, row: Row, field: Field, links: Links) -> Any:
    text = row.texts.get(field.name)
    if text is None:
        return None
    if field.type == "reference":
        return _reference(table, row, field, links)
    try:
        return value_of(field, text)
    except NotAValue as problem:
        raise table.place(row, field.name).problem(
            f"{shown(text)} does not fit: {problem}", do="Correct the value or leave it empty."
        ) from None


def _reference(table: Table, row: Row, field: Field, links: Links) -> str:
    key = row.texts[field.name]
    found = {name: links.by_key[name][key] for name in field.reference_to if _has(links, name, key)}
    if len(found) == 1:
        return next(iter(found.values()))
    files = " or ".join(f"{name}.csv" for name in found or field.reference_to)
    if found:
        raise table.place(row, field.name).problem(
            f"{shown(key)} is the Id of a row in both {files.replace(' or ', ' and ')}",
            do="Use keys that only one of them has.",
        )
    raise table.place(row, field.name).problem(
        f"{shown(key)} points to no row of {files}",
        do="Add that row, correct the value or leave it empty.",
    )


def _has(links: Links, sobject: str, key: str) -> bool:
    return key in links.by_key.get(sobject, {})
