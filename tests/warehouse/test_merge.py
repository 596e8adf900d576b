"""Landing and merging, on real PostgreSQL: what arrives, what it replaces, what it never does."""

import csv
import io
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from desk.processes import wait_until
from salesforce_elt import extracts, parts, watermarks
from salesforce_elt.batches import Counts
from salesforce_elt.deletes import mark
from salesforce_elt.errors import (
    AccessDenied,
    AnswerLost,
    Incomplete,
    LeaseLost,
    RetryableError,
    SchemaDrift,
)
from salesforce_elt.extracts import Asking
from salesforce_elt.fields import Column, column
from salesforce_elt.incoming import Incoming
from salesforce_elt.merge import merge
from salesforce_elt.parts import Checkpoint, Page, Part
from salesforce_elt.run import Run
from salesforce_elt.vanished import few
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.connection import connect
from salesforce_elt.warehouse.landing import (
    Landing,
    has_types,
    load_page,
    open_landing,
    seal_landing,
)
from salesforce_elt.warehouse.staging import StagingTable, ensure_table

THING = StagingTable("acme", "Thing__c")
COLUMNS = [
    column("Id", "id"),
    column("Name", "string"),
    column("Amount", "currency"),
    column("IsDeleted", "boolean"),
    column("SystemModstamp", "datetime"),
]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
STAMP = "2026-03-01T11:00:00.000Z"
LATER = "2026-03-01T11:00:01.000Z"
EARLIER = "2026-03-01T10:59:59.000Z"


@pytest.fixture
def conn(warehouse):
    with connect(warehouse) as opened:
        ensure_table(opened, THING, COLUMNS)
        yield opened


@pytest.fixture
def run(conn):
    return new_run(conn, NOON)


def new_run(conn: psycopg.Connection, until: datetime, kind: str = "incremental") -> Run:
    run_id = f"acme/{until.isoformat()}/{kind}"
    fence = leases.take(conn, "acme", run_id=run_id)
    conn.execute(
        "insert into sync.runs (run_id, org, kind, status, fence, until, started_at)"
        " values (%s, 'acme', %s, 'running', %s, %s, %s)",
        [run_id, kind, fence, until, until],
    )
    return Run("acme", run_id, fence, kind, until)


def csv_page(rows, *, columns=COLUMNS, row_count=None, locator=None) -> Page:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow([one.field for one in columns])
    writer.writerows(rows)
    return Page(len(rows) if row_count is None else row_count, locator,
                csv=[text.getvalue().encode()])


def land(conn, run, *pages, columns=COLUMNS, is_full=None, is_setup=False) -> Landing:
    watermark = watermarks.read(conn, "acme", "Thing__c")
    is_full = watermark is None if is_full is None else is_full
    asking = Asking("Thing__c", None, watermark, is_full, "bulk", [one.field for one in columns],
                    "SystemModstamp", is_beside=is_full and not is_setup)
    landing = Landing(run, extracts.begin(conn, run, asking), columns)
    open_landing(conn, landing)
    for number, page in enumerate(pages, start=1):
        load_page(conn, landing, part_of(conn, landing), number=number, page=page)
    return landing


def part_of(conn, landing) -> Part:
    (part,) = parts.open_parts(conn, landing.extract.extract_id)
    return part


def sync(conn, run, *rows, is_full=None, is_setup=False) -> Counts:
    landing = land(conn, run, csv_page(rows), is_full=is_full, is_setup=is_setup)
    seal_landing(conn, landing)
    incoming = Incoming(landing, "system_modstamp", is_setup=is_setup)
    return merge(conn, run, incoming, landed=len(rows))


def thing(number: int, name="a", *, amount="", deleted="false", stamp=STAMP):
    return (f"a00{number:015d}", name, amount, deleted, stamp)


def next_run(conn, run, kind="incremental") -> Run:
    return new_run(conn, run.until + timedelta(hours=1), kind)


def rows(conn, what="*", table=THING.name):
    query = f"select {what} from {table.as_string(conn)} order by id"
    return conn.cursor(row_factory=dict_row).execute(query).fetchall()


def pending(conn) -> int:
    return conn.execute("select count(*) from sync.pending_batches").fetchone()[0]


def test_a_first_load_becomes_the_staging_table_with_its_watermark(conn, run):
    assert sync(conn, run, thing(1), thing(2)) == Counts(fetched=2, inserted=2)
    assert watermarks.read(conn, "acme", "Thing__c") == NOON
    assert [one["id"][-1] for one in rows(conn)] == ["1", "2"]


def test_an_answer_that_brings_a_record_twice_lacks_another_one_and_is_not_believed(conn, run):
    for _ in ("a first load", "an increment"):
        with pytest.raises(Incomplete, match="a record came twice among 2"):
            sync(conn, run, thing(1, "old", stamp=STAMP), thing(1, "new", stamp=LATER))
        conn.execute("update sync.extracts set state = 'abandoned'")
        conn.execute(sql.SQL("drop table if exists {}").format(THING.loading))
        sync(conn, run, thing(1))
        run = next_run(conn, run)


def test_merging_twice_leaves_one_copy_and_counts_nothing(conn, run):
    sync(conn, run, thing(1))
    again = next_run(conn, run)
    assert sync(conn, again, thing(1)) == Counts(fetched=1)
    assert pending(conn) == 1


def test_a_change_within_the_same_second_replaces_the_row(conn, run):
    sync(conn, run, thing(1, "a"))
    assert sync(conn, next_run(conn, run), thing(1, "b")).updated == 1


def test_an_older_version_never_replaces_a_newer_one(conn, run):
    sync(conn, run, thing(1, "new", stamp=STAMP))
    assert sync(conn, next_run(conn, run), thing(1, "old", stamp=EARLIER)).changed == 0


def test_the_row_before_is_kept_until_it_is_published(conn, run):
    sync(conn, run, thing(1, "before"))
    sync(conn, next_run(conn, run), thing(1, "after", stamp=LATER))
    assert [one["name"] for one in rows(conn, table=THING.before)] == ["before"]


def test_a_deleted_record_stays_in_staging_with_its_flag(conn, run):
    sync(conn, run, thing(1))
    counts = sync(conn, next_run(conn, run), thing(1, deleted="true", stamp=LATER))
    assert counts.deleted == 1
    assert rows(conn, "_is_deleted, _deleted_by") == [
        {"_is_deleted": True, "_deleted_by": "isDeleted"}
    ]


def test_an_undeleted_record_is_back(conn, run):
    sync(conn, run, thing(1, deleted="true"))
    sync(conn, next_run(conn, run), thing(1, stamp=LATER))
    assert rows(conn, "_is_deleted, _deleted_by") == [{"_is_deleted": False, "_deleted_by": None}]


def learn_delete(conn, number: int, at: str) -> None:
    conn.execute("insert into sync.learnt_deletes values ('acme', 'Thing__c', %s, %s)",
                 [f"a00{number:015d}", at])


def test_a_purged_record_is_deleted_when_getdeleted_names_it(conn, run):
    sync(conn, run, thing(1), thing(2))
    learn_delete(conn, 1, LATER)
    assert mark(conn, next_run(conn, run), "Thing__c", cursor="system_modstamp").deleted == 1
    assert [one["_is_deleted"] for one in rows(conn, "_is_deleted")] == [True, False]


def test_a_record_that_changed_after_its_delete_was_undeleted_and_stays(conn, run):
    sync(conn, run, thing(1, stamp=LATER))
    learn_delete(conn, 1, STAMP)
    assert mark(conn, next_run(conn, run), "Thing__c", cursor="system_modstamp").deleted == 0


def test_only_a_strictly_newer_row_revives_what_getdeleted_named(conn, run):
    sync(conn, run, thing(1, stamp=EARLIER))
    learn_delete(conn, 1, STAMP)
    second = next_run(conn, run)
    mark(conn, second, "Thing__c", cursor="system_modstamp")
    assert sync(conn, second, thing(1, stamp=STAMP)).changed == 0
    assert sync(conn, next_run(conn, second), thing(1, stamp=LATER)).updated == 1


def test_a_full_read_of_an_unchanged_object_changes_nothing(conn, run):
    sync(conn, run, thing(1), thing(2))
    assert sync(conn, next_run(conn, run, "full"), thing(1), thing(2), is_full=True).changed == 0


def test_a_few_records_that_a_full_read_lacks_are_gone(conn, run):
    many = [thing(number) for number in range(200)]
    sync(conn, run, *many)
    assert sync(conn, next_run(conn, run, "full"), *many[1:], is_full=True).deleted == 1


@pytest.mark.parametrize(
    ("live", "expected"), [(5, 0), (10, 1), (60, 3), (299, 3), (1_000, 10), (10**6, 1_000)]
)
def test_few_is_a_hundredth_and_of_small_objects_three_but_no_tenth(live, expected):
    assert few(live) == expected


def test_many_missing_records_need_a_witness(conn, run):
    many = [thing(number) for number in range(200)]
    sync(conn, run, *many)
    with pytest.raises(AccessDenied, match=r"190 of 200 records are missing .*View All"):
        sync(conn, next_run(conn, run, "full"), *many[:10], is_full=True)
    assert not any(one["_is_deleted"] for one in rows(conn))


def test_many_missing_records_that_getdeleted_names_are_gone(conn, run):
    many = [thing(number) for number in range(20)]
    sync(conn, run, *many)
    for number in range(1, 20):
        learn_delete(conn, number, LATER)
    assert sync(conn, next_run(conn, run, "full"), many[0], is_full=True).deleted == 19


def with_right(conn, run, has_it: bool | None) -> Run:
    conn.execute("update sync.runs set has_view_all_data = %s where run_id = %s",
                 [has_it, run.run_id])
    return run


@pytest.mark.parametrize(("before", "now"), [(True, True), (False, False), (None, False),
                                             (True, None), (False, True)])
def test_one_missing_record_is_gone_when_the_user_sees_what_they_saw(conn, run, before, now):
    many = [thing(number) for number in range(200)]
    sync(conn, with_right(conn, run, before), *many)
    full = with_right(conn, next_run(conn, run, "full"), now)
    assert sync(conn, full, *many[1:], is_full=True).deleted == 1


def test_every_missing_record_needs_a_witness_when_view_all_data_was_taken_away(conn, run):
    many = [thing(number) for number in range(200)]
    sync(conn, with_right(conn, run, True), *many)
    unknown = with_right(conn, next_run(conn, run, "full"), None)
    assert sync(conn, unknown, *many, is_full=True).deleted == 0
    full = with_right(conn, next_run(conn, unknown, "full"), False)
    landing = land(conn, full, csv_page(many[1:]), is_full=True)
    seal_landing(conn, landing)
    incoming = Incoming(landing, "system_modstamp", is_setup=False)
    with pytest.raises(AccessDenied, match=r"1 of 200 .* had View All Data before and has it no"):
        merge(conn, full, incoming, landed=199)
    learn_delete(conn, 0, LATER)
    assert merge(conn, full, incoming, landed=199).deleted == 1


def test_a_full_read_that_lacks_nothing_is_complete_with_the_right_that_is_left(conn, run):
    many = [thing(number) for number in range(200)]
    sync(conn, with_right(conn, run, True), *many)
    second = with_right(conn, next_run(conn, run, "full"), False)
    sync(conn, second, *many, is_full=True)
    third = with_right(conn, next_run(conn, second, "full"), False)
    assert sync(conn, third, *many[1:], is_full=True).deleted == 1


def test_setup_records_vanish_without_a_witness(conn, run):
    sync(conn, run, thing(1), thing(2))
    counts = sync(conn, next_run(conn, run), thing(1), is_full=True, is_setup=True)
    assert counts.deleted == 1


def test_a_record_stamped_after_a_full_read_began_is_not_missing(conn, run):
    sync(conn, run, thing(1), thing(2, stamp="2026-03-01T23:00:00.000Z"))
    full = next_run(conn, run, "full")
    assert sync(conn, full, thing(1), is_full=True, is_setup=True).deleted == 0


def test_a_writer_that_lost_the_org_writes_nothing(conn, run):
    landing = land(conn, run, csv_page([thing(1)]))
    next_run(conn, run)
    with pytest.raises(LeaseLost, match="A newer sync"):
        merge(conn, run, Incoming(landing, "system_modstamp", is_setup=False), landed=1)
    assert rows(conn) == []


def test_a_watermark_that_somebody_else_moved_stops_the_merge(conn, run):
    sync(conn, run, thing(1))
    second = next_run(conn, run)
    landing = land(conn, second, csv_page([thing(1, "b", stamp=LATER)]))
    conn.execute("update sync.watermarks set complete_until = complete_until + interval '1 s'"
                 " where kind = 'changes'")
    with pytest.raises(LeaseLost, match="watermark of Thing__c is not where"):
        merge(conn, second, Incoming(landing, "system_modstamp", is_setup=False), landed=1)
    assert [one["name"] for one in rows(conn)] == ["a"]


def test_a_page_with_other_rows_than_salesforce_counted_leaves_nothing(conn, run):
    with pytest.raises(Incomplete, match="page 1 has 1 rows, and Salesforce says 2"):
        land(conn, run, csv_page([thing(1)], row_count=2))
    assert rows(conn, table=THING.loading) == []


def test_a_killed_extract_finds_the_pages_that_are_here(conn, run):
    landing = land(conn, run, csv_page([thing(1)], locator="second"))
    open_landing(conn, landing)
    done = parts.done_pages(conn, part_of(conn, landing))
    assert done == {1: Checkpoint(1, 1, "second")}


def test_checkpoints_whose_rows_are_gone_are_not_believed(conn, run):
    sync(conn, run, thing(1))
    landing = land(conn, next_run(conn, run), csv_page([thing(1)], locator="second"))
    conn.execute(f"truncate {landing.table.as_string(conn)}")
    open_landing(conn, landing)
    assert parts.done_pages(conn, part_of(conn, landing)) == {}


def test_a_page_that_begins_as_another_one_did_is_that_page_again(conn, run):
    landing = land(conn, run, csv_page([thing(1)], locator="second"))
    with pytest.raises(Incomplete, match=r"Page 2 begins with a00\d+1, as another page does"):
        load_page(conn, landing, part_of(conn, landing), number=2, page=csv_page([thing(1)]))
    assert len(rows(conn, table=THING.loading)) == 1


@pytest.mark.parametrize(
    "damage", [b'"a000000000000000009","cut off', b'"a00",\xff\xfe"', b'"too","few"\n']
)
def test_a_damaged_page_is_fetched_again_and_leaves_nothing(conn, run, damage):
    whole = b"".join(csv_page([thing(1)]).csv)
    with pytest.raises(Incomplete, match="cut off or damaged on its way"):
        land(conn, run, Page(2, None, csv=[whole + damage]))
    assert rows(conn, table=THING.loading) == []


HOSTILE = ['a "quoted" one', "two\nlines", "two\r\nlines", "NA", "null", "0012", "NaN", "1E02",
           "\\.", "\\N", "a\n\\.\nb", "\\.\n", "\n\\.",
           "; drop table x", "\u202eright to left", "zero\u200bwidth", "😀", " pad "]


def test_hostile_text_arrives_as_it_was(conn, run):
    sync(conn, run, *(thing(number, text) for number, text in enumerate(HOSTILE)))
    assert [one["name"] for one in rows(conn)] == HOSTILE


def test_rows_of_rest_give_what_csv_gives(conn, run):
    sync(conn, run, *(thing(number, text, amount="9.0E7") for number, text in enumerate(HOSTILE)))
    by_csv = rows(conn)
    second = next_run(conn, run)
    cells = [[one or None for one in thing(number, text, amount="90000000.0")]
             for number, text in enumerate(HOSTILE)]
    landing = land(conn, second, Page(len(cells), None, rows=cells))
    merge(conn, second, Incoming(landing, "system_modstamp", is_setup=False), landed=len(cells))
    assert rows(conn) == by_csv


def test_empty_is_null_and_money_is_exact(conn, run):
    sync(conn, run, thing(1, "", amount=""), thing(2, amount="0.1"),
         thing(3, amount="1.6147805824397E13"))
    assert [(one["name"], str(one["amount"])) for one in rows(conn)] == [
        (None, "None"), ("a", "0.1"), ("a", "16147805824397")]


def test_nuls_which_postgresql_cannot_store_are_replaced_and_counted(conn, run):
    landing = land(conn, run, csv_page([thing(1, "a\x00b"), thing(2, "\x00\x00")]))
    assert rows(conn, "name", table=THING.loading) == [
        {"name": "a\ufffdb"}, {"name": "\ufffd\ufffd"}]
    assert parts.nuls(conn, landing.extract.extract_id) == 3


def test_the_columns_follow_the_answers_header(conn, run):
    turned = list(reversed(COLUMNS))
    sync_page = csv_page([tuple(reversed(thing(1, "turned")))], columns=turned)
    landing = land(conn, run, sync_page)
    merge(conn, run, Incoming(landing, "system_modstamp", is_setup=False), landed=1)
    assert rows(conn, "name") == [{"name": "turned"}]


def test_an_answer_with_other_fields_is_refused(conn, run):
    other = [replace(COLUMNS[0]), Column("Other", "other", "text"), *COLUMNS[2:]]
    with pytest.raises(AnswerLost, match="differ in name, other"):
        land(conn, run, csv_page([thing(1)], columns=other))


def test_a_garbled_header_is_no_answer_to_what_was_asked(conn, run):
    whole = b"".join(csv_page([thing(1)]).csv).replace(b"Name", b"N\xff\xfee", 1)
    with pytest.raises(AnswerLost, match="differ in"):
        land(conn, run, Page(1, None, csv=[whole]))


def test_a_new_field_becomes_a_column_and_old_rows_stay(conn, run):
    sync(conn, run, thing(1))
    ensure_table(conn, THING, [*COLUMNS, column("New__c", "string")])
    assert rows(conn, "name, new__c") == [{"name": "a", "new__c": None}]


@pytest.mark.parametrize("is_readable", [True, False])
def test_a_column_that_a_person_drops_from_staging_alone_stops_nothing(conn, run, is_readable):
    sync(conn, run, thing(1))
    conn.execute("alter table staging_acme.thing__c drop column amount")
    columns = COLUMNS if is_readable else [one for one in COLUMNS if one.field != "Amount"]
    ensure_table(conn, THING, columns)
    cells = [cell for cell, one in zip(thing(1, "b", stamp=LATER), COLUMNS, strict=True)
             if one in columns]
    second = next_run(conn, run)
    landing = land(conn, second, csv_page([cells], columns=columns), columns=columns, is_full=False)
    seal_landing(conn, landing)
    incoming = Incoming(landing, "system_modstamp", is_setup=False)
    assert merge(conn, second, incoming, landed=1).updated == 1


def test_a_field_of_another_type_becomes_text_and_keeps_its_values(conn, run):
    sync(conn, run, thing(1, amount="1.50"))
    retyped = ensure_table(conn, THING, [*COLUMNS[:2], column("Amount", "string"), *COLUMNS[3:]])
    assert retyped == ("Amount",)
    assert rows(conn, "amount") == [{"amount": "1.50"}]


def test_an_answer_that_landed_before_a_type_widened_is_known_not_to_fit_any_more(conn, run):
    sync(conn, run, thing(1, amount="1.50"))
    landing = land(conn, next_run(conn, run), csv_page([thing(2)]))
    assert has_types(conn, landing)
    wider = [*COLUMNS[:2], column("Amount", "string"), *COLUMNS[3:]]
    ensure_table(conn, THING, wider)
    assert not has_types(conn, replace(landing, columns=wider))


def test_a_value_that_its_column_cannot_hold_stops_without_showing_it(conn, run):
    with pytest.raises(SchemaDrift, match="Thing__c: a record has a value in amount") as caught:
        land(conn, run, csv_page([thing(1, amount="Some private text")]))
    assert "private" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_rows_that_another_try_emptied_are_not_merged_as_if_they_were_there(conn, run):
    """Two tries of one task overlap: what is merged is counted in the table, not in memory."""
    sync(conn, run, thing(1))
    second = next_run(conn, run)
    landing = land(conn, second, csv_page([thing(2), thing(3)]))
    conn.execute(f"delete from {landing.table.as_string(conn)}")
    with pytest.raises(Incomplete, match="2 records were fetched and 0 are in the landing"):
        merge(conn, second, Incoming(landing, "system_modstamp", is_setup=False), landed=2)
    assert watermarks.read(conn, "acme", "Thing__c") == NOON


def test_a_page_that_another_try_has_loaded_is_not_loaded_twice(conn, run):
    landing = land(conn, run, csv_page([thing(1)], locator="second"))
    with pytest.raises(RetryableError, match="Page 1 is here already"):
        load_page(conn, landing, part_of(conn, landing), number=1, page=csv_page([thing(1)]))


def streamed(page: Page, *, meanwhile: Callable[[], object]) -> Page:
    """The page, with something that happens when half of it is here."""

    def chunks() -> Iterator[bytes]:
        text = b"".join(page.csv)
        yield text[: len(text) // 2]
        meanwhile()
        yield text[len(text) // 2 :]

    return replace(page, csv=chunks())


def test_a_new_run_does_not_wait_for_pages_of_an_old_one_and_these_are_refused(
    conn, run, warehouse
):
    landing = land(conn, run)
    with connect(warehouse) as other:
        other.execute("set lock_timeout = '2s'")
        page = streamed(csv_page([thing(1), thing(2)]), meanwhile=lambda: next_run(other, run))
        with pytest.raises(LeaseLost, match="A newer sync took"):
            load_page(conn, landing, part_of(conn, landing), number=1, page=page)
    assert rows(conn, table=THING.loading) == []
    assert parts.done_pages(conn, part_of(conn, landing)) == {}


def test_a_run_that_lost_the_org_does_not_even_begin_a_page(conn, run):
    landing = land(conn, run)
    next_run(conn, run)
    page = streamed(csv_page([thing(1)]), meanwhile=lambda: pytest.fail("the page was read"))
    with pytest.raises(LeaseLost):
        load_page(conn, landing, part_of(conn, landing), number=1, page=page)


def test_a_try_that_makes_landing_anew_and_a_page_on_its_way_do_not_wait_for_each_other(
    conn, run, warehouse
):
    """The page has the table that the other try drops, which has the extract that the page needs
    to be kept: whoever waited for the other would wait for ever."""
    landing = land(conn, run)
    with connect(warehouse) as other, connect(warehouse) as watcher, ThreadPoolExecutor() as pool:

        def open_again() -> None:
            opened.append(pool.submit(open_landing, other, landing))
            wait_until(lambda: is_waiting(watcher, other.info.backend_pid), [], seconds=30)

        opened: list[Future[None]] = []
        page = streamed(csv_page([thing(1), thing(2)]), meanwhile=open_again)
        with pytest.raises(RetryableError, match="another try of this task is at work"):
            load_page(conn, landing, part_of(conn, landing), number=1, page=page)
        opened[0].result(timeout=30)
    load_page(conn, landing, part_of(conn, landing), number=1, page=csv_page([thing(1)]))
    assert len(rows(conn, table=THING.loading)) == 1


def test_a_page_of_two_tries_at_once_is_kept_once(conn, run, warehouse):
    landing = land(conn, run)
    part = part_of(conn, landing)
    with connect(warehouse) as other:
        page = streamed(csv_page([thing(1)]), meanwhile=lambda: load_page(
            other, landing, part, number=1, page=csv_page([thing(1)])))
        with pytest.raises(RetryableError, match="Page 1 is here already"):
            load_page(conn, landing, part, number=1, page=page)
    assert len(rows(conn, table=THING.loading)) == 1


def test_a_page_for_a_landing_table_that_is_gone_has_the_task_tried_again(conn, run):
    landing = land(conn, run)
    conn.execute(sql.SQL("drop table {}").format(landing.table))
    with pytest.raises(RetryableError, match="the landing table is gone"):
        load_page(conn, landing, part_of(conn, landing), number=1, page=csv_page([thing(1)]))


def is_waiting(conn: psycopg.Connection, pid: int) -> bool:
    return conn.execute("select cardinality(pg_blocking_pids(%s)) > 0", [pid]).fetchone()[0]


def test_an_extract_that_another_try_has_ended_is_left_alone(conn, run):
    landing = land(conn, run, csv_page([thing(1)]))
    incoming = Incoming(landing, "system_modstamp", is_setup=False)
    merge(conn, run, incoming, landed=1)
    with pytest.raises(RetryableError, match="another try of this task has ended"):
        merge(conn, run, incoming, landed=1)
    assert len(rows(conn)) == 1


def test_a_run_that_lost_the_org_does_not_touch_the_new_runs_extract(conn, run):
    sync(conn, run, thing(1))
    newer = next_run(conn, run)
    landing = land(conn, newer, csv_page([thing(2)], locator="second"))
    with pytest.raises(LeaseLost):
        open_landing(conn, replace(landing, run=run))
    open_landing(conn, landing)
    assert len(parts.done_pages(conn, part_of(conn, landing))) == 1
