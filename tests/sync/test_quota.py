"""The org's other users keep their quota: what a sync leaves, keeps, says, and goes on with."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from salesforce_elt import plan
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.quota import total
from salesforce_elt.run import Run
from simulator.faults.armed import Fault, Pattern
from tests.driver import Desk

PAST_THE_SHARE = {"daily_api_requests": 1_000, "used_api_requests": 800}
SETUP = {one.name for one in STANDARD_SET if one.is_setup}
CHANGING = ("Account", "Contact", "Opportunity")


@pytest.fixture(scope="module")
def synced(generated_desk) -> Desk:
    """A small org that was read in full."""
    made = generated_desk(size=12)
    report = made.sync("full")
    assert report.status == "success", report.run["message"]
    return made


@pytest.fixture
def desk(synced) -> Iterator[Desk]:
    """The same org half an hour later: one record of each of three objects has changed."""
    change(synced)
    yield synced
    synced.org.org.options.reset()
    synced.org.org.faults.clear()


def change(desk: Desk) -> None:
    clock, store = desk.org.org.clock, desk.org.org.store
    clock.advance(timedelta(minutes=30))
    for sobject in CHANGING:
        record = next(one for one in store.records(sobject) if not one["IsDeleted"])
        name = {"Contact": "LastName"}.get(sobject, "Name")
        store.update(sobject, record["Id"], {name: f"Changed at {clock.now():%H:%M}"})
    clock.advance(timedelta(minutes=1))


def reach_the_share(desk: Desk, *, before: str) -> Callable[[str, Run], None]:
    """Other users use up the share just before a station begins."""

    def work(station: str, run: Run) -> None:
        if station == before:
            desk.org.org.options.update(PAST_THE_SHARE)

    return work


def fail(desk: Desk, kind: str, path: str, *, times: int | None = 1, skip: int = 0) -> None:
    pattern = Pattern(path=re.compile(path))
    desk.org.org.faults.arm(Fault(kind, pattern, times=times, skip=skip))


def statuses(report: Any) -> dict[str, str]:
    return {one["sobject"]: one["status"] for one in report.objects if one["way"] != "nothing"}


def jobs_made(desk: Desk) -> int:
    return desk.org.org.usage.used("DailyBulkV2QueryJobs")


def stored_bytes(desk: Desk) -> int:
    return desk.org.org.usage.used("DailyBulkV2QueryFileStorageMB")


def test_past_the_share_a_sync_spends_one_call_and_says_when_it_goes_on(desk):
    before = desk.marts()
    desk.org.org.options.update(PAST_THE_SHARE)
    report = desk.sync()
    assert (report.status, report.run["api_calls"]) == ("deferred", 1)
    assert "daily API requests" in report.run["message"]
    assert "It goes on at 2026-03-02 1" in report.run["message"]
    assert desk.marts() == before
    desk.org.org.options.reset()
    assert desk.sync().status == "success"
    assert desk.differences() == []


def test_a_share_that_is_reached_in_the_middle_keeps_what_came_and_spends_no_call_more(desk):
    before = desk.marts()
    report = desk.sync(between=reach_the_share(desk, before="extract Contact"))
    assert report.status == "deferred"
    assert statuses(report) == {
        "Account": "success", "Contact": "success", "Opportunity": "deferred"}
    spent = {row["station"] for row in desk.rows(
        f"select station from sync.api_usage where run_id = '{report.run['run_id']}'")}
    assert "extract Contact" in spent
    assert "extract Opportunity" not in spent
    assert desk.marts() == before
    desk.org.org.options.reset()
    again = desk.sync()
    assert again.status == "success"
    assert next(one["inserted"] + one["updated"] for one in again.objects
                if one["sobject"] == "Account") == 0
    assert desk.differences() == []


def test_the_plan_its_calls_and_the_quotas_stand_in_the_results_before_the_first_record(desk):
    seen: list[tuple[Any, ...]] = []

    def look(station: str, run: Run) -> None:
        if station == "extract Account":
            rows = desk.rows(f"select * from sync.run_objects where run_id = '{run.run_id}'"
                             " and way <> 'nothing'")
            (quota,) = desk.rows(f"select * from sync.run_quotas where run_id = '{run.run_id}'")
            seen.extend((row["sobject"], row["way"], row["planned"], row["estimated_calls"],
                         row["fetched"]) for row in rows)
            seen.append((quota["quota"], quota["allowed"], quota["ours"], quota["estimated"]))

    report = desk.sync(between=look)
    assert sorted(seen[:-1]) == [(name, "rest", 1, 1, 0) for name in sorted(CHANGING)]
    assert seen[-1] == ("DailyApiRequests", 100_000, 75_000, 3)
    (quota,) = report.quotas
    assert 0 < quota["used"] < quota["last_used"]


def test_what_is_read_by_id_and_what_is_compared_if_counts_differ_is_in_the_planned_calls(desk):
    desk.execute("insert into sync.wanted_records (org, sobject, id, reason)"
                 " select 'demo', 'Contact', id, 'differs' from staging_demo.contact")
    report = desk.sync("reconcile")
    assert report.status == "success", report.run["message"]
    planned = desk.rows(
        "select sobject, o.way, estimated_calls, r.api_calls, r.status from sync.run_objects as o"
        " inner join sync.run_reads as r using (run_id, sobject)"
        f" where run_id = '{report.run['run_id']}'")
    assert {one["status"] for one in planned} == {"success", "if_needed"}
    beside = {one["sobject"]: one["estimated_calls"] - one["api_calls"] - (one["way"] != "nothing")
              for one in planned}
    assert beside.pop("Contact") > 1
    assert set(beside.values()) == {1}  # the sample


def test_the_limits_are_asked_only_when_a_bulk_job_is_planned(desk, read_by):
    fail(desk, "status", "/limits$", times=None)
    assert desk.sync().status == "success"
    change(desk)
    read_by("bulk")
    report = desk.sync()
    assert report.status != "success"
    assert "Ask for the org's quotas: Salesforce answered 500" in report.run["message"]


def test_bulk_jobs_past_the_share_wait_and_those_within_it_are_made(desk, read_by):
    read_by("bulk")
    made = jobs_made(desk)
    desk.org.org.options.update({"daily_bulk_query_jobs": 100, "used_bulk_query_jobs": 74 - made})
    report = desk.sync()
    assert report.status == "deferred"
    assert sorted(statuses(report).values()) == ["deferred", "deferred", "success"]
    assert jobs_made(desk) == made + 1
    assert "3 daily Bulk query jobs" not in report.run["message"]
    assert "about 2 daily Bulk query jobs; 74 of the org's 100 are used" in report.run["message"]
    desk.org.org.options.reset()
    assert desk.sync().status == "success"
    assert desk.differences() == []


def test_the_estimated_size_of_bulk_results_is_about_what_salesforce_stores(
    desk, read_by, monkeypatch
):
    read_by("bulk")
    estimated: list[int] = []
    real = plan.afford

    def afford(costs: Any, quotas: Any) -> Any:
        estimated.append(total(costs.values()).bulk_bytes)
        return real(costs, quotas)

    monkeypatch.setattr(plan, "afford", afford)
    for synced in (desk, desk.with_an_empty_warehouse()):
        before = stored_bytes(desk)
        synced.sync("full")
        assert 0.5 < estimated.pop() / (stored_bytes(desk) - before) < 2


def test_bulk_results_past_the_share_are_not_asked_for(desk, read_by):
    read_by("bulk")
    made = jobs_made(desk)
    desk.org.org.options.update({"daily_bulk_result_mb": 100, "used_bulk_result_mb": 75})
    report = desk.sync()
    assert (report.status, jobs_made(desk)) == ("deferred", made)
    assert "daily MB of Bulk results" in report.run["message"]
    by_name = {one["quota"]: one for one in report.quotas}
    assert by_name["DailyBulkV2QueryFileStorageMB"]["estimated"] >= 1


def test_bulk_results_that_others_use_up_in_the_middle_stop_the_next_job_of_a_tight_plan(
    desk, read_by
):
    read_by("bulk")
    made = jobs_made(desk)
    options = desk.org.org.options
    options.update({"daily_bulk_query_jobs": 100, "used_bulk_query_jobs": 71 - made,
                    "daily_bulk_result_mb": 100})

    def work(station: str, run: Run) -> None:
        if station == "extract Contact":
            options.update({"used_bulk_result_mb": 80})

    report = desk.sync(between=work)
    assert report.status == "deferred"
    assert statuses(report) == {
        "Account": "success", "Contact": "deferred", "Opportunity": "deferred"}
    assert jobs_made(desk) == made + 1
    assert "Create a Bulk job for Contact: not asked, because 80" in report.run["message"]
    spent = desk.rows("select station, sum(calls) as calls from sync.api_usage"
                      f" where run_id = '{report.run['run_id']}' and station like 'extract%'"
                      " group by station")
    calls = {one["station"]: one["calls"] for one in spent}
    assert calls["extract Contact"] == 1  # the limits; Opportunity is told by Contact
    assert "extract Opportunity" not in calls
    options.reset()
    assert desk.sync().status == "success"
    assert desk.differences() == []


def test_a_plan_that_is_far_from_the_share_asks_for_the_limits_once(desk, read_by):
    read_by("bulk")
    fail(desk, "status", "/limits$", times=None, skip=1)
    assert desk.sync().status == "success"


def test_a_user_without_view_setup_reads_by_bulk_and_a_finding_says_what_is_not_watched(
    desk, read_by
):
    read_by("bulk")
    desk.org.org.options.update({"limits_complete": False})
    report = desk.sync()
    assert report.status == "success"
    (finding,) = [one for one in report.findings if one["code"] == "quota_unknown"]
    assert finding["severity"] == "info"
    unknown = {one["quota"] for one in report.quotas if one["allowed"] is None}
    assert unknown == {"DailyBulkV2QueryJobs", "DailyBulkV2QueryFileStorageMB"}


def test_a_bulk_job_that_salesforce_refuses_defers_and_is_made_by_a_later_sync(desk, read_by):
    """api.md 3.6."""
    read_by("bulk")
    fail(desk, "bulk_quota", "/jobs/query$")
    report = desk.sync()
    assert report.status == "deferred"
    assert sorted(statuses(report).values()) == ["deferred", "success", "success"]
    assert "Max bulk v2 query jobs" in report.run["message"]
    assert desk.sync().status == "success"
    assert desk.differences() == []


def test_calls_of_the_day_that_salesforce_refuses_defer(desk):
    """api.md 2.5: TotalRequests."""
    fail(desk, "daily_quota", "/queryAll", times=None)
    report = desk.sync()
    assert report.status == "deferred"
    assert "TotalRequests" in report.run["message"]
    assert len(desk.org.org.faults.fired()) == 1


def test_too_many_long_requests_at_once_are_waited_for(desk):
    """api.md 2.5: ConcurrentPerOrgLongTxn."""
    fail(desk, "concurrent_quota", "/queryAll", times=2)
    desk.waits.clear()
    assert desk.sync().status == "success"
    assert desk.waits[:2] == [1.0, 4.0]


def test_a_full_sync_that_a_quota_stops_is_finished_by_the_next_one(desk, read_by):
    read_by("bulk")
    used = 100 - 25 - 3 - jobs_made(desk)
    desk.org.org.options.update({"daily_bulk_query_jobs": 100, "used_bulk_query_jobs": used})
    stopped = desk.sync("full")
    arrived, left = (
        {name for name, status in statuses(stopped).items() if status == which} - SETUP
        for which in ("success", "deferred")
    )
    assert (stopped.status, len(arrived)) == ("deferred", 3)
    desk.org.org.options.reset()
    desk.org.org.options.update(PAST_THE_SHARE)
    once_more = desk.sync()
    assert (once_more.status, once_more.run["api_calls"]) == ("deferred", 1)
    desk.org.org.options.reset()
    rest = desk.sync()
    assert (rest.status, rest.run["kind"], set(rest.run["objects"])) == ("success", "full", left)
    assert "goes on with this one" in " ".join(one["message"] for one in rest.findings)
    read_whole = {one["sobject"] for one in rest.objects if one["is_whole"]}
    assert read_whole - SETUP == left
    assert desk.sync().run["kind"] == "incremental"


def test_what_a_full_sync_had_begun_when_the_share_was_reached_is_read_whole_by_the_next(desk):
    stopped = desk.sync("full", between=reach_the_share(desk, before="extract Contact"))
    begun = desk.rows("select extract_id from sync.extracts where state = 'planned' and is_full")
    assert stopped.status == "deferred"
    assert len(begun) > 1
    desk.org.org.options.reset()
    assert desk.sync().status == "success"
    ids = ", ".join(str(row["extract_id"]) for row in begun)
    query = f"select distinct state from sync.extracts where extract_id in ({ids})"
    assert desk.value(query) == "merged"
    assert desk.differences() == []


def test_pages_of_a_first_load_that_a_quota_stops_are_not_asked_for_again(
    generated_desk, read_by
):
    read_by("rest")
    desk = generated_desk(size=30)
    options = desk.org.org.options
    options.update({"query_batch_size": 10})

    def work(station: str, run: Run) -> None:
        if station == "extract OpportunityHistory":
            used = desk.org.org.usage.used("DailyApiRequests")
            options.update({"daily_api_requests": 1_000, "used_api_requests": 748 - used})

    stopped = desk.sync("full", between=work)
    assert statuses(stopped)["OpportunityHistory"] == "deferred"
    landed = desk.value("select count(*) from sync.extract_pages")
    assert landed > 0
    options.update({"used_api_requests": 0})
    resumed = desk.sync()
    assert resumed.status == "success", resumed.run["message"]
    assert desk.differences() == []
