"""What can stand on the left of a comparison: a field, or a date function of one."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.catalog.types import Field
from simulator.errors import Place, SoqlError
from simulator.soql.display import displayed
from simulator.soql.scope import Scope
from simulator.soql.syntax import Function, Operand, Path

_PARTS = {
    "CALENDAR_YEAR": "extract(year from {0})::integer",
    "CALENDAR_QUARTER": "extract(quarter from {0})::integer",
    "CALENDAR_MONTH": "extract(month from {0})::integer",
    "DAY_IN_MONTH": "extract(day from {0})::integer",
    "DAY_IN_WEEK": "extract(dow from {0})::integer + 1",
    "DAY_IN_YEAR": "extract(doy from {0})::integer",
    "HOUR_IN_DAY": "extract(hour from {0})::integer",
    "WEEK_IN_MONTH": "(extract(day from {0})::integer + 6) / 7",
    "WEEK_IN_YEAR": "(extract(doy from {0})::integer + 6) / 7",
    "DAY_ONLY": "({0})::date",
}
_FISCAL_PARTS = {
    "FISCAL_YEAR": "extract(year from {0} + interval '{1} months')::integer",
    "FISCAL_QUARTER": "extract(quarter from {0} + interval '{1} months')::integer",
    "FISCAL_MONTH": "extract(month from {0} + interval '{1} months')::integer",
}
_OF_A_MOMENT = ("DAY_ONLY", "HOUR_IN_DAY")
DATE_FUNCTIONS = frozenset(_PARTS) | frozenset(_FISCAL_PARTS)
LABELLED = ("TOLABEL",)
MONTHS_A_YEAR = 12


@dataclass(frozen=True)
class Term:
    """An SQL expression, the field that its values are of, and where it was written."""

    sql: str
    field: Field
    place: Place
    is_outer: bool = False


def filter_term(operand: Operand, scope: Scope) -> Term:
    """The left side of a comparison in WHERE; SoqlError if it cannot be filtered."""
    if isinstance(operand, Function) and operand.name in LABELLED:
        column, sql, field = displayed(operand, scope)
        return Term(sql, field, operand.place, is_outer=bool(column.parents))
    if isinstance(operand, Function):
        return date_part(operand, scope)
    column = scope.column(operand)
    if not column.field.filterable or column.field.compound:
        message = f"field '{column.field.name}' can not be filtered in a query call"
        raise SoqlError("INVALID_FIELD", message, place=operand.place)
    return Term(column.sql, column.field, operand.place, is_outer=bool(column.parents))


def date_part(function: Function, scope: Scope) -> Term:
    """A date function over a date or datetime field; datetimes count in UTC (api.md 4)."""
    template = _PARTS.get(function.name) or _FISCAL_PARTS.get(function.name)
    if template is None or len(function.arguments) != 1:
        message = f"Unknown function or wrong use of it: {function.name}"
        raise SoqlError("MALFORMED_QUERY", message, place=function.place)
    kinds = ("datetime",) if function.name in _OF_A_MOMENT else ("date", "datetime")
    moment = _moment(function.arguments[0], scope, kinds)
    result = "date" if function.name == "DAY_ONLY" else "int"
    field = Field(name=function.name, label=function.name, type=result)
    # a fiscal year is named after the calendar year it ends in
    ahead = (1 - scope.reader.today.fiscal_start) % MONTHS_A_YEAR
    return Term(f"({template.format(moment, ahead)})", field, function.place)


def _moment(operand: Operand, scope: Scope, kinds: tuple[str, ...]) -> str:
    zone = "UTC"
    if isinstance(operand, Function):
        is_known = operand.name == "CONVERTTIMEZONE" and len(operand.arguments) == 1
        if not is_known or not isinstance(operand.arguments[0], Path):
            message = f"Unknown function: {operand.name}"
            raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
        operand, zone = operand.arguments[0], scope.reader.zone.key
    column = scope.column(operand)
    if column.field.type not in kinds:
        wanted = " or ".join(kinds).replace("datetime", "dateTime")
        message = f"field '{column.field.name}' is not a {wanted}"
        raise SoqlError("INVALID_FIELD", message, place=operand.place)
    is_date = column.field.type == "date"
    return column.sql if is_date else f"({column.sql} at time zone '{zone}')"
