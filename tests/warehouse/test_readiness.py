"""A publish waits until every object that some mart reads has reached the run's window."""

from datetime import timedelta

from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.transform import unready_objects
from tests.warehouse.small_org import NOON, SmallOrg

READ = sorted({one.name for one in STANDARD_SET} - {
    "UserRole"})


def complete(org: SmallOrg, *sobjects: str, minutes: int = 0) -> SmallOrg:
    """The objects, read this many minutes past the run's window."""
    for sobject in sobjects:
        org.conn.execute(
            "insert into sync.watermarks values (%s, %s, 'changes', %s) on conflict"
            " (org, sobject, kind) do update set complete_until = excluded.complete_until",
            [org.key, sobject, NOON + timedelta(minutes=minutes)])
    org.conn.commit()
    return org


def unready(org: SmallOrg) -> list[str]:
    """What a run that begins now has to wait for."""
    return unready_objects(org.conn, org.start_run(), org.models)


def test_nothing_is_unready_when_all_have_reached_the_window(org_18: SmallOrg) -> None:
    assert unready(complete(org_18, *READ)) == []


def test_an_object_that_stayed_behind_is_named(org_18: SmallOrg) -> None:
    complete(org_18, *READ)
    assert unready(complete(org_18, "OpportunityContactRole", minutes=-1)) == [
        "OpportunityContactRole"]


def test_an_object_that_no_mart_reads_blocks_nothing(org_18: SmallOrg) -> None:
    complete(org_18, *READ)
    assert unready(complete(org_18, "UserRole", "Invoice__c", minutes=-60)) == []


def test_before_the_first_load_the_objects_that_marts_cannot_be_without_are_unready(
    org_18: SmallOrg,
) -> None:
    assert unready(org_18) == ["Account", "Contact", "Opportunity", "OpportunityStage", "User"]


def test_an_object_that_the_org_hides_blocks_nothing(org_18: SmallOrg) -> None:
    assert unready(complete(org_18, *(set(READ) - {"Task"}))) == []


def test_a_planned_object_whose_first_load_failed_is_unready(org_18: SmallOrg) -> None:
    run = complete(org_18, *(set(READ) - {"Task"})).start_run()
    org_18.conn.execute(
        "insert into sync.run_objects (run_id, org, sobject, way, until, status)"
        " values (%s, %s, 'Task', 'bulk', %s, 'failed')", [run.run_id, run.org, run.until])
    org_18.conn.commit()
    assert unready_objects(org_18.conn, run, org_18.models) == ["Task"]
