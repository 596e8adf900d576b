"""
From a value as written to the Python value, exactly, or to a hint how to write it.

Numbers are decimals made of their own digits. What readers of YAML disagree about (`010`, `yes`,
`1_000`, `1:30`, a date in quotes) is either what it says on paper or refused.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from salesforce_elt.settings.tree import Scalar
from salesforce_elt.settings.wording import nearest, shown

NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,9})?")
LEADING_ZEROS = re.compile(r"-?0+[0-9]+(\.[0-9]+)?")
PERCENT = re.compile(r"([0-9]{1,3}(\.[0-9]{1,4})?) ?%")
DURATION = re.compile(r"(0|[1-9][0-9]{0,5})([smh])")
BARE_COUNT = re.compile(r"[0-9]{1,6}")
ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SECONDS = {"h": 3600, "m": 60, "s": 1}
TAKEN_FOR = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
    "value": "a sign",
    "merge": "a sign",
}
FLAGS = {
    "true": "true",
    "yes": "true",
    "on": "true",
    "false": "false",
    "no": "false",
    "off": "false",
}


class Unreadable(Exception):
    """A value that is not written as its setting wants it; the text says how to write it."""


def text(scalar: Scalar) -> str:
    """A text; what YAML takes for something else belongs in quotes."""
    if scalar.plain and scalar.tag != "str":
        raise Unreadable(f'YAML takes it for {TAKEN_FOR[scalar.tag]}: write "{shown(scalar.text)}"')
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in scalar.text):
        raise Unreadable("It holds a control character: remove it")
    return scalar.text


def path(scalar: Scalar) -> Path:
    """A path as written."""
    return Path(text(scalar))


def number(scalar: Scalar) -> Decimal:
    """The exact number: 0.1 stays 0.1."""
    if NUMBER.fullmatch(scalar.text):
        if scalar.plain:
            return Decimal(scalar.text)
        raise Unreadable(f"Write {scalar.text} without the quotes")
    if LEADING_ZEROS.fullmatch(scalar.text):
        raise Unreadable(f"Write {Decimal(scalar.text)}: with a leading zero YAML reads octal")
    raise Unreadable("Write digits only, with a point before decimals")


def count(scalar: Scalar) -> int:
    """A whole number."""
    exact = number(scalar)
    if exact != int(exact):
        raise Unreadable("Write a whole number")
    return int(exact)


def percentage(scalar: Scalar) -> Decimal:
    """A number of percent, without the sign."""
    if percent := PERCENT.fullmatch(scalar.text):
        raise Unreadable(f"Write {percent[1]} without the % sign")
    return number(scalar)


def share(scalar: Scalar) -> Decimal:
    """A part of one; a number of percent is refused with the share that it is."""
    if percent := PERCENT.fullmatch(scalar.text):
        raise Unreadable(_as_share(Decimal(percent[1])))
    part = number(scalar)
    if part > 1:
        raise Unreadable(_as_share(part))
    return part


def flag(scalar: Scalar) -> bool:
    """true or false; yes, no, on and off are texts to some readers of YAML."""
    word = scalar.text.lower()
    if word not in ("true", "false"):
        raise Unreadable(f"Write {FLAGS[word]}" if word in FLAGS else "")
    if not scalar.plain:
        raise Unreadable(f"Write {word} without the quotes")
    return word == "true"


def day(scalar: Scalar) -> date:
    """A calendar day as 2024-01-31, with or without quotes."""
    if not ISO_DATE.fullmatch(scalar.text):
        raise Unreadable("Write year, month and day, two digits each for month and day, no time")
    try:
        return date.fromisoformat(scalar.text)
    except ValueError:
        raise Unreadable("The calendar has no such day") from None


def duration(scalar: Scalar) -> timedelta:
    """A span of time as 2s, 15m or 1h."""
    if found := DURATION.fullmatch(scalar.text):
        return timedelta(seconds=int(found[1]) * SECONDS[found[2]])
    if BARE_COUNT.fullmatch(scalar.text):
        count = int(scalar.text)
        raise Unreadable(f"Say what it counts: {count}s are seconds, {count}m minutes")
    raise Unreadable("Write a whole number and s, m or h behind it")


def written_duration(span: timedelta) -> str:
    """The span as it would be written: 15m."""
    seconds = int(span.total_seconds())
    unit = next(unit for unit, size in SECONDS.items() if seconds % size == 0)
    return f"{seconds // SECONDS[unit]}{unit}" if seconds else "0s"


def one_of(*choices: str) -> Callable[[Scalar], str]:
    """One of the given words, exactly."""

    def read(scalar: Scalar) -> str:
        if scalar.text not in choices:
            near = nearest(scalar.text, choices)
            raise Unreadable(f"Did you mean {near}?" if near else "")
        return scalar.text

    return read


def _as_share(percent: Decimal) -> str:
    if not 0 < percent <= 100:
        return "1 is all of the quota"
    return f"For {percent} percent write {(percent / 100).normalize():f}"
