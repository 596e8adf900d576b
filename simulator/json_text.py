"""JSON as Salesforce writes it, compact or with X-PrettyPrint (api.md 2.0)."""

from __future__ import annotations

from functools import lru_cache
from json.encoder import encode_basestring

from simulator.formats import JavaDouble


def dumps(value: object, *, pretty: bool = False) -> str:
    """The JSON text of plain values; a JavaDouble keeps Java's form."""
    parts: list[str] = []
    if pretty:
        _write_pretty(value, parts, "")
    else:
        _write(value, parts)
    return "".join(parts)


def _scalar(value: object) -> str:
    kind = type(value)
    if kind is str:
        return encode_basestring(str(value))
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if isinstance(value, JavaDouble):
        return value.text
    if isinstance(value, int | float):
        return repr(value)
    raise TypeError(f"{kind.__name__} has no place in JSON")


@lru_cache(maxsize=4_096)
def _key(name: str) -> str:
    return f"{encode_basestring(name)}:"


def _write(value: object, parts: list[str]) -> None:
    if isinstance(value, dict):
        separator = "{"
        for key, item in value.items():
            parts += (separator, _key(key))
            _write(item, parts)
            separator = ","
        parts.append("}" if value else "{}")
    elif isinstance(value, list | tuple):
        separator = "["
        for item in value:
            parts.append(separator)
            _write(item, parts)
            separator = ","
        parts.append("]" if value else "[]")
    else:
        parts.append(_scalar(value))


def _write_pretty(value: object, parts: list[str], indent: str) -> None:
    if isinstance(value, dict):
        inner, separator = indent + "  ", "{\n"
        for key, item in value.items():
            parts += (separator, inner, encode_basestring(key), " : ")
            _write_pretty(item, parts, inner)
            separator = ",\n"
        parts.append(f"\n{indent}}}" if value else "{ }")
    elif isinstance(value, list | tuple):
        separator = "[ "
        for item in value:
            parts.append(separator)
            _write_pretty(item, parts, indent)
            separator = ", "
        parts.append(" ]" if value else "[ ]")
    else:
        parts.append(_scalar(value))
