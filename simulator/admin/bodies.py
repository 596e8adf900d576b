"""What the administrator sends: an object with the keys that its resource takes, and no others."""

from __future__ import annotations

from typing import Any

from simulator.errors import SalesforceError
from simulator.web.calls import Call


def body_of(call: Call, *keys: str) -> dict[str, Any]:
    """The body's JSON object; SalesforceError for a key that would be overlooked."""
    body = call.json_object()
    unknown = sorted(set(body) - set(keys))
    if unknown:
        message = f"{call.path} takes {list(keys)}, not {unknown}"
        raise SalesforceError("INVALID_REQUEST", message[:400])
    return body
