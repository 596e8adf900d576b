"""Quotas: what counts, what is left, what is refused (api.md 2.1, 2.5, 3.7)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import Clock
from tests.simulator.conftest import Client

Options = Callable[..., None]


def used(client: Client) -> int:
    info = client.get("/limits").headers["Sforce-Limit-Info"]
    match = re.fullmatch(r"api-usage=(\d+)/(\d+)", info)
    assert match is not None
    return int(match.group(1))


def test_every_call_counts_errors_too(client: Client) -> None:
    before = used(client)
    client.query("SELECT Id FROM Account")
    client.query("nonsense")
    client.get("/nothing")
    assert used(client) - before == 3 + 1


def test_what_is_left_goes_with_the_header(client: Client) -> None:
    answer = client.get("/limits")
    api = answer.json()["DailyApiRequests"]
    header = answer.headers["Sforce-Limit-Info"]
    assert header == f"api-usage={api['Max'] - api['Remaining']}/{api['Max']}"


def test_the_entries_have_the_recorded_shape(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/swiftlysalesforce/MockLimits.json."""
    recorded, found = recording("swiftlysalesforce/MockLimits.json"), client.get("/limits").json()
    assert set(found) <= set(recorded)
    assert all(set(entry) == {"Max", "Remaining"} for entry in found.values())


def test_a_user_without_view_setup_sees_few_limits(client: Client, options: Options) -> None:
    """api.md 2.5."""
    options(limits_complete=False)
    assert set(client.get("/limits").json()) == {"DailyApiRequests"}


def test_a_bulk_job_counts_as_job_and_as_storage(client: Client) -> None:
    before = client.get("/limits").json()
    client.bulk("SELECT Id FROM OpportunityStage")
    after = client.get("/limits").json()
    jobs = [limits["DailyBulkV2QueryJobs"]["Remaining"] for limits in (before, after)]
    assert jobs[0] - jobs[1] == 1


def test_past_the_quota_everything_is_refused(
    client: Client, options: Options, recording: Callable[[str], Any]
) -> None:
    """wire/docs_examples/rest_errors.json."""
    options(daily_api_requests=100, used_api_requests=100)
    answer = client.query("SELECT Id FROM Account")
    recorded = [
        e["body"] for e in recording("docs_examples/rest_errors.json") if e["status"] == 403
    ]
    assert answer.status_code == 403
    assert answer.json() in recorded


def test_yesterdays_calls_do_not_count(client: Client, clock: Clock) -> None:
    """api.md 2.5: rolling 24 hours."""
    used(client)
    clock.advance(timedelta(hours=25))
    client.login()
    assert used(client) == 1


def test_the_header_may_have_a_part_for_the_app(client: Client, options: Options) -> None:
    """api.md 2.1."""
    options(limit_info_per_app=True, used_api_requests=1_000, daily_app_requests=250)

    def parts() -> list[int]:
        header = client.get("/limits").headers["Sforce-Limit-Info"]
        form = r"api-usage=(\d+)/100000; per-app-api-usage=(\d+)/250\(appName=.+?\)"
        match = re.fullmatch(form, header)
        assert match, header
        return [int(number) for number in match.groups()]

    first, second = parts(), parts()
    # others' calls are the org's, not the app's
    assert first[0] - first[1] == 1_000
    assert [after - before for before, after in zip(first, second, strict=True)] == [1, 1]


def test_the_usage_may_go_down_between_calls(client: Client, options: Options) -> None:
    """api.md 2.1: api-usage is not monotonic."""
    options(limit_info_jitters=True, used_api_requests=1_000)
    seen = [used(client) for _ in range(8)]
    assert seen != sorted(seen)


def test_the_record_count_lists_objects_with_records(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/cumulusci/interactions/…duplicate_error.json: objects without records are missing."""
    client.create("Account", Name="One")
    body = client.get("/limits/recordCount", sObjects="Account,Contact").json()
    assert body == {"sObjects": [{"count": 1, "name": "Account"}]}


@pytest.mark.parametrize("path", ["/limits", "/query?q=SELECT Id FROM Account", "/sobjects"])
def test_every_data_answer_bears_the_usage(client: Client, path: str) -> None:
    """clients.md 6."""
    assert client.call("GET", path).headers["Sforce-Limit-Info"].startswith("api-usage=")
