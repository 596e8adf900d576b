"""The org's clock: real time, until somebody sets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """Tells the org what time it is; nothing else here reads the machine's clock."""

    def __init__(self, at: datetime | None = None) -> None:
        self._stopped_at = at
        self._offset = timedelta(0)

    def now(self) -> datetime:
        """The org's time, UTC, with microseconds."""
        if self._stopped_at is not None:
            return self._stopped_at
        return self.wall() + self._offset

    def stamp(self) -> datetime:
        """The org's time as records carry it: whole seconds."""
        return self.now().replace(microsecond=0)

    def wall(self) -> datetime:
        """The machine's time, for what other machines have signed."""
        return datetime.now(UTC)

    def set(self, at: datetime) -> None:
        """Stop the clock at this time."""
        self._stopped_at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move the clock; a stopped one stays stopped, a running one runs on."""
        if self._stopped_at is not None:
            self._stopped_at += by
        else:
            self._offset += by

    def follow(self) -> None:
        """Run with real time again."""
        self._stopped_at, self._offset = None, timedelta(0)
