"""Armed faults: which requests they hit, how often, and which they have hit."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from threading import Event, Lock
from typing import Any

from simulator.web.calls import Call

MOST_REMEMBERED = 1_000


@dataclass(frozen=True)
class Pattern:
    """Which requests a fault hits: all that is given has to be found in the request.

    ``path`` is searched in the path, ``query`` in the decoded parameters, ``body`` in the body.
    """

    method: str | None = None
    path: re.Pattern[str] | None = None
    query: re.Pattern[str] | None = None
    body: re.Pattern[str] | None = None

    def matches(self, call: Call) -> bool:
        """Whether this request is hit."""
        if self.method is not None and self.method != call.method:
            return False
        if self.path is not None and not self.path.search(call.path):
            return False
        if self.query is not None and not self.query.search(_parameters(call)):
            return False
        text = call.body.decode("utf-8", "replace") if self.body is not None else ""
        return self.body is None or self.body.search(text) is not None


@dataclass(frozen=True)
class Fault:
    """A fault as it was armed; ``times`` is None when it never stops."""

    kind: str
    pattern: Pattern = field(default_factory=Pattern)
    values: Mapping[str, Any] = field(default_factory=dict)
    times: int | None = 1
    skip: int = 0


@dataclass
class Armed:
    """An armed fault, with how many requests it has met and how many it has hit."""

    id: int
    fault: Fault
    seen: int = 0
    hits: int = 0

    def hit(self) -> bool:
        """Meet a matching request; True when it is one to be hit."""
        self.seen += 1
        is_spent = self.fault.times is not None and self.hits >= self.fault.times
        if is_spent or self.seen <= self.fault.skip:
            return False
        self.hits += 1
        return True


@dataclass(frozen=True)
class Fired:
    """A request that was hit."""

    id: int
    kind: str
    method: str
    path: str
    query: str
    at: datetime


class Faults:
    """All armed faults of an org; safe between threads."""

    def __init__(self) -> None:
        self.released = Event()
        self._numbers = count(1)
        self._armed: list[Armed] = []
        self._fired: deque[Fired] = deque(maxlen=MOST_REMEMBERED)
        self._lock = Lock()

    def arm(self, fault: Fault) -> Armed:
        """Arm one fault more; of those that match a request the oldest hits."""
        with self._lock:
            self.released.clear()
            armed = Armed(next(self._numbers), fault)
            self._armed.append(armed)
        return armed

    def hitting(self, call: Call, at: datetime) -> Fault | None:
        """The fault that this request suffers, counted, or None."""
        if not self._armed:
            return None
        with self._lock:
            matching = (armed for armed in self._armed if armed.fault.pattern.matches(call))
            armed = next((armed for armed in matching if armed.hit()), None)
            if armed is None:
                return None
            kind, query = armed.fault.kind, _parameters(call)
            self._fired.append(Fired(armed.id, kind, call.method, call.path, query, at))
            return armed.fault

    def armed(self) -> list[Armed]:
        """The armed faults, spent ones too."""
        with self._lock:
            return list(self._armed)

    def fired(self) -> list[Fired]:
        """The last requests that were hit, the oldest first."""
        with self._lock:
            return list(self._fired)

    def disarm(self, number: int) -> bool:
        """Take one fault back; False when there is none of that number."""
        with self._lock:
            kept = [armed for armed in self._armed if armed.id != number]
            found = len(kept) < len(self._armed)
            self._armed = kept
        return found

    def clear(self) -> None:
        """Take all faults back, forget what they hit, and let delayed requests go on."""
        with self._lock:
            self._armed.clear()
            self._fired.clear()
        self.released.set()


def _parameters(call: Call) -> str:
    return "&".join(f"{name}={value}" for name, value in call.query.items())
