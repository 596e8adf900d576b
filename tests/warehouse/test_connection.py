"""Reaching the warehouse: errors show no password, and a prepared one is not prepared again."""

import psycopg
import pytest

from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable
from salesforce_elt.warehouse.connection import connect, prepare


def test_a_url_that_cannot_be_read_says_how_to_write_it_without_showing_the_password():
    with pytest.raises(SettingsInvalid, match="percent-encoded") as caught:
        connect("postgresql://etl:s3cr%zzet@127.0.0.1:9/warehouse")
    assert "s3cr" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_server_that_does_not_answer_is_said_without_the_password():
    with pytest.raises(WarehouseUnavailable, match="does not answer") as caught:
        connect("postgresql://etl:s3cret@127.0.0.1:9/warehouse")
    assert "s3cret" not in str(caught.value)


def test_preparing_a_prepared_warehouse_waits_for_nobodys_merge(database_url_18: str):
    """The script's locks would else stop the merges of other orgs, or deadlock with them."""
    with connect(database_url_18) as conn:
        prepare(conn)
        with psycopg.connect(database_url_18) as merging:
            merging.execute("lock table sync.pending_batches in row exclusive mode")
            conn.execute("set lock_timeout = '2s'")
            prepare(conn)
            assert conn.execute("select count(*) from sync.schema_versions").fetchone() == (1,)


def test_a_warehouse_of_an_earlier_version_gets_what_came_later(database_url_18: str):
    with connect(database_url_18) as conn:
        prepare(conn)
        conn.execute("delete from sync.schema_versions")
        conn.execute("alter table sync.runs drop column resumes_at, drop column resumes_by")
        conn.execute("alter table sync.run_objects drop column estimated_calls")
        conn.execute("alter table sync.run_objects drop constraint run_objects_status_check")
        conn.execute("alter table sync.run_objects add constraint run_objects_status_check"
                     " check (status in ('planned', 'success', 'failed'))")
        prepare(conn)
        conn.execute("insert into sync.runs (run_id, org, kind, status, fence, started_at,"
                     " resumes_at, resumes_by)"
                     " values ('a/1', 'a', 'full', 'deferred', 1, now(), now(), 'itself')")
        conn.execute("insert into sync.run_objects (run_id, org, sobject, way, until,"
                     " estimated_calls, status)"
                     " values ('a/1', 'a', 'Account', 'rest', now(), 1, 'deferred')")
