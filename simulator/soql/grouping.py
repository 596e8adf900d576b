"""Aggregates and GROUP BY (api.md 2.3, 4)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count

from simulator.catalog.types import NUMBER_TYPES, Field
from simulator.errors import SoqlError
from simulator.soql import syntax
from simulator.soql.conditions import Filter, render
from simulator.soql.scope import Scope
from simulator.soql.selection import Shown
from simulator.soql.sql import EMPTY, Sql
from simulator.soql.terms import DATE_FUNCTIONS, Term, date_part

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"})
SUBTOTALS, MOST_SUBTOTALS, GROUPING = ("ROLLUP", "CUBE"), 3, "GROUPING"
_INT = Field(name="expr", label="expr", type="int")
_DOUBLE = Field(name="expr", label="expr", type="double")


@dataclass(frozen=True)
class Grouped:
    """The columns of an aggregate statement, and its GROUP BY and HAVING."""

    columns: tuple[Shown, ...]
    keys: frozenset[str]
    group_by: Sql
    having: Sql


def is_count(query: syntax.Query) -> bool:
    """Whether the statement is ``SELECT COUNT() FROM …``, whose answer has no records."""
    entries = query.selected
    first = entries[0].operand if isinstance(entries[0], syntax.Selected) else None
    return (
        len(entries) == 1
        and isinstance(first, syntax.Function)
        and (first.name == "COUNT" and not first.arguments)
    )


def is_aggregate(query: syntax.Query) -> bool:
    """Whether the statement groups or aggregates."""
    return bool(query.group_by) or any(
        isinstance(entry, syntax.Selected)
        and isinstance(entry.operand, syntax.Function)
        and entry.operand.name in AGGREGATES
        for entry in query.selected
    )


def grouped(query: syntax.Query, scope: Scope) -> Grouped:
    """The columns and clauses of an aggregate statement."""
    subtotals, operands = _subtotals(query)
    groups = [_group_term(operand, scope) for operand in operands]
    keys = frozenset(term.sql for term in groups)
    columns = _columns(query, scope, keys)
    having = EMPTY
    if query.having is not None:
        read = Filter(scope, lambda operand: aggregate_term(operand, scope, keys))
        having = render(query.having, read).wrapped(" having ")
    listed = ", ".join(term.sql for term in groups)
    listed = f"{subtotals}({listed})" if subtotals else listed
    group_by = Sql(f" group by {listed}") if groups else EMPTY
    return Grouped(columns, keys, group_by, having)


def _subtotals(query: syntax.Query) -> tuple[str, tuple[syntax.Operand, ...]]:
    """ROLLUP or CUBE, in small letters, and what is grouped by."""
    first = query.group_by[0] if query.group_by else None
    if not isinstance(first, syntax.Function) or first.name not in SUBTOTALS:
        return "", query.group_by
    if len(query.group_by) > 1 or not 0 < len(first.arguments) <= MOST_SUBTOTALS:
        message = f"GROUP BY {first.name} takes one to {MOST_SUBTOTALS} fields and nothing beside"
        raise SoqlError("MALFORMED_QUERY", message, place=first.place)
    return first.name.lower(), first.arguments


def aggregate_term(operand: syntax.Operand, scope: Scope, keys: frozenset[str]) -> Term:
    """An aggregate, or one of the grouped fields; SoqlError for anything else."""
    if isinstance(operand, syntax.Function) and operand.name in AGGREGATES:
        return _aggregate(operand, scope)
    if isinstance(operand, syntax.Function) and operand.name == GROUPING and operand.arguments:
        inner = aggregate_term(operand.arguments[0], scope, keys)
        return Term(f"grouping({inner.sql})", _INT, operand.place)
    term = _group_term(operand, scope)
    if term.sql not in keys:
        name = operand.text if isinstance(operand, syntax.Path) else operand.name
        message = f"Field must be grouped or aggregated: {name}"
        raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
    return term


def _group_term(operand: syntax.Operand, scope: Scope) -> Term:
    if isinstance(operand, syntax.Function):
        if operand.name not in DATE_FUNCTIONS:
            message = f"Unknown function: {operand.name}"
            raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
        return date_part(operand, scope)
    column = scope.column(operand)
    if not column.field.groupable or column.field.compound:
        message = f"field '{column.field.name}' can not be grouped in a query call"
        raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
    return Term(column.sql, column.field, operand.place)


def _aggregate(function: syntax.Function, scope: Scope) -> Term:
    argument = function.arguments[0] if len(function.arguments) == 1 else None
    if not isinstance(argument, syntax.Path):
        message = f"{function.name} takes one field"
        raise SoqlError("MALFORMED_QUERY", message, place=function.place)
    column = scope.column(argument)
    field = column.field
    is_number = field.type in NUMBER_TYPES or field.type == "int"
    needs_number = function.name in ("SUM", "AVG")
    if not field.aggregatable or field.compound or (needs_number and not is_number):
        message = f"field {field.name} does not support aggregate operator {function.name}"
        raise SoqlError("INVALID_FIELD", message, place=function.place)
    if function.name in ("COUNT", "COUNT_DISTINCT"):
        distinct = "distinct " if function.name == "COUNT_DISTINCT" else ""
        return Term(f"count({distinct}{column.sql})", _INT, function.place)
    result = _DOUBLE if needs_number and field.type != "int" else field
    collate = ' collate "C"' if not is_number and _is_text(field) else ""
    return Term(f"{function.name.lower()}({column.sql}{collate})", result, function.place)


def _is_text(field: Field) -> bool:
    return field.type not in ("date", "datetime", "time", "boolean")


def _columns(query: syntax.Query, scope: Scope, keys: frozenset[str]) -> tuple[Shown, ...]:
    named: list[tuple[str, Term]] = []
    taken: set[str] = set()
    for entry in query.selected:
        if not isinstance(entry, syntax.Selected):
            message = "Aggregate queries do not offer child queries"
            raise SoqlError("MALFORMED_QUERY", message, place=query.source.place)
        term = aggregate_term(entry.operand, scope, keys)
        name = _name(entry, term)
        if name.lower() in taken:
            message = f"duplicate alias: {name}"
            raise SoqlError("MALFORMED_QUERY", message, place=term.place)
        taken |= {name.lower()} if name else set()
        named.append((name, term))
    numbers = (name for name in map("expr{}".format, count()) if name not in taken)
    return tuple(Shown((name or next(numbers),), term.field, (term.sql,)) for name, term in named)


def _name(entry: syntax.Selected, term: Term) -> str:
    """The alias or the field's name; nothing for a function, which is numbered."""
    if entry.alias:
        return entry.alias
    return "" if isinstance(entry.operand, syntax.Function) else term.field.name
