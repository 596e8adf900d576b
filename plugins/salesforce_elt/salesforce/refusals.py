"""Salesforce's errors, translated into ours: the only place that knows their codes."""

import json
from collections.abc import Mapping
from typing import Any

import httpx

from salesforce_elt.errors import (
    AccessDenied,
    AnswerLost,
    ConnectionInvalid,
    NotForBulk,
    QueryTimedOut,
    QuotaReached,
    RequestRefused,
    ServerUnavailable,
    SyncError,
)
from salesforce_elt.salesforce.limits import API_REQUESTS, BULK_JOBS, BULK_STORAGE, GOES_ON, WORDS
from salesforce_elt.salesforce.login_refusals import found_refusal
from salesforce_elt.salesforce.refusal_rows import API_ENABLED

# 406, 420 and 429 come from Salesforce's edge, with HTML or without a body.
BUSY_STATUSES = frozenset({406, 420, 429, 500, 502, 503, 504})

ACCESS_CODES = {
    "API_DISABLED_FOR_ORG": API_ENABLED,
    "API_CURRENTLY_DISABLED": API_ENABLED,
    "INSUFFICIENT_ACCESS": "give the integration user read access",
    "INVALID_TYPE": "give the integration user Read on this object, or remove it from the settings",
    "NOT_FOUND": "give the integration user Read on this object, or remove it from the settings",
    "INVALID_FIELD": "give the integration user read access to this field (field-level security)",
}

# What was asked cannot be continued, and may well succeed when it is asked from the start.
LOST_CODES = frozenset({"INVALID_QUERY_LOCATOR"})

TIMEOUT_CODE = "QUERY_TIMEOUT"
# A job that Salesforce gave up after its own tries was too much for each of them.
TIMEOUT_WORDS = (TIMEOUT_CODE, "Retried more than fifteen times")

# How Bulk says that it does not read something which REST may; the codes differ by release.
NOT_FOR_BULK_WORDS = (
    "not supported by the Bulk API",
    "does not support query",
    "not supported in Bulk Query",
    "Implementation restriction",
)

# "TotalRequests Limit exceeded." and "ConcurrentPerOrgLongTxn Limit exceeded." share this code: the
# quota of a day, and too many long requests at once, which passes in seconds.
LIMIT_CODE, AT_ONCE = "REQUEST_LIMIT_EXCEEDED", "Concurrent"

# "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10021)", "Max bulk v2 query result
# size stored (1000000000) kb per 24 hrs has been exceeded".
BULK_CODE = "LIMIT_EXCEEDED"
BULK_QUOTAS = {"bulk v2 query jobs": BULK_JOBS, "bulk v2 query result size": BULK_STORAGE}

MESSAGE_LENGTH = 200
UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"  # how OpenSSL says it


def error_entry(body: Any) -> tuple[str, str]:
    """Code and message of an error body: a list of objects, or one object; else empty texts."""
    entry = body[0] if isinstance(body, list) and body else body
    if not isinstance(entry, Mapping):
        return "", ""
    code = entry.get("errorCode") or entry.get("statusCode") or entry.get("error") or ""
    message = entry.get("message") or entry.get("error_description") or ""
    return str(code), _first_sentence(str(message))


def refusal(http_status: int, body: Any, *, asked: str) -> SyncError:
    """The error for an answer that is not a success; `asked` says what was asked for."""
    code, message = error_entry(body)
    said = f"Salesforce answered {http_status} {code}".rstrip() + (
        f" ({message})" if message else ""
    )
    if quota := _quota(code, message):
        return QuotaReached(
            f"{asked}: {said}. The org's {WORDS[quota]} are used up. {GOES_ON}",
            quota=quota,
            used=None,
            allowed=None,
        )
    if code in ACCESS_CODES:
        message = f"{asked}: {said}. To cure it, {ACCESS_CODES[code]}."
        return AccessDenied(message, error_code=code)
    if code in LOST_CODES:
        return AnswerLost(f"{asked}: {said}. It is asked for anew.")
    if code == TIMEOUT_CODE:
        return QueryTimedOut(f"{asked}: {said}. It is asked for in smaller parts.")
    if code == LIMIT_CODE:
        return ServerUnavailable(
            f"{asked}: {said}. Too many long requests run at once in the org; it is tried again."
        )
    if http_status in BUSY_STATUSES:
        return ServerUnavailable(
            f"{asked}: {said}. It is tried again; status.salesforce.com "
            "tells whether the instance has an incident."
        )
    return RequestRefused(f"{asked}: {said}.", error_code=code, http_status=http_status)


def bulk_refusal(error: RequestRefused) -> RequestRefused:
    """What a refused Bulk job means: that REST has to be asked, or what was refused."""
    if not any(words in str(error) for words in NOT_FOR_BULK_WORDS):
        return error
    return NotForBulk(str(error), error_code=error.error_code, http_status=error.http_status)


def job_failure(job: Mapping[str, Any], *, asked: str) -> SyncError:
    """The error for a Bulk job that ended without an answer; Salesforce may give no reason."""
    told = str(job.get("errorMessage") or "Salesforce gives no reason")
    reason = told[:MESSAGE_LENGTH].rstrip(".")
    said = f"{asked}: Bulk job {job['id']} ended as {job['state']}: {reason}"
    if any(words in reason for words in TIMEOUT_WORDS):
        return QueryTimedOut(f"{said}. It is asked for in smaller parts.")
    code = next((code for code in ACCESS_CODES if code in reason), "")
    if code:
        return AccessDenied(f"{said}. To cure it, {ACCESS_CODES[code]}.", error_code=code)
    if any(words in reason for words in NOT_FOR_BULK_WORDS):
        return NotForBulk(f"{said}.", error_code="", http_status=httpx.codes.OK)
    return AnswerLost(f"{said}. A new job is made.")


def login_refusal(code: str, description: str, *, host: str, method: str) -> SyncError:
    """The error for a login that Salesforce refused with a code, OAuth's or SOAP's."""
    said = f"{code} ({_first_sentence(description)})" if description else code
    known = found_refusal(code, description, method=method)
    if known is None:
        return ConnectionInvalid(
            f"{host} refused the login: {said}. Setup > Identity > Login History may tell more."
        )
    message = (
        f"{host} refused the login: {said}. It means: {known.cause}. To cure it: {known.cure}."
    )
    return ServerUnavailable(message) if known.passes else ConnectionInvalid(message)


def login_not_answered(http_status: int, *, host: str) -> SyncError:
    """The error for an answer to a login that is neither a token nor a refusal."""
    said = f"{host} answered the login with {http_status}, as Salesforce's login does not"
    if http_status in BUSY_STATUSES or http_status == httpx.codes.OK:
        return ServerUnavailable(
            f"{said}. A proxy or Salesforce's edge is in the way, or Salesforce is down "
            "(status.salesforce.com). It is tried again."
        )
    return ConnectionInvalid(
        f"{said}. Check the connection's host: login.salesforce.com, test.salesforce.com for a "
        "sandbox, or the org's My Domain."
    )


def login_unreachable(error: httpx.HTTPError, *, asked: str) -> SyncError:
    """The error for a login that got no answer; one whose certificate is not trusted stops."""
    found = unreachable(error, asked=asked)
    return ConnectionInvalid(str(found)) if UNTRUSTED in str(error) else found


def unreachable(error: httpx.HTTPError, *, asked: str) -> ServerUnavailable:
    """The error for a request that got no answer; a certificate that nobody vouches for is told."""
    if UNTRUSTED in str(error):
        return ServerUnavailable(
            f"{asked}: its certificate is not trusted ({error}). If a proxy or a private "
            "certificate authority stands between here and Salesforce, name its PEM file in the "
            "connection's extra 'certificate_authority_file'; verification cannot be switched off."
        )
    return ServerUnavailable(
        f"{asked}: no answer ({type(error).__name__}: {error}). Check the "
        "connection's host, the network and the proxy."
    )


def json_body(response: httpx.Response, *, hidden: str = "") -> Any:
    """The answer's JSON, or None where it has none (the edge answers in HTML).

    A secret that the answer repeats is taken out of it before anybody could quote it.
    """
    try:
        content = response.content
        return json.loads(content.replace(hidden.encode(), "…".encode()) if hidden else content)
    except (ValueError, RecursionError):
        return None


def _quota(code: str, message: str) -> str | None:
    """The daily quota that a refusal says is used up."""
    if code == LIMIT_CODE:
        return None if AT_ONCE in message else API_REQUESTS
    if code == BULK_CODE:
        return next((name for text, name in BULK_QUOTAS.items() if text in message.lower()), None)
    return None


def _first_sentence(message: str) -> str:
    # Query errors repeat the query with a caret in it; the last line says what is wrong.
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    text = lines[-1] if lines else ""
    return text if len(text) <= MESSAGE_LENGTH else text[:MESSAGE_LENGTH] + "..."
