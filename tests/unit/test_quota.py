"""What reading costs an org, which of it a quota allows, and what an org says of its quotas."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_elt.errors import AccessDenied, QuotaReached
from salesforce_elt.quota import MEGABYTE, Cost, afford, ask_quotas, cost_of, total
from salesforce_elt.salesforce.limits import (
    API_REQUESTS,
    BULK_JOBS,
    BULK_STORAGE,
    Quota,
    told,
    usage,
)

SHARE = Decimal("0.75")
LIMITS = {
    API_REQUESTS: {"Max": 15_000, "Remaining": 14_000, "Some App": {"Max": 0, "Remaining": 0}},
    BULK_JOBS: {"Max": 10_000, "Remaining": 9_990},
    BULK_STORAGE: {"Max": 976_562, "Remaining": 976_562},
    "DataStorageMB": {"Max": 5, "Remaining": 5},
}


class Org:
    """An org that answers the limits resource, and whose header told a usage before."""

    data_path = "/services/data/v62.0"
    share = SHARE

    def __init__(self, answer: Any, usage: Quota | None = None) -> None:
        self.answer, self.usage, self.asked = answer, usage, 0

    def get(self, path: str, *, asked: str) -> Any:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def api(used: int, allowed: int = 1_000) -> Quota:
    return Quota(API_REQUESTS, used, allowed, SHARE)


def jobs(used: int, allowed: int = 10_000) -> Quota:
    return Quota(BULK_JOBS, used, allowed, SHARE)


def by_name(*quotas: Quota) -> Mapping[str, Quota]:
    return {quota.name: quota for quota in quotas}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("api-usage=25/5000", (25, 5000)),
        ("api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)", (25, 5000)),
        ("per-app-api-usage=17/250(appName=x); api-usage=25/5000", (25, 5000)),
        ("per-app-api-usage=17/250(appName=sample-connected-app)", None),
        ("", None),
    ],
)
def test_the_header_tells_the_orgs_requests_and_not_the_apps(header, expected):
    found = usage(header, share=SHARE)
    assert (found and (found.used, found.allowed)) == expected


def test_the_share_is_what_anyone_may_have_used_when_a_sync_stops():
    quota = api(749)
    assert (quota.ours, quota.left, quota.is_reached) == (750, 1, False)
    assert api(750).is_reached
    assert api(2_000).left == 0


def test_a_limits_answer_tells_three_quotas_and_one_that_is_missing_is_not_told():
    assert told(LIMITS, share=SHARE)[API_REQUESTS] == api(1_000, 15_000)
    only_api = {API_REQUESTS: LIMITS[API_REQUESTS]}
    assert set(told(only_api, share=SHARE)) == {API_REQUESTS}


def test_without_a_bulk_job_the_limits_are_not_asked():
    org = Org(LIMITS, usage=api(10))
    assert ask_quotas(org, has_bulk=False) == ({API_REQUESTS: api(10)}, [])
    assert org.asked == 0


def test_the_header_is_believed_before_the_limits_resource_which_lags():
    quotas, findings = ask_quotas(Org(LIMITS, usage=api(10)), has_bulk=True)
    assert quotas[API_REQUESTS] == api(10)
    assert quotas[BULK_JOBS] == jobs(10)
    assert findings == []


@pytest.mark.parametrize(
    "answer", [{}, AccessDenied("Limits: refused.", error_code="INSUFFICIENT_ACCESS")]
)
def test_a_quota_that_is_not_told_is_unknown_and_a_finding_names_the_permission(answer):
    quotas, (finding,) = ask_quotas(Org(answer, usage=api(10)), has_bulk=True)
    assert set(quotas) == {API_REQUESTS}
    assert (finding.severity, finding.code) == ("info", "quota_unknown")
    assert "View Setup and Configuration" in finding.message


def test_a_quota_that_is_reached_while_the_limits_are_asked_is_no_unknown_one():
    reached = api(800).reached("Limits")
    with pytest.raises(QuotaReached):
        ask_quotas(Org(reached), has_bulk=True)


@pytest.mark.parametrize(
    ("records", "rest", "bulk"),
    [(0, 1, 6), (1, 1, 6), (2_001, 2, 6), (50_001, 26, 8), (1_000_000, 500, 32)],
)
def test_rest_costs_a_call_for_each_page_and_bulk_for_job_looks_and_larger_pages(
    records, rest, bulk
):
    assert cost_of("rest", records) == Cost(api_calls=rest)
    assert cost_of("bulk", records, row_bytes=100) == Cost(bulk, 1, 100 * records)


def test_storage_is_counted_in_whole_megabytes():
    assert Cost(bulk_bytes=MEGABYTE + 1).of(BULK_STORAGE) == 2


def test_what_fits_is_read_and_what_does_not_waits_for_the_quota_that_is_short():
    costs = {"Account": Cost(6, 1), "Contact": Cost(7, 1), "Task": Cost(2)}
    affordable, (waiting,) = afford(costs, by_name(api(0), jobs(7_499)))
    assert affordable == {"Account", "Task"}
    assert (waiting.quota.name, waiting.sobjects) == (BULK_JOBS, ("Contact",))
    assert "7,499 of the org's 10,000 are used" in waiting.finding.message


def test_storage_that_would_not_hold_a_result_makes_its_object_wait():
    storage = Quota(BULK_STORAGE, 70, 100, SHARE)
    affordable, (waiting,) = afford({"Task": Cost(6, 1, 6 * MEGABYTE)}, by_name(storage))
    assert (affordable, waiting.quota.name) == (frozenset(), BULK_STORAGE)


def test_an_unknown_quota_stops_nothing():
    costs = {"Account": Cost(10_000, 500)}
    assert afford(costs, {}) == (frozenset(costs), [])


def test_what_no_day_would_hold_is_begun_and_not_left_to_wait_for_ever():
    assert afford({"Task": Cost(5_000)}, by_name(api(700)))[0] == {"Task"}
    assert afford({"Task": Cost(5_000)}, by_name(api(750)))[0] == frozenset()


@given(
    st.dictionaries(st.text(min_size=1), st.integers(1, 750), max_size=12),
    st.integers(0, 1_200),
)
def test_what_is_begun_never_takes_more_than_is_left(calls, used):
    costs = {name: Cost(number) for name, number in calls.items()}
    affordable, _ = afford(costs, by_name(api(used)))
    assert total(costs[name] for name in affordable).api_calls <= api(used).left
