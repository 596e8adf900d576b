"""JSON values into records: types, required fields, what may be written (api.md 2.7, 2.8)."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from simulator import ids
from simulator.catalog.types import NUMBER_TYPES, Field, SObject
from simulator.errors import RowError, SalesforceError
from simulator.org import Org
from simulator.storage.rows import Record
from simulator.storage.transaction import Transaction

MOST_DIGITS = 400
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def readable(sobject: SObject, values: Mapping[str, Any], *, creating: bool) -> Record:
    """The record that a JSON object describes; RowError for the first thing that is wrong."""
    record: Record = {}
    for name, value in values.items():
        if name == "attributes" or (name.lower() == "id" and not creating):
            continue
        field = sobject.field(name)
        if field is None:
            message = f"No such column '{name}' on sobject of type {sobject.name}"
            raise SalesforceError("INVALID_FIELD", message)
        _check_writable(field, creating=creating)
        record[field.name] = _typed(field, value)
    _check_required(sobject, record, creating=creating)
    return record


def check_references(org: Org, sobject: SObject, record: Record, *, work: Transaction) -> None:
    """Every reference names a living record of an object that it may name."""
    for name, value in record.items():
        field = sobject.field(name)
        if field is None or field.type != "reference" or value is None:
            continue
        targets = [org.store.sobjects[n] for n in field.reference_to if n in org.store.sobjects]
        target = next((t for t in targets if value.startswith(t.key_prefix)), None)
        if target is None and not targets:
            continue
        if target is None:
            message = f"{field.label}: id value of incorrect type: {value}"
            raise RowError("FIELD_INTEGRITY_EXCEPTION", message, fields=(name,))
        found = work.find(target, value)
        if found is None:
            message = "invalid cross reference id"
            raise RowError("INVALID_CROSS_REFERENCE_KEY", message, fields=(name,))
        if found.get("IsDeleted"):
            raise RowError("ENTITY_IS_DELETED", "entity is deleted", fields=(name,))


def _check_writable(field: Field, *, creating: bool) -> None:
    if field.compound or not (field.createable if creating else field.updateable):
        message = (
            f"Unable to create/update fields: {field.name}. Please check the security settings of "
            "this field and verify that it is read/write for your profile or permission set."
        )
        raise RowError("INVALID_FIELD_FOR_INSERT_UPDATE", message, fields=(field.name,))


def _check_required(sobject: SObject, record: Record, *, creating: bool) -> None:
    def is_missing(field: Field) -> bool:
        has_default = field.defaulted_on_create or field.type == "boolean"
        is_unset = field.name not in record and creating and not has_default
        is_emptied = field.name in record and record[field.name] is None and not has_default
        return is_unset or is_emptied

    required = [f for f in sobject.stored_fields if not f.nillable and f.createable]
    missing = tuple(field.name for field in required if is_missing(field))
    if missing:
        message = f"Required fields are missing: [{', '.join(missing)}]"
        raise RowError("REQUIRED_FIELD_MISSING", message, fields=missing)


def _typed(field: Field, value: Any) -> Any:
    if value is None or value == "":
        return False if field.type == "boolean" else None
    try:
        return _converted(field, value)
    except (ValueError, TypeError, InvalidOperation, OverflowError) as error:
        message = (
            f"Cannot deserialize instance of {field.type} from {type(value).__name__} value "
            f"{str(value)[:60]} or request may be missing a required field"
        )
        raise RowError("JSON_PARSER_ERROR", message, fields=(field.name,)) from error


def _converted(field: Field, value: Any) -> Any:
    if field.type in ("id", "reference"):
        return _id(field, value)
    if field.type == "boolean":
        return _boolean(value)
    if field.type == "int":
        return _int(value)
    if field.type in NUMBER_TYPES:
        return _number(value)
    if field.type in ("date", "datetime", "time"):
        return _moment(field, str(value))
    return _text(field, value)


def _id(field: Field, value: Any) -> str:
    if not isinstance(value, str) or not ids.is_id(value):
        message = f"{field.label}: id value of incorrect type: {str(value)[:60]}"
        raise RowError("MALFORMED_ID", message, fields=(field.name,))
    return ids.to_18(value)


def _boolean(value: Any) -> bool:
    words = {"true": True, "false": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError("not a boolean")


def _int(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError("a boolean is no number")
    number = Decimal(str(value))
    if number != number.to_integral_value() or abs(number) >= 2**31:
        raise ValueError("not an int")
    return int(number)


def _number(value: Any) -> Decimal:
    if isinstance(value, bool) or len(str(value)) > MOST_DIGITS:
        raise TypeError("not a number")
    number = Decimal(str(value))
    if not number.is_finite() or (number and abs(number.adjusted()) > 300):
        raise ValueError("not a finite number")
    return number


def _moment(field: Field, text: str) -> date | datetime | time:
    if field.type == "date":
        return date.fromisoformat(text[:10])
    if field.type == "time":
        return time.fromisoformat(text.upper().removesuffix("Z"))
    moment = datetime.fromisoformat(text.upper())
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)


def _text(field: Field, value: Any) -> str:
    if not isinstance(value, str | int | float):
        raise TypeError("not a text")
    text = str(value)
    if "\x00" in text:
        raise ValueError("NUL has no place in a text")
    text.encode("utf-8")
    if field.length and len(text) > field.length:
        message = f"{field.label}: data value too large: {text[:255]} (max length={field.length})"
        raise RowError("STRING_TOO_LONG", message, fields=(field.name,))
    if field.type == "base64":
        base64.b64decode(text, validate=True)
    if field.type == "email" and text and not _EMAIL.fullmatch(text):
        message = f"{field.label}: invalid email address: {text}"
        raise RowError("INVALID_EMAIL_ADDRESS", message, fields=(field.name,))
    _check_picklist(field, text)
    return text


def _check_picklist(field: Field, text: str) -> None:
    if not field.restricted_picklist or not field.picklist:
        return
    known = {value.value for value in field.picklist if value.active}
    chosen = text.split(";") if field.type == "multipicklist" else [text]
    bad = next((value for value in chosen if value not in known), None)
    if bad is not None:
        message = f"{field.label}: bad value for restricted picklist field: {bad}"
        code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
        raise RowError(code, message, fields=(field.name,))
