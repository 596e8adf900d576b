"""Windows are half-open, end before the server's open second, and overlap the one before."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from salesforce_elt.windows import Window, closed_until, next_window

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
OVERLAP = timedelta(minutes=15)
seconds = st.integers(min_value=0, max_value=10**9)
moments = seconds.map(lambda passed: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=passed))


def test_the_first_window_begins_at_the_beginning():
    assert next_window(None, NOON, overlap=OVERLAP) == Window(None, NOON)


def test_a_window_begins_before_the_watermark_by_the_overlap():
    assert next_window(NOON, NOON + timedelta(hours=1), overlap=OVERLAP).since == NOON - OVERLAP


def test_a_clock_that_went_back_leaves_no_gap():
    earlier = NOON - timedelta(hours=2)
    assert next_window(NOON, earlier, overlap=OVERLAP).since == earlier - OVERLAP


def test_the_second_that_the_server_shows_is_still_open():
    lag = timedelta(seconds=2)
    assert closed_until(NOON, lag=lag, now=NOON + timedelta(minutes=3)) == NOON - lag


def test_a_window_never_ends_past_our_own_clock_whatever_the_server_says():
    lag, later = timedelta(seconds=2), NOON + timedelta(days=3)
    assert closed_until(later, lag=lag, now=NOON) == NOON - lag


@given(st.lists(moments, min_size=2, max_size=10, unique=True))
def test_windows_of_consecutive_runs_leave_no_moment_out(ends):
    ends.sort()
    for watermark, until in itertools.pairwise(ends):
        window = next_window(watermark, until, overlap=OVERLAP)
        assert window.since is not None
        assert window.since <= watermark < window.until
