"""What cannot be answered at once is cut in two, and no record falls between the halves."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from salesforce_elt.slices import DIGITS, SHORTEST_SPAN, Slice, cut_by_id, cut_by_time

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ids = st.text(alphabet=DIGITS, min_size=12, max_size=12).map(lambda text: "001" + text)


@given(st.timedeltas(min_value=SHORTEST_SPAN + timedelta(seconds=1), max_value=timedelta(9999)))
def test_the_halves_of_a_span_meet_in_a_whole_second_between_its_ends(span):
    halves = cut_by_time(Slice(NOON, NOON + span))
    assert halves is not None
    earlier, later = halves
    assert (earlier.since, later.until) == (NOON, NOON + span)
    assert earlier.until == later.since
    assert NOON < later.since < NOON + span
    assert later.since.microsecond == 0


def test_a_short_span_is_not_cut_by_time_any_more():
    assert cut_by_time(Slice(NOON, NOON + SHORTEST_SPAN)) is None


def test_a_whole_read_has_no_span_to_cut():
    assert cut_by_time(Slice()) is None


@given(ids, ids)
def test_the_halves_of_some_ids_meet_between_the_outermost_ones(one, other):
    lowest, highest = sorted([one, other])
    halves = cut_by_id(Slice(), lowest=lowest, highest=highest)
    if lowest == highest:
        assert halves is None
    else:
        assert halves is not None
        lower, upper = halves
        assert lower.end_id == upper.first_id
        assert lowest < lower.end_id <= highest
        assert (lower.first_id, upper.end_id) == (None, None)


def test_the_checksum_of_an_id_says_nothing_of_its_place():
    halves = cut_by_id(Slice(), lowest="001000000000001AAA", highest="001000000000003AAA")
    assert halves is not None
    assert halves[0].end_id == "001000000000002"
