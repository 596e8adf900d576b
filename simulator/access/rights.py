"""What the profile and the permission sets of a user grant, together (api.md 6.1, 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simulator.access.objects import NEEDED, governing, permissioned_field
from simulator.catalog.types import Field, SObject
from simulator.seeds import ADMINISTRATOR_PROFILE_ID
from simulator.soql.sql import quote
from simulator.storage.connections import Connection
from simulator.store import Store

OBJECT_RIGHTS = (
    "Read",
    "Create",
    "Edit",
    "Delete",
    "ViewAllRecords",
    "ModifyAllRecords",
    "ViewAllFields",
)
SEES_ALL = frozenset({"ViewAllData", "ModifyAllData"})
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Rights:
    """System permissions, rights by object, and the fields that can be read and edited.

    The administrators' profile is ``unlimited``: it is granted what is new in the org as well.
    """

    unlimited: bool
    system: frozenset[str] = _NONE
    objects: Mapping[str, frozenset[str]] | None = None
    readable: frozenset[str] = _NONE
    editable: frozenset[str] = _NONE
    without_need: frozenset[str] = _NONE

    def has(self, *names: str) -> bool:
        """Whether the user holds one of these system permissions."""
        return self.unlimited or not self.system.isdisjoint(names)

    def on(self, sobject: SObject) -> frozenset[str]:
        """What the user may do with an object's records."""
        name = governing(sobject)
        if self.unlimited or name is None:
            return frozenset(OBJECT_RIGHTS)
        granted = (self.objects or {}).get(name, _NONE)
        if self.has("ModifyAllData"):
            return frozenset(OBJECT_RIGHTS) - {"ViewAllFields"} | granted
        return granted | {"Read", "ViewAllRecords"} if self.has("ViewAllData") else granted

    def visible(self, sobject: SObject) -> SObject | None:
        """The object as the user sees it, or None."""
        needed = NEEDED.get(sobject.name)
        is_free = sobject.name in self.without_need
        if needed and not is_free and not self.has(*needed):
            return None
        rights = self.on(sobject)
        if "Read" not in rights:
            return None
        if self.unlimited or governing(sobject) is None:
            return sobject
        fields = (self._visible_field(sobject, field, rights) for field in sobject.fields)
        return replace(
            sobject,
            fields=tuple(field for field in fields if field is not None),
            createable=sobject.createable and "Create" in rights,
            updateable=sobject.updateable and "Edit" in rights,
            deletable=sobject.deletable and "Delete" in rights,
        )

    def _visible_field(
        self, sobject: SObject, field: Field, rights: frozenset[str]
    ) -> Field | None:
        name = permissioned_field(sobject, field)
        if name is None or name in self.editable:
            return field
        if name not in self.readable and "ViewAllFields" not in rights:
            return None
        return replace(field, createable=False, updateable=False)


def read_rights(store: Store, user_id: str) -> Rights:
    """What the rows of the org grant this user now."""
    if not {"User", "Profile", "PermissionSet"} <= set(store.sobjects):
        return Rights(unlimited=True)
    schema = quote(store.schema)
    with store.connections.transaction() as connection:
        query = f'select "ProfileId" from {schema}."User" where "Id" = %s'
        row = connection.execute(query, (user_id,)).fetchone()
        profile = None if row is None else row[0]
        if profile is None or profile == ADMINISTRATOR_PROFILE_ID:
            return Rights(unlimited=True)
        sets = _assigned(connection, schema, user_id=user_id, profile=profile)
        return Rights(
            unlimited=False,
            system=_system(connection, schema, store=store, sets=sets),
            objects=_objects(connection, schema, sets),
            readable=_fields(connection, schema, sets, right="Read"),
            editable=_fields(connection, schema, sets, right="Edit"),
        )


def _assigned(connection: Connection, schema: str, *, user_id: str, profile: str) -> list[str]:
    """The profile's own permission set, and those that were assigned."""
    query = f"""
        select "Id" from {schema}."PermissionSet" where "ProfileId" = %s
        union
        select "PermissionSetId" from {schema}."PermissionSetAssignment"
        where "AssigneeId" = %s and not "IsRevoked"
    """
    return [row[0] for row in connection.execute(query, (profile, user_id))]


def _system(
    connection: Connection, schema: str, *, store: Store, sets: list[str]
) -> frozenset[str]:
    known = store.sobjects["PermissionSet"].fields
    names = [field.name for field in known if field.name.startswith("Permissions")]
    shown = ", ".join(quote(name) for name in names)
    # a few rows of hundreds of switches: aggregates over them would cost more than the reading
    query = f'select {shown} from {schema}."PermissionSet" where "Id" = any(%s)'
    held = {
        name
        for row in connection.execute(query, (sets,))
        for name, granted in zip(names, row, strict=True)
        if granted
    }
    return frozenset(name.removeprefix("Permissions") for name in held)


def _objects(connection: Connection, schema: str, sets: list[str]) -> Mapping[str, frozenset[str]]:
    shown = ", ".join(f'bool_or("Permissions{right}")' for right in OBJECT_RIGHTS)
    query = f"""
        select "SobjectType", {shown} from {schema}."ObjectPermissions"
        where "ParentId" = any(%s) group by 1
    """
    return {
        name: frozenset(r for r, granted in zip(OBJECT_RIGHTS, flags, strict=True) if granted)
        for name, *flags in connection.execute(query, (sets,))
    }


def _fields(connection: Connection, schema: str, sets: list[str], *, right: str) -> frozenset[str]:
    query = f"""
        select distinct "Field" from {schema}."FieldPermissions"
        where "ParentId" = any(%s) and "Permissions{right}"
    """
    return frozenset(row[0] for row in connection.execute(query, (sets,)))
