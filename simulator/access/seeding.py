"""The permission rows of a new org: the sets of its profiles, and who has them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from simulator.access.objects import governing, grantable_fields
from simulator.catalog.types import SObject
from simulator.derived import default_values
from simulator.ids import new_id
from simulator.seeds import ADMINISTRATOR_PROFILE_ID, STANDARD_PROFILE_ID, stamped
from simulator.store import Store

Record = dict[str, Any]
CHANGES = ("Read", "Create", "Edit", "Delete")
ALL_RECORDS = ("ViewAllRecords", "ModifyAllRecords")
SEEDED = ("PermissionSet", "PermissionSetAssignment", "ObjectPermissions", "FieldPermissions")


def seed_permissions(store: Store) -> None:
    """Give a new org the permission sets of its profiles, and every user that of theirs."""
    if not set(SEEDED) <= set(store.sobjects) or store.count("PermissionSet"):
        return
    at, profiles = store.clock.stamp(), list(store.records("Profile"))
    sets = {row["Id"]: new_id("0PS", n) for n, row in enumerate(profiles, start=1)}
    rights = {ADMINISTRATOR_PROFILE_ID: (*CHANGES, *ALL_RECORDS), STANDARD_PROFILE_ID: CHANGES}
    granted = {sets[profile]: names for profile, names in rights.items() if profile in sets}
    rows = {
        "PermissionSet": [_own_set(sets[row["Id"]], row, store, at) for row in profiles],
        "PermissionSetAssignment": list(_assignments(store, sets, at)),
        "ObjectPermissions": list(_objects(store.sobjects, granted, at)),
        "FieldPermissions": list(_fields(store.sobjects, granted, at)),
    }
    for name, records in rows.items():
        defaults = default_values(store.sobjects[name])
        store.load(name, [{**defaults, **record} for record in records])


def _own_set(set_id: str, profile: Mapping[str, Any], store: Store, at: datetime) -> Record:
    known = store.sobjects["PermissionSet"]
    held = {name: v for name, v in profile.items() if name.startswith("Permissions")}
    row = {
        "Id": set_id,
        "Name": f"X{profile['Id']}",
        "Label": f"X{profile['Id']}",
        "ProfileId": profile["Id"],
        "IsOwnedByProfile": True,
        "Type": "Profile",
        **{name: value for name, value in held.items() if known.field(name) is not None},
    }
    return stamped(row, at)


def _assignments(store: Store, sets: Mapping[str, str], at: datetime) -> Iterator[Record]:
    for number, user in enumerate(store.records("User"), start=1):
        if user.get("ProfileId") in sets:
            yield {
                "Id": new_id("0Pa", number),
                "PermissionSetId": sets[user["ProfileId"]],
                "AssigneeId": user["Id"],
                "SystemModstamp": at,
                "IsActive": True,
            }


def _objects(
    sobjects: Mapping[str, SObject], granted: Mapping[str, tuple[str, ...]], at: datetime
) -> Iterator[Record]:
    own = [sobject for sobject in sobjects.values() if governing(sobject) == sobject.name]
    pairs = ((set_id, sobject) for set_id in granted for sobject in own)
    for number, (set_id, sobject) in enumerate(pairs, start=1):
        rights = {f"Permissions{right}": True for right in granted[set_id]}
        row = {"Id": new_id("110", number), "ParentId": set_id, "SobjectType": sobject.name}
        yield stamped({**row, **rights}, at)


def _fields(
    sobjects: Mapping[str, SObject], granted: Mapping[str, tuple[str, ...]], at: datetime
) -> Iterator[Record]:
    named = [(one.name, name) for one in sobjects.values() for name in grantable_fields(one)]
    pairs = ((set_id, sobject, field) for set_id in granted for sobject, field in named)
    for number, (set_id, sobject, field) in enumerate(pairs, start=1):
        yield {
            "Id": new_id("01k", number),
            "ParentId": set_id,
            "SobjectType": sobject,
            "Field": field,
            "PermissionsRead": True,
            "PermissionsEdit": True,
            "SystemModstamp": at,
        }
