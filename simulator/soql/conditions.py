"""WHERE and HAVING become SQL with bound parameters (api.md 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulator.errors import Place, SoqlError
from simulator.soql import syntax
from simulator.soql.comparing import compared, liked, listed
from simulator.soql.literals import ID_TYPES, typed
from simulator.soql.scope import Scope, object_of
from simulator.soql.sql import EMPTY, Sql, bound, joined
from simulator.soql.terms import Term, filter_term

MAX_SEMI_JOINS = 2
Resolve = Callable[[syntax.Operand], Term]


@dataclass(frozen=True)
class Filter:
    """Where a condition stands: its names, how its left sides are read, and how deep it is."""

    scope: Scope
    resolve: Resolve
    is_top: bool = True
    is_sub_select: bool = False


def where(condition: syntax.Condition | None, scope: Scope, *, is_sub_select: bool = False) -> Sql:
    """The whole WHERE clause of a statement, with what the reader does not see left out."""
    parts = [Sql(text) for text in scope.reader.visible(scope.sobject, scope.table)]
    if condition is not None:
        check_semi_joins(condition)
        read = Filter(scope, lambda operand: filter_term(operand, scope))
        parts.append(render(condition, replace(read, is_sub_select=is_sub_select)))
    return joined(" and ", parts).wrapped(" where ") if parts else EMPTY


def render(condition: syntax.Condition, read: Filter) -> Sql:
    """One condition, in parentheses."""
    match condition:
        case syntax.Junction(word, conditions):
            inner = replace(read, is_top=read.is_top and word == "AND")
            parts = [render(part, inner) for part in conditions]
            return joined(f" {word.lower()} ", parts).wrapped("(", ")")
        case syntax.Negation(negated):
            inside = render(negated, replace(read, is_top=False))
            return inside.wrapped("(not coalesce(", ", false))")
        case syntax.SemiJoin():
            return _semi_join(condition, read)
        case syntax.MultiPicked():
            return _multi_picked(condition, read)
        case syntax.InList(operand, values, negated):
            return listed(read.resolve(operand), values, negated=negated, reader=read.scope.reader)
        case syntax.Comparison(operand, "LIKE", value):
            return liked(read.resolve(operand), value, read.scope.reader)
        case syntax.Comparison(operand, operator, value):
            return compared(read.resolve(operand), operator, value=value, reader=read.scope.reader)


def check_semi_joins(condition: syntax.Condition) -> None:
    """At most two sub-selects in a statement (api.md 4)."""
    found = list(_semi_joins(condition))
    if len(found) > MAX_SEMI_JOINS:
        message = "maximum 2 semi join sub-selects are allowed"
        raise SoqlError("MALFORMED_QUERY", message, place=found[-1].query.source.place)


def _semi_joins(condition: syntax.Condition) -> list[syntax.SemiJoin]:
    match condition:
        case syntax.SemiJoin():
            return [condition]
        case syntax.Junction(_, conditions):
            return [found for part in conditions for found in _semi_joins(part)]
        case syntax.Negation(negated):
            return _semi_joins(negated)
        case _:
            return []


def _semi_join(condition: syntax.SemiJoin, read: Filter) -> Sql:
    term, query = read.resolve(condition.operand), condition.query
    place = query.source.place
    if not read.is_top or read.is_sub_select:
        raise SoqlError("MALFORMED_QUERY", _NESTED, place=place)
    if _has_more_clauses(query):
        raise SoqlError("MALFORMED_QUERY", _ONE_COLUMN, place=place)
    inner = _sub_select(query, read, place)
    if term.field.type not in ID_TYPES:
        raise SoqlError("MALFORMED_QUERY", _ID_ONLY, place=place)
    if condition.negated:
        return inner.wrapped(f"({term.sql} is null or {term.sql} not in (", "))")
    return inner.wrapped(f"({term.sql} in (", "))")


def _has_more_clauses(query: syntax.Query) -> bool:
    """Whether a sub-select says more than SELECT, FROM and WHERE."""
    plain = syntax.Query(selected=query.selected, source=query.source, where=query.where)
    return query != plain


def _sub_select(query: syntax.Query, read: Filter, place: Place) -> Sql:
    outer = read.scope.reader
    sobject = object_of(query.source, outer.catalog)
    scope = Scope(outer, sobject, f"s{place.row}_{place.column}", query.source.alias)
    match query.selected:
        case (syntax.Selected(syntax.Path() as path, None),):
            column = scope.column(path)
        case _:
            raise SoqlError("MALFORMED_QUERY", _ONE_COLUMN, place=place)
    if column.field.type not in ID_TYPES:
        raise SoqlError("MALFORMED_QUERY", _ID_ONLY, place=path.place)
    conditions = where(query.where, scope, is_sub_select=True)
    link = " and " if conditions.text else " where "
    select = f"select {column.sql} from {scope.from_clause()}"
    return Sql(select) + conditions + Sql(f"{link}{column.sql} is not null")


def _multi_picked(condition: syntax.MultiPicked, read: Filter) -> Sql:
    term = read.resolve(condition.operand)
    if term.field.type != "multipicklist":
        message = f"{condition_word(condition)} operator only valid on multi picklist fields"
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", message, place=term.place)
    have = f"string_to_array({read.scope.reader.folded(term.sql)}, ';')"
    wanted = [str(typed(value, term.field) or "").lower().split(";") for value in condition.values]
    matches = [bound(values, "text[]").wrapped(f"{have} @> ") for values in wanted]
    found = joined(" or ", matches)
    if condition.negated:
        return found.wrapped("(not coalesce((", "), false))")
    return found.wrapped("(", ")")


def condition_word(condition: syntax.MultiPicked) -> str:
    """INCLUDES or EXCLUDES."""
    return "EXCLUDES" if condition.negated else "INCLUDES"


_NESTED = (
    "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested "
    "WHERE expressions."
)
_ONE_COLUMN = (
    "Semi join sub-selects must select exactly one column without an alias, and have no clause "
    "but FROM and WHERE"
)
_ID_ONLY = "Semi join sub-selects may only compare and select ID and reference fields"
