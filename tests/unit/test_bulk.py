"""A Bulk job that is gone, refused, failed or stuck: each has its way."""

from datetime import UTC, datetime
from typing import Any

import pytest

from salesforce_elt.errors import AccessDenied, AnswerLost, ServerUnavailable
from salesforce_elt.extracts import NOTHING_YET, Extract
from salesforce_elt.salesforce.bulk import LONGEST_JOB, BulkSource

EXTRACT = Extract(1, "acme", "Account", None, datetime(2026, 3, 1, tzinfo=UTC), None, True, "bulk",
                  "SELECT Id FROM Account", ["Id"], "750000000000001AAA")


class Org:
    """Answers every look at the job alike."""

    data_path = "/services/data/v62.0"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def get(self, path: str, *, asked: str) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return {"id": EXTRACT.job_id, "state": self.answer}


def read(answer: Any, waits: list[float]) -> None:
    source = BulkSource(Org(answer), EXTRACT, note_job=lambda _: None, pause=waits.append)
    list(source.pages(after=NOTHING_YET))


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
