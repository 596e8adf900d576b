"""Authorization codes, and the refresh tokens that they turn into (api.md 1.2)."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Lock

from simulator.clock import Clock

CODE_BYTES, REFRESH_BYTES = 48, 64


@dataclass(frozen=True)
class Asked:
    """What an app asked of the authorize endpoint."""

    redirect_uri: str
    scope: str
    challenge: str


@dataclass(frozen=True)
class Grant:
    """What a user has granted to the app; ``token`` is the refresh token of the moment."""

    id: str
    token: str
    scope: str
    issued_at: datetime


class Grants:
    """All codes and refresh tokens of the org; safe between threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._codes: dict[str, tuple[Asked, datetime]] = {}
        self._grants: dict[str, Grant] = {}
        self._lock = Lock()

    def code(self, asked: Asked) -> str:
        """A new authorization code."""
        code = f"aPrx{secrets.token_urlsafe(CODE_BYTES)}"
        with self._lock:
            self._codes[code] = (asked, self._clock.now())
        return code

    def redeem(self, code: str) -> tuple[Asked, timedelta] | None:
        """What a code stands for, and its age; a code can be redeemed once."""
        with self._lock:
            found = self._codes.pop(code, None)
        return None if found is None else (found[0], self._clock.now() - found[1])

    def grant(self, scope: str) -> Grant:
        """A new grant with its first refresh token."""
        grant = Grant(secrets.token_hex(8), _refresh_token(), scope, self._clock.now())
        with self._lock:
            self._grants[grant.token] = grant
        return grant

    def find(self, token: str, lifetime: timedelta | None) -> Grant | None:
        """The grant of a refresh token that still holds; None for every other token."""
        with self._lock:
            grant = self._grants.get(token)
            if grant is None or lifetime is None:
                return grant
            return grant if self._clock.now() - grant.issued_at <= lifetime else None

    def rotate(self, grant: Grant) -> Grant:
        """The same grant with a new refresh token; the old one is worth nothing any more."""
        rotated = replace(grant, token=_refresh_token(), issued_at=self._clock.now())
        with self._lock:
            self._grants.pop(grant.token, None)
            self._grants[rotated.token] = rotated
        return rotated

    def revoke(self, token: str) -> Grant | None:
        """Take a grant back, and say which it was."""
        with self._lock:
            return self._grants.pop(token, None)


def _refresh_token() -> str:
    return f"5Aep861{secrets.token_urlsafe(REFRESH_BYTES).replace('-', '.')}"
