"""Salesforce's errors become ours, by what to do about them; no body reaches a message."""

import pytest

from salesforce_elt.errors import (
    AccessDenied,
    AnswerLost,
    QueryTimedOut,
    QuotaReached,
    RequestRefused,
    ServerUnavailable,
)
from salesforce_elt.salesforce.refusals import refusal


def body(code: str, message: str = "") -> list[dict[str, str]]:
    return [{"errorCode": code, "message": message}]


@pytest.mark.parametrize(
    ("http_status", "answer", "expected"),
    [
        (403, body("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."), QuotaReached),
        (403, body("REQUEST_LIMIT_EXCEEDED", "ConcurrentPerOrgLongTxn Limit exceeded."),
         ServerUnavailable),
        (400, body("LIMIT_EXCEEDED", "Something else has a limit."), RequestRefused),
        (403, body("API_DISABLED_FOR_ORG"), AccessDenied),
        (400, body("INVALID_TYPE"), AccessDenied),
        (400, body("INVALID_FIELD"), AccessDenied),
        (404, body("NOT_FOUND"), AccessDenied),
        (400, body("MALFORMED_QUERY"), RequestRefused),
        (400, body("INVALID_QUERY_LOCATOR"), AnswerLost),
        (400, body("QUERY_TIMEOUT"), QueryTimedOut),
        (503, None, ServerUnavailable),
        (420, "<html>", ServerUnavailable),
        (406, None, ServerUnavailable),
        (429, None, ServerUnavailable),
    ],
)
def test_an_answer_becomes_the_error_that_says_what_to_do(http_status, answer, expected):
    assert type(refusal(http_status, answer, asked="Query Account")) is expected


def test_a_message_names_what_was_asked_and_how_to_cure_it():
    error = refusal(
        400,
        body("INVALID_TYPE", "\nselect x from Foo\n  ^\nERROR at Row:1\nsObject type 'Foo' is not"
                             " supported."),
        asked="Describe Foo",
    )
    assert str(error) == (
        "Describe Foo: Salesforce answered 400 INVALID_TYPE (sObject type 'Foo' is not supported.)."
        " To cure it, give the integration user Read on this object, or remove it from the"
        " settings."
    )


def test_a_long_message_is_cut():
    assert len(str(refusal(400, body("X", "y" * 10_000), asked="Query"))) < 300


@pytest.mark.parametrize(
    ("http_status", "code", "message", "quota"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.", "DailyApiRequests"),
        (400, "LIMIT_EXCEEDED",
         "Max bulk v2 query jobs (10000) per 24 hrs has been reached (10021)",
         "DailyBulkV2QueryJobs"),
        (400, "LIMIT_EXCEEDED",
         "Max bulk v2 query result size stored (1000000000) kb per 24 hrs has been exceeded",
         "DailyBulkV2QueryFileStorageMB"),
    ],
)
def test_a_refusal_past_a_quota_names_the_quota(http_status, code, message, quota):
    """api.md 2.5, 3.6."""
    error = refusal(http_status, body(code, message), asked="Create a Bulk job for Account")
    assert isinstance(error, QuotaReached)
    assert error.quota == quota
    assert message in str(error)
