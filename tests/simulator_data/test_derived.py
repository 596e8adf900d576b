"""What saving a record works out."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from simulator.catalog import standard_catalog
from simulator.derived import (
    OrgFacts,
    Save,
    default_values,
    derive,
    fiscal_period,
    history_row,
    is_archived,
)
from simulator.stages import DEFAULT_STAGES, stage_called

NOW = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
TODAY = NOW.date()
ACCOUNTS = {"opportunity": "its account", "contact": "the employer"}
FACTS = OrgFacts({stage.api_name: stage for stage in DEFAULT_STAGES}, NOW, ACCOUNTS.get)


def saved(sobject: str, given: dict[str, Any], before: dict[str, Any] | None = None) -> Any:
    record = {**(before or {}), **given}
    return {**record, **derive(sobject, Save(record, given, before), FACTS)}


def test_a_stage_decides_whether_an_opportunity_is_closed_and_won() -> None:
    won = saved("Opportunity", {"StageName": "Closed Won"})
    lost = saved("Opportunity", {"StageName": "Closed Lost"})
    assert (won["IsClosed"], won["IsWon"], won["Probability"]) == (True, True, 100)
    assert (lost["IsClosed"], lost["IsWon"], lost["ForecastCategory"]) == (True, False, "Omitted")


def test_a_probability_given_with_the_stage_stays() -> None:
    given = {"StageName": "Prospecting", "Probability": Decimal(35)}
    assert saved("Opportunity", given)["Probability"] == 35


def test_moving_to_another_stage_brings_its_probability() -> None:
    before = saved("Opportunity", {"StageName": "Prospecting", "Probability": Decimal(35)})
    after = saved("Opportunity", {"StageName": "Negotiation/Review"}, before)
    assert after["Probability"] == 90
    assert after["LastStageChangeDate"] == NOW


def test_an_own_probability_survives_a_change_of_something_else() -> None:
    before = saved("Opportunity", {"StageName": "Prospecting", "Probability": Decimal(35)})
    assert saved("Opportunity", {"Name": "new"}, before)["Probability"] == 35


def test_an_overridden_forecast_category_decides_the_one_for_programs() -> None:
    given = {"StageName": "Prospecting", "ForecastCategoryName": "Commit"}
    assert saved("Opportunity", given)["ForecastCategory"] == "Forecast"


def test_expected_revenue_is_rounded_to_the_cent_and_null_without_an_amount() -> None:
    given = {"StageName": "Perception Analysis", "Amount": Decimal("0.15")}
    assert saved("Opportunity", given)["ExpectedRevenue"] == Decimal("0.11")
    assert saved("Opportunity", {"StageName": "Prospecting"})["ExpectedRevenue"] is None


def test_pushing_the_close_date_into_a_later_month_is_counted() -> None:
    before = saved("Opportunity", {"StageName": "Prospecting", "CloseDate": date(2026, 1, 10)})
    same = saved("Opportunity", {"CloseDate": date(2026, 1, 30)}, before)
    later = saved("Opportunity", {"CloseDate": date(2026, 2, 1)}, same)
    assert (same["PushCount"], later["PushCount"]) == (0, 1)


@pytest.mark.parametrize(
    ("day", "start_month", "period"),
    [
        (date(2026, 3, 31), 1, (2026, 1)),
        (date(2026, 12, 1), 1, (2026, 4)),
        (date(2026, 2, 1), 2, (2027, 1)),
        (date(2026, 1, 31), 2, (2026, 4)),
    ],
)
def test_a_fiscal_year_is_named_after_the_year_it_ends_in(
    day: date, start_month: int, period: tuple[int, int]
) -> None:
    assert fiscal_period(day, start_month) == period


def test_history_is_written_for_amount_probability_stage_and_close_date_only() -> None:
    before = {"Id": "o", "Amount": Decimal(1), "CloseDate": TODAY, "Name": "old"}
    stamps = {"LastModifiedById": "u", "LastModifiedDate": NOW}
    assert history_row({**before, **stamps, "Name": "new"}, before) == {}
    row = history_row({**before, **stamps, "Amount": Decimal(2)}, before)
    assert (row["Amount"], row["PrevAmount"], row["CreatedDate"]) == (2, 1, NOW)


def test_a_name_is_put_together_from_its_parts() -> None:
    assert saved("Contact", {"FirstName": "Ada", "LastName": "King"})["Name"] == "Ada King"
    assert saved("Contact", {"FirstName": None, "LastName": "King"})["Name"] == "King"


def test_an_activity_belongs_to_the_account_of_what_it_is_about() -> None:
    about = saved("Task", {"WhatId": "opportunity", "WhoId": "contact", "Status": "Completed"})
    with_whom = saved("Event", {"WhoId": "contact", "StartDateTime": NOW})
    assert (about["AccountId"], with_whom["AccountId"]) == ("its account", "the employer")


def test_a_completed_task_is_closed_and_has_its_time() -> None:
    task = saved("Task", {"Status": "Completed", "Priority": "High"})
    assert (task["IsClosed"], task["IsHighPriority"], task["CompletedDateTime"]) == (
        True,
        True,
        NOW,
    )


def test_an_event_knows_its_day_its_end_and_its_length() -> None:
    event = saved("Event", {"StartDateTime": NOW, "DurationInMinutes": 45})
    assert event["EndDateTime"] == NOW + timedelta(minutes=45)
    assert (event["ActivityDate"], event["EndDate"]) == (TODAY, TODAY)


def test_only_closed_activities_older_than_a_year_are_archived() -> None:
    old = TODAY - timedelta(days=365)
    assert is_archived(old, closed=True, today=TODAY)
    assert not is_archived(old, closed=False, today=TODAY)
    assert not is_archived(old + timedelta(days=1), closed=True, today=TODAY)


def test_a_new_record_has_its_switches_off_and_its_picklist_defaults() -> None:
    defaults = default_values(standard_catalog()["Task"])
    assert defaults["IsReminderSet"] is False
    assert (defaults["Status"], defaults["Priority"]) == ("Not Started", "Normal")


@pytest.mark.parametrize(
    ("name", "is_closed", "is_won"),
    [
        ("Posted", True, True),
        ("Pledged", False, False),
        ("Verbal Commitment", False, False),
        ("Withdrawn", True, False),
        ("Closed/Won", True, True),
        ("Deal lost", True, False),
        ("Assigned dynamically", False, False),
    ],
)
def test_a_stage_that_an_org_lacks_means_what_its_name_says(
    name: str, is_closed: bool, is_won: bool
) -> None:
    stage = stage_called(name)
    assert (stage.is_closed, stage.is_won) == (is_closed, is_won)
