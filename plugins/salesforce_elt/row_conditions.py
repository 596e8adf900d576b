"""Expectations about single rows, as the SQL condition of a row that breaks them."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any


def breaking(expectation: str, arguments: Mapping[str, Any]) -> str | None:
    """The condition of the rows that break an expectation; None when no row alone can.

    NULL breaks none of them but the one about NULL, as in Great Expectations.
    """
    condition, known = CONDITIONS.get(expectation, (None, frozenset()))
    if condition is None or not known.issuperset(arguments):
        return None
    return condition(arguments)


def _is_null(arguments: Mapping[str, Any]) -> str:
    return f"{_column(arguments)} is null"


def _is_none_of(arguments: Mapping[str, Any]) -> str:
    values = ", ".join(map(_literal, arguments["value_set"]))
    return f"{_column(arguments)} not in ({values})"


def _is_outside(arguments: Mapping[str, Any]) -> str:
    bounds = (("min_value", "<"), ("max_value", ">"))
    sides = [
        f"{_column(arguments)} {sign} {_literal(arguments[name])}"
        for name, sign in bounds
        if arguments.get(name) is not None
    ]
    return " or ".join(sides)


Condition = Callable[[Mapping[str, Any]], str]
CONDITIONS: Mapping[str, tuple[Condition | None, frozenset[str]]] = {
    "ExpectColumnValuesToNotBeNull": (_is_null, frozenset({"column"})),
    "ExpectColumnValuesToBeInSet": (_is_none_of, frozenset({"column", "value_set"})),
    "ExpectColumnValuesToBeBetween": (
        _is_outside,
        frozenset({"column", "min_value", "max_value"}),
    ),
}


def _column(arguments: Mapping[str, Any]) -> str:
    name = str(arguments["column"]).replace('"', '""')
    return f'"{name}"'


def _literal(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value).lower()
    text = value.isoformat() if isinstance(value, date) else str(value)
    return "'" + text.replace("'", "''") + "'"
