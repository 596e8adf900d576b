"""The operators of formulas: what they take and what they give."""

from __future__ import annotations

from simulator.formulas.typed import (
    BOOLEAN,
    DATE,
    DATETIME,
    NOTHING,
    NUMBER,
    TEXT,
    FormulaInvalid,
    Typed,
    common_kind,
    of_kind,
)

_DAY_SECONDS = 86_400
_SAME, _OTHER = ("=", "=="), ("<>", "!=")


def compared(left: Typed, operator: str, right: Typed) -> Typed:
    """A comparison: never null; two blanks are equal."""
    kind = common_kind((left, right), operator)
    a, b = _comparable(left, kind), _comparable(right, kind)
    if operator in _SAME:
        return Typed(f"({a} is not distinct from {b})", BOOLEAN)
    if operator in _OTHER:
        return Typed(f"({a} is distinct from {b})", BOOLEAN)
    return Typed(f"coalesce({a} {operator} {b}, false)", BOOLEAN)


def added(left: Typed, sign: str, right: Typed) -> Typed:
    """Numbers, texts, dates and days: a date minus a date is a number of days."""
    kinds = (left.kind, right.kind)
    if kinds == (TEXT, TEXT) and sign == "+":
        return joined(left, right)
    if kinds == (DATE, DATE) and sign == "-":
        return Typed(f"({left.sql} - {right.sql})::numeric", NUMBER)
    if kinds == (DATETIME, DATETIME) and sign == "-":
        seconds = f"extract(epoch from {left.sql} - {right.sql})::numeric"
        return Typed(f"({seconds} / {_DAY_SECONDS})", NUMBER)
    if kinds == (DATE, NUMBER):
        return Typed(f"({left.sql} {sign} trunc({right.sql})::integer)", DATE)
    if kinds == (DATETIME, NUMBER):
        return Typed(f"({left.sql} {sign} {right.sql} * interval '1 day')", DATETIME)
    return _arithmetic(left, sign, right)


def multiplied(left: Typed, sign: str, right: Typed) -> Typed:
    """A product or a quotient; a division by zero has no value."""
    if sign == "/":
        by = f"nullif({of_kind(right, NUMBER, sign)}, 0)"
        return Typed(f"({of_kind(left, NUMBER, sign)} / {by})", NUMBER)
    return _arithmetic(left, sign, right)


def raised(left: Typed, right: Typed) -> Typed:
    """A power."""
    base, exponent = of_kind(left, NUMBER, "^"), of_kind(right, NUMBER, "^")
    return Typed(f"power({base}, {exponent})", NUMBER)


def joined(left: Typed, right: Typed) -> Typed:
    """Two texts as one; a blank counts as no text."""
    parts = [f"coalesce({of_kind(part, TEXT, '&')}, '')" for part in (left, right)]
    return Typed(f"({parts[0]} || {parts[1]})", TEXT)


def truth(word: str, parts: list[Typed]) -> Typed:
    """All, or any, of some conditions."""
    if not parts:
        raise FormulaInvalid(f"{word.upper()} needs at least one condition")
    conditions = (f"coalesce({of_kind(part, BOOLEAN, word)}, false)" for part in parts)
    return Typed("(" + f" {word} ".join(conditions) + ")", BOOLEAN)


def _arithmetic(left: Typed, sign: str, right: Typed) -> Typed:
    a, b = of_kind(left, NUMBER, sign), of_kind(right, NUMBER, sign)
    return Typed(f"({a} {sign} {b})", NUMBER)


def _comparable(value: Typed, kind: str) -> str:
    if kind == NOTHING:
        return "null::text"
    sql = of_kind(value, kind, "a comparison")
    return f"nullif({sql}, '')" if kind == TEXT else sql
