"""What is written in a WHERE clause, typed by the field it is compared with (api.md 4)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal

from simulator import ids
from simulator.catalog.types import NUMBER_TYPES, TEXT_TYPES, Field
from simulator.errors import SoqlError
from simulator.soql.syntax import Value

ID_TYPES = frozenset({"id", "reference"})
STRING_KINDS = TEXT_TYPES | ID_TYPES | {"anyType", "base64"}
MAX_TEXT_LENGTH = 4_000
EARLIEST_YEAR, LATEST_YEAR = 1700, 4000

_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_KEPT = "nrtbfNRTBF\"'\\_%"


def typed(value: Value, field: Field) -> object:
    """The Python value of a literal for this field, None for null; SoqlError if it does not fit."""
    if value.kind == "NAME" and value.text.lower() == "null":
        return None
    if field.type in STRING_KINDS:
        return _string(value, field)
    if field.type == "boolean":
        return _boolean(value, field)
    if field.type == "int" or field.type in NUMBER_TYPES:
        return _number(value, field)
    if field.type in ("date", "datetime", "time"):
        return _moment(value, field)
    raise not_filterable(field, value)


def unescaped(value: Value, *, for_like: bool = False) -> str:
    """The text of a quoted literal; for LIKE the escapes of % and _ stay."""

    def character(match: re.Match[str]) -> str:
        code = match.group(1)
        if code.startswith("u") and len(code) > 1:
            return chr(int(code[1:], 16))
        if code not in _KEPT:
            raise SoqlError(
                "MALFORMED_QUERY", f"Illegal escape sequence: \\{code}", place=value.place
            )
        if for_like and code in "_%\\":
            return "\\" + code
        return _ESCAPES.get(code.lower(), code)

    text = _whole(_ESCAPED.sub(character, value.text[1:-1]))
    if text is None or "\x00" in text:
        raise SoqlError("MALFORMED_QUERY", "Illegal character in string", place=value.place)
    return text


def _whole(text: str) -> str | None:
    """The text with pairs of surrogates joined; None where one of them is alone."""
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def wrong_type(field: Field, value: Value) -> SoqlError:
    """The refusal of a literal of another type than the field's."""
    kind = {"datetime": "dateTime", "id": "ID", "reference": "ID"}.get(field.type, field.type)
    if kind in TEXT_TYPES:
        kind = "string"
    enclosed = field.type in STRING_KINDS
    message = (
        f"value of filter criterion for field '{field.name}' must be of type {kind} and should "
        f"{'' if enclosed else 'not '}be enclosed in quotes"
    )
    return SoqlError("INVALID_FIELD", message, place=value.place)


def not_filterable(field: Field, value: Value) -> SoqlError:
    """The refusal of a filter on a field that offers none."""
    message = f"field '{field.name}' can not be filtered in a query call"
    return SoqlError("INVALID_FIELD", message, place=value.place)


def _string(value: Value, field: Field) -> str | None:
    if value.kind != "STRING":
        raise wrong_type(field, value)
    text = unescaped(value)
    if len(text) > MAX_TEXT_LENGTH:
        raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", "filter value too long", place=value.place)
    if text and field.type in ID_TYPES:
        if not ids.is_id(text):
            message = f"invalid ID field: {text}"
            raise SoqlError("INVALID_QUERY_FILTER_OPERATOR", message, place=value.place)
        return ids.to_18(text)
    return text or None


def _boolean(value: Value, field: Field) -> bool:
    if value.kind != "NAME" or value.text.lower() not in ("true", "false"):
        raise wrong_type(field, value)
    return value.text.lower() == "true"


def _number(value: Value, field: Field) -> Decimal:
    if value.kind != "NUMBER":
        raise wrong_type(field, value)
    return Decimal(value.text)


def _moment(value: Value, field: Field) -> date | datetime | time:
    if value.kind != field.type.upper():
        raise wrong_type(field, value)
    try:
        moment = _parsed(value, field)
    except (ValueError, OverflowError) as error:
        raise wrong_type(field, value) from error
    if isinstance(moment, date) and not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise wrong_type(field, value)
    return moment


def _parsed(value: Value, field: Field) -> date | datetime | time:
    text = value.text.upper()
    if field.type == "date":
        return date.fromisoformat(text)
    if field.type == "time":
        return time.fromisoformat(text.removesuffix("Z"))
    return datetime.fromisoformat(text).astimezone(UTC)
