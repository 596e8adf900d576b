"""
What the header of a mart's SQL file says: its grain, its key, and what reaches it.

    -- One row per contact that exists in Salesforce.
    -- key: contact_id
    -- recomputed by: contact_id
    -- affected by: contact (id) · account (contact.account_id) · organization (all)
    -- indexes: company_id · owner_member_id
"""

import re
from dataclasses import dataclass
from pathlib import Path

from salesforce_elt.errors import StopError

REQUIRED_FIELDS = ("key", "recomputed by", "affected by")
HEADER_FIELDS = (*REQUIRED_FIELDS, "indexes")

_FIELD = re.compile(r"-- (?P<name>[a-z ]+): (?P<value>.+)")
_AFFECTED = re.compile(r"(?P<table>\w+)(?:\.(?P<column>\w+))? \((?P<path>\w+(?:\.\w+)?)\)")


@dataclass(frozen=True)
class Affected:
    """How a change in a table reaches a mart.

    The table is one of staging, or another mart that this one asks (`upcoming`). `path` is a
    column of the changed row that holds the key (`id`), a column of another staging table that
    equals the changed row's `column` (`opportunity.account_id`), or `all`.
    """

    table: str
    column: str
    path: str

    @property
    def is_all(self) -> bool:
        """Whether a change reaches every key."""
        return self.path == "all"

    @property
    def next_table(self) -> str:
        """The table whose rows carry the change on; empty when the changed row has the key."""
        return self.path.partition(".")[0] if "." in self.path else ""

    @property
    def next_column(self) -> str:
        """The column that holds the key, or that of `next_table` which equals `column`."""
        return self.path.rpartition(".")[2]


@dataclass(frozen=True)
class Header:
    """What a mart's file says of it; `key` and `indexes` are without the org."""

    grain: str
    key: tuple[str, ...]
    recomputed_by: str
    affected_by: tuple[Affected, ...]
    indexes: tuple[tuple[str, ...], ...]

    def steps(self, table: str) -> tuple[Affected, ...]:
        """How a change in the table reaches the mart."""
        return tuple(one for one in self.affected_by if one.table == table)


def read_header(path: Path, text: str) -> Header:
    """The header at the top of a mart's file.

    Raises StopError, naming file and line, when it is not as it must be.
    """
    fields = _fields(path, text)
    return Header(
        grain=_grain(path, text),
        key=tuple(name.strip() for name in fields["key"].split(",")),
        recomputed_by=fields["recomputed by"],
        affected_by=_affected_by(path, fields["affected by"]),
        indexes=_indexes(fields.get("indexes", "")),
    )


def _grain(path: Path, text: str) -> str:
    first = text.split("\n", 1)[0]
    if not (first.startswith("-- One row per ") and first.endswith(".")):
        raise StopError(f"{path}, line 1: it must say the grain, as '-- One row per <thing>.'")
    return first.removeprefix("-- ")


def _fields(path: Path, text: str) -> dict[str, str]:
    """The named lines of the header; a line that begins with three spaces continues the last."""
    fields: dict[str, str] = {}
    for number, line in enumerate(text.splitlines()[1:], start=2):
        if not line.startswith("--"):
            break
        if found := _FIELD.fullmatch(line):
            fields[found["name"]] = found["value"]
        elif line.startswith("--   ") and fields:
            fields[list(fields)[-1]] += " " + line.removeprefix("--").strip()
        else:
            raise StopError(
                f"{path}, line {number}: '{line}' is not a line of a header. Known "
                f"are {', '.join(HEADER_FIELDS)}; '--   ' continues a line."
            )
        if (last := list(fields)[-1]) not in HEADER_FIELDS:
            raise StopError(
                f"{path}, line {number}: the header has no field '{last}'. Known are "
                f"{', '.join(HEADER_FIELDS)}."
            )
    if missing := [name for name in REQUIRED_FIELDS if name not in fields]:
        raise StopError(f"{path}, line 1: the header lacks '-- {missing[0]}: ...'.")
    return fields


def _affected_by(path: Path, value: str) -> tuple[Affected, ...]:
    entries = [entry.strip() for entry in value.split("·")]
    matches = [(entry, _AFFECTED.fullmatch(entry)) for entry in entries]
    if wrong := [entry for entry, match in matches if match is None]:
        line = _line_of(path, wrong[0])
        raise StopError(
            f"{path}, line {line}: 'affected by' has '{wrong[0]}'. Write it as "
            "'table (key column)', 'table (other_table.column)' or 'table (all)', "
            "with ' · ' between the entries."
        )
    return tuple(
        Affected(match["table"], match["column"] or "id", match["path"])
        for _, match in matches
        if match
    )


def _indexes(value: str) -> tuple[tuple[str, ...], ...]:
    """`owner_member_id · pipeline_id, stage_id`: two indexes, the second over two columns."""
    entries = [entry for entry in value.split("·") if entry.strip()]
    return tuple(tuple(name.strip() for name in entry.split(",")) for entry in entries)


def _line_of(path: Path, text: str) -> int:
    lines = path.read_text("utf-8").splitlines()
    return next((number for number, line in enumerate(lines, start=1) if text in line), 1)
