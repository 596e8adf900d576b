"""What callers of Bulk 1.0 send: job descriptions in XML or JSON, the PK chunking header."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from xml.etree import ElementTree

from simulator.errors import SimulatorError

MAX_DESCRIPTION_BYTES = 100_000
DEFAULT_CHUNK, LARGEST_CHUNK = 100_000, 250_000
_CHUNK_SIZE = re.compile(r"chunkSize\s*=\s*(\d{1,9})", re.IGNORECASE)


class Refused(SimulatorError):
    """A refusal in the form of Bulk 1.0: a code in camel case, and a message."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.status = code, message, status


def description(body: bytes, *, is_json: bool) -> Mapping[str, str]:
    """The entries of a job description."""
    if len(body) > MAX_DESCRIPTION_BYTES:
        raise Refused("InvalidJob", "The job description is too large")
    return _from_json(body) if is_json else _from_xml(body)


def chunk_size(header: str) -> int:
    """How many records a chunk holds by ``Sforce-Enable-PKChunking``; 0 without chunking."""
    wanted = header.strip()
    if not wanted or wanted.lower().startswith("false"):
        return 0
    match = _CHUNK_SIZE.search(wanted)
    size = int(match.group(1)) if match else DEFAULT_CHUNK
    if not 0 < size <= LARGEST_CHUNK:
        raise Refused("InvalidJob", f"chunkSize must be between 1 and {LARGEST_CHUNK}")
    return size


def _from_json(body: bytes) -> Mapping[str, str]:
    try:
        given = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused("InvalidJob", "Unable to parse the job description") from error
    if not isinstance(given, dict):
        raise Refused("InvalidJob", "The job description is not an object")
    return {str(name): str(value) for name, value in given.items() if value is not None}


def _from_xml(body: bytes) -> Mapping[str, str]:
    # entities have no place in a description, and could be made to fill the memory
    if b"<!" in body:
        raise Refused("InvalidXML", "A document type is not allowed")
    try:
        root = ElementTree.fromstring(body.strip())
    except (ElementTree.ParseError, ValueError) as error:
        raise Refused("InvalidXML", "Unable to parse the job description") from error
    return {element.tag.rpartition("}")[2]: (element.text or "").strip() for element in root}
