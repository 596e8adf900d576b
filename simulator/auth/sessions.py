"""Who is logged in, and until when: each call keeps a session alive (api.md 1.1)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from simulator.clock import Clock
from simulator.ids import SHORT, new_id

TOKEN_BYTES = 72
PREFIX = "0Ak"


@dataclass(frozen=True)
class Origin:
    """Where a session came from: the login that began it, as LoginHistory names it."""

    source_ip: str = "127.0.0.1"
    login_type: str = "Application"
    login_id: str | None = None


@dataclass(frozen=True)
class Session:
    """A login of a user: ends when nobody has called for a while."""

    token: str
    user_id: str
    scope: str
    begun_at: datetime
    used_at: datetime
    grant: str = ""
    id: str = ""
    origin: Origin = Origin()


class Sessions:
    """All sessions of the org; safe between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sessions: dict[str, Session] = {}
        self._count = 0
        self._lock = Lock()

    def begin(
        self,
        org_id: str,
        user_id: str,
        *,
        scope: str = "api web",
        grant: str = "",
        origin: Origin = Origin(),
    ) -> Session:
        """A new session with a token in Salesforce's form."""
        now = self._clock.now()
        token = f"{org_id[:SHORT]}!AQ{secrets.token_urlsafe(TOKEN_BYTES).replace('-', '.')}"
        with self._lock:
            self._count += 1
            own_id = new_id(PREFIX, self._count)
            session = Session(token, user_id, scope, now, now, grant, own_id, origin)
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

    def live(self, lifetime: timedelta) -> list[Session]:
        """The sessions that have not ended, the oldest first."""
        now = self._clock.now()
        with self._lock:
            return [one for one in self._sessions.values() if now - one.used_at <= lifetime]

    def end_by_id(self, session_id: str) -> bool:
        """End the session of this Id; False when there was none."""
        with self._lock:
            tokens = [token for token, one in self._sessions.items() if one.id == session_id]
            for token in tokens:
                del self._sessions[token]
        return bool(tokens)

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
