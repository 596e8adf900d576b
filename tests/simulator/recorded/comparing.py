"""How a recorded answer and the org's are compared: keys, kinds of values, errors word for word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

ID = re.compile(r"\b(?=\w*\d)[0-9a-zA-Z]{15}(?:[0-9a-zA-Z]{3})?\b")
VERSION = re.compile(r"/v(\d\d\.\d|xx\.0)\b")
LOCATOR = re.compile(r"locator=[\w%.-]+")
FORMS = {
    "datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000\+0000"),
    "utc datetime": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.000)?Z"),
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "id": ID,
}
ERROR_KEYS = ("errorCode", "statusCode", "exceptionCode", "error")


def differences(recorded: Any, found: Any, *, more: bool = False, at: str = "") -> Iterator[str]:
    """What is not alike, by its place; ``more`` lets the org's objects have further keys.

    A value that is null on one side is alike: no org has the other's data.
    """
    if recorded is None or found is None:
        return
    if isinstance(recorded, dict) and isinstance(found, dict):
        yield from _of_objects(recorded, found, more, at)
    elif isinstance(recorded, list) and isinstance(found, list):
        yield from _of_lists(recorded, found, more, at)
    elif kind(recorded) != kind(found):
        yield f"{at}: recorded {recorded!r} ({kind(recorded)}), found {found!r} ({kind(found)})"


def kind(value: Any) -> str:
    """What sort of value this is: its JSON type, and the form of a text."""
    if not isinstance(value, str):
        return type(value).__name__
    if value.startswith(("/services/", "/secur/")):
        return normal(value)
    return next((name for name, form in FORMS.items() if form.fullmatch(value)), "text")


def normal(text: str) -> str:
    """The text without what differs from org to org: versions and Ids."""
    text = LOCATOR.sub("locator={locator}", VERSION.sub("/v{version}", text))
    return ID.sub("{id}", text)


def _of_objects(
    recorded: dict[str, Any], found: dict[str, Any], more: bool, at: str
) -> Iterator[str]:
    missing, extra = recorded.keys() - found.keys(), found.keys() - recorded.keys()
    if missing:
        yield f"{at}: lacks {sorted(missing)}"
    if extra and not more:
        yield f"{at}: has {sorted(extra)} more"
    is_error = any(key in recorded for key in ERROR_KEYS)
    for key in recorded.keys() & found.keys():
        if is_error and isinstance(recorded[key], str):
            if normal(recorded[key]) != normal(found[key]):
                yield f"{at}.{key}: recorded {recorded[key]!r}, found {found[key]!r}"
        else:
            yield from differences(recorded[key], found[key], more=more, at=f"{at}.{key}")


def _of_lists(recorded: list[Any], found: list[Any], more: bool, at: str) -> Iterator[str]:
    if recorded and not found:
        yield f"{at}: recorded {len(recorded)} entries, found none"
    same = len(recorded) == len(found)
    for number, pair in enumerate(zip(recorded, found, strict=False)):
        # rows of different orgs come in their own order: the first stands for all
        if number == 0 or same:
            yield from differences(*pair, more=more, at=f"{at}[{number}]")
