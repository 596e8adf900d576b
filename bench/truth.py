"""Whether what arrived is what the org has: counts, Ids, and every column value by value.

Both sides are hashed where they lie, a column at a time: the sum over all records of a hash of the
Id and of the value in a form that does not depend on how it is stored. So text is compared as it
is, numbers as exact decimals, moments as UTC, and an empty text is not an absent one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import psycopg

ORG_SCHEMA = "org"
# by the type that the org has for a column: what both sides are turned into before they are hashed
AS_TEXT = "({0})::text"
FORMS = {
    "numeric": "trim_scale(({0})::text::numeric)::text",
    "bigint": "trim_scale(({0})::text::numeric)::text",
    "boolean": "({0})::text::boolean::text",
    "date": "({0})::text::date::text",
    "time without time zone": "({0})::text::time::text",
    "timestamp with time zone": "extract(epoch from ({0})::text::timestamptz)::text",
}
HASHED = "sum(hashtextextended(({id})::text || coalesce('=' || {form}, ''), 0)::numeric)"


@dataclass(frozen=True)
class Arrived:
    """A copy of an object's records: a relation of a database, and an expression per field."""

    database_url: str
    relation: str
    values: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """What was found: how many rows, whether each record is there once, which fields differ."""

    rows: int
    complete: bool
    exact: bool
    differing: tuple[str, ...]


@dataclass(frozen=True)
class _Sums:
    rows: int
    distinct: int
    hashes: dict[str, Decimal | None]


class Truth:
    """An object's records as the org holds them; read once for all copies that are compared."""

    def __init__(
        self, database_url: str, sobject: str, *, wanted: Collection[str] | None = None
    ) -> None:
        self._url, self._sobject = database_url, sobject
        stored = columns(database_url, ORG_SCHEMA, sobject)
        self.types = {name: kind for name, kind in stored.items() if not wanted or name in wanted}

    @cached_property
    def _own(self) -> _Sums:
        own = {name: f'"{name}"' for name in self.types}
        return self._sums(Arrived(self._url, f'"{ORG_SCHEMA}"."{self._sobject}"', own))

    def judge(self, arrived: Arrived) -> Verdict:
        """Compare a copy with the org; what the org computes and does not store is left out."""
        theirs, ours = self._own, self._sums(arrived)
        missing = object()
        differing = tuple(
            f"{self._sobject}.{name}"
            for name in self.types
            if theirs.hashes[name] != ours.hashes.get(name, missing)
        )
        is_complete = (
            theirs.rows == ours.rows == ours.distinct and f"{self._sobject}.Id" not in differing
        )
        return Verdict(ours.rows, is_complete, is_complete and not differing, differing)

    def _sums(self, copy: Arrived) -> _Sums:
        """The sums of a copy; a column whose values are not of the org's type has none."""
        hashes: dict[str, Decimal | None] = {}
        with psycopg.connect(copy.database_url, autocommit=True) as connection:
            connection.execute("set timezone = 'UTC'")
            counted = f"select count(*), count(distinct {copy.values['Id']}) from {copy.relation}"
            rows, distinct = _row(connection, counted)
            whole = self._hashes(connection, copy, list(self.types.keys() & copy.values.keys()))
            if whole is not None:
                return _Sums(rows, distinct, whole)
            for name in self.types.keys() & copy.values.keys():
                hashes |= self._hashes(connection, copy, [name]) or {name: None}
        return _Sums(rows, distinct, hashes)

    def _hashes(
        self, connection: psycopg.Connection, copy: Arrived, names: list[str]
    ) -> dict[str, Decimal | None] | None:
        forms = {
            name: FORMS.get(self.types[name], AS_TEXT).format(copy.values[name]) for name in names
        }
        terms = [HASHED.format(id=copy.values["Id"], form=form) for form in forms.values()]
        try:
            found = _row(connection, f"select {', '.join(terms)} from {copy.relation}")
        except psycopg.DataError:
            return None
        return dict(zip(names, found, strict=True))


def columns(database_url: str, schema: str, table: str) -> dict[str, str]:
    """The columns of a table and their types, in their order."""
    query = """
        select column_name, data_type from information_schema.columns
        where table_schema = %s and table_name = %s order by ordinal_position
    """
    with psycopg.connect(database_url) as connection:
        return dict(connection.execute(query, [schema, table]).fetchall())


def _row(connection: psycopg.Connection, query: str) -> tuple[Any, ...]:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return tuple(row)
