"""Objects without stored rows: what the user may do, worked out when it is asked (api.md 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from simulator.access.rights import Rights
from simulator.auth.sessions import Session
from simulator.catalog.types import Field, SObject
from simulator.ids import new_id
from simulator.soql.sql import quote
from simulator.storage.tables import column_type

WORKED_OUT = frozenset(
    {
        "AuthSession",
        "EntityDefinition",
        "UserEntityAccess",
        "UserFieldAccess",
        "UserPermissionAccess",
    }
)
NO_ID = "000000000000000AAA"
OAUTH = "Remote Access 2.0"
Catalog = Mapping[str, SObject]
Row = Sequence[Any]


@dataclass(frozen=True)
class Asker:
    """Who asks, and when: the user, the token of the session, the sessions that are open."""

    user_id: str
    at: datetime
    token: str = ""
    sessions: Sequence[Session] = ()
    session_seconds: int = 0


class Virtual:
    """The rows of these objects for one user, as SQL tables."""

    def __init__(self, catalog: Catalog, rights: Rights, asker: Asker) -> None:
        self._catalog, self._rights, self._asker = catalog, rights, asker
        self._user_id, self._at = asker.user_id, asker.at
        self._rows: Mapping[str, Callable[[], Iterable[Row]]] = {
            "AuthSession": self._sessions,
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
        fields = sobject.stored_fields
        names = ", ".join(quote(field.name) for field in fields)
        rows = ", ".join(f"({_literals(fields, row)})" for row in found())
        if rows:
            return f"(select * from (values {rows}) v ({names}))"
        nothing = _literals(fields, [None] * len(fields))
        return f"(select * from (values ({nothing})) v ({names}) where false)"

    def _sessions(self) -> Iterable[Row]:
        for one in self._asker.sessions:
            yield (
                one.id,
                one.user_id,
                one.begun_at.replace(microsecond=0),
                one.used_at.replace(microsecond=0),
                self._asker.session_seconds,
                "Standard",
                one.origin.source_ip,
                one.origin.login_type,
                "Oauth2" if one.origin.login_type == OAUTH else "API",
                "STANDARD",
                None,
                None,
                one.origin.login_id,
                None,
                one.token == self._asker.token,
            )

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


def _literals(fields: Sequence[Field], row: Row) -> str:
    pairs = zip(fields, row, strict=True)
    return ", ".join(_nothing(field) if v is None else _literal(v) for field, v in pairs)


def _nothing(field: Field) -> str:
    return f"null::{column_type(field).partition(' not null')[0]}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return f"{value}::bigint"
    if isinstance(value, datetime):
        return f"'{value.isoformat()}'::timestamptz(0)"
    text = str(value).replace("'", "''").replace("%", "%%")
    return f"'{text}'::text collate \"C\""
