"""From where and when a user may log in, and how often it was tried (api.md 1.1, 1.2)."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from threading import Lock

RATE_WINDOW, LOCKOUT = timedelta(hours=1), timedelta(minutes=15)
Address = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Range:
    """IP addresses from the first to the last, both included."""

    first: Address
    last: Address

    def __contains__(self, address: Address) -> bool:
        same = address.version == self.first.version
        return same and int(self.first) <= int(address) <= int(self.last)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}"


@dataclass
class LoginRules:
    """The restrictions of the user's profile, and the attempts so far; safe between threads."""

    ip_ranges: tuple[Range, ...] = ()
    trusted_ranges: tuple[Range, ...] = ()
    hours: tuple[time, time] | None = None
    _attempts: deque[datetime] = field(default_factory=deque)
    _failures: list[datetime] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def reset(self) -> None:
        """No restrictions, and no attempts yet."""
        self.ip_ranges, self.trusted_ranges, self.hours = (), (), None
        with self._lock:
            self._attempts.clear()
            self._failures.clear()

    def attempted(self, now: datetime) -> None:
        """Count an attempt."""
        with self._lock:
            self._attempts.append(now)

    def count(self, now: datetime) -> int:
        """The attempts of the last hour."""
        with self._lock:
            while self._attempts and self._attempts[0] <= now - RATE_WINDOW:
                self._attempts.popleft()
            return len(self._attempts)

    def failed(self, now: datetime) -> None:
        """Count a wrong password."""
        with self._lock:
            self._failures.append(now)

    def succeeded(self) -> None:
        """A login puts the count of wrong passwords back."""
        with self._lock:
            self._failures.clear()

    def is_locked(self, now: datetime, attempts: int) -> bool:
        """Whether so many passwords were wrong that nobody may log in for a while."""
        with self._lock:
            if len(self._failures) < attempts:
                return False
            if now - self._failures[-1] < LOCKOUT:
                return True
            self._failures.clear()
            return False


def read_range(text: str) -> Range:
    """The range that ``10.0.0.0-10.0.0.255`` or a single address names; ValueError if none."""
    first, _, last = text.partition("-")
    found = Range(ip_address(first.strip()), ip_address((last or first).strip()))
    if found.first.version != found.last.version or int(found.first) > int(found.last):
        raise ValueError(f"{text!r} is not a range of addresses")
    return found
