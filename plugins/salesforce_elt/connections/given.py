"""What one connection gives, under one name each, blanks left out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.printable import one_line

# How forms of Airflow before 2.3 stored the extras of the provider's connections.
OLD_PREFIX = "extra__salesforce__"


@dataclass(frozen=True)
class ConnectionFields:
    """An Airflow connection's fields as they are stored; `extra` is the parsed JSON object."""

    conn_id: str
    host: str | None = None
    port: int | None = None
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Given:
    """A connection's fields and extras by name. Blank ones, which forms send, are not there."""

    conn_id: str
    values: Mapping[str, Any] = field(repr=False)

    @property
    def names(self) -> frozenset[str]:
        """What is given; a private key in a file counts as the key."""
        names = frozenset(self.values)
        return names | {"private_key"} if "private_key_file_path" in names else names

    def text(self, name: str) -> str:
        """A value as text; empty where it is not given."""
        return str(self.values.get(name, ""))

    def wrong(self, what: str) -> ConnectionInvalid:
        """The error that says what is wrong with this connection."""
        return ConnectionInvalid(one_line(f"The Airflow connection {self.conn_id!r} {what}"))


def given(fields: ConnectionFields) -> Given:
    """A connection's values, whatever the names that they are stored under."""
    values: dict[str, Any] = {}
    for name, value in fields.extra.items():
        values.setdefault(name.removeprefix(OLD_PREFIX), value)
    values |= {
        "host": fields.host,
        "port": fields.port,
        "login": fields.login,
        "password": fields.password,
    }
    cleaned = {name: _cleaned(name, value) for name, value in values.items()}
    return Given(fields.conn_id, {k: v for k, v in cleaned.items() if v not in (None, "", {}, [])})


def _cleaned(name: str, value: Any) -> Any:
    """Spaces around a value come from copying it; in a password they may be meant."""
    return value.strip() if isinstance(value, str) and name != "password" else value
