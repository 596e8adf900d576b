"""Who is logged in, and until when: each call keeps a session alive (api.md 1.1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from simulator.clock import Clock
from simulator.ids import SHORT

TOKEN_BYTES = 72


@dataclass(frozen=True)
class Session:
    """A login of a user: ends when nobody has called for a while."""

    token: str
    user_id: str
    scope: str
    begun_at: datetime
    used_at: datetime
    grant: str = ""


class Sessions:
    """All sessions of the org; safe between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._lock = Lock()

    def begin(
        self, org_id: str, user_id: str, *, scope: str = "api web", grant: str = ""
    ) -> Session:
        """A new session with a token in Salesforce's form."""
        now = self._clock.now()
        token = f"{org_id[:SHORT]}!AQ{secrets.token_urlsafe(TOKEN_BYTES).replace('-', '.')}"
        session = Session(token, user_id, scope, now, now, grant)
        with self._lock:
            self._sessions[token] = session
        return session

    def find(self, token: str, lifetime: timedelta) -> Session | None:
        """The live session of a token, used now; None when it is unknown or has ended."""
        now = self._clock.now()
        with self._lock:
            session = self._sessions.get(token)
            if session is None:
                return None
            if now - session.used_at > lifetime:
                del self._sessions[token]
                return None
            self._sessions[token] = replace(session, used_at=max(now, session.used_at))
            return self._sessions[token]

    def end(self, token: str) -> bool:
        """End one session; False when there was none."""
        with self._lock:
            return self._sessions.pop(token, None) is not None

    def end_granted(self, grant: str) -> None:
        """End the sessions that a refresh token has begun."""
        with self._lock:
            granted = [token for token, session in self._sessions.items() if session.grant == grant]
            for token in granted:
                del self._sessions[token]

    def end_all(self) -> int:
        """End every session and count them."""
        with self._lock:
            count = len(self._sessions)
            self._sessions.clear()
        return count
