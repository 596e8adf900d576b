"""Requests that take long: too many at once are refused (api.md 2.5)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from simulator.errors import SalesforceError
from simulator.options import Options

LONG_SECONDS = 20.0


class LongRequests:
    """Knows which requests are being worked on and since when; safe between threads."""

    def __init__(self, long_seconds: float = LONG_SECONDS) -> None:
        self._long, self._lock = long_seconds, Lock()
        self._since: dict[object, float] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """A request, from its beginning to its end."""
        key = object()
        with self._lock:
            self._since[key] = monotonic()
        try:
            yield
        finally:
            with self._lock:
                del self._since[key]

    def check(self, options: Options) -> None:
        """REQUEST_LIMIT_EXCEEDED when as many long ones run already as an org may have."""
        others = int(options.number("used_long_requests"))
        if others + self._count() >= int(options.number("concurrent_long_requests")):
            message = "ConcurrentPerOrgLongTxn Limit exceeded."
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", message, status=403)

    def _count(self) -> int:
        now = monotonic()
        with self._lock:
            return sum(now - since > self._long for since in self._since.values())
