"""When a sync that a quota stopped goes on."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_elt.deferral import ITSELF, LONGEST_WAIT, SCHEDULE, Resumption, resumption
from salesforce_elt.settings import Frequency
from tests.driver import org_settings

DAY = datetime(2026, 3, 2, tzinfo=UTC)
moments = st.integers(min_value=0, max_value=10**8).map(
    lambda seconds: DAY + timedelta(seconds=seconds, microseconds=seconds % 7))


def at(hour: int, minute: int) -> datetime:
    return DAY + timedelta(hours=hour, minutes=minute)


@pytest.mark.parametrize(
    ("frequency", "is_automatic", "now", "expected"),
    [
        ("every_hour", True, at(9, 5), Resumption(at(10, 0), SCHEDULE)),
        ("every_4_hours", True, at(9, 5), Resumption(at(10, 5), ITSELF)),
        ("every_4_hours", True, at(11, 5), Resumption(at(12, 0), SCHEDULE)),
        ("every_4_hours", True, at(11, 0), Resumption(at(12, 0), SCHEDULE)),
        ("daily", True, at(0, 1), Resumption(at(1, 1), ITSELF)),
        ("daily", True, at(23, 30), Resumption(at(24, 0), SCHEDULE)),
        ("daily", False, at(12, 0), Resumption(at(13, 0), ITSELF)),
        ("every_hour", False, at(9, 5), Resumption(at(10, 0), ITSELF)),
    ],
)
def test_it_goes_on_with_the_schedule_when_that_is_near_and_else_by_itself(
    frequency, is_automatic, now, expected
):
    settings = org_settings(frequency=frequency, automatically_sync=is_automatic)
    assert resumption(now, settings=settings) == expected


@given(moments, st.sampled_from(Frequency), st.booleans())
def test_it_never_waits_longer_than_an_hour_nor_beyond_the_next_scheduled_run(
    now, frequency, is_automatic
):
    settings = org_settings(frequency=frequency, automatically_sync=is_automatic)
    goes_on = resumption(now, settings=settings)
    assert now - timedelta(seconds=1) < goes_on.at <= now + LONGEST_WAIT
    assert goes_on.at <= frequency.next_after(now)


@given(moments, st.sampled_from(Frequency))
def test_the_schedule_is_due_at_the_hours_that_its_cron_names(now, frequency):
    due = frequency.next_after(now)
    assert now < due <= now + frequency.period
    assert (due.hour % frequency.hours, due.minute, due.second, due.microsecond) == (0, 0, 0, 0)


def test_a_person_reads_when_and_by_what():
    assert Resumption(at(10, 0), SCHEDULE).words == (
        "at 2026-03-02 10:00 UTC, with the next scheduled run")
