"""Ways in which users of other pipelines lost records: here they cannot happen, or are told."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from salesforce_elt import plan, stations
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.salesforce import bulk
from tests.desks import borrowed
from tests.driver import Desk

LONG_AGO = datetime(1999, 2, 3, 4, 5, 6, tzinfo=UTC)


@pytest.fixture(scope="module")
def org(generated_desk) -> Desk:
    """No reconcile repairs what the windows themselves do not bring."""
    return generated_desk(size=8).configured(reconcile="never")


@pytest.fixture
def desk(org: Desk) -> Iterator[Desk]:
    with borrowed(org) as lent:
        yield lent


def first_id(desk: Desk, sobject: str) -> str:
    return next(one["Id"] for one in desk.org.org.store.records(sobject))


def matching(pattern: str, requests: list[str]) -> list[str]:
    return [one for one in requests if re.search(pattern, one)]


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_a_record_that_commits_long_after_its_stamp_arrives_with_the_next_sync(desk, way, read_by):
    """Another pipeline's cursor had passed it: airbyte 27146."""
    read_by(way)
    desk.read("Account")
    store, clock = desk.org.org.store, desk.org.org.clock
    with store.transaction() as late:
        late.insert("Account", {"Name": "Late"})
        clock.advance(timedelta(minutes=13))
        store.insert("Account", {"Name": "Early"})
        clock.advance(timedelta(minutes=1))
        assert desk.read("Account", "incremental").inserted == 1
    clock.advance(timedelta(hours=1))
    assert desk.read("Account", "incremental").inserted == 1
    assert list(desk.differences_of("Account")) == []


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_contact_roles_that_do_not_all_come_are_never_a_success(desk, way, read_by):
    """A quarter of them arrived elsewhere, without an error: airbyte 69843, 27048."""
    read_by(way)
    pages = r"/jobs/query/750\w+/results$" if way == "bulk" else "/queryAll$"
    asked_for = {} if way == "bulk" else {"query": "FROM OpportunityContactRole"}
    lacks = {"kind": "lost_rows", "rows": 1, "times": None, "match": {"path": pages, **asked_for}}

    def lose(station: str, run: object) -> None:
        desk.org.org.faults.clear()
        if station == "extract OpportunityContactRole":
            desk.administer("faults", lacks)

    report = desk.sync("full", between=lose)
    assert report.status == "partial"
    assert "OpportunityContactRole" in report.run["message"]
    assert desk.value("select count(*) from staging_demo.opportunity_contact_role") == 0
    assert desk.rows("select tablename from pg_tables where schemaname = 'marts'") == []


def test_records_of_any_age_are_read(desk):
    """Elsewhere those of more than two years ago were left out by default: airbyte 37528."""
    old = desk.org.org.store.get("Account", first_id(desk, "Account"))
    stamps = dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), LONG_AGO)
    desk.org.org.store.replace("Account", [{**old, **stamps}])
    desk.read("Account")
    query = f"select system_modstamp from staging_demo.account where id = '{old['Id']}'"
    assert desk.value(query) == LONG_AGO
    assert list(desk.differences_of("Account")) == []


@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    number=st.integers(1, 45),
    page=st.integers(1, 12),
    way=st.sampled_from(["rest", "bulk", "listed"]),
    seconds=st.integers(0, 3),
)
def test_equal_stamps_across_page_edges_and_window_ends_arrive_once(
    desk, number, page, way, seconds
):
    """Paging by stamp loops or loses some: airbyte 17148, 9883, 13657, 42537, supaglue 532."""
    desk.org.org.options.update({"query_batch_size": page, "bulk_page_records": page})
    with reading_by(way):
        if not desk.rows("select 1 from pg_tables where schemaname = 'staging_demo'"):
            desk.read("Account")
        with desk.org.org.store.transaction() as work:
            for one in range(number):
                work.insert("Account", {"Name": f"Same second {one}"})
        desk.org.org.clock.advance(timedelta(seconds=seconds))
        at_once = desk.read("Account", "incremental").inserted
        desk.org.org.clock.advance(timedelta(minutes=20))
        assert at_once + desk.read("Account", "incremental").inserted == number
    assert list(desk.differences_of("Account")) == []


@contextmanager
def reading_by(way: str) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan, "BULK_CALLS", 10**6 if way == "rest" else 0)
        patch.setattr(bulk, "LISTED_FROM", 0 if way == "listed" else 10**9)
        yield


def test_an_object_too_wide_for_an_address_is_read_by_bulk(desk, read_by):
    """Elsewhere neither REST nor Bulk could read it: airbyte 20703, 10111."""
    names = [f"A_field_with_a_name_that_takes_much_room_{one:03}__c" for one in range(400)]
    desk.administer("objects", {"name": "Wide__c", "fields": [f"{one} string 20" for one in names]})
    desk.org.org.store.insert("Wide__c", {"Name": "Wide", names[0]: "first", names[-1]: "last"})
    read_by("rest")
    wide = desk.configured(objects={"Wide__c": {}})
    assert wide.read("Wide__c").inserted == 1
    assert wide.value("select way from sync.run_objects where sobject = 'Wide__c'") == "bulk"
    assert list(wide.differences_of("Wide__c")) == []


def test_only_the_objects_of_the_settings_are_described(desk, sent):
    """Elsewhere describing a thousand objects timed out before anything was read: airbyte 4564."""
    stations.make_plan(desk.site, stations.start(desk.site, desk.request("full")))
    described = {name for one in sent for name in re.findall(r"/sobjects/(\w+)/describe", one)}
    assert "Account" in described
    assert described <= {one.name for one in STANDARD_SET}
    assert matching(r"^GET \S*/sobjects/? ", sent) == []


def test_a_sync_logs_in_no_more_than_once_a_task(desk, sent, read_by):
    """A login for each request ends at 3,600 an hour: airflow 30016, n8n 31948."""
    read_by("rest")
    desk.org.org.options.update({"query_batch_size": 2})
    run = stations.start(desk.site, desk.request("full"))
    stations.make_plan(desk.site, run)
    for sobject in ("Account", "Contact"):
        stations.extract_object(desk.site, run, sobject)
    assert len(matching(r"^POST \S*/oauth2/token ", sent)) == 4
    assert len(sent) > 12


def test_bulk_jobs_have_no_order_and_no_limit_and_are_never_listed(desk, sent, read_by):
    """An order ran into timeouts (airbyte 17503), and the list holds other tools' jobs."""
    read_by("bulk")
    desk.read("Account")
    jobs = matching(r"^POST \S*/jobs/query ", sent)
    assert len(jobs) == 1
    assert matching("ORDER BY|LIMIT ", jobs) == []
    assert matching(r"^GET \S*/jobs/(query|ingest)/?(\?\S*)? ", sent) == []
