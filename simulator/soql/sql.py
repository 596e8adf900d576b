"""Fragments of PostgreSQL: text with places for parameters, and the parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Sql:
    """A fragment; values are always bound, names come from the catalog and are quoted."""

    text: str
    params: tuple[object, ...] = ()

    def __add__(self, other: Sql) -> Sql:
        return Sql(self.text + other.text, self.params + other.params)

    def wrapped(self, before: str, after: str = "") -> Sql:
        """The fragment between two pieces of plain SQL."""
        return Sql(before + self.text + after, self.params)


EMPTY = Sql("")


def quote(name: str) -> str:
    """A name of the catalog as an SQL identifier."""
    return '"' + name.replace('"', '""').replace("%", "%%") + '"'


def bound(value: object, type_name: str = "") -> Sql:
    """A parameter, with its SQL type where PostgreSQL could guess wrong."""
    return Sql(f"%s::{type_name}" if type_name else "%s", (value,))


def joined(separator: str, parts: Iterable[Sql]) -> Sql:
    """Fragments with a separator between them."""
    fragments = tuple(parts)
    text = separator.join(part.text for part in fragments)
    return Sql(text, tuple(value for part in fragments for value in part.params))
