"""Permission sets granted to the integration user, and withdrawn (api.md 6.1)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from simulator.soql.sql import quote
from simulator.storage.transaction import Transaction
from simulator.store import Store


def profile_named(store: Store, name: str) -> str | None:
    """The Id of the profile of that name."""
    rows = store.records("Profile")
    return next((row["Id"] for row in rows if row["Name"] == name), None)


def set_profile(store: Store, profile_id: str) -> None:
    """Give the integration user another profile, and its permission set with it."""
    with store.transaction() as work:
        owned = _ids(work, "PermissionSet", IsOwnedByProfile=True)
        for set_id in owned:
            _remove(work, "PermissionSetAssignment", PermissionSetId=set_id,
                    AssigneeId=store.user_id)  # fmt: skip
        work.update("User", store.user_id, {"ProfileId": profile_id})
        for set_id in _ids(work, "PermissionSet", ProfileId=profile_id):
            _assign(work, set_id, store.user_id)


def set_named(store: Store, name: str) -> str:
    """The Id of the permission set of that name, made if there is none."""
    with store.transaction() as work:
        found = _ids(work, "PermissionSet", Name=name)
        values = {"Name": name, "Label": name, "IsCustom": True, "Type": "Regular"}
        return found[0] if found else work.insert("PermissionSet", values)


def assign(store: Store, set_id: str) -> None:
    """Give the integration user a permission set."""
    with store.transaction() as work:
        held = {"PermissionSetId": set_id, "AssigneeId": store.user_id}
        if not _ids(work, "PermissionSetAssignment", **held):
            _assign(work, set_id, store.user_id)


def unassign(store: Store, set_id: str) -> None:
    """Take a permission set from the integration user; the row vanishes."""
    with store.transaction() as work:
        held = {"PermissionSetId": set_id, "AssigneeId": store.user_id}
        _remove(work, "PermissionSetAssignment", **held)


def change_system(store: Store, set_id: str, names: Iterable[str], *, granted: bool) -> None:
    """Grant or withdraw system permissions."""
    with store.transaction() as work:
        values = {f"Permissions{name}": granted for name in names}
        work.update("PermissionSet", set_id, values)


def change_object(store: Store, set_id: str, sobject: str, *, rights: dict[str, bool]) -> None:
    """Grant or withdraw rights on an object; without Read nothing of them is left."""
    with store.transaction() as work:
        key = {"ParentId": set_id, "SobjectType": sobject}
        values = {f"Permissions{name}": granted for name, granted in rights.items()}
        if not rights.get("Read", True):
            _remove(work, "ObjectPermissions", **key)
            return
        found = _ids(work, "ObjectPermissions", **key)
        if found:
            work.update("ObjectPermissions", found[0], values)
        else:
            work.insert("ObjectPermissions", {**key, "PermissionsRead": True, **values})


def change_fields(store: Store, set_id: str, fields: Iterable[str], *, granted: bool) -> None:
    """Grant or withdraw fields by their full names, ``Account.Site``."""
    with store.transaction() as work:
        for field in fields:
            key = {"ParentId": set_id, "Field": field}
            _remove(work, "FieldPermissions", **key)
            if granted:
                sobject = field.partition(".")[0]
                flags = {"PermissionsRead": True, "PermissionsEdit": True}
                work.insert("FieldPermissions", {**key, "SobjectType": sobject, **flags})


def _assign(work: Transaction, set_id: str, user_id: str) -> None:
    values = {"PermissionSetId": set_id, "AssigneeId": user_id, "IsActive": True}
    work.insert("PermissionSetAssignment", values)


def _remove(work: Transaction, sobject: str, **values: Any) -> None:
    for record_id in _ids(work, sobject, **values):
        work.hard_delete(sobject, record_id)


def _ids(work: Transaction, sobject: str, **values: Any) -> list[str]:
    table = f"{quote(work.org.schema)}.{quote(sobject)}"
    condition = " and ".join(f"{quote(name)} = %s" for name in values)
    query = f'select "Id" from {table} where {condition} order by "Id"'
    return [row[0] for row in work.connection.execute(query, tuple(values.values()))]
