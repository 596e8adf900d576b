"""The field list of a statement becomes columns of its answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulator.catalog.types import Field, SObject
from simulator.errors import SoqlError
from simulator.soql.display import displayed, is_display
from simulator.soql.scope import Column, Scope
from simulator.soql.sql import quote
from simulator.soql.syntax import Function, Path, Query, Selected, TypeOf

FIELDS_LIMIT = 200
COMPONENTS = (
    "city",
    "country",
    "countryCode",
    "geocodeAccuracy",
    "latitude",
    "longitude",
    "postalCode",
    "state",
    "stateCode",
    "street",
)
_OPTIONAL_COMPONENTS = ("countryCode", "stateCode")


@dataclass(frozen=True)
class Shown:
    """A column of the answer: its keys from the record down, and the SQL of its value.

    A compound address has several expressions, one for each of its ``components``.
    """

    path: tuple[str, ...]
    field: Field
    sql: tuple[str, ...]
    components: tuple[str, ...] = ()


def selected_columns(query: Query, scope: Scope) -> tuple[Shown, ...]:
    """The columns of a statement without aggregates; SoqlError for what cannot be selected."""
    shown: dict[tuple[str, ...], Shown] = {}
    parents: set[tuple[str, ...]] = set()
    for entry in query.selected:
        if not isinstance(entry, Selected):
            continue
        for column in _columns(entry, scope, query):
            above = {column.path[:depth] for depth in range(1, len(column.path))}
            if column.path in shown or column.path in parents or above & shown.keys():
                message = f"duplicate field selected: {'.'.join(column.path)}"
                raise SoqlError("MALFORMED_QUERY", message, place=entry.operand.place)
            shown[column.path] = column
            parents |= above
    _check_relationships(query, shown)
    return tuple(shown.values())


def _check_relationships(query: Query, shown: Mapping[tuple[str, ...], Shown]) -> None:
    """A record has one value under a name: a field, a parent, a TYPEOF, or its children."""
    taken = {path[0].lower() for path in shown}
    for entry in query.selected:
        if isinstance(entry, Selected):
            continue
        if isinstance(entry, TypeOf):
            name, place = entry.name, entry.place
        else:
            name, place = entry.query.source.name, entry.query.source.place
        if name.lower() in taken:
            raise SoqlError("MALFORMED_QUERY", f"duplicate field selected: {name}", place=place)
        taken.add(name.lower())


def _columns(entry: Selected, scope: Scope, query: Query) -> list[Shown]:
    if isinstance(entry.operand, Function) and is_display(entry.operand):
        column, sql, field = displayed(entry.operand, scope)
        return [Shown((*column.parents, entry.alias or column.field.name), field, (sql,))]
    return [_shown(scope.column(path), scope) for path in _paths(entry, scope, query)]


def _paths(entry: Selected, scope: Scope, query: Query) -> list[Path]:
    operand = entry.operand
    if isinstance(operand, Path):
        if entry.alias is not None:
            message = "only aggregate expressions use field aliasing"
            raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
        return [operand]
    if operand.name != "FIELDS" or len(operand.arguments) != 1:
        message = f"Unknown function: {operand.name}"
        raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
    return _all_fields(operand, scope, query)


def _all_fields(function: Function, scope: Scope, query: Query) -> list[Path]:
    argument = function.arguments[0]
    which = argument.text.upper() if isinstance(argument, Path) else ""
    if which not in ("ALL", "STANDARD", "CUSTOM"):
        message = "The SOQL FIELDS function takes ALL, STANDARD or CUSTOM"
        raise SoqlError("MALFORMED_QUERY", message, place=function.place)
    if which != "STANDARD" and (query.limit is None or query.limit > FIELDS_LIMIT):
        message = f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_LIMIT}"
        raise SoqlError("MALFORMED_QUERY", message, place=function.place)
    wanted = {"STANDARD": (False,), "CUSTOM": (True,), "ALL": (False, True)}[which]
    fields = scope.sobject.fields
    return [Path((field.name,), function.place) for field in fields if field.custom in wanted]


def _shown(column: Column, scope: Scope) -> Shown:
    path = (*column.parents, column.field.name)
    if not column.field.compound:
        return Shown(path, column.field, (column.sql,))
    components = compound_components(column.sobject, column.field)
    sql = tuple(
        "null" if field is None else f"{column.table}.{quote(field.name)}"
        for field in components.values()
    )
    return Shown(path, column.field, sql, tuple(components))


def compound_components(sobject: SObject, compound: Field) -> dict[str, Field | None]:
    """The parts of an address or a location: JSON key to field, None where the org has no such."""
    if compound.type == "location":
        names: tuple[str, ...] = ("latitude", "longitude")
    else:
        names = COMPONENTS
    prefix = compound.name.removesuffix("Address") if compound.type == "address" else ""
    found = {name: _component(sobject, compound, prefix + name) for name in names}
    return {
        name: field
        for name, field in found.items()
        if field is not None or name not in _OPTIONAL_COMPONENTS
    }


def _component(sobject: SObject, compound: Field, name: str) -> Field | None:
    wanted = {name.lower()}
    if compound.type == "location":
        stem = compound.name.removesuffix("__c").lower()
        wanted = {f"{stem}__{name}__s".lower()}
    return next((field for field in sobject.fields if field.name.lower() in wanted), None)
