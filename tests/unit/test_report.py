"""What a run's results amount to."""

from datetime import UTC, datetime

import pytest

from salesforce_elt.errors import SyncNotSuccessful
from salesforce_elt.report import NOT_READY, Report, judge, require_success

MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def report(
    *, published: bool = True, planned: bool = True, objects: tuple[str, ...] = (),
    errors: tuple[str, ...] = (), status: str = "running",
) -> Report:
    return Report(
        run={
            "org": "acme", "run_id": "acme/1", "status": status, "resumes_at": None,
            "planned_at": MOMENT if planned else None,
            "published_at": MOMENT if published else None,
        },
        objects=[{"status": status} for status in objects],
        marts=[],
        exclusions=[],
        checks=[],
        findings=[{"severity": "error", "code": code, "message": ""} for code in errors],
    )


@pytest.mark.parametrize(
    ("results", "status"),
    [
        (report(objects=("success", "success")), "success"),
        (report(objects=("success", "failed"), errors=("ServerUnavailable",)), "partial"),
        (report(objects=("success", "deferred"), errors=("QuotaReached",)), "deferred"),
        (report(published=False, errors=("QuotaReached", NOT_READY)), "deferred"),
        (report(published=False, errors=("LeaseLost",)), "failed"),
        (report(published=False, objects=("planned",)), "failed"),
        (report(published=False, objects=("success",), errors=(NOT_READY,)), "partial"),
        (report(published=False, objects=("success",), errors=("CheckFailed",)), "failed"),
        (report(objects=("success",), errors=("object_hidden",)), "partial"),
        (report(errors=("object_hidden",)), "partial"),
        (report(objects=("failed",), errors=("ServerUnavailable",)), "partial"),
    ],
)
def test_the_results_of_a_run_amount_to_one_status(results, status):
    assert judge(results) == status


@pytest.mark.parametrize("published", [True, False])
@pytest.mark.parametrize(
    ("code", "status"), [("QuotaReached", "deferred"), ("AccessDenied", "failed")]
)
def test_a_plan_that_stopped_leaves_nothing_in_part(code, status, published):
    unplanned = report(
        planned=False, published=published, objects=("success", "planned"),
        errors=(code, NOT_READY))
    assert judge(unplanned) == status


@pytest.mark.parametrize(
    ("published", "words"),
    [(True, "The marts are published with what came"), (False, "the marts stand as they were")],
)
def test_a_partial_sync_says_whether_the_marts_are_published(published, words):
    partial = report(published=published, objects=("success", "failed"), status="partial")
    with pytest.raises(SyncNotSuccessful, match=words):
        require_success(partial)
