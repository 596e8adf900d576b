"""Bulk 1.0, refused in the way on which clients fall back to other resources (clients.md 9)."""

from __future__ import annotations

from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

REFUSAL = {"exceptionCode": "FeatureNotEnabled", "exceptionMessage": "Async API not enabled"}


def refuse(org: Org, call: Call) -> Answer:
    """400, whatever was asked."""
    return Answer(400, REFUSAL)


ROUTES = tuple(
    Route(method, f"/services/async/{{version}}/{rest}", refuse, Access.OPEN)
    for method in ("GET", "POST")
    for rest in (
        "job",
        "job/{job}",
        "job/{job}/batch",
        "job/{job}/batch/{batch}",
        "job/{job}/batch/{batch}/result",
    )
)
