"""
What a cell becomes whose field is kept as a salted hash: HMAC-SHA-256 under a secret salt.

One value has one hash, whichever field and object of the org it stands in, however it came and
however Salesforce wrote it, so that tables still join. Empty stays empty.
"""

import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from decimal import Decimal

from salesforce_elt.errors import SettingsInvalid

SHORTEST_SALT = 32  # characters: a salt that can be guessed lets anyone test values against hashes
SALT_MADE_BY = "python -c 'import secrets; print(secrets.token_urlsafe(48))'"
CHECKED = "salesforce_elt: the salt that made the hashes of this org"
NUL, NUL_REPLACEMENT = "\x00", "\N{REPLACEMENT CHARACTER}"  # as text that is not hashed is kept


@dataclass(frozen=True)
class Salt:
    """The secret that hashes are made with. Whoever has it can test a value against a hash."""

    secret: bytes = field(repr=False)

    @classmethod
    def of(cls, text: str) -> "Salt":
        """The salt that a text is; raises SettingsInvalid when it is short enough to be guessed."""
        if len(text) < SHORTEST_SALT:
            raise SettingsInvalid(
                f"The salt for hash_fields has {len(text)} characters, and a short one can be "
                f"guessed. Give ELT_HASH_SALT_FILE (or ELT_HASH_SALT) {SHORTEST_SALT} or more, "
                f"such as the output of: {SALT_MADE_BY}"
            )
        return cls(text.encode())

    def hash(self, text: str) -> str:
        """64 hexadecimal digits."""
        return hmac.digest(self.secret, text.encode(), "sha256").hex()

    @property
    def check_value(self) -> str:
        """What the warehouse keeps to notice another salt; it does not give the salt away."""
        return self.hash(CHECKED)


@dataclass(frozen=True)
class Hashing:
    """Which columns of an object are hashed: each with the type that the field had by itself."""

    salt: Salt
    kinds: Mapping[str, str]

    def cell(self, column: str, text: str | None) -> str | None:
        """What the warehouse gets of a cell; cells of other columns are themselves."""
        if text is None or column not in self.kinds:
            return text
        return self.salt.hash(canonical(text.replace(NUL, NUL_REPLACEMENT), self.kinds[column]))


def canonical(text: str, kind: str) -> str:
    """One text for each value of a column type: REST says 90000000.0 where Bulk says 9.0E7.

    What is no value of the type is itself: the field was of another type before.
    """
    try:
        return CANONICAL[kind](text) if kind in CANONICAL else text
    except (ValueError, ArithmeticError):
        return text


def canonical_cell(text: str | None, *, kind: str) -> str | None:
    """The same of a cell, which may be empty."""
    return None if text is None else canonical(text, kind)


def _number(text: str) -> str:
    number = Decimal(text)
    plain = format(number if number else Decimal(0), "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _moment(text: str) -> str:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat()


def _time(text: str) -> str:
    return time.fromisoformat(text).replace(tzinfo=None).isoformat()


CANONICAL: Mapping[str, Callable[[str], str]] = {
    "numeric": _number,
    "boolean": str.lower,
    "timestamptz": _moment,
    "time": _time,
}
