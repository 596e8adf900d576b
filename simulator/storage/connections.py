"""A few connections to the org's database, lent for one transaction each."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

MOST_CONNECTIONS = 8
Connection = psycopg.Connection[tuple[Any, ...]]


class Connections:
    """Opens connections when asked and keeps them for the next who asks; safe between threads."""

    def __init__(self, database_url: str, size: int = MOST_CONNECTIONS) -> None:
        self.url = database_url
        self._free: queue.LifoQueue[Connection | None] = queue.LifoQueue()
        self._pinned = threading.local()
        for _ in range(size):
            self._free.put(None)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in a transaction, committed at the end, rolled back on an error."""
        pinned: Connection | None = getattr(self._pinned, "connection", None)
        if pinned is not None:
            with pinned.transaction():
                yield pinned
            return
        connection = self._usable(self._free.get())
        try:
            with connection.transaction():
                yield connection
        finally:
            self._free.put(connection)

    @contextmanager
    def pinned(self) -> Iterator[None]:
        """One transaction around all that this thread does; an error takes everything back."""
        with self.transaction() as connection:
            self._pinned.connection = connection
            try:
                yield
            finally:
                self._pinned.connection = None

    def close(self) -> None:
        """Close what is open and not lent."""
        while not self._free.empty():
            connection = self._free.get_nowait()
            if connection is not None:
                connection.close()

    def _usable(self, connection: Connection | None) -> Connection:
        if connection is not None and not connection.closed:
            return connection
        try:
            return psycopg.connect(
                self.url,
                autocommit=True,
                prepare_threshold=None,
                options="-c timezone=UTC -c datestyle=ISO -c client_min_messages=warning",
            )
        except psycopg.OperationalError:
            self._free.put(None)
            raise
