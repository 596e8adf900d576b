"""Objects without stored rows: what the user may do, worked out when it is asked (api.md 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from simulator.access.rights import Rights
from simulator.catalog.types import Field, SObject
from simulator.ids import new_id
from simulator.soql.sql import quote

NO_ID = "000000000000000AAA"
Catalog = Mapping[str, SObject]
Row = Sequence[Any]


class Virtual:
    """The rows of these objects for one user, as SQL tables."""

    def __init__(self, catalog: Catalog, rights: Rights, *, user_id: str, at: datetime) -> None:
        self._catalog, self._rights = catalog, rights
        self._user_id, self._at = user_id, at
        self._rows: Mapping[str, Callable[[], Iterable[Row]]] = {
            "EntityDefinition": self._entities,
            "UserEntityAccess": self._entity_access,
            "UserFieldAccess": self._field_access,
            "UserPermissionAccess": self._permissions,
        }

    def table(self, sobject: SObject) -> str | None:
        """The SQL of an object's table; None for the objects that have one of their own."""
        found = self._rows.get(sobject.name)
        if found is None:
            return None
        names = ", ".join(quote(field.name) for field in sobject.stored_fields)
        rows = ", ".join(f"({', '.join(map(_literal, row))})" for row in found())
        return f"(select * from (values {rows}) v ({names}))"

    def _entities(self) -> Iterable[Row]:
        for one in self._catalog.values():
            yield (
                one.name,
                one.name,
                one.name,
                one.label,
                one.label_plural,
                one.key_prefix,
                one.queryable,
                one.replicateable,
                one.retrieveable,
                one.layoutable,
                one.searchable,
                one.triggerable,
            )

    def _entity_access(self) -> Iterable[Row]:
        for one in self._catalog.values():
            yield (
                NO_ID,
                f"{one.name}.{self._user_id}",
                self._user_id,
                one.name,
                one.createable,
                True,
                one.updateable,
                one.updateable,
                one.deletable,
                one.undeletable and one.deletable,
                one.mergeable and one.deletable,
                one.activateable,
                self._rights.has("CustomizeApplication"),
            )

    def _field_access(self) -> Iterable[Row]:
        for one in self._catalog.values():
            for field in one.fields:
                yield self._one_field(one, field)

    def _one_field(self, sobject: SObject, field: Field) -> Row:
        name = f"{sobject.name}.{field.name}"
        return (
            NO_ID,
            f"{name}.{self._user_id}",
            self._user_id,
            sobject.name,
            name,
            field.createable and sobject.createable,
            True,
            field.updateable and sobject.updateable,
        )

    def _permissions(self) -> Iterable[Row]:
        fields = self._catalog["UserPermissionAccess"].stored_fields[2:]
        held = [self._rights.has(field.name.removeprefix("Permissions")) for field in fields]
        yield (new_id("0TV", 1), self._at, *held)


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz(0)"
    text = str(value).replace("'", "''").replace("%", "%%")
    return f"'{text}'::text collate \"C\""
