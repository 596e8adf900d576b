"""
One session per connection, shared by all tasks on all workers: a login once per session life.

The warehouse keeps it (`sync.sessions`), encrypted under a key that only the connection's own
secrets give: who can read the table and not the connection has nothing, and a connection that is
changed does not find the session of what it was before. See docs/decisions/0012-shared-session.md.
"""

import json
import logging
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import psycopg
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from salesforce_elt.errors import WarehouseUnavailable
from salesforce_elt.salesforce.login import Token
from salesforce_elt.warehouse.connection import Connect

log = logging.getLogger(__name__)

LONGEST_WAIT = "150s"  # a login has 60 seconds, and so has the list of versions
SALT_BYTES, KEY_BYTES = 16, 32
COST = {"n": 2**14, "r": 8, "p": 1}  # 16 MB and some 50 ms a try, for whoever guesses a password


@dataclass(frozen=True)
class SharedSession:
    """Gives a token to whoever asks, and a new one to who was refused with it.

    `connection` is the Airflow connection's id and `secret` everything that its login is made of.
    `log_in` is given the session before, if there was one: a rotating refresh token is in it.
    """

    connect: Connect
    connection: str
    secret: str = field(repr=False)
    log_in: Callable[[Token | None], Token] = field(repr=False)

    def __call__(self, refused: Token | None = None) -> Token:
        """The session; another one than `refused`, which Salesforce does not accept any more.

        Of several tasks that are refused at once, one logs in and the others wait for it. Raises
        what a login raises, and WarehouseUnavailable; the old session stays then.
        """
        with self.connect() as conn:
            kept = self._open(_sealed(conn, self.connection))
            if kept and _is_another(kept, refused):
                return kept
            return self._renew(conn, refused)

    def anew(self) -> Token:
        """A new session in any case: what a check of the connection wants to see."""
        with self.connect() as conn:
            return self._renew(conn, self._open(_sealed(conn, self.connection)))

    def _renew(self, conn: psycopg.Connection, refused: Token | None) -> Token:
        with conn.transaction():
            kept = self._open(_locked(conn, self.connection))
            if kept and _is_another(kept, refused):
                return kept
            token = self.log_in(kept)
            conn.execute(
                "update sync.sessions set sealed = %s, opened_at = now() where connection = %s",
                [self._seal(token), self.connection],
            )
        log.info("Logged in with the connection %s; all tasks share this session", self.connection)
        return token

    def _seal(self, token: Token) -> bytes:
        salt = secrets.token_bytes(SALT_BYTES)
        return salt + self._cipher(salt).encrypt(json.dumps(asdict(token)).encode())

    def _open(self, sealed: bytes | None) -> Token | None:
        """None where there is no session, or one of other secrets."""
        if not sealed:
            return None
        try:
            text = self._cipher(sealed[:SALT_BYTES]).decrypt(sealed[SALT_BYTES:])
        except InvalidToken:
            return None
        return Token(**{**json.loads(text), "is_new": False})

    def _cipher(self, salt: bytes) -> Fernet:
        key = Scrypt(salt=salt, length=KEY_BYTES, **COST).derive(self.secret.encode())
        return Fernet(urlsafe_b64encode(key))


def _is_another(kept: Token, refused: Token | None) -> bool:
    return refused is None or kept.access_token != refused.access_token


def _sealed(conn: psycopg.Connection, connection: str) -> bytes | None:
    row = conn.execute(
        "select sealed from sync.sessions where connection = %s", [connection]
    ).fetchone()
    return row[0] if row else None


def _locked(conn: psycopg.Connection, connection: str) -> bytes | None:
    """As it is now, and nobody else changes it until the caller's transaction ends."""
    conn.execute("select set_config('lock_timeout', %s, true)", [LONGEST_WAIT])
    try:
        conn.execute(
            "insert into sync.sessions (connection) values (%s) on conflict do nothing",
            [connection],
        )
        row = conn.execute(
            "select sealed from sync.sessions where connection = %s for update", [connection]
        ).fetchone()
    except psycopg.errors.LockNotAvailable as error:
        raise WarehouseUnavailable(
            f"Another task has been logging in with the connection {connection} for more than "
            f"{LONGEST_WAIT}, and may be gone. It is tried again; a worker that was lost holds the "
            "row of sync.sessions until PostgreSQL notices."
        ) from error
    return row[0] if row else None
