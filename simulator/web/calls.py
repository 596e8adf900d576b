"""What a handler gets and gives: independent of HTTP, so that composite can make calls too."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from simulator.auth.sessions import Session
from simulator.errors import SalesforceError

JSON_TYPE = "application/json;charset=UTF-8"
NO_HEADERS: Mapping[str, str] = {}


@dataclass(frozen=True)
class Call:
    """One request: header names are in lower case, ``params`` come from the path."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)
    session: Session | None = None
    base_url: str = ""
    source_ip: str = "127.0.0.1"

    @property
    def version(self) -> str:
        """The API version in the path, ``59.0``."""
        return self.params.get("version", "")

    @property
    def version_path(self) -> str:
        """The start of every data path of this version."""
        return f"/services/data/v{self.version}"

    @property
    def user_id(self) -> str:
        """The user of the session."""
        return self.session.user_id if self.session else ""

    def json(self) -> Any:
        """The body's JSON; SalesforceError when it is none."""
        try:
            return json.loads(self.body.decode("utf-8"), parse_constant=_refused_constant)
        except (ValueError, RecursionError) as error:
            message = f"Unexpected character or end of input: {error}"[:200]
            raise SalesforceError("JSON_PARSER_ERROR", message) from error

    def json_object(self) -> dict[str, Any]:
        """The body's JSON object; SalesforceError when it is something else."""
        value = self.json()
        if not isinstance(value, dict):
            message = "The HTTP entity body is required to be a JSON object"
            raise SalesforceError("JSON_PARSER_ERROR", message)
        return value


@dataclass(frozen=True)
class Wire:
    """How a connection misbehaves: it breaks after so many bytes of the body, or drips."""

    BEFORE_THE_HEAD: ClassVar[int] = -1

    breaks_after: int | None = None
    is_reset: bool = False
    piece: int = 0
    pause: float = 0.0


@dataclass(frozen=True)
class Answer:
    """One response: JSON in ``body``, or ready text, or a stream of bytes, or nothing."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str | None = None
    content_type: str = JSON_TYPE
    stream: Iterator[bytes] | None = None
    wire: Wire | None = None

    @property
    def is_empty(self) -> bool:
        """Whether the response has no body."""
        return self.status in (204, 304)


def _refused_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
