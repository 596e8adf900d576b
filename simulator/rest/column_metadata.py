"""What ``columns=true`` answers: the columns of a query instead of its records (clients.md 5)."""

from __future__ import annotations

from typing import Any

from simulator.catalog.types import NUMBER_TYPES, TEXT_TYPES
from simulator.soql.plan import Plan
from simulator.soql.selection import Shown

_APEX_TYPES = {
    "id": "Id",
    "reference": "Id",
    "boolean": "Boolean",
    "int": "Integer",
    "date": "Date",
    "datetime": "Datetime",
    "time": "Time",
}


def column_metadata(plan: Plan) -> dict[str, Any]:
    """The columns of the plan, the object and whether its Id is among them."""
    return {
        "columnMetadata": [_column(column, plan) for column in plan.columns],
        "entityName": plan.sobject.name,
        "groupBy": plan.kind == "aggregate",
        "idSelected": any(column.path == ("Id",) for column in plan.columns),
        "keyPrefix": plan.sobject.key_prefix,
    }


def _column(column: Shown, plan: Plan) -> dict[str, Any]:
    field, path = column.field, ".".join(column.path)
    is_number = field.type in NUMBER_TYPES or field.type == "int"
    kind = "Double" if field.type in NUMBER_TYPES else "String"
    return {
        "aggregate": plan.kind == "aggregate",
        "apexType": _APEX_TYPES.get(field.type, kind),
        "booleanType": field.type == "boolean",
        "columnName": path,
        "custom": field.custom,
        "displayName": path,
        "foreignKeyName": None,
        "insertable": field.createable,
        "joinColumns": [],
        "numberType": is_number,
        "textType": field.type in TEXT_TYPES,
        "updatable": field.updateable,
    }
