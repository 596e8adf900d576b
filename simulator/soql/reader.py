"""Who asks: what they see of the org, and what day it is for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from simulator.catalog.types import SObject
from simulator.soql.dates import Today
from simulator.soql.sql import quote

STATE_SUFFIX = "_state"
HIDING_FLAGS = ("IsDeleted", "IsArchived")


@dataclass(frozen=True)
class Reader:
    """The running user of a statement: the visible catalog, the day, the time zone, and the rows.

    ``all_rows`` is the reading of queryAll: deleted and archived rows too (api.md 2.3, 5.2).
    """

    catalog: Mapping[str, SObject]
    schema: str
    today: Today
    zone: ZoneInfo
    all_rows: bool = False
    everything: Mapping[str, SObject] | None = None
    shared: Callable[[SObject, str], list[str]] = lambda sobject, table: []
    virtual: Callable[[SObject], str | None] = lambda sobject: None

    @property
    def whole_catalog(self) -> Mapping[str, SObject]:
        """All objects and fields, as formulas read them."""
        return self.catalog if self.everything is None else self.everything

    def folded(self, sql: str) -> str:
        """The SQL of a text with small letters only, whatever the database's own collation."""
        return f"{quote(self.schema + STATE_SUFFIX)}.folded({sql})"

    def table(self, sobject: SObject) -> str:
        """The SQL of the table of an object, or of what stands in its place."""
        return self.virtual(sobject) or f"{quote(self.schema)}.{quote(sobject.name)}"

    def visible(self, sobject: SObject, table: str) -> list[str]:
        """The SQL conditions that leave out what ``query`` does not show, or the user not see."""
        return [*self.alive(sobject, table), *self.shared(sobject, table)]

    def alive(self, sobject: SObject, table: str) -> list[str]:
        """The SQL conditions that leave out deleted and archived records."""
        if self.all_rows:
            return []
        flags = [flag for flag in HIDING_FLAGS if sobject.field(flag) is not None]
        return [f"not {table}.{quote(flag)}" for flag in flags]
