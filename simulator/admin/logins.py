"""The administrator's resources for login restrictions: IP ranges and hours."""

from __future__ import annotations

from datetime import time
from typing import Any

from simulator.auth.history import keep_audit
from simulator.auth.restrictions import Range, read_range
from simulator.errors import SalesforceError
from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

NAMES = ("ip_ranges", "trusted_ranges", "hours")
SECTION = "Security Controls"


def show(org: Org, call: Call) -> Answer:
    """The restrictions that hold."""
    return Answer(body=_shown(org))


def restrict(org: Org, call: Call) -> Answer:
    """New restrictions in place of those before: ``{"ip_ranges": ["10.0.0.0-10.0.0.9"]}``.

    ``trusted_ranges`` are the networks from which a password needs no token; ``hours`` is
    ``["08:00", "18:00"]`` in the org's time zone.
    """
    body = call.json_object()
    unknown = set(body) - set(NAMES)
    if unknown:
        raise _refused(f"logins are restricted by {list(NAMES)}, not by {sorted(unknown)}")
    allowed, trusted = _ranges(body, "ip_ranges"), _ranges(body, "trusted_ranges")
    hours = _hours(body.get("hours"))
    org.logins.ip_ranges, org.logins.trusted_ranges, org.logins.hours = allowed, trusted, hours
    keep_audit(org, "loginRestrictions", section=SECTION, display=f"Changed to {_shown(org)}")
    return Answer(body=_shown(org))


def free(org: Org, call: Call) -> Answer:
    """No restrictions; wrong passwords and the login rate are forgotten."""
    org.logins.reset()
    keep_audit(org, "loginRestrictions", section=SECTION, display="Removed all restrictions")
    return Answer(204)


def _shown(org: Org) -> dict[str, Any]:
    hours = org.logins.hours
    return {
        "ip_ranges": [str(allowed) for allowed in org.logins.ip_ranges],
        "trusted_ranges": [str(trusted) for trusted in org.logins.trusted_ranges],
        "hours": None if hours is None else [f"{hour:%H:%M}" for hour in hours],
    }


def _ranges(body: dict[str, Any], name: str) -> tuple[Range, ...]:
    given = body.get(name, [])
    if not isinstance(given, list):
        raise _refused(f"{name} is a list of ranges of addresses")
    try:
        return tuple(read_range(str(text)) for text in given)
    except ValueError as error:
        raise _refused(f"{name}: {error}") from error


def _hours(given: Any) -> tuple[time, time] | None:
    if given is None:
        return None
    try:
        first, last = (time.fromisoformat(str(hour)) for hour in given)
    except (TypeError, ValueError) as error:
        raise _refused(f'hours are two times, ["08:00", "18:00"], not {given!r}') from error
    return first, last


def _refused(message: str) -> SalesforceError:
    return SalesforceError("INVALID_REQUEST", message)


ROUTES = (
    Route("GET", "/simulator/logins", show, Access.ADMIN),
    Route("PUT", "/simulator/logins", restrict, Access.ADMIN),
    Route("DELETE", "/simulator/logins", free, Access.ADMIN),
)
