"""The member directory: the people to whom owners are matched, and how a CSV file lists them."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from salesforce_elt.errors import SettingsInvalid

COLUMNS = ("member_id", "member_name", "email", "is_active", "weekly_capacity_hours")
REQUIRED = ("member_id", "member_name", "email")
BOOLEANS = {"true": True, "false": False, "": True}


@dataclass(frozen=True)
class Member:
    """A person of the directory; without a capacity the hours are not known."""

    member_id: str
    member_name: str
    email: str | None
    is_active: bool
    weekly_capacity_hours: Decimal | None


def read_directory(path: Path) -> list[Member]:
    """The members of a directory file, in its order.

    Two members may share an e-mail address (they match nobody, and a check says so). Raises
    SettingsInvalid, naming file and line, when the file is not a directory.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file, strict=True)
            check_columns(f"{path}, line 1", rows.fieldnames or ())
            return members_of(str(path), ((f"line {rows.line_num}", row) for row in rows))
    except FileNotFoundError:
        raise SettingsInvalid(
            f"{path}: there is no such file. Create it with the header line "
            f"{','.join(COLUMNS)}, or take members.directory out of the settings."
        ) from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise SettingsInvalid(f"{path} is not a CSV file in UTF-8: {error}.") from error


def members_of(source: str, rows: Iterable[tuple[str, Mapping[Any, object]]]) -> list[Member]:
    """The members that rows stand for, each row with its place in the source.

    Raises SettingsInvalid, naming source and place, when a row is no member, or one again.
    """
    members = []
    places: dict[str, str] = {}
    for place, row in rows:
        member = _member(f"{source}, {place}", row)
        first = places.setdefault(member.member_id, place)
        if first != place:
            raise SettingsInvalid(
                f"{source}, {place}: member_id is '{member.member_id}', which {first} "
                "has already. Give each member an id of their own."
            )
        members.append(member)
    return members


def check_columns(where: str, found: Sequence[str]) -> None:
    """Raises SettingsInvalid when a column is missing, there twice, or not known."""
    if missing := [name for name in REQUIRED if name not in found]:
        raise SettingsInvalid(
            f"{where}: the column {missing[0]} is missing. The columns are "
            f"{','.join(COLUMNS)}; the last two may be left out."
        )
    if twice := [name for name in found if found.count(name) > 1]:
        raise SettingsInvalid(f"{where}: the column {twice[0]} is there twice. Keep one of them.")
    if unknown := sorted(set(found) - set(COLUMNS)):
        raise SettingsInvalid(
            f"{where}: there is no column '{unknown[0]}'. The columns are {','.join(COLUMNS)}."
        )


def _member(where: str, row: Mapping[Any, object]) -> Member:
    if None in row or None in row.values():
        raise SettingsInvalid(
            f"{where}: the row does not have as many values as the header. "
            "Put a value that holds a comma into quotes."
        )
    cells = {str(name): str(value).strip() for name, value in row.items()}
    for name in ("member_id", "member_name"):
        if not cells[name]:
            raise SettingsInvalid(f"{where}: {name} is empty. Every member has one.")
    return Member(
        member_id=cells["member_id"],
        member_name=cells["member_name"],
        email=cells["email"] or None,
        is_active=_boolean(where, cells.get("is_active", "")),
        weekly_capacity_hours=_hours(where, cells.get("weekly_capacity_hours", "")),
    )


def _boolean(where: str, value: str) -> bool:
    if value.lower() not in BOOLEANS:
        raise SettingsInvalid(f"{where}: is_active is '{value}'. Write true or false.")
    return BOOLEANS[value.lower()]


def _hours(where: str, value: str) -> Decimal | None:
    if not value:
        return None
    try:
        hours = Decimal(value)
    except InvalidOperation:
        hours = Decimal(-1)
    if not (hours.is_finite() and 0 <= hours <= 168):
        raise SettingsInvalid(
            f"{where}: weekly_capacity_hours is '{value}'. Write the hours of a "
            "week as a number from 0 to 168, or leave it empty."
        )
    return hours
