"""One comparison: a term, an operator and a literal, by the type of the term's field."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

from simulator.catalog.types import TEXT_TYPES
from simulator.errors import SoqlError
from simulator.soql.dates import Span, span
from simulator.soql.literals import ID_TYPES, typed, unescaped, wrong_type
from simulator.soql.reader import Reader
from simulator.soql.sql import Sql, bound, joined
from simulator.soql.syntax import Value
from simulator.soql.terms import Term

_CASTS = {
    "boolean": "boolean",
    "int": "numeric",
    "double": "numeric",
    "currency": "numeric",
    "percent": "numeric",
    "date": "date",
    "datetime": "timestamptz",
    "time": "time",
}
_WORDS = ("true", "false", "null")


def compared(term: Term, operator: str, *, value: Value, reader: Reader) -> Sql:
    """``term operator value``; SoqlError if the value is not of the field's type."""
    days = _span(term, value, reader)
    if days is not None:
        return _in_span(term, operator, days=days, zone=reader.zone)
    wanted = typed(value, term.field)
    if term.field.type == "boolean":
        return _boolean(term, operator, bool(wanted), value)
    if wanted is None:
        return _null(term, operator)
    left, right = _sides(term, wanted, reader)
    if operator == "!=":
        return right.wrapped(f"({left} is distinct from ", ")")
    return right.wrapped(f"({left} {operator} ", ")")


def liked(term: Term, value: Value, reader: Reader) -> Sql:
    """``term LIKE pattern``: text fields only, in any case."""
    if term.field.type not in TEXT_TYPES or term.field.type == "multipicklist":
        kind = "id" if term.field.type in ID_TYPES else term.field.type
        message = f"invalid operator on {kind} field"
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", message, place=term.place)
    if value.kind != "STRING":
        raise wrong_type(term.field, value)
    pattern = reader.folded("%s::text")
    found = Sql(pattern, (unescaped(value, for_like=True),))
    return found.wrapped(f"({reader.folded(term.sql)} like ", ")")


def listed(term: Term, values: tuple[Value, ...], *, negated: bool, reader: Reader) -> Sql:
    """``term IN (…)``; rows without a value match NOT IN unless null is listed (api.md 4)."""
    wanted = [typed(value, term.field) for value in values]
    found = [value for value in wanted if value is not None]
    match = bound(found, f"{_CASTS.get(term.field.type, 'text')}[]")
    if _is_folded(term):
        match = match.wrapped(f"array(select {reader.folded('v')} from unnest(", ") as v)")
    match = match.wrapped(f"{_left(term, reader)} = any(", ")")
    if len(found) < len(wanted):
        match = joined(" or ", [match, Sql(f"{term.sql} is null")])
    return match.wrapped("(not coalesce((", "), false))") if negated else match.wrapped("(", ")")


def _sides(term: Term, wanted: object, reader: Reader) -> tuple[str, Sql]:
    """Both sides, folded to one case where the field does not tell cases apart."""
    right = bound(wanted, _CASTS.get(term.field.type, "text"))
    if _is_folded(term):
        right = Sql(reader.folded(right.text), right.params)
    return _left(term, reader), right


def _left(term: Term, reader: Reader) -> str:
    return reader.folded(term.sql) if _is_folded(term) else term.sql


def _is_folded(term: Term) -> bool:
    is_text = term.field.type not in _CASTS and term.field.type not in ID_TYPES
    return is_text and not term.field.case_sensitive


def _null(term: Term, operator: str) -> Sql:
    if operator == "=":
        return Sql(f"({term.sql} is null)")
    return Sql(f"({term.sql} is not null)" if operator == "!=" else "(false)")


def _boolean(term: Term, operator: str, wanted: bool, value: Value) -> Sql:
    if operator not in ("=", "!="):
        message = "invalid operator on boolean field"
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", message, place=value.place)
    left = f"coalesce({term.sql}, false)" if term.is_outer else term.sql
    is_wanted = wanted == (operator == "=")
    return Sql(f"({left})" if is_wanted else f"(not {left})")


def _span(term: Term, value: Value, reader: Reader) -> Span | None:
    if value.kind not in ("NAME", "COUNTED_LITERAL") or value.text.lower() in _WORDS:
        return None
    days = span(value.text, reader.today)
    if days is None:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: '{value.text}'", place=value.place)
    if term.field.type not in ("date", "datetime"):
        raise wrong_type(term.field, value)
    return days


def _in_span(term: Term, operator: str, *, days: Span, zone: ZoneInfo) -> Sql:
    since, until = days.since, days.until
    cast = _CASTS[term.field.type]
    if term.field.type == "datetime":
        since, until = (datetime.combine(day, time(), zone) for day in (since, until))
    low, high = bound(since, cast), bound(until, cast)
    if operator in ("=", "!="):
        inside = joined(" and ", [low.wrapped(f"{term.sql} >= "), high.wrapped(f"{term.sql} < ")])
        if operator == "=":
            return inside.wrapped("(", ")")
        return inside.wrapped("(not coalesce((", "), false))")
    edge = {"<": low, "<=": high, ">": high, ">=": low}[operator]
    return edge.wrapped(f"({term.sql} {'<' if operator in ('<', '<=') else '>='} ", ")")
