"""A Bulk job that is gone, refused, failed or stuck: each has its way."""

from typing import Any

import pytest

from salesforce_elt.errors import (
    AccessDenied,
    AnswerLost,
    NotForBulk,
    QueryTimedOut,
    RequestRefused,
    ServerUnavailable,
)
from salesforce_elt.salesforce.bulk import LONGEST_JOB, BulkSource, Question
from salesforce_elt.salesforce.refusals import bulk_refusal, job_failure

QUESTION = Question("SELECT Id FROM Account", "Account", "750000000000001AAA")


class Org:
    """Answers every look at the job alike."""

    version = "62.0"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, path: str, *, asked: str) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"id": QUESTION.job_id, "state": self.answer}


def read(answer: Any, waits: list[float]) -> None:
    source = BulkSource(Org(answer), QUESTION, note_job=lambda _: None, pause=waits.append)
    list(source.pages({}))


def test_a_job_that_is_gone_is_asked_for_anew():
    with pytest.raises(AnswerLost, match="is gone at Salesforce"):
        read(AccessDenied("Not found.", error_code="NOT_FOUND"), [])


def test_a_lost_permission_is_not_taken_for_a_job_that_is_gone():
    with pytest.raises(AccessDenied):
        read(AccessDenied("No API.", error_code="API_DISABLED_FOR_ORG"), [])


@pytest.mark.parametrize("state", ["Failed", "Aborted"])
def test_a_job_that_ended_badly_is_asked_for_anew_even_without_a_reason(state):
    with pytest.raises(AnswerLost, match=f"ended as {state}: Salesforce gives no reason"):
        read(state, [])


def test_a_job_that_never_ends_is_kept_for_the_next_try():
    waits: list[float] = []
    with pytest.raises(ServerUnavailable, match=r"is InProgress after 2 hours\. It is kept"):
        read("InProgress", waits)
    assert LONGEST_JOB < sum(waits) < 1.1 * LONGEST_JOB


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("QUERY_TIMEOUT: Your query request was running for too long.", QueryTimedOut),
        ("Retried more than fifteen times", QueryTimedOut),
        ("InvalidBatch : Failed to process query: INVALID_FIELD: No such column", AccessDenied),
        ("Entity 'CaseStatus' is not supported by the Bulk API.", NotForBulk),
        ("InternalServerError : retry", AnswerLost),
    ],
)
def test_the_reason_of_a_failed_job_says_what_to_do(reason, expected):
    job = {"id": "750", "state": "Failed", "errorMessage": reason}
    assert type(job_failure(job, asked="Account")) is expected


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Entity 'CaseStatus' is not supported by the Bulk API.", NotForBulk),
        ("CaseStatus is not supported by the Bulk API", NotForBulk),
        ("Selecting compound data not supported in Bulk Query", NotForBulk),
        ("Implementation restriction: ContentDocumentLink requires a filter", NotForBulk),
        ("InvalidJob : query is required", RequestRefused),
    ],
)
def test_what_bulk_does_not_read_is_known_from_its_words_since_the_codes_differ(message, expected):
    error = RequestRefused(f"Create a job: {message}", error_code="API_ERROR", http_status=400)
    assert type(bulk_refusal(error)) is expected
