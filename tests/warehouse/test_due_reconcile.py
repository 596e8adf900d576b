"""When a sync reconciles by itself, and which objects: whatever became of the last time."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from salesforce_elt.deferral import taken_over
from salesforce_elt.reconcile import with_reconcile
from salesforce_elt.run import RunRequest
from tests.warehouse.test_merge import conn, new_run

__all__ = ["conn"]

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = RunRequest("acme", "acme/now", "incremental")


def ran(
    conn: psycopg.Connection, until: datetime, kind: str = "full", *, status: str = "success",
    objects: tuple[str, ...] = (), became: Mapping[str, str] | None = None,
    is_planned: bool = True,
) -> None:
    """A sync that came to its end, and what became of its objects."""
    done = new_run(conn, until, kind)
    conn.execute(
        "update sync.runs set status = %s, objects = %s,"
        " planned_at = case when %s then until end where run_id = %s",
        [status, list(objects), is_planned, done.run_id])
    for sobject, outcome in (became or {}).items():
        conn.execute("insert into sync.run_objects (run_id, org, sobject, way, until, status)"
                     " values (%s, 'acme', %s, 'nothing', %s, %s)",
                     [done.run_id, sobject, until, outcome])
    conn.execute("insert into sync.watermarks values ('acme', 'Thing__c', 'changes', %s)"
                 " on conflict do nothing", [until])


def due(
    conn: psycopg.Connection, until: datetime, *, every: str = "daily", request: RunRequest = NOW
) -> tuple[str, tuple[str, ...]]:
    found = with_reconcile(conn, request, until=until, every=every)
    return found.kind, found.objects


@pytest.mark.parametrize(
    ("every", "later", "kind"),
    [
        ("daily", timedelta(hours=14), "incremental"),
        ("daily", timedelta(hours=15), "reconcile"),
        ("weekly", timedelta(days=6, hours=14), "incremental"),
        ("weekly", timedelta(days=6, hours=15), "reconcile"),
        ("never", timedelta(days=400), "incremental"),
    ],
)
def test_a_reconcile_is_due_in_each_new_day_or_week(conn, every, later, kind):
    ran(conn, MONDAY)
    assert due(conn, MONDAY + later, every=every) == (kind, ())


def test_one_of_some_objects_or_without_a_plan_does_not_count(conn):
    ran(conn, MONDAY - timedelta(days=1))
    ran(conn, MONDAY, "reconcile", status="failed", is_planned=False)
    ran(conn, MONDAY + HOUR, "reconcile", objects=("Contact",))
    ran(conn, MONDAY + 2 * HOUR, "incremental")
    assert due(conn, MONDAY + 3 * HOUR) == ("reconcile", ())


@pytest.mark.parametrize("kind", ["full", "reconcile"])
@pytest.mark.parametrize("status", ["partial", "deferred", "failed"])
def test_of_one_in_which_objects_failed_only_those_are_repeated(conn, kind, status):
    ran(conn, MONDAY, kind, status=status,
        became={"Account": "success", "Contact": "failed", "Task": "planned"})
    assert due(conn, MONDAY + HOUR) == ("reconcile", ("Contact", "Task"))
    assert due(conn, MONDAY + timedelta(days=1)) == ("reconcile", ())


def test_an_object_is_repeated_until_it_succeeds_once(conn):
    ran(conn, MONDAY, "reconcile", status="partial",
        became={"Account": "success", "Contact": "failed", "Task": "failed"})
    ran(conn, MONDAY + HOUR, "reconcile", status="partial", objects=("Contact", "Task"),
        became={"Account": "success", "Contact": "success", "Task": "failed"})
    assert due(conn, MONDAY + 2 * HOUR) == ("reconcile", ("Task",))
    ran(conn, MONDAY + 2 * HOUR, "incremental", became={"Task": "success"})
    assert due(conn, MONDAY + 3 * HOUR) == ("reconcile", ("Task",))
    ran(conn, MONDAY + 3 * HOUR, "reconcile", objects=("Task",), became={"Task": "success"})
    assert due(conn, MONDAY + 4 * HOUR) == ("incremental", ())


def test_a_sync_that_failed_with_all_its_objects_in_place_is_not_repeated(conn):
    ran(conn, MONDAY, "reconcile", status="failed", became={"Account": "success"})
    assert due(conn, MONDAY + HOUR) == ("incremental", ())


def test_an_org_that_was_never_loaded_has_nothing_to_reconcile(conn):
    assert due(conn, MONDAY) == ("incremental", ())


def test_what_a_person_chose_stays_what_it_is(conn):
    ran(conn, MONDAY)
    full = RunRequest("acme", "acme/now", "full", ("Contact",))
    assert due(conn, MONDAY + timedelta(days=2), request=full) == ("full", ("Contact",))


@pytest.mark.parametrize("chosen", [(), ("Contact", "Task")])
def test_a_reconcile_that_a_quota_stopped_goes_on_with_the_objects_that_it_had_not_done(
    conn, chosen
):
    ran(conn, MONDAY, "reconcile", status="deferred", objects=chosen,
        became={"Account": "success", "Contact": "success", "Task": "deferred"})
    taken = taken_over(conn, NOW)
    assert (taken.kind, taken.objects) == ("reconcile", ("Task",))


def test_a_narrowed_reconcile_that_a_quota_stopped_does_not_grow_by_other_objects(conn):
    ran(conn, MONDAY, "reconcile", status="deferred", objects=("Contact", "Task"),
        became={"Account": "deferred", "Contact": "success", "Task": "deferred"})
    assert taken_over(conn, NOW).objects == ("Task",)


def test_a_reconcile_that_a_quota_stopped_in_its_plan_goes_on_as_it_was_asked_for(conn):
    ran(conn, MONDAY, "reconcile", status="deferred", objects=("Contact",), is_planned=False)
    taken = taken_over(conn, NOW)
    assert (taken.kind, taken.objects) == ("reconcile", ("Contact",))
