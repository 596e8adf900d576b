"""Turns the text of a CSV value into a field's value; guesses a custom field from its values."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

from simulator.catalog.reading import read_field
from simulator.catalog.types import TEXT_TYPES, Field

NUL = "\0"
SHORT_TEXT = 255
LONG_TEXT = 32_768
LONGEST_TEXT = 131_072
LONGEST_PICKLIST_VALUE = 255
INTEGER_LIMIT = 2**31
EARLIEST, LATEST = date(1700, 1, 1), date(4000, 12, 31)

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
# A code such as 007 is text, and so is 1E02: as numbers both would come back changed.
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,15})(\.\d{1,15})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")


class NotAValue(ValueError):
    """This text is no value of that field; the message says what would be."""


def value_of(field: Field, text: str) -> Any:
    """The value that a text stands for; NotAValue if the field cannot hold it."""
    if field.computed:
        raise NotAValue("a formula is worked out, not loaded")
    if field.type == "base64":
        return _body(text)
    if field.type in TEXT_TYPES:
        return _text(field, text)
    parse = _PARSERS.get(field.type)
    if parse is None:
        raise NotAValue(f"a field of type {field.type} is worked out, not loaded")
    return parse(text)


def _body(text: str) -> str:
    try:
        base64.b64decode(text, validate=True)
    except ValueError as error:
        raise NotAValue("bytes are written in base 64") from error
    return text


def custom_field(name: str, texts: Collection[str]) -> Field:
    """The custom field whose type these values show; without values, a text field."""
    return replace(read_field(f"{name} {_declared(texts)}", {}), custom=True)


def custom_reference(name: str, target: str) -> Field:
    """The custom lookup field whose values are rows of that object."""
    relationship = name.removesuffix("__c") + "__r"
    return replace(read_field(f"{name} reference to={target} as={relationship}", {}), custom=True)


def shows_text(texts: Collection[str]) -> bool:
    """Whether these values are of no type but text."""
    return _guess(texts) is None


def _declared(texts: Collection[str]) -> str:
    guess = _guess(texts)
    if guess:
        return guess
    longest = max((len(text) for text in texts), default=0)
    if longest > SHORT_TEXT:
        return f"longtext {LONG_TEXT if longest <= LONG_TEXT else LONGEST_TEXT}"
    return "textarea" if any("\n" in text or "\r" in text for text in texts) else "string"


def _guess(texts: Collection[str]) -> str | None:
    if not texts:
        return None
    if all(text in ("true", "false") for text in texts):
        return "boolean"
    if all(_PLAIN_NUMBER.fullmatch(text) for text in texts):
        return f"double 18,{max(len(text.partition('.')[2]) for text in texts)}"
    for type_name, parse in (("date", _date), ("datetime", _datetime)):
        if all(_accepts(parse, text) for text in texts):
            return type_name
    return None


def _accepts(parse: Callable[[str], Any], text: str) -> bool:
    try:
        parse(text)
    except NotAValue:
        return False
    return True


def _text(field: Field, text: str) -> str:
    longest = field.length
    if field.type == "picklist":
        longest = max(longest, LONGEST_PICKLIST_VALUE)
    if longest and len(text) > longest:
        raise NotAValue(f"it has {len(text)} characters where the field holds {longest}")
    if NUL in text:
        raise NotAValue("it holds a NUL character, which Salesforce does not store")
    offered = [value.value for value in field.picklist]
    if field.restricted_picklist and text not in offered and not _is_sampled(field):
        raise NotAValue(f"the picklist is restricted to {', '.join(offered)}")
    return text


def _is_sampled(field: Field) -> bool:
    # Salesforce knows hundreds of locales and time zones; the catalog lists the common ones.
    return field.name.endswith(("SidKey", "LocaleKey"))


def _boolean(text: str) -> bool:
    known = {"true": True, "false": False}
    if text.lower() not in known:
        raise NotAValue("a checkbox is true or false")
    return known[text.lower()]


def _integer(text: str) -> int:
    number = _number(text)
    if number != int(number) or abs(number) >= INTEGER_LIMIT:
        raise NotAValue("the field holds a whole number of at most nine digits")
    return int(number)


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise NotAValue("a number is written like 1234.56")
    return Decimal(text)


def _date(text: str) -> date:
    try:
        if not _DATE.fullmatch(text):
            raise ValueError
        value = date.fromisoformat(text)
    except ValueError:
        raise NotAValue("a date is written like 2024-12-31") from None
    if not EARLIEST <= value <= LATEST:
        raise NotAValue("a date lies between the years 1700 and 4000")
    return value


def _datetime(text: str) -> datetime:
    try:
        if not _DATETIME.fullmatch(text):
            raise ValueError
        value = datetime.fromisoformat(text).astimezone(UTC).replace(microsecond=0)
    except (ValueError, OverflowError):
        raise NotAValue("a date and time is written like 2024-12-31T23:59:59.000Z") from None
    if not EARLIEST <= value.date() <= LATEST:
        raise NotAValue("a date lies between the years 1700 and 4000")
    return value


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text.removesuffix("Z")).replace(microsecond=0)
    except ValueError:
        raise NotAValue("a time is written like 22:15:00.000Z") from None


_PARSERS: Mapping[str, Callable[[str], Any]] = {
    "boolean": _boolean,
    "currency": _number,
    "date": _date,
    "datetime": _datetime,
    "double": _number,
    "int": _integer,
    "percent": _number,
    "time": _time,
}
