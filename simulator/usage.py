"""How much of the org's quotas was used in the last 24 hours (api.md 2.5, 3.7)."""

from __future__ import annotations

from collections import Counter, deque
from datetime import datetime, timedelta
from threading import Lock

from simulator.clock import Clock

WINDOW = timedelta(hours=24)
GRAIN_SECONDS = 60


class Usage:
    """Counts of several kinds, each over a rolling day of the org's clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._totals: Counter[str] = Counter()
        self._minutes: deque[tuple[datetime, Counter[str]]] = deque()
        self._lock = Lock()

    def add(self, kind: str, count: int = 1) -> None:
        """Count something that happens now."""
        now = self._clock.now()
        with self._lock:
            self._forget(now)
            last = self._minutes[-1][0] if self._minutes else None
            if last is None or (now - last).total_seconds() >= GRAIN_SECONDS:
                self._minutes.append((now, Counter()))
            self._minutes[-1][1][kind] += count
            self._totals[kind] += count

    def used(self, kind: str) -> int:
        """What was counted in the last 24 hours."""
        with self._lock:
            self._forget(self._clock.now())
            return self._totals[kind]

    def _forget(self, now: datetime) -> None:
        while self._minutes and now - self._minutes[0][0] >= WINDOW:
            self._totals -= self._minutes.popleft()[1]
