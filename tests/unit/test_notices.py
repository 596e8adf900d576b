"""What the message to operators says."""

from datetime import UTC, datetime

import pytest

from salesforce_elt import errors
from salesforce_elt.incidents import Incident
from salesforce_elt.notices import ADVICE_OF_UNKNOWN, notice
from salesforce_elt.report import NOT_READY, Report

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
PLACES = ("In Airflow: http://localhost:8080/dags/x",)


def report(status: str, *, resumes: bool = False) -> Report:
    run = {
        "org": "acme", "run_id": "acme/1", "kind": "incremental", "status": status,
        "started_at": AT, "published_at": None, "resumes_at": AT if resumes else None,
        "resumes_by": "schedule",
    }
    return Report(run, objects=[], marts=[], exclusions=[], checks=[], findings=[])


def incident(code: str, message: str = "It is so.", *, occasion: str = "failed", number: int = 1,
             closed_at: datetime | None = None) -> Incident:
    return Incident(number, occasion, code, "", message, "acme/1", AT, closed_at)


def test_a_failure_reads_like_this() -> None:
    news = [incident("ConnectionInvalid", "salesforce_acme: the login is refused.")]
    still = [*news, incident("field_hidden", "Phone is hidden.", occasion="findings", number=2)]
    told = notice(report("failed"), news, still=still, places=PLACES)
    assert told.subject == "[Salesforce ELT] acme: the sync is FAILED"
    assert told.text == """\
The sync
- acme: the incremental sync that began at 2026-03-02 09:00 UTC is FAILED (acme/1).

What happened
- salesforce_acme: the login is refused.

What is still wrong, as told before
- Phone is hidden. (since 2026-03-02 09:00 UTC)

What happens next
- The marts stand as they were; the next sync takes the work up again.

What to do
- Correct the Airflow connection (Admin > Connections) until its Test button is content; \
docs/connecting-salesforce.md explains each refusal.
- Findings do not stop a sync, but the marts lack what they name. Mend what they say; \
`make check` lists everything that the org lacks.

Where the results are
- In Airflow: http://localhost:8080/dags/x
"""


def test_what_comes_from_salesforce_is_no_markup() -> None:
    news = [incident("AccessDenied", "The field <script> & co.")]
    told = notice(report("failed"), news, still=news, places=PLACES)
    assert "<li>The field &lt;script&gt; &amp; co.</li>" in told.html


@pytest.mark.parametrize(
    ("news", "status", "subject"),
    [
        ([incident("SchemaDrift", occasion="partial")], "partial", "the sync is PARTIAL"),
        ([incident("is_percent", occasion="checks")], "success", "a critical check fails"),
        ([incident("a", occasion="findings")], "success", "a new finding"),
        ([incident("a", occasion="findings"), incident("b", occasion="findings", number=2)],
         "failed", "2 new findings"),
        ([incident("SchemaDrift", closed_at=AT)], "success", "the sync is a success again"),
        ([incident("a", occasion="findings", closed_at=AT)], "success",
         "1 thing is no longer wrong"),
    ],
)
def test_the_subject_says_what_is_new(news, status, subject) -> None:
    told = notice(report(status), news, still=[], places=PLACES)
    assert told.subject == f"[Salesforce ELT] acme: {subject}"


def leaves(kind: type[errors.SyncError] = errors.SyncError) -> list[type[errors.SyncError]]:
    return [kind, *(leaf for below in kind.__subclasses__() for leaf in leaves(below))]


@pytest.mark.parametrize("error", leaves(), ids=lambda one: one.__name__)
def test_every_error_has_advice(error: type[errors.SyncError]) -> None:
    news = [incident(error.__name__)]
    told = notice(report("failed"), news, still=news, places=PLACES)
    (advice,) = dict(told.sections)["What to do"]
    assert advice != ADVICE_OF_UNKNOWN


def test_an_error_that_nobody_foresaw_is_to_be_reported() -> None:
    news = [incident("ZeroDivisionError")]
    told = notice(report("failed"), news, still=news, places=PLACES)
    assert dict(told.sections)["What to do"] == (ADVICE_OF_UNKNOWN,)


def test_an_object_that_waits_for_another_cause_needs_no_advice_of_its_own() -> None:
    news = [incident(NOT_READY)]
    told = notice(report("partial"), news, still=news, places=PLACES)
    assert "What to do" not in dict(told.sections)
