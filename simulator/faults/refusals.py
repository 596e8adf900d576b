"""Faults that answer in place of the org, late, or as if the session had ended."""

from __future__ import annotations

from html import escape
from typing import Any

from simulator.errors import SalesforceError
from simulator.faults.work import Work
from simulator.web.calls import JSON_TYPE, Answer

HTML_TYPE = "text/html;charset=UTF-8"


def status(work: Work) -> Answer:
    """Any status, body and headers."""
    headers = {str(name): str(value) for name, value in work.values["headers"].items()}
    body = work.values["body"]
    found = next((v for name, v in headers.items() if name.lower() == "content-type"), None)
    headers = {name: v for name, v in headers.items() if name.lower() != "content-type"}
    number = work.values["status"]
    if isinstance(body, str):
        return Answer(number, text=body, headers=headers, content_type=found or HTML_TYPE)
    return Answer(number, body, headers, content_type=found or JSON_TYPE)


def html(work: Work) -> Answer:
    """A page for people, as the edge in front of an org shows it (api.md 2.8: 420, 503)."""
    title = escape(work.values["title"])
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body>{title}</body></html>"
    return Answer(work.values["status"], text=page, content_type=HTML_TYPE)


def delay(work: Work) -> Answer:
    """The org's own answer, later; clearing the faults ends the wait."""
    work.org.faults.released.wait(work.values["seconds"])
    return work.proceed()


def expired_session(work: Work) -> Answer:
    """The caller's session ends just before the request (api.md 1.4)."""
    _, _, token = work.call.headers.get("authorization", "").partition(" ")
    if not work.org.sessions.end(token.strip()):
        raise work.in_vain()
    return work.proceed()


def daily_quota(work: Work) -> Answer:
    """The calls of the day are used up (api.md 2.5)."""
    return _refused("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", 403)


def concurrent_quota(work: Work) -> Answer:
    """Too many long calls run at once (api.md 2.5): the same code, but worth another try."""
    return _refused("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded.", 403)


def bulk_quota(work: Work) -> Answer:
    """The query jobs of the day are used up (api.md 3.7)."""
    message = "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10001)"
    return _refused("LIMIT_EXCEEDED", message, 400)


def _refused(code: str, message: str, number: int) -> Answer:
    error = SalesforceError(code, message, status=number)
    body: Any = error.body()
    return Answer(error.status, body)
