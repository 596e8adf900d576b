"""Many calls in one: composite counts once, batch counts each (api.md 2.6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from simulator.errors import SalesforceError
from simulator.json_text import dumps
from simulator.org import Org, Quota
from simulator.web.calls import Answer, Call
from simulator.web.routing import Route

MOST_SUBREQUESTS, MOST_QUERIES = 25, 5
FIRST_FAILURE = 400
KEPT_HEADERS = ("Location", "ETag", "Last-Modified")
FORBIDDEN_HEADERS = ("accept", "authorization", "content-type")
_REFERENCE = re.compile(r"@\{([A-Za-z0-9_]+)((?:\.\w+|\[\d+\])*)\}")
_STEP = re.compile(r"\.(\w+)|\[(\d+)\]")
_REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_QUERYING = re.compile(r"/services/data/v[\d.]+/(query|queryall|composite/sobjects)\b", re.I)
_REPLICATION = re.compile(r"/sobjects/[^/]+/(updated|deleted)/?$", re.I)
Serve = Callable[[Call], Answer]
Results = dict[str, Any]
Requests = list[dict[str, Any]]


def composite(org: Org, call: Call, serve: Serve) -> Answer:
    """Up to 25 calls, at most five of them queries, in their order."""
    body = call.json_object()
    requests = _requests(body, "compositeRequest")
    queries = sum(bool(_QUERYING.match(str(r.get("url", "")))) for r in requests)
    if queries > MOST_QUERIES:
        message = f"Limit of {MOST_QUERIES} query subrequests exceeded"
        raise SalesforceError("LIMIT_EXCEEDED", message)
    parts = _Parts(org, call, serve)
    answers = parts.all_or_none(requests) if body.get("allOrNone") else parts.each(requests)
    return Answer(body={"compositeResponse": answers})


def batch(org: Org, call: Call, serve: Serve) -> Answer:
    """Up to 25 calls that know nothing of each other; each counts as an API call."""
    requests = _requests(call.json_object(), "batchRequests")
    results, failed = [], False
    for request in requests:
        org.usage.add(Quota.API_CALLS.value)
        url = str(request.get("url", ""))
        path = url if url.startswith("/services/data/") else f"/services/data/{url.lstrip('/')}"
        body = request.get("richInput")
        answer = serve(_inner(call, {**request, "url": path, "body": body}))
        results.append({"statusCode": answer.status, "result": answer.body})
        failed = failed or answer.status >= FIRST_FAILURE
    return Answer(body={"hasErrors": failed, "results": results})


def routes(serve: Serve) -> tuple[Route, ...]:
    """The composite resources over the function that answers their parts."""
    data = "/services/data/v{version}"
    return (
        Route("POST", f"{data}/composite", lambda org, call: composite(org, call, serve)),
        Route(
            "POST",
            f"{data}/composite/batch",
            lambda org, call: batch(org, call, serve),
            is_counted=False,
        ),
    )


def _requests(body: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    requests = body.get(key)
    if not isinstance(requests, list) or not all(isinstance(r, dict) for r in requests):
        raise SalesforceError("JSON_PARSER_ERROR", f"{key} is required to be a list of objects")
    if len(requests) > MOST_SUBREQUESTS:
        message = f"Limit of {MOST_SUBREQUESTS} subrequests exceeded"
        raise SalesforceError("LIMIT_EXCEEDED", message)
    return requests


class _RolledBack(Exception):
    """Takes back the transaction of a composite call of which a part failed."""


@dataclass
class _Parts:
    """The parts of one composite call, and what the earlier ones answered."""

    org: Org
    call: Call
    serve: Serve
    results: Results = field(default_factory=dict)

    def each(self, requests: Requests) -> list[Results]:
        """Every part for itself."""
        return [self._part(request) for request in requests]

    def all_or_none(self, requests: Requests) -> list[Results]:
        """All parts in one transaction, taken back when one of them fails."""
        answers: list[Results] = []
        try:
            with self.org.store.connections.pinned():
                answers = self.each(requests)
                if any(int(answer["httpStatusCode"]) >= FIRST_FAILURE for answer in answers):
                    raise _RolledBack
        except _RolledBack:
            return [_halted(answer) for answer in answers]
        return answers

    def _part(self, request: dict[str, Any]) -> Results:
        reference = str(request.get("referenceId", ""))
        if not _REFERENCE_ID.fullmatch(reference) or reference in self.results:
            message = f"Invalid or repeated referenceId: '{reference}'"
            raise SalesforceError("INVALID_REQUEST", message)
        try:
            answer = self._answered(request)
        except SalesforceError as error:
            answer = Answer(error.status, error.body())
        self.results[reference] = answer.body if answer.status < FIRST_FAILURE else None
        return {
            "body": answer.body,
            "httpHeaders": {k: v for k, v in answer.headers.items() if k in KEPT_HEADERS},
            "httpStatusCode": answer.status,
            "referenceId": reference,
        }

    def _answered(self, request: dict[str, Any]) -> Answer:
        inner = _inner(self.call, _resolved(request, self.results))
        allowed = self.org.options.on("replication_in_composite")
        if _REPLICATION.search(inner.path) and not allowed:
            raise SalesforceError("INVALID_OPERATION", "This resource is not allowed in composite")
        return self.serve(inner)


def _inner(call: Call, request: Mapping[str, Any]) -> Call:
    url = urlsplit(str(request.get("url", "")))
    if url.scheme or not url.path.startswith("/services/data/"):
        raise SalesforceError("INVALID_REQUEST", "The URL of a subrequest must be relative")
    given = request.get("httpHeaders") or {}
    headers = {str(k).lower(): str(v) for k, v in given.items()} if isinstance(given, dict) else {}
    if any(name in headers for name in FORBIDDEN_HEADERS):
        raise SalesforceError("INVALID_REQUEST", "A subrequest has a header that it may not have")
    body = request.get("body")
    return replace(
        call,
        method=str(request.get("method", "GET")).upper(),
        path=unquote(url.path),
        query=dict(parse_qsl(url.query, keep_blank_values=True)),
        headers=headers,
        body=b"" if body is None else dumps(body).encode(),
    )


def _resolved(value: Any, results: Results) -> Any:
    """The request with every ``@{reference.field}`` replaced by what it stands for."""
    if isinstance(value, dict):
        return {key: _resolved(item, results) for key, item in value.items()}
    if isinstance(value, list):
        return [_resolved(item, results) for item in value]
    if isinstance(value, str):
        return _REFERENCE.sub(lambda match: _looked_up(match, results), value)
    return value


def _looked_up(match: re.Match[str], results: Results) -> str:
    name, path = match.groups()
    value: Any = results.get(name)
    for key, index in _STEP.findall(path):
        if key:
            value = value.get(key) if isinstance(value, dict) else None
        else:
            items = value if isinstance(value, list) else []
            value = items[int(index)] if int(index) < len(items) else None
    if value is None:
        message = f"Invalid reference specified. No value for {name}{path} found in {name}."
        raise SalesforceError("PROCESSING_HALTED", message)
    return str(value)


def _halted(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["httpStatusCode"] >= FIRST_FAILURE:
        return answer
    message = (
        "The transaction was rolled back since another operation in the same transaction failed."
    )
    body = [{"errorCode": "PROCESSING_HALTED", "message": message}]
    return {**answer, "body": body, "httpHeaders": {}, "httpStatusCode": 400}
