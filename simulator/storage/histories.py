"""Field history: what tracked fields were and became, a row a change (api.md 5.9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.catalog.types import NUMBER_TYPES, Field, SObject
from simulator.formats import JavaDouble, rest_datetime
from simulator.json_text import dumps
from simulator.storage import rows

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

Record = dict[str, Any]
CREATED, LONGEST = "created", 255
_DATA_TYPES = {
    "boolean": "Boolean",
    "currency": "Currency",
    "date": "DateOnly",
    "datetime": "DateTime",
    "double": "Number",
    "email": "EMail",
    "int": "Number",
    "multipicklist": "MultiEnum",
    "percent": "Percent",
    "phone": "Phone",
    "picklist": "DynamicEnum",
    "reference": "EntityId",
    "time": "TimeOnly",
    "url": "Url",
}


def history_of(sobject: SObject) -> str:
    """The name of the object with the field history of another."""
    if sobject.name == "Opportunity":
        return "OpportunityFieldHistory"
    if sobject.custom:
        return sobject.name.removesuffix("__c") + "__History"
    return f"{sobject.name}History"


def track(
    work: Transaction, sobject: SObject, *, after: Record, before: Mapping[str, Any] | None
) -> None:
    """Write the history rows of one saving."""
    history = work.org.sobjects.get(history_of(sobject))
    if history is None:
        return
    parent = next(field.name for field in history.fields if sobject.name in field.reference_to)
    for change in _changes(work, sobject, after=after, before=before):
        row = {
            "Id": work.next_id(history),
            parent: after["Id"],
            "IsDeleted": False,
            "CreatedById": work.user_id,
            "CreatedDate": work.at,
            **change,
        }
        rows.write_new(work.connection, work.org.schema, sobject=history, record=row)


def _changes(
    work: Transaction, sobject: SObject, *, after: Record, before: Mapping[str, Any] | None
) -> Iterator[Record]:
    if before is None:
        yield {"Field": CREATED, "DataType": "Text"}
        return
    for field in sobject.stored_fields:
        old, new = before.get(field.name), after.get(field.name)
        if field.tracked and old != new:
            yield from _change(work, field, old, new)


def _change(work: Transaction, field: Field, old: Any, new: Any) -> Iterator[Record]:
    name = _shown_name(field)
    if field.type == "reference" and work.org.options.on("history_lookup_names"):
        names = (_name(work, field, old), _name(work, field, new))
        yield {"Field": name, "DataType": "Text", **_values(*names)}
    if field.type == "textarea" and field.length > LONGEST:
        yield {"Field": name, "DataType": "MultiLineText"}
        return
    data_type = _DATA_TYPES.get(field.type, "Text")
    yield {"Field": name, "DataType": data_type, **_values(_plain(field, old), _plain(field, new))}


def _shown_name(field: Field) -> str:
    is_lookup = field.type == "reference" and not field.custom
    return field.name.removesuffix("Id") if is_lookup else field.name


def _values(old: Any, new: Any) -> Record:
    """Both values as the JSON that an anyType field keeps."""
    return {"OldValue": _json(old), "NewValue": _json(new)}


def _json(value: Any) -> str | None:
    return None if value is None else dumps(value)


def _plain(field: Field, value: Any) -> Any:
    if isinstance(value, Decimal):
        return JavaDouble(value) if field.type in NUMBER_TYPES else int(value)
    if isinstance(value, datetime):
        return rest_datetime(value)
    return value.isoformat() if isinstance(value, date | time) else value


def _name(work: Transaction, field: Field, record_id: str | None) -> str | None:
    for name in field.reference_to:
        target = work.org.sobjects.get(name)
        if target and record_id and record_id.startswith(target.key_prefix) and target.name_field:
            found = work.find(target, record_id)
            return None if found is None else found.get(target.name_field)
    return None
