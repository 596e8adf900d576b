"""The HTTP resources of faults: arm, list, clear."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from simulator.errors import SalesforceError, not_found
from simulator.faults.armed import Armed, Fault, Pattern
from simulator.faults.kinds import BY_NAME, DECLARED, Value
from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

PATTERNS = ("path", "query", "body")
PLAN = ("kind", "method", "match", "times", "skip")


def kinds(org: Org, call: Call) -> Answer:
    """All kinds of fault, with what each takes."""
    listed = [
        {
            "kind": kind.name,
            "meaning": kind.meaning,
            "values": {name: value.default for name, value in kind.values.items()},
        }
        for kind in DECLARED
    ]
    return Answer(body=listed)


def arm(org: Org, call: Call) -> Answer:
    """Arm a fault, or several: a list arms all or none."""
    body = call.json()
    wanted = body if isinstance(body, list) else [body]
    faults = [_fault(entry) for entry in wanted]
    armed = [_shown(org.faults.arm(fault)) for fault in faults]
    return Answer(201, armed if isinstance(body, list) else armed[0])


def listed(org: Org, call: Call) -> Answer:
    """What is armed, and what was hit."""
    fired = [{**asdict(hit), "at": hit.at.isoformat()} for hit in org.faults.fired()]
    return Answer(body={"armed": [_shown(armed) for armed in org.faults.armed()], "fired": fired})


def clear(org: Org, call: Call) -> Answer:
    """Nothing is armed any more."""
    org.faults.clear()
    return Answer(204)


def disarm(org: Org, call: Call) -> Answer:
    """One fault is armed no more."""
    number = call.params["fault"]
    if not number.isdecimal() or not org.faults.disarm(int(number[:9])):
        raise not_found(f"there is no fault {number[:20]}")
    return Answer(204)


def _fault(entry: Any) -> Fault:
    if not isinstance(entry, dict) or str(entry.get("kind")) not in BY_NAME:
        raise _refused(f"a fault has a kind, one of {sorted(BY_NAME)}")
    kind = BY_NAME[str(entry["kind"])]
    values = {name: value for name, value in entry.items() if name not in PLAN}
    for name, value in values.items():
        _check(kind.name, name, value, kind.values.get(name))
    times, skip = entry.get("times", 1), entry.get("skip", 0)
    if not _is_count(skip) or not (times is None or _is_count(times)):
        raise _refused("skip and times are whole numbers; times null means always")
    return Fault(kind.name, _pattern(entry), values, times, skip)


def _pattern(entry: dict[str, Any]) -> Pattern:
    method, match = entry.get("method"), entry.get("match", {})
    if not (method is None or isinstance(method, str)) or not isinstance(match, dict):
        raise _refused("method is a text, match an object of path, query and body")
    if set(match) - set(PATTERNS):
        raise _refused(f"match takes {list(PATTERNS)}")
    try:
        found = {name: re.compile(str(text), re.DOTALL) for name, text in match.items()}
    except re.error as error:
        raise _refused(f"not a regular expression: {error}") from error
    return Pattern(method.upper() if method else None, **found)


def _check(kind: str, name: str, given: Any, value: Value | None) -> None:
    if value is None:
        raise _refused(f"{kind} takes no {name!r}")
    is_wrong = isinstance(given, bool) or not isinstance(given, value.types)
    is_number = isinstance(given, int | float) and value.least is not None
    if is_wrong or (is_number and given < (value.least or 0)):
        raise _refused(f"{kind}: {name} cannot be {given!r}")


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _shown(armed: Armed) -> dict[str, Any]:
    fault = armed.fault
    match = {name: getattr(fault.pattern, name) for name in PATTERNS}
    return {
        "id": armed.id,
        "kind": fault.kind,
        "method": fault.pattern.method,
        "match": {name: found.pattern for name, found in match.items() if found is not None},
        **fault.values,
        "times": fault.times,
        "skip": fault.skip,
        "seen": armed.seen,
        "hits": armed.hits,
    }


def _refused(message: str) -> SalesforceError:
    return SalesforceError("INVALID_REQUEST", message)


ROUTES = tuple(
    Route(method, f"/simulator/{path}", handler, Access.ADMIN)
    for method, path, handler in (
        ("GET", "faults/kinds", kinds),
        ("POST", "faults", arm),
        ("GET", "faults", listed),
        ("DELETE", "faults", clear),
        ("DELETE", "faults/{fault}", disarm),
    )
)
