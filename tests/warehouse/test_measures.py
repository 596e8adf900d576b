"""Checks that look at no row: volumes that jump, objects that fall silent or stay behind."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from salesforce_elt.audit import CheckResult, audit
from salesforce_elt.checks import load_checks, load_staging_checks
from salesforce_elt.deltas import Transformed
from salesforce_elt.errors import CheckFailed
from salesforce_elt.expectations import Outcome
from salesforce_elt.measures import measured
from tests.warehouse.small_org import NOON, SmallOrg

NOTHING = Transformed((), ())


def broken(org: SmallOrg, transformed: Transformed = NOTHING, *, kind: str = "incremental"
           ) -> dict[tuple[str, str], Outcome]:
    """The measures that do not hold, by table and name."""
    run = org.start_run(kind)
    found = measured(org.conn, run, models=org.models, transformed=transformed)
    return {(table, one.check.name): one for table, one in found if not one.is_passed}


def with_counts(org: SmallOrg, *, before: int, after: int) -> Transformed:
    """Deltas of all marts, published before with a number of rows and computed with another."""
    transformed = org.transform(org.start_run())
    for delta in transformed.deltas:
        org.conn.execute(
            "insert into sync.fingerprints (org, mart, fingerprint, row_count, published_at)"
            " values ('acme', %s, %s, %s, now()) on conflict (org, mart) do update"
            " set row_count = excluded.row_count", [delta.mart, delta.fingerprint, before])
    org.conn.commit()
    return replace(transformed, deltas=tuple(
        replace(delta, row_count=after) for delta in transformed.deltas))


def names_of(org: SmallOrg, measure: str) -> set[tuple[str, str]]:
    """All checks of a measure."""
    suites = {mart: load_checks(org.models.root, mart) for mart in org.models.marts}
    for table, checks in load_staging_checks(org.models.root).items():
        suites[f"staging.{table}"] = checks
    return {(table, one.name) for table, checks in suites.items() for one in checks
            if one.measure == measure}


def test_every_volume_that_jumps_is_noticed(org_18: SmallOrg) -> None:
    gone = broken(org_18, with_counts(org_18, before=10_000, after=6_999))
    grown = broken(org_18, with_counts(org_18, before=10_000, after=20_001))
    assert set(gone) | set(grown) == names_of(org_18, "volume")
    assert not set(gone) & set(grown)


def test_volumes_at_their_thresholds_are_none(org_18: SmallOrg) -> None:
    assert broken(org_18, with_counts(org_18, before=10_000, after=7_000)) == {}
    assert broken(org_18, with_counts(org_18, before=10_000, after=15_000)) == {}


def test_small_marts_may_jump(org_18: SmallOrg) -> None:
    assert broken(org_18, with_counts(org_18, before=99, after=0)) == {}
    assert broken(org_18, with_counts(org_18, before=99, after=99_000)) == {}


def test_a_first_publish_is_no_jump(org_18: SmallOrg) -> None:
    transformed = org_18.transform(org_18.start_run())
    many = tuple(replace(delta, row_count=1_000_000) for delta in transformed.deltas)
    assert broken(org_18, replace(transformed, deltas=many)) == {}


def test_a_changed_setting_or_model_is_no_jump(org_18: SmallOrg) -> None:
    transformed = with_counts(org_18, before=10_000, after=0)
    changed = tuple(replace(one, fingerprint=json.dumps({"model": "another"}))
                    for one in transformed.deltas)
    assert broken(org_18, replace(transformed, deltas=changed)) == {}


def test_a_delta_of_some_keys_is_counted_with_the_rows_that_stay(org_18: SmallOrg) -> None:
    accounts = [{"id": f"001{number:04}", "name": "Acme"} for number in range(1_001)]
    org_18.stage("Account", *accounts)
    org_18.sync()
    org_18.delete("Account", *(one["id"] for one in accounts[:301]))
    run = org_18.start_run()
    transformed = org_18.transform(run)
    with pytest.raises(CheckFailed, match=r"rows_do_not_vanish of marts\.companies fails: it had"
                       r" 1,001 rows and would have 700\. Look for records") as caught:
        audit(org_18.conn, run, models=org_18.models, transformed=transformed)
    assert caught.value.checks == ("companies.rows_do_not_vanish",)
    org_18.stage("Account", {"id": accounts[0]["id"], "_is_deleted": False})
    assert org_18.sync()["companies"].deleted == 300


def test_a_full_synchronization_publishes_a_jump_that_is_meant(org_18: SmallOrg) -> None:
    transformed = with_counts(org_18, before=10_000, after=0)
    found = broken(org_18, transformed, kind="full")
    assert ("companies", "rows_do_not_vanish") in found
    assert not any(CheckResult(table, one).stops_the_publish for (table, _), one in found.items())


def changed_on(org: SmallOrg, sobject: str, *days_ago: int, count: int = 1) -> None:
    """Syncs in which an object changed, so many days before noon."""
    for days in days_ago:
        moment = NOON - timedelta(days=days)
        run_id = f"{sobject}-{days}"
        org.conn.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at, until)"
            " values (%s, 'acme', 'incremental', 'success', 0, %s, %s)", [run_id, moment, moment])
        org.conn.execute(
            "insert into sync.run_objects (run_id, org, sobject, way, until, updated)"
            " values (%s, 'acme', %s, 'rest', %s, %s)", [run_id, sobject, moment, count])
    org.conn.commit()


LIVELY = (8, 9, 10, 11, 12)


def test_every_object_that_falls_silent_is_noticed(org_18: SmallOrg) -> None:
    for sobject in ("Opportunity", "Account", "Contact", "Task"):
        changed_on(org_18, sobject, *LIVELY)
    found = broken(org_18)
    assert set(found) == names_of(org_18, "silence")
    assert found["staging.task", "changes_keep_coming"].words == (
        "nothing changed since 2026-04-26 12:00 UTC, and before that something did on 5 of 14 days")


@pytest.mark.parametrize("days", [(7, 8, 9, 10, 11), (8, 9, 10, 11), (8, 30, 31, 32, 33), (),
                                  (70, 71, 72, 73, 74)])
def test_a_short_silence_and_one_of_an_object_that_seldom_changes_are_none(
    org_18: SmallOrg, days: tuple[int, ...]
) -> None:
    changed_on(org_18, "Opportunity", *days)
    assert broken(org_18) == {}


def test_syncs_that_found_nothing_end_no_silence(org_18: SmallOrg) -> None:
    changed_on(org_18, "Opportunity", *LIVELY)
    changed_on(org_18, "Opportunity", 1, count=0)
    assert set(broken(org_18)) == {("staging.opportunity", "changes_keep_coming")}


def test_silence_is_recorded_by_a_sync_in_which_nothing_changed(org_18: SmallOrg) -> None:
    changed_on(org_18, "Opportunity", *LIVELY)
    audit(org_18.conn, org_18.start_run(), models=org_18.models, transformed=NOTHING)
    (row,) = org_18.rows("select mart, severity, words from sync.checks where not is_passed")
    assert (row["mart"], row["severity"]) == ("staging.opportunity", "warning")
    assert row["words"].startswith("nothing changed since 2026-04-26")


def behind(org: SmallOrg, *, syncs: int) -> dict[tuple[str, str], Outcome]:
    """The measures that do not hold when Invoice__c was last read so many syncs ago."""
    for hours in range(syncs, 0, -1):
        moment = NOON - timedelta(hours=hours)
        org.conn.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at, until)"
            " values (%s, 'acme', 'incremental', 'partial', 0, %s, %s)",
            [f"hourly-{hours}", moment, moment])
    org.conn.execute(
        "insert into sync.watermarks (org, sobject, kind, complete_until)"
        " values ('acme', 'Invoice__c', 'changes', %s), ('acme', 'Removed__c', 'changes', %s)",
        [NOON - timedelta(hours=syncs), NOON - timedelta(days=99)])
    run = org.start_run()
    org.conn.execute("update sync.runs set until = %s where run_id = %s", [NOON, run.run_id])
    org.conn.execute(
        "insert into sync.run_objects (run_id, org, sobject, way, until)"
        " values (%s, 'acme', 'Invoice__c', 'rest', %s)", [run.run_id, NOON])
    org.conn.commit()
    found = measured(org.conn, run, models=org.models, transformed=NOTHING)
    return {(table, one.check.name): one for table, one in found if not one.is_passed}


def test_an_object_that_no_sync_of_late_read_to_the_end_is_noticed(org_18: SmallOrg) -> None:
    found = behind(org_18, syncs=3)
    assert set(found) == names_of(org_18, "lag")
    (one,) = found.values()
    assert (one.keys, one.words) == (
        ("Invoice__c",), "Invoice__c is complete until 2026-05-04 09:00 UTC")


def test_an_object_that_one_sync_of_late_read_to_the_end_is_not_behind(org_18: SmallOrg) -> None:
    assert behind(org_18, syncs=2) == {}
