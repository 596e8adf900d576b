"""The queries, as text."""

from datetime import UTC, datetime, timedelta, timezone

from salesforce_elt.salesforce import soql
from salesforce_elt.slices import Slice
from salesforce_elt.windows import Window

SINCE = datetime(2026, 3, 1, 11, 45, tzinfo=UTC)
UNTIL = datetime(2026, 3, 1, 12, 0, 58, tzinfo=UTC)


def test_an_incremental_query_names_a_half_open_window_in_absolute_utc():
    text = soql.select(
        "Account", ["Id", "Name"], cursor="SystemModstamp", part=Window(SINCE, UNTIL).asked
    )
    assert text == (
        "SELECT Id, Name FROM Account WHERE SystemModstamp >= 2026-03-01T11:45:00Z"
        " AND SystemModstamp < 2026-03-01T12:00:58Z"
    )


def test_a_whole_read_has_no_end_either_so_that_what_changes_meanwhile_is_not_missing():
    text = soql.select("Account", ["Id"], cursor="SystemModstamp", part=Window(None, UNTIL).asked)
    assert text == "SELECT Id FROM Account"


def test_an_object_without_a_cursor_is_read_whole():
    text = soql.count("Thing__c", cursor=None, part=Window(None, UNTIL).asked)
    assert text == "SELECT COUNT() FROM Thing__c"


def test_a_slice_of_ids_is_half_open_too():
    part = Slice(first_id="001000000000000", end_id="001000000000zzz")
    text = soql.select("Account", ["Id"], cursor="SystemModstamp", part=part)
    assert text == (
        "SELECT Id FROM Account WHERE Id >= '001000000000000' AND Id < '001000000000zzz'"
    )


def test_the_outermost_ids_of_a_slice_are_asked_for_without_its_stamps():
    part = Slice(SINCE, UNTIL, first_id="001000000000000")
    text = soql.outermost_id("Account", part=part, is_highest=True)
    assert text == (
        "SELECT Id FROM Account WHERE Id >= '001000000000000' ORDER BY Id DESC LIMIT 1"
    )


def test_a_small_setup_object_is_compared_by_count_and_newest_stamp():
    text = soql.count_and_newest("RecordType", cursor="SystemModstamp")
    assert text == "SELECT COUNT(Id) records, MAX(SystemModstamp) newest FROM RecordType"


def test_a_literal_of_another_time_zone_is_written_in_utc():
    moment = datetime(2026, 3, 1, 14, 0, tzinfo=timezone(timedelta(hours=2)))
    assert soql.literal(moment) == "2026-03-01T12:00:00Z"
