"""Salesforce Ids: 15 case-sensitive characters, and three that say which of them are capital."""

from __future__ import annotations

import re
import string
from functools import lru_cache
from zlib import crc32

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHECKSUM_ALPHABET = string.ascii_uppercase + "012345"
PREFIX_LENGTH = 3
LONG, SHORT = 18, 15
BASE, GROUP = len(DIGITS), 3
GROUP_SIZE = BASE**GROUP
REMEMBERED = 2**18
POD = "Sim"
MASTER_RECORD_TYPE_ID = "012000000000000AAA"

_SHORT = re.compile(r"[0-9A-Za-z]{15}")


def checksum(short: str) -> str:
    """The three characters that make a 15-character Id an 18-character one.

    Each stands for five characters: bit n of its place in the alphabet says that character n is a
    capital letter.
    """
    return "".join(
        CHECKSUM_ALPHABET[_capitals(five)] for five in (short[:5], short[5:10], short[10:])
    )


def new_id(prefix: str, number: int, pod: str = POD) -> str:
    """The 18-character Id number ``number`` of the object with that key prefix.

    Ids of different pods never meet, so that what is loaded, generated and inserted can live in one
    org.
    """
    # the last three of the counter's nine digits change with every Id, the others seldom
    high, low = divmod(number, GROUP_SIZE)
    start, checksum_start, capitals = _start(prefix + pod, high)
    last, last_capitals = _three_digits(low)
    return start + last + checksum_start + CHECKSUM_ALPHABET[capitals | last_capitals << 2]


def pod_of(name: str) -> str:
    """A pod of its own for a named source of records, always the same one."""
    return _base62(crc32(name.encode()) % BASE ** len(POD), len(POD))


def to_18(value: str) -> str:
    """The 18-character form of an Id in either form; ValueError if it is none."""
    if not is_id(value):
        raise ValueError(f"{value!r} is not a Salesforce Id")
    return value if len(value) == LONG else short_to_long(value)


def short_to_long(short: str) -> str:
    """A 15-character Id with its checksum."""
    return short + checksum(short)


def is_id(value: str) -> bool:
    """Whether this is a 15-character Id, or an 18-character one with the right checksum."""
    if len(value) == LONG:
        short = value[:SHORT]
        return bool(_SHORT.fullmatch(short)) and checksum(short) == value[SHORT:]
    return bool(_SHORT.fullmatch(value))


@lru_cache(maxsize=REMEMBERED)
def _start(source: str, high: int) -> tuple[str, str, int]:
    """Twelve characters, two of the checksum's, and which of the last two are capital letters."""
    top, middle = divmod(high, GROUP_SIZE)
    if top >= GROUP_SIZE:
        raise ValueError("the number is too large for an Id")
    start = source + _three_digits(top)[0] + _three_digits(middle)[0]
    letters = CHECKSUM_ALPHABET
    first = letters[_capitals(start[:5])] + letters[_capitals(start[5:10])]
    return start, first, _capitals(start[10:])


def _capitals(text: str) -> int:
    return sum(1 << place for place, char in enumerate(text) if "A" <= char <= "Z")


def _base62(number: int, length: int) -> str:
    digits = ""
    while len(digits) < length:
        number, group = divmod(number, GROUP_SIZE)
        digits = _three_digits(group)[0] + digits
    if number:
        raise ValueError("the number is too large for an Id")
    return digits


@lru_cache(maxsize=REMEMBERED)
def _three_digits(number: int) -> tuple[str, int]:
    hundreds, rest = divmod(number, BASE**2)
    text = DIGITS[hundreds] + DIGITS[rest // BASE] + DIGITS[rest % BASE]
    return text, _capitals(text)
