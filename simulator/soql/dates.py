"""TODAY, LAST_N_DAYS:30 and their kind, as half-open spans of days (api.md 4, date literals)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

MONTHS_A_YEAR, MONTHS_A_QUARTER, DAYS_A_WEEK = 12, 3, 7


@dataclass(frozen=True)
class Span:
    """The days from ``since`` up to, and without, ``until``."""

    since: date
    until: date


@dataclass(frozen=True)
class Today:
    """The day it is for the running user, and the month in which the org's fiscal year begins."""

    day: date
    fiscal_start: int = 1
    at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """What time it is; midnight where only the day is known."""
        return self.at or datetime.combine(self.day, time(), UTC)


def span(literal: str, today: Today) -> Span | None:
    """The span of a date literal, or None if there is no such literal or no such year."""
    try:
        return _span(literal, today)
    except (ValueError, OverflowError):
        return None


def _span(literal: str, today: Today) -> Span | None:
    name, _, count = literal.upper().replace(" ", "").partition(":")
    if count:
        return _counted(name, int(count), today) if len(count) < len("10000") else None
    single = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}.get(name)
    if single is not None:
        return _days(today.day, single, 1)
    if name == "LAST_90_DAYS":
        return Span(today.day - timedelta(days=90), today.day + timedelta(days=1))
    if name == "NEXT_90_DAYS":
        return _days(today.day, 1, 90)
    word, _, unit = name.partition("_")
    place = {"LAST": -1, "THIS": 0, "NEXT": 1}.get(word)
    return None if place is None else _units(unit, place, 1, today)


def _counted(name: str, count: int, today: Today) -> Span | None:
    if name.startswith("LAST_N_"):
        unit = name.removeprefix("LAST_N_").removesuffix("S")
        if unit == "DAY":
            return Span(today.day - timedelta(days=count), today.day + timedelta(days=1))
        return _units(unit, -count, count, today)
    if name.startswith("NEXT_N_"):
        unit = name.removeprefix("NEXT_N_").removesuffix("S")
        return _days(today.day, 1, count) if unit == "DAY" else _units(unit, 1, count, today)
    if name.startswith("N_") and name.endswith("S_AGO"):
        unit = name.removeprefix("N_").removesuffix("S_AGO")
        return _days(today.day, -count, 1) if unit == "DAY" else _units(unit, -count, 1, today)
    return None


def _days(day: date, offset: int, length: int) -> Span:
    since = day + timedelta(days=offset)
    return Span(since, since + timedelta(days=length))


def _units(unit: str, offset: int, length: int, today: Today) -> Span | None:
    if unit == "WEEK":
        sunday = today.day - timedelta(days=(today.day.weekday() + 1) % DAYS_A_WEEK)
        return _days(sunday, offset * DAYS_A_WEEK, length * DAYS_A_WEEK)
    months = {"MONTH": 1, "QUARTER": MONTHS_A_QUARTER, "YEAR": MONTHS_A_YEAR}
    size = months.get(unit.removeprefix("FISCAL_"))
    if size is None or unit == "FISCAL_MONTH":
        return None
    shift = today.fiscal_start - 1 if unit.startswith("FISCAL_") else 0
    current = today.day.year * MONTHS_A_YEAR + today.day.month - 1 - shift
    first = (current // size + offset) * size + shift
    return Span(_month(first), _month(first + length * size))


def _month(number: int) -> date:
    return date(number // MONTHS_A_YEAR, number % MONTHS_A_YEAR + 1, 1)
