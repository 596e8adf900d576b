"""Dice that are quick enough to be thrown a hundred million times."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

T = TypeVar("T")
DAY_SECONDS = 86_400


class Dice(Random):
    """Throws by ``random()`` alone: the library's ways to choose take several times as long."""

    def below(self, stop: int) -> int:
        """A whole number from 0 to ``stop - 1``."""
        return int(self.random() * stop)

    def within(self, start: int, stop: int) -> int:
        """A whole number from ``start`` to ``stop - 1``."""
        return start + int(self.random() * (stop - start))

    def one_of(self, values: Sequence[T]) -> T:
        """One of the values."""
        return values[int(self.random() * len(values))]

    def maybe(self, probability: float, values: Sequence[T]) -> T | None:
        """One of the values that often, else None."""
        if self.random() >= probability:
            return None
        return values[int(self.random() * len(values))]

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.random() < probability

    def between(self, start: datetime, end: datetime) -> datetime:
        """A moment from start to end, on a whole second."""
        span = end - start
        seconds = max(0, span.days * DAY_SECONDS + span.seconds)
        return start + timedelta(0, int(self.random() * (seconds + 1)))


def weighted(weights: dict[T, int]) -> tuple[T, ...]:
    """Each value as often as it weighs, for ``one_of``."""
    return tuple(value for value, weight in weights.items() for _ in range(weight))
