"""Reads of some fields of every record, and of Ids alone, merged on real PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

import pytest

from salesforce_elt import extracts, known_fields, watermarks
from salesforce_elt.batches import Counts
from salesforce_elt.errors import AccessDenied, LeaseLost
from salesforce_elt.extracts import Asking
from salesforce_elt.fields import Shape, column
from salesforce_elt.incoming import Incoming
from salesforce_elt.partial import merge_partial
from salesforce_elt.reads import PlannedRead, note_reads
from salesforce_elt.warehouse.landing import Landing, load_page, open_landing, seal_landing
from salesforce_elt.warehouse.staging import ensure_table
from tests.warehouse.test_merge import (
    COLUMNS,
    EARLIER,
    LATER,
    NOON,
    STAMP,
    THING,
    conn,
    csv_page,
    next_run,
    part_of,
    pending,
    rows,
    run,
    sync,
    thing,
)

__all__ = ["conn", "run"]

REGION = column("Region__c", "string")
ASKED = [COLUMNS[0], COLUMNS[4], COLUMNS[3], REGION]
REGIONS = PlannedRead("Thing__c", "rest", ["Region__c"], [], False, planned=1, api_calls=1)
IDS = replace(REGIONS, filled=[], is_compared=True)
SHAPE = Shape((*COLUMNS, REGION), "SystemModstamp")


@pytest.fixture
def loaded(conn, run):
    """Two records, and a field that they do not have yet."""
    sync(conn, run, thing(1), thing(2))
    ensure_table(conn, THING, [*COLUMNS, REGION])
    return next_run(conn, run)


def region(number: int, value: str, *, stamp=STAMP, deleted="false"):
    return (f"a00{number:015d}", stamp, deleted, value)


def identity(number: int, *, stamp=STAMP, deleted="false"):
    return region(number, "", stamp=stamp, deleted=deleted)[:3]


def read(conn, run, *landed, what=REGIONS) -> Counts:
    columns = ASKED if what.fields else ASKED[:3]
    note_reads(conn, run, [what])
    known_fields.follow(conn, run, "Thing__c", SHAPE)
    asking = Asking("Thing__c", None, None, True, "bulk", [one.field for one in columns],
                    "SystemModstamp", purpose=what.purpose)
    landing = Landing(run, extracts.begin(conn, run, asking), columns)
    open_landing(conn, landing)
    page = csv_page(landed, columns=columns)
    load_page(conn, landing, part_of(conn, landing), number=1, page=page)
    seal_landing(conn, landing)
    incoming = Incoming(landing, "system_modstamp", is_setup=False)
    return merge_partial(conn, run, incoming, read=what, landed=len(landed))


def test_a_field_is_filled_and_nothing_else_is_touched(conn, loaded):
    assert read(conn, loaded, region(1, "North"), region(2, "South")) == Counts(updated=2)
    assert rows(conn, "name, region__c, _is_deleted") == [
        {"name": "a", "region__c": "North", "_is_deleted": False},
        {"name": "a", "region__c": "South", "_is_deleted": False},
    ]


def test_only_rows_that_differ_are_written(conn, loaded):
    read(conn, loaded, region(1, "North"), region(2, ""))
    again = next_run(conn, loaded)
    batches = pending(conn)
    assert read(conn, again, region(1, "North"), region(2, "")) == Counts()
    assert pending(conn) == batches


def test_a_partial_read_does_not_replace_what_staging_has_newer(conn, loaded):
    counts = read(conn, loaded, region(1, "Old", stamp=EARLIER), region(2, "New", stamp=LATER))
    assert counts == Counts(updated=1)
    assert [one["region__c"] for one in rows(conn, "region__c")] == [None, "New"]


def test_the_row_before_a_partial_read_is_kept_and_its_batch_is_pending(conn, loaded):
    before = pending(conn)
    read(conn, loaded, region(1, "North"))
    assert pending(conn) == before + 1
    assert [(one["name"], one["region__c"]) for one in rows(conn, table=THING.before)] == [
        ("a", None)]


def test_records_that_staging_does_not_have_yet_are_left_to_their_own_window(conn, loaded):
    read(conn, loaded, region(3, "West", stamp="2026-03-02T00:00:00.000Z"))
    assert len(rows(conn)) == 2


def test_a_filled_field_is_complete_from_then_on(conn, loaded):
    def incomplete() -> list[str]:
        known = known_fields.known_fields(conn, "acme", "Thing__c")
        return [one.field for one in known if not one.is_complete]

    known_fields.follow(conn, loaded, "Thing__c", SHAPE)
    assert "Region__c" in incomplete()
    read(conn, loaded, region(1, "North"))
    assert "Region__c" not in incomplete()


def test_a_field_that_was_hidden_for_a_while_is_incomplete_when_it_is_shown_again(conn, loaded):
    read(conn, loaded, region(1, "North"))
    without = Shape(tuple(COLUMNS), "SystemModstamp")
    for shape in (without, SHAPE):
        known_fields.follow(conn, loaded, "Thing__c", shape)
    (known,) = [one for one in known_fields.known_fields(conn, "acme", "Thing__c")
                if one.field == "Region__c"]
    assert (known.is_complete, known.hidden_since) == (False, None)


def test_a_writer_that_lost_the_org_fills_nothing(conn, loaded):
    next_run(conn, loaded)
    with pytest.raises(LeaseLost):
        read(conn, loaded, region(1, "North"))
    assert {one["region__c"] for one in rows(conn, "region__c")} == {None}


@pytest.fixture
def many(conn, run):
    """Records enough that a single missing one is few."""
    sync(conn, run, *(thing(number) for number in range(200)))
    return next_run(conn, run)


def seen(*missing: int, **changed: tuple) -> list[tuple]:
    return [changed.get(f"n{number}", identity(number))
            for number in range(200) if number not in missing]


def test_a_record_that_a_comparison_of_ids_lacks_is_deleted(conn, many):
    assert read(conn, many, *seen(7), what=IDS) == Counts(deleted=1)
    assert watermarks.read(conn, "acme", "Thing__c", kind=watermarks.DELETES) == many.until


def test_many_missing_ids_need_a_witness_and_nothing_is_changed_without(conn, many):
    with pytest.raises(AccessDenied, match="View All"):
        read(conn, many, *seen(*range(50)), what=IDS)
    assert not any(one["_is_deleted"] for one in rows(conn))
    assert watermarks.read(conn, "acme", "Thing__c", kind=watermarks.DELETES) == NOON


def test_many_missing_ids_that_getdeleted_names_are_deleted(conn, many):
    conn.cursor().executemany(
        "insert into sync.learnt_deletes values ('acme', 'Thing__c', %s, %s)",
        [(identity(number)[0], LATER) for number in range(50)])
    assert read(conn, many, *seen(*range(50)), what=IDS).deleted == 50


def test_a_record_stamped_after_the_read_began_is_not_missing(conn, many):
    late = (many.until + timedelta(minutes=1)).isoformat()
    sync(conn, many, thing(7, "new", stamp=late))
    assert read(conn, many, *seen(7), what=IDS).deleted == 0


def test_records_that_are_not_as_in_staging_are_noted_to_be_read_by_id(conn, many):
    changed = {"n1": identity(1, stamp=LATER), "n2": identity(2, deleted="true"),
               "n3": identity(3, stamp=EARLIER)}
    after = identity(4, stamp=(many.until + timedelta(minutes=1)).isoformat())
    read(conn, many, *seen(**changed, n4=after), identity(900), what=IDS)
    noted = conn.execute("select id from sync.wanted_records where reason = 'differs' order by id")
    assert [int(one[3:]) for (one,) in noted] == [1, 2, 900]
