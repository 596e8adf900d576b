"""Whether a client has the newest version already: ETag, Last-Modified and their conditions (2.1).

Rows, describes and the list of objects answer ``If-Modified-Since`` and ``If-Unmodified-Since``;
rows of accounts, which alone have an ETag of their own, ``If-Match`` and ``If-None-Match`` too.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from hashlib import sha256
from zlib import crc32

from simulator.errors import SalesforceError
from simulator.web.calls import Answer

WITH_ROW_ETAGS = ("Account",)
_CHANGED = "The record has been changed since the condition of the request"


@dataclass(frozen=True)
class Validator:
    """What tells one version of an answer from another."""

    modified_at: datetime | None = None
    etag: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers by which a client knows this version."""
        found = {} if self.etag is None else {"ETag": self.etag}
        if self.modified_at is not None:
            found["Last-Modified"] = format_datetime(self.modified_at.astimezone(UTC), usegmt=True)
        return found


def describe_etag(text: str) -> str:
    """The ETag of a describe: eight digits in quotes, as recorded."""
    return f'"{crc32(text.encode("utf-8", "surrogatepass")):08x}"'


def row_etag(text: str) -> str:
    """The ETag of a row: a digest in base 64, as recorded."""
    return f'"{b64encode(sha256(text.encode()).digest()).decode()}"'


class Described:
    """Since when each describe is as it is: its answer is compared with the one before."""

    def __init__(self) -> None:
        self._seen: dict[str, Validator] = {}

    def validator(self, name: str, body: object, *, since: datetime, now: datetime) -> Validator:
        """The version of this answer; one that has not been asked before is as old as ``since``."""
        etag, before = describe_etag(json.dumps(body)), self._seen.get(name)
        if before is None or before.etag != etag:
            changed_at = since if before is None else now
            self._seen[name] = Validator(changed_at.replace(microsecond=0), etag)
        return self._seen[name]


def conditional(body: object, validator: Validator, headers: Mapping[str, str]) -> Answer:
    """The answer, or 304 where the client has it, or PRECONDITION_FAILED."""
    check_unchanged(validator, headers)
    if _is_known(validator, headers):
        return Answer(304, headers=validator.headers)
    return Answer(body=body, headers=validator.headers)


def check_unchanged(validator: Validator, headers: Mapping[str, str]) -> None:
    """PRECONDITION_FAILED where the version is another than the one that the client names."""
    wanted, until = headers.get("if-match"), _moment(headers.get("if-unmodified-since"))
    is_other = wanted is not None and validator.etag is not None and not _names(wanted, validator)
    is_newer = (
        until is not None and validator.modified_at is not None and (validator.modified_at > until)
    )
    if is_other or is_newer:
        raise SalesforceError("PRECONDITION_FAILED", _CHANGED, status=412)


def _is_known(validator: Validator, headers: Mapping[str, str]) -> bool:
    known = headers.get("if-none-match")
    if known is not None and validator.etag is not None:
        return _names(known, validator)
    since = _moment(headers.get("if-modified-since"))
    return (
        since is not None and validator.modified_at is not None and (validator.modified_at <= since)
    )


def _names(tags: str, validator: Validator) -> bool:
    named = [tag.strip().removeprefix("W/").removesuffix("--gzip") for tag in tags.split(",")]
    return "*" in named or validator.etag in named


def _moment(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
