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
    return _capitals(short[:5]) + _capitals(short[5:10]) + _capitals(short[10:])


def new_id(prefix: str, number: int, pod: str = POD) -> str:
    """The 18-character Id number ``number`` of the object with that key prefix.

    Ids of different pods never meet, so that what is loaded, generated and inserted can live in one
    org.
    """
    # three groups of three digits: the counter's nine, without a loop, for millions of Ids
    high, low = divmod(number, GROUP_SIZE)
    top, middle = divmod(high, GROUP_SIZE)
    if top >= GROUP_SIZE:
        raise ValueError("the number is too large for an Id")
    counter = _three_digits(top) + _three_digits(middle) + _three_digits(low)
    return short_to_long(prefix + pod + counter)


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
def _capitals(five: str) -> str:
    return CHECKSUM_ALPHABET[sum(1 << n for n, char in enumerate(five) if "A" <= char <= "Z")]


def _base62(number: int, length: int) -> str:
    digits = ""
    while len(digits) < length:
        number, group = divmod(number, GROUP_SIZE)
        digits = _three_digits(group) + digits
    if number:
        raise ValueError("the number is too large for an Id")
    return digits


@lru_cache(maxsize=REMEMBERED)
def _three_digits(number: int) -> str:
    hundreds, rest = divmod(number, BASE**2)
    return DIGITS[hundreds] + DIGITS[rest // BASE] + DIGITS[rest % BASE]
