"""
A slice of an SObject: the records that one question asks for.

A slice that Salesforce cannot answer in time is cut in two: by time down to a floor, then by Id.
Cuts are half-open, so that every record is in exactly one slice.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

SHORTEST_SPAN = timedelta(minutes=1)  # stamps are whole seconds; below it Ids spread better

# The order in which Salesforce compares Ids, which have a case ("How Salesforce IDs work").
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
ID_LENGTH = 15  # what comes after is a checksum


@dataclass(frozen=True)
class Slice:
    """`since <= stamp < until` (UTC) and `first_id <= Id < end_id`; None: without that bound."""

    since: datetime | None = None
    until: datetime | None = None
    first_id: str | None = None
    end_id: str | None = None


def cut_by_time(whole: Slice) -> tuple[Slice, Slice] | None:
    """The earlier and the later half; None when the span is unbounded or short already."""
    if whole.since is None or whole.until is None:
        return None
    span = whole.until - whole.since
    if span <= SHORTEST_SPAN or whole.first_id or whole.end_id:
        return None
    middle = (whole.since + span / 2).replace(microsecond=0)
    return replace(whole, until=middle), replace(whole, since=middle)


def cut_by_id(whole: Slice, *, lowest: str, highest: str) -> tuple[Slice, Slice] | None:
    """The lower and the upper half of the Ids that there are; None when that is a single one.

    The ends stay as they are, open ones too: a record that is made meanwhile is not left out.
    """
    low, high = _number(lowest), _number(highest)
    if low >= high:
        return None
    middle = _id(low + (high - low + 1) // 2)
    return replace(whole, end_id=middle), replace(whole, first_id=middle)


def _number(record_id: str) -> int:
    number = 0
    for letter in record_id[:ID_LENGTH]:
        number = number * len(DIGITS) + DIGITS.index(letter)
    return number


def _id(number: int) -> str:
    letters = []
    for _ in range(ID_LENGTH):
        number, digit = divmod(number, len(DIGITS))
        letters.append(DIGITS[digit])
    return "".join(reversed(letters))
