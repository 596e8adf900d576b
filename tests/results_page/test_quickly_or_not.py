"""The page shares the API server's threads, so it reads quickly or not at all, and only reads."""

from threading import BoundedSemaphore
from time import monotonic

import psycopg
import pytest

from salesforce_elt import history
from salesforce_elt.errors import WarehouseUnavailable
from salesforce_elt.report import read_report
from salesforce_elt.results_page import warehouse
from salesforce_elt.results_page.warehouse import reading


def test_nothing_is_written(warehouse_18):
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction), reading(warehouse_18) as conn:
        conn.execute("delete from sync.runs")


def test_a_query_that_takes_long_is_given_up(warehouse_18, monkeypatch):
    monkeypatch.setattr(warehouse, "SECONDS", 1)
    began = monotonic()
    told = pytest.raises(WarehouseUnavailable, match="longer than 1 s")
    with told, reading(warehouse_18) as conn:
        conn.execute("select pg_sleep(30)")
    assert monotonic() - began < 10


def test_a_table_that_is_locked_is_not_waited_for(warehouse_18, monkeypatch):
    monkeypatch.setattr(warehouse, "SECONDS", 1)
    with psycopg.connect(warehouse_18) as other:
        other.execute("lock table sync.runs in access exclusive mode")
        with pytest.raises(WarehouseUnavailable), reading(warehouse_18) as conn:
            conn.execute("select * from sync.runs")


def test_who_comes_when_all_places_are_taken_is_sent_away(warehouse_18, monkeypatch):
    monkeypatch.setattr(warehouse, "SECONDS", 1)
    monkeypatch.setattr(warehouse, "_places", BoundedSemaphore(1))
    with reading(warehouse_18), pytest.raises(WarehouseUnavailable, match="others are reading"):
        reading(warehouse_18).__enter__()


def test_a_place_is_free_again_after_an_error(warehouse_18, monkeypatch):
    monkeypatch.setattr(warehouse, "_places", BoundedSemaphore(1))
    for _ in range(3):
        with pytest.raises(psycopg.errors.UndefinedTable), reading(warehouse_18) as conn:
            conn.execute("select * from nothing_here")


def test_a_connection_that_breaks_is_told_as_such(warehouse_18):
    with pytest.raises(WarehouseUnavailable, match="was lost"), reading(warehouse_18) as conn:
        end(warehouse_18, conn)


def end(url, conn):
    """Has the server end a connection that is in use."""
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [conn.info.backend_pid])
    conn.execute("select 1")


def test_a_page_reads_one_state_of_the_warehouse(warehouse_18):
    insert = ("insert into sync.runs (run_id, org, kind, status, fence, started_at)"
              " values ('demo/1', 'demo', 'full', 'running', 1, now())")
    with reading(warehouse_18) as conn:
        before = conn.execute("select count(*) from sync.runs").fetchone()
        with psycopg.connect(warehouse_18, autocommit=True) as other:
            other.execute(insert)
        assert conn.execute("select count(*) from sync.runs").fetchone() == before


A_YEAR = """
insert into sync.runs (run_id, org, kind, status, fence, started_at, planned_at, published_at,
    finished_at)
select org || '/' || hour, org, 'incremental', 'success', hour, at, at, at, at + '9 s'
from unnest(array['acme', 'beta', 'gamma']) as org, generate_series(1, 24 * 365) as hour,
    lateral (select timestamptz '2026-01-01Z' + hour * interval '1 hour') as moments (at);
insert into sync.run_objects (run_id, org, sobject, way, until, status)
select run_id, org, 'Object' || number, 'rest', now(), 'success'
from sync.runs, generate_series(1, 15) as number;
insert into sync.run_exclusions (run_id, org, reason, opportunity_count)
select run_id, org, 'amount_below_minimum', 7 from sync.runs;
analyze
"""


@pytest.mark.slow
def test_a_year_of_hourly_syncs_of_three_orgs_is_read_at_once(warehouse_18):
    with psycopg.connect(warehouse_18) as conn:
        conn.execute(A_YEAR)
    began = monotonic()
    with reading(warehouse_18) as conn:
        newest = history.newest_syncs(conn)
        told = history.read_history(conn, "beta")
        published = history.last_published(conn, "beta")
        read_report(conn, newest[-1].run_id)
    took = monotonic() - began
    assert [one.run_id for one in newest] == ["acme/8760", "beta/8760", "gamma/8760"]
    assert (len(told.syncs), len(told.objects), published) == (30, 450, told.syncs[0])
    assert took < 1
