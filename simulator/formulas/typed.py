"""Pieces of SQL that know what kind of value they give."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.catalog.types import NUMBER_TYPES, Field

NUMBER, TEXT, DATE, DATETIME = "number", "text", "date", "datetime"
TIME, BOOLEAN, NOTHING = "time", "boolean", "nothing"
_KINDS = {"int": NUMBER, "date": DATE, "datetime": DATETIME, "time": TIME, "boolean": BOOLEAN}
_CASTS = {
    NUMBER: "numeric",
    TEXT: "text",
    DATE: "date",
    DATETIME: "timestamptz",
    TIME: "time",
    BOOLEAN: "boolean",
}


class FormulaInvalid(Exception):
    """A formula that Salesforce would not save either; the message says why."""


@dataclass(frozen=True)
class Typed:
    """An SQL expression and the kind of its value."""

    sql: str
    kind: str


NULL = Typed("null", NOTHING)


def kind_of(field: Field) -> str:
    """The kind of a field's values."""
    return NUMBER if field.type in NUMBER_TYPES else _KINDS.get(field.type, TEXT)


def common_kind(values: Iterable[Typed], what: str) -> str:
    """The one kind of these values, nulls apart; FormulaInvalid if they are of several."""
    kinds = {value.kind for value in values} - {NOTHING}
    if len(kinds) > 1:
        raise FormulaInvalid(f"Incorrect parameter type for {what}: {' and '.join(sorted(kinds))}")
    return kinds.pop() if kinds else NOTHING


def of_kind(value: Typed, kind: str, what: str) -> str:
    """The SQL of a value that has to be of this kind."""
    if value.kind == NOTHING:
        return f"null::{_CASTS[kind]}"
    if value.kind != kind:
        message = f"Incorrect parameter type for {what}. Expected {kind}, received {value.kind}"
        raise FormulaInvalid(message)
    return value.sql


def literal(text: str) -> str:
    """A text as an SQL literal; a percent sign is doubled for the placeholders beside it."""
    doubled = text.replace("'", "''").replace("%", "%%")
    return f"'{doubled}'::text"


def result(value: Typed, field: Field) -> str:
    """The SQL of a formula's value as its field shows it: to its scale, no empty text."""
    kind = kind_of(field)
    sql = of_kind(value, kind, field.name)
    if kind == NUMBER:
        return f"round(({sql})::numeric, {field.scale})"
    if kind == TEXT:
        return f"nullif({sql}, '')"
    return f"coalesce({sql}, false)" if kind == BOOLEAN else f"({sql})"
