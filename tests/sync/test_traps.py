"""Traps of Salesforce's API that nothing in an answer warns of."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from salesforce_elt import stations
from salesforce_elt.errors import AccessDenied, Incomplete
from tests.desks import borrowed
from tests.driver import Desk
from tests.sync.test_what_others_lost import first_id, matching


@pytest.fixture(scope="module")
def org(generated_desk) -> Desk:
    """No reconcile repairs what the windows themselves do not bring."""
    return generated_desk(size=12).configured(reconcile="never")


@pytest.fixture
def desk(org: Desk) -> Iterator[Desk]:
    with borrowed(org) as lent:
        lent.org.org.options.update({"query_batch_size": 2, "bulk_page_records": 2})
        yield lent


def test_pages_smaller_than_asked_for_make_a_whole_answer(desk, read_by):
    read_by("rest")
    accounts = desk.org.org.store.count("Account")
    assert desk.read("Account").fetched == accounts > 2
    assert list(desk.differences_of("Account")) == []


@pytest.mark.parametrize("by", [1, -1])
def test_a_total_that_does_not_fit_what_came_is_not_believed(desk, read_by, by):
    read_by("rest")
    desk.administer(
        "faults",
        {
            "kind": "wrong_total",
            "by": by,
            "times": None,
            "method": "GET",
            "match": {"path": "/query"},
        },
    )
    with pytest.raises(Incomplete, match="records landed, and Salesforce says that it sent"):
        desk.read("Account")
    assert desk.value("select count(*) from staging_demo.account") == 0


def test_a_session_that_ends_between_two_pages_goes_on_at_its_page(desk, read_by, sent):
    read_by("rest")
    desk.administer("faults", {"kind": "expired_session", "match": {"path": r"/query/01g\w+-2$"}})
    desk.read("Account")
    assert len(desk.org.org.faults.fired()) == 1
    assert len(matching("^GET .*/queryAll.*SELECT", sent)) == 1
    assert list(desk.differences_of("Account")) == []


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_a_back_dated_last_modified_date_hides_no_change(desk, way, read_by):
    read_by(way)
    desk.read("Account")
    desk.wait(3600)
    store, changed = desk.org.org.store, first_id(desk, "Account")
    store.update("Account", changed, {"Name": f"Imported by {way}"})
    back = datetime(2001, 1, 1, tzinfo=UTC)
    store.replace("Account", [{**store.get("Account", changed), "LastModifiedDate": back}])
    desk.wait(60)
    assert desk.read("Account", "incremental").updated == 1
    assert list(desk.differences_of("Account")) == []


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_archived_activities_are_read(desk, way, read_by):
    read_by(way)
    store = desk.org.org.store
    store.replace("Task", [{**store.get("Task", first_id(desk, "Task")), "IsArchived": True}])
    desk.read("Task")
    assert desk.value("select count(*) from staging_demo.task where is_archived") >= 1
    assert list(desk.differences_of("Task")) == []


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_a_field_that_is_hidden_after_the_plan_stops_the_object_and_is_named(desk, way, read_by):
    read_by(way)
    run = stations.start(desk.site, desk.request("full"))
    stations.make_plan(desk.site, run)
    desk.org.org.permissions.hide("Account", "Industry")
    try:
        with pytest.raises(AccessDenied, match=r"INVALID_FIELD.*Industry.*read access") as caught:
            stations.extract_object(desk.site, run, "Account")
        assert desk.read("Account").inserted == desk.org.org.store.count("Account")
    finally:
        desk.org.org.permissions.show("Account", "Industry")
    assert not re.search("\n", str(caught.value))


def test_logins_have_no_stamp_and_are_read_by_their_time(desk):
    logins = desk.configured(objects={"LoginHistory": {}})
    assert logins.read("LoginHistory").fetched > 0
    logins.wait(60)
    logins.read("LoginHistory", "incremental")
    (cursor,) = logins.rows(
        "select distinct cursor_field from sync.extracts where sobject = 'LoginHistory'"
    )
    assert cursor["cursor_field"] == "LoginTime"


def test_a_permission_set_assignment_that_is_revoked_is_deleted(desk):
    """Its row is gone at once, and in no recycle bin."""
    store, name = desk.org.org.store, "PermissionSetAssignment"
    given = store.insert(
        name,
        {"PermissionSetId": first_id(desk, "PermissionSet"), "AssigneeId": first_id(desk, "User")},
    )
    access = desk.configured(objects={name: {}})
    access.read(name)
    access.wait(3600)
    store.delete(name, given)
    access.wait(3600)
    access.read(name, "incremental")
    query = f"select _deleted_by from staging_demo.permission_set_assignment where id = '{given}'"
    assert access.value(query) == "getDeleted"
