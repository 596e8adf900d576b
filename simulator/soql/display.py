"""toLabel, format and convertCurrency: a field shown in other words (api.md 4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simulator.catalog.types import NUMBER_TYPES, Field
from simulator.errors import SoqlError
from simulator.formulas.typed import literal
from simulator.soql.scope import Column, Scope
from simulator.soql.sql import quote
from simulator.soql.syntax import Function, Path

DATED_RATES = "DatedConversionRate"
CONVERTED_AS_CLOSED = ("Opportunity", "OpportunityHistory")
_PICKLISTS = ("picklist", "multipicklist")
_DATE, _TIME = "FMMM/FMDD/YYYY", "FMHH12:MI AM"


def displayed(function: Function, scope: Scope) -> tuple[Column, str, Field]:
    """The column that a display function shows, its SQL, and the field of what it gives."""
    show = _FUNCTIONS[function.name]
    column = _argument(function, scope)
    found = None if column.field.compound else show(column, scope)
    if found is None:
        message = f"Invalid field for {function.name}: {column.field.name}"
        raise SoqlError("INVALID_FIELD", message, place=function.place)
    is_text = function.name != "CONVERTCURRENCY"
    field = replace(column.field, type="string", picklist=()) if is_text else column.field
    return column, found, field


def _argument(function: Function, scope: Scope) -> Column:
    """The field that a function shows, or what another display function makes of it."""
    argument = function.arguments[0] if len(function.arguments) == 1 else None
    if isinstance(argument, Function) and function.name == "FORMAT" and is_display(argument):
        column, sql, field = displayed(argument, scope)
        return replace(column, formula=sql, field=field)
    if not isinstance(argument, Path):
        message = f"{function.name} takes one field"
        raise SoqlError("MALFORMED_QUERY", message, place=function.place)
    return scope.column(argument)


def is_display(function: Function) -> bool:
    """Whether this function changes how a field is shown."""
    return function.name in _FUNCTIONS


def _label(column: Column, scope: Scope) -> str | None:
    field = column.field
    if field.type not in _PICKLISTS:
        return None
    renamed = [value for value in field.picklist if value.label != value.value]
    whens = " ".join(f"when {literal(v.value)} then {literal(v.label)}" for v in renamed)
    return f"(case {column.sql} {whens} else {column.sql} end)" if whens else column.sql


def _format(column: Column, scope: Scope) -> str | None:
    kind, sql = column.field.type, column.sql
    if kind in NUMBER_TYPES or kind == "int":
        places = "." + "0" * column.field.scale if column.field.scale else ""
        return f"to_char({sql}, 'FM999,999,999,999,999,990{places}')"
    if kind == "date":
        return f"to_char({sql}, '{_DATE}')"
    if kind == "datetime":
        local = f"{sql} at time zone {literal(scope.reader.zone.key)}"
        return f"to_char({local}, '{_DATE}, {_TIME}')"
    return f"to_char({sql}, '{_TIME}')" if kind == "time" else None


def _converted(column: Column, scope: Scope) -> str | None:
    """An amount in the corporate currency, which is the running user's here."""
    own = column.sobject.field("CurrencyIsoCode")
    if column.field.type != "currency" or own is None:
        return None
    schema, code = quote(scope.reader.schema), f"{column.table}.{quote(own.name)}"
    of_today = f'{schema}."CurrencyType" where "IsoCode" = {code} limit 1'
    rate = f'(select "ConversionRate" from {of_today})'
    day = _day(column, scope)
    if day is not None and DATED_RATES in scope.reader.whole_catalog:
        rate = f"""coalesce((select "ConversionRate" from {schema}."{DATED_RATES}"
            where "IsoCode" = {code} and "StartDate" <= {day} and {day} < "NextStartDate"
            order by "StartDate" desc limit 1), {rate})"""
    return f"round({column.sql} / {rate}, 2)"


def _day(column: Column, scope: Scope) -> str | None:
    """The day whose rate counts for a record; None where today's does (api.md 5.4)."""
    if column.sobject.name in CONVERTED_AS_CLOSED:
        return f'{column.table}."CloseDate"'
    if column.sobject.name != "OpportunityLineItem":
        return None
    deals = f'{quote(scope.reader.schema)}."Opportunity"'
    return f'(select "CloseDate" from {deals} where "Id" = {column.table}."OpportunityId")'


_FUNCTIONS: dict[str, Callable[[Column, Scope], str | None]] = {
    "CONVERTCURRENCY": _converted,
    "FORMAT": _format,
    "TOLABEL": _label,
}
