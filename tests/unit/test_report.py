"""What a run's results amount to."""

from datetime import UTC, datetime

import pytest

from salesforce_elt.report import NOT_READY, Report, judge


def report(
    *, published: bool = True, objects: tuple[str, ...] = (), errors: tuple[str, ...] = ()
) -> Report:
    return Report(
        run={"published_at": datetime(2026, 3, 1, tzinfo=UTC) if published else None},
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
    ],
)
def test_the_results_of_a_run_amount_to_one_status(results, status):
    assert judge(results) == status


@pytest.mark.parametrize(
    ("code", "status"), [("QuotaReached", "deferred"), ("AccessDenied", "failed")]
)
def test_a_plan_that_stopped_is_no_success_even_when_the_marts_were_up_to_date(code, status):
    assert judge(report(errors=(code,))) == status
