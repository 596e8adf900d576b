"""A full read takes staging's place, and what staging alone knows is carried over (rule 9)."""

from datetime import timedelta

import pytest

from salesforce_elt import watermarks
from salesforce_elt.batches import Counts
from salesforce_elt.deletes import mark
from salesforce_elt.errors import AccessDenied, WarehouseUnavailable
from salesforce_elt.fields import column
from salesforce_elt.incoming import Incoming
from salesforce_elt.merge import merge
from salesforce_elt.warehouse import replacing
from salesforce_elt.warehouse.connection import connect
from salesforce_elt.warehouse.landing import seal_landing
from salesforce_elt.warehouse.staging import ensure_table
from tests.warehouse.test_merge import (
    COLUMNS,
    LATER,
    NOON,
    STAMP,
    THING,
    csv_page,
    land,
    learn_delete,
    new_run,
    next_run,
    pending,
    rows,
    sync,
    thing,
)


@pytest.fixture
def conn(warehouse):
    with connect(warehouse) as opened:
        ensure_table(opened, THING, COLUMNS)
        yield opened


@pytest.fixture
def run(conn):
    return new_run(conn, NOON)


def reload(conn, run, *things) -> Counts:
    return sync(conn, next_run(conn, run, "full"), *things, is_full=True)


def test_a_full_read_of_an_unchanged_object_opens_no_batch_and_moves_the_watermark(conn, run):
    sync(conn, run, thing(1), thing(2))
    assert reload(conn, run, thing(1), thing(2)) == Counts(fetched=2)
    assert pending(conn) == 1
    assert watermarks.read(conn, "acme", "Thing__c") == NOON + timedelta(hours=1)


def test_what_differs_is_a_batch_with_the_rows_as_they_were(conn, run):
    sync(conn, run, thing(1, "a"), thing(2, "b"))
    conn.execute("delete from sync.pending_batches")
    assert reload(conn, run, thing(1, "a"), thing(2, "c", stamp=LATER), thing(3)) == Counts(
        fetched=3, inserted=1, updated=1)
    assert rows(conn, "name, _batch_id is not null as is_pending") == [
        {"name": "a", "is_pending": False},
        {"name": "c", "is_pending": True},
        {"name": "a", "is_pending": True},
    ]
    assert [one["name"] for one in rows(conn, "name", THING.before)] == ["b"]


def test_a_batch_that_waits_still_waits_for_the_rows_that_it_changed(conn, run):
    sync(conn, run, thing(1), thing(2))
    second = next_run(conn, run)
    sync(conn, second, thing(1, "changed", stamp=LATER))
    waiting = rows(conn, "id, _batch_id")
    reload(conn, second, thing(1, "changed", stamp=LATER), thing(2))
    assert rows(conn, "id, _batch_id") == waiting


def test_a_delete_that_only_getdeleted_told_is_carried_over(conn, run):
    sync(conn, run, thing(1), thing(2))
    learn_delete(conn, 1, LATER)
    mark(conn, run, "Thing__c", cursor="system_modstamp")
    before = rows(conn, "id, _is_deleted, _deleted_by, _deleted_at")
    reload(conn, run, thing(2))
    assert rows(conn, "id, _is_deleted, _deleted_by, _deleted_at") == before


def test_only_a_strictly_newer_row_of_a_full_read_revives_what_getdeleted_named(conn, run):
    sync(conn, run, thing(1), thing(2))
    learn_delete(conn, 1, LATER)
    mark(conn, run, "Thing__c", cursor="system_modstamp")
    second = next_run(conn, run)
    reload(conn, run, thing(1, stamp=LATER), thing(2))
    assert [one["_is_deleted"] for one in rows(conn, "_is_deleted")] == [True, False]
    reload(conn, second, thing(1, stamp="2026-03-01T11:00:02.000Z"), thing(2))
    assert [one["_is_deleted"] for one in rows(conn, "_is_deleted")] == [False, False]


def test_a_row_that_is_newer_than_the_read_stays(conn, run):
    sync(conn, run, thing(1, "newer", stamp=LATER), thing(2))
    assert reload(conn, run, thing(1, "older", stamp=STAMP), thing(2)).changed == 0
    assert [one["name"] for one in rows(conn, "name")] == ["newer", "a"]


def test_a_field_that_is_hidden_now_keeps_its_values(conn, run):
    ensure_table(conn, THING, [*COLUMNS, column("Hidden__c", "string")])
    sync(conn, run, thing(1), thing(2))
    conn.execute("update staging_acme.thing__c set hidden__c = 'kept' where id like '%1'")
    assert reload(conn, run, thing(1), thing(2)).changed == 0
    assert rows(conn, "hidden__c") == [{"hidden__c": "kept"}, {"hidden__c": None}]


def test_a_column_that_staging_got_meanwhile_is_not_lost(conn, run):
    sync(conn, run, thing(1))
    second = next_run(conn, run, "full")
    landing = land(conn, second, csv_page([thing(1)]), is_full=True)
    ensure_table(conn, THING, [*COLUMNS, column("New__c", "string")])
    conn.execute("update staging_acme.thing__c set new__c = 'x'")
    finish(conn, second, landing)
    assert rows(conn, "new__c") == [{"new__c": "x"}]


def test_many_rows_that_a_full_read_lacks_leave_everything_as_it_was(conn, run):
    sync(conn, run, *(thing(number) for number in range(100)))
    before = rows(conn)
    with pytest.raises(AccessDenied, match="99 of 100 records are missing"):
        reload(conn, run, thing(0))
    assert rows(conn) == before


def test_who_may_read_staging_may_still_after_a_full_read(conn, run):
    sync(conn, run, thing(1))
    conn.execute("grant usage on schema staging_acme to pg_monitor")
    conn.execute("grant select on staging_acme.thing__c to public")
    conn.execute("grant insert, select on staging_acme.thing__c to pg_monitor with grant option")
    conn.execute("grant update (name) on staging_acme.thing__c to pg_signal_backend")
    before = grants(conn)
    reload(conn, run, thing(1), thing(2))
    assert len(before) >= 4
    assert grants(conn) == before


def test_who_may_not_read_staging_any_more_is_not_let_in_by_a_full_read(conn, run):
    conn.execute("alter default privileges in schema staging_acme grant select on tables to public")
    sync(conn, run, thing(1))
    conn.execute("revoke all on staging_acme.thing__c from public")
    before = grants(conn)
    reload(conn, run, thing(1))
    assert grants(conn) == before


def test_a_view_of_staging_shows_what_a_full_read_brings(conn, run):
    sync(conn, run, thing(1, "a"), thing(2, "b"), thing(3, "gone"))
    learn_delete(conn, 3, LATER)
    conn.execute("create view public.things as select name, _is_deleted from staging_acme.thing__c")
    loaded = reload(conn, run, thing(1, "a"), thing(2, "c", stamp=LATER), thing(4, "new"))
    assert (loaded.inserted, loaded.updated, loaded.deleted) == (1, 1, 1)
    assert conn.execute("select * from public.things order by 1").fetchall() == [
        ("a", False), ("c", False), ("gone", True), ("new", False)]


def test_a_view_does_not_change_what_a_full_read_leaves(conn, run):
    """The same with a view and without: batches, metadata, every column."""
    sync(conn, run, thing(1), thing(2, "b"))
    with conn.transaction(force_rollback=True):
        reload(conn, run, thing(2, "c", stamp=LATER), thing(1))
        without = rows(conn, "id, name, amount, _is_deleted, _deleted_by, _batch_id is not null")
    conn.execute("create view public.things as select name from staging_acme.thing__c")
    reload(conn, run, thing(2, "c", stamp=LATER), thing(1))
    with_view = rows(conn, "id, name, amount, _is_deleted, _deleted_by, _batch_id is not null")
    assert with_view == without


def test_a_rule_about_who_sees_which_rows_survives_a_full_read(conn, run):
    sync(conn, run, thing(1))
    conn.execute("alter table staging_acme.thing__c enable row level security")
    conn.execute("create policy mine on staging_acme.thing__c using (name = current_user)")
    reload(conn, run, thing(1), thing(2))
    assert conn.execute("select polname from pg_policy").fetchall() == [("mine",)]


def test_a_full_read_does_not_wait_for_ever_behind_a_query(conn, run, warehouse, monkeypatch):
    sync(conn, run, thing(1))
    monkeypatch.setattr(replacing, "LONGEST_WAIT", timedelta(milliseconds=50))
    with connect(warehouse) as analyst, analyst.transaction():
        analyst.execute("select * from staging_acme.thing__c")
        pid = analyst.info.backend_pid
        with pytest.raises(WarehouseUnavailable, match=rf"in use .*process {pid}, .*tried again"):
            reload(conn, run, thing(1, "b", stamp=LATER))
    assert [one["name"] for one in rows(conn, "name")] == ["a"]


def grants(conn) -> list[tuple[object, ...]]:
    return conn.execute(
        "select '', a.* from pg_class as c, aclexplode(c.relacl) as a"
        " where c.oid = 'staging_acme.thing__c'::regclass and a.grantee <> c.relowner"
        " union all select t.attname, a.* from pg_attribute as t, aclexplode(t.attacl) as a"
        " where t.attrelid = 'staging_acme.thing__c'::regclass order by 1, 2, 3, 4").fetchall()


def finish(conn, run, landing) -> None:
    seal_landing(conn, landing)
    merge(conn, run, Incoming(landing, "system_modstamp", is_setup=False), landed=1)
