"""Records that the user does not see: left out in silence (api.md 6.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.access.objects import CONTROLLED, OWN_ROWS
from simulator.access.rights import SEES_ALL, Rights
from simulator.catalog.types import SObject
from simulator.soql.sql import quote


@dataclass(frozen=True)
class Sharing:
    """Which objects are private by the org-wide defaults, and what the user holds against it."""

    schema: str
    user_id: str
    rights: Rights
    private: frozenset[str]
    catalog: Mapping[str, SObject]

    def conditions(self, sobject: SObject, table: str) -> list[str]:
        """The SQL conditions that leave out what is not shared; ``table`` is the alias."""
        # what decides may itself be hidden from the user
        sobject = self.catalog.get(sobject.name, sobject)
        whose, permissions = OWN_ROWS.get(sobject.name, ("", frozenset()))
        if whose:
            own = f"{table}.{quote(whose)} = '{self.user_id}'"
            return [] if self.rights.has(*permissions) else [own]
        condition = self._condition(sobject, table)
        return [condition] if condition else []

    def _condition(self, sobject: SObject, table: str) -> str:
        if not self.private or self.rights.has(*SEES_ALL):
            return ""
        has_owner = sobject.field("OwnerId") is not None
        if has_owner and self._is_private(sobject):
            return f"{table}.\"OwnerId\" = '{self.user_id}'"
        # details have no owner of their own to ask, others follow the parent beside their owner
        if has_owner and sobject.name not in CONTROLLED:
            return ""
        return self._by_parent(sobject, table, has_owner=has_owner)

    def _by_parent(self, sobject: SObject, table: str, *, has_owner: bool) -> str:
        controlled = CONTROLLED.get(sobject.name)
        for link in sobject.fields:
            parent = self.catalog.get(link.reference_to[0]) if link.reference_to else None
            decides = link.name == controlled if controlled else link.cascade_delete
            if parent is None or not decides or not self._is_private(parent):
                continue
            inner = f"{table}_p"
            shared = self._condition(parent, inner)
            rows = f"{quote(self.schema)}.{quote(parent.name)} {inner}"
            column = f"{table}.{quote(link.name)}"
            found = f'{column} in (select {inner}."Id" from {rows} where {shared})'
            own = f"{table}.\"OwnerId\" = '{self.user_id}'"
            return f"({found} or ({column} is null and {own}))" if has_owner else f"({found})"
        return ""

    def _is_private(self, sobject: SObject) -> bool:
        return sobject.name in self.private and "ViewAllRecords" not in self.rights.on(sobject)
