"""From pending batches to marts: what is computed, what is published, and what a kill leaves."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from salesforce_elt.deltas import Transformed
from salesforce_elt.errors import LeaseLost
from salesforce_elt.publish import UNCHANGED
from salesforce_elt.settings.models import Minimums, Pipelines
from tests.warehouse.small_org import SmallOrg

OPEN = {"is_closed": False, "is_won": False}


def with_two_opportunities(org: SmallOrg) -> SmallOrg:
    org.stage("User", {"id": "0051", "name": "Ann"}, {"id": "0052", "name": "Ben"})
    org.stage("Account", {"id": "0011", "name": "Acme", "owner_id": "0051"})
    org.stage(
        "Opportunity",
        {"id": "006A", "name": "A", "amount": 10, "owner_id": "0051", "account_id": "0011", **OPEN},
        {"id": "006B", "name": "B", "amount": 20, "owner_id": "0052", **OPEN},
    )
    return org


def tables(org: SmallOrg, schema: str) -> set[str]:
    query = f"select tablename from pg_tables where schemaname = '{schema}'"
    return {row["tablename"] for row in org.rows(query)}


def test_the_first_sync_makes_every_mart(org: SmallOrg) -> None:
    counts = with_two_opportunities(org).sync()
    assert tables(org, "marts") == set(org.models.marts)
    assert {mart: one.inserted for mart, one in counts.items()} == {
        "activities": 0, "companies": 1, "contacts": 0, "members": 2, "opportunities": 2,
        "opportunity_exclusions": 0, "opportunity_states": 0, "opportunity_stage_history": 0,
        "pipeline_stages": 0, "pipelines": 1,
    }


def test_changes_arrive_exactly_and_an_owners_change_at_both_owners(org: SmallOrg) -> None:
    with_two_opportunities(org).sync()
    org.stage("Opportunity", {"id": "006B", "owner_id": "0051"}, {"id": "006C", **OPEN})
    org.delete("Opportunity", "006A")
    counts = org.sync()
    opportunities = {row["opportunity_id"]: row["owner_member_id"]
                     for row in org.mart("opportunities")}
    assert opportunities == {"006B": "0051", "006C": None}
    assert [row["member_id"] for row in org.mart("members")] == ["0051"]
    assert str(counts["opportunities"]) == (
        "opportunities: 1 inserted, 1 updated, 1 deleted, 2 rows now (3 Opportunity changes)")


def test_syncing_twice_changes_nothing(org_18: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    run = org_18.start_run()
    assert org_18.transform(run) == Transformed(batches=(), deltas=())


def test_a_run_without_changes_is_published_and_says_so(org_18: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    counts = org_18.sync()
    assert {one.reason for one in counts.values()} == {UNCHANGED}
    assert counts["opportunities"].row_count == 2


def test_only_marts_that_read_what_changed_are_computed(org_18: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    org_18.stage("Task", {"id": "00T1", "what_id": "0011"})
    transformed = org_18.transform(org_18.start_run())
    assert [delta.mart for delta in transformed.deltas] == ["activities"]


def test_a_change_that_reaches_no_key_leaves_no_table_behind(org_18: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    org_18.stage("RecordType", {"id": "0121", "name": "Of no opportunity"})
    org_18.sync()
    assert tables(org_18, "delta") == set()


def test_a_changed_setting_recomputes_and_says_which(org: SmallOrg) -> None:
    with_two_opportunities(org).sync()
    counts = org.sync(opportunity_minimums=Minimums(amount=Decimal(15)))
    assert [row["opportunity_id"] for row in org.mart("opportunities")] == ["006B"]
    assert [row["opportunity_id"] for row in org.mart("opportunity_exclusions")] == ["006A"]
    assert counts["opportunities"].reason == "settings changed: opportunity_minimums"


def test_settings_that_a_mart_does_not_depend_on_leave_it_alone(org_18: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    counts = org_18.sync(start_date=date(2024, 1, 1), pipelines=Pipelines(mode="split"))
    assert counts["companies"].reason == UNCHANGED
    assert counts["pipelines"].reason == "settings changed: start_date, pipelines"


def test_a_changed_member_directory_recomputes(org_18: SmallOrg, tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text("member_id,member_name,email\n")
    members = org_18.settings.members.model_copy(update={"directory": file})
    with_two_opportunities(org_18).sync(members=members)
    org_18.stage("User", {"id": "0051", "name": "Ann", "email": "ann@acme.example"})
    org_18.sync()
    file.write_text("member_id,member_name,email\nm1,Ann,ann@acme.example\n")
    counts = org_18.sync()
    assert [row["member_id"] for row in org_18.mart("members")] == ["0052", "m1"]
    assert org_18.mart("companies")[0]["owner_member_id"] == "m1"
    assert counts["companies"].reason == "settings changed: members.directory"


def test_a_batch_that_commits_after_the_transform_stays_pending(org: SmallOrg) -> None:
    with_two_opportunities(org)
    run = org.start_run()
    transformed = org.transform(run)
    late = org.stage("Opportunity", {"id": "006C", **OPEN})
    org.publish(run, transformed)
    assert len(org.mart("opportunities")) == 2
    assert [row["batch_id"] for row in org.rows("select * from sync.pending_batches")] == [late]


def test_a_publish_removes_the_before_rows_of_its_batches_only(org_18: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    org_18.stage("Opportunity", {"id": "006A", "amount": 11})
    run = org_18.start_run()
    transformed = org_18.transform(run)
    org_18.stage("Opportunity", {"id": "006A", "amount": 12})
    org_18.publish(run, transformed)
    before = org_18.rows("select id, amount from staging_acme.opportunity__before")
    assert before == [{"id": "006A", "amount": Decimal(11)}]


def test_publishing_again_after_a_kill_returns_the_same_counts(org: SmallOrg) -> None:
    with_two_opportunities(org)
    run = org.start_run()
    transformed = org.transform(run)
    first = org.publish(run, transformed)
    assert org.publish(run, transformed) == first


def test_transforming_again_after_a_kill_drops_what_was_left(org_18: SmallOrg) -> None:
    run = with_two_opportunities(org_18).start_run()
    killed = org_18.transform(run)
    org_18.publish(run, org_18.transform(run))
    assert killed.batches
    assert tables(org_18, "delta") == set()
    assert len(org_18.mart("opportunities")) == 2


def test_deltas_that_another_attempt_replaced_are_not_published(org_18: SmallOrg) -> None:
    run = with_two_opportunities(org_18).start_run()
    replaced = org_18.transform(run)
    org_18.transform(run)
    with pytest.raises(LeaseLost, match="another attempt"):
        org_18.publish(run, replaced)


def test_a_run_whose_lease_was_taken_neither_transforms_nor_publishes(org: SmallOrg) -> None:
    run = with_two_opportunities(org).start_run()
    transformed = org.transform(run)
    org.start_run()
    with pytest.raises(LeaseLost, match="held by acme-2"):
        org.publish(run, transformed)
    with pytest.raises(LeaseLost, match="held by acme-2"):
        org.transform(run)


def test_a_publish_that_breaks_in_the_middle_leaves_the_old_marts(org_18: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    org_18.stage("Account", {"id": "0012", "name": "New"})
    org_18.stage("Opportunity", {"id": "006C", **OPEN})
    run = org_18.start_run()
    transformed = org_18.transform(run)
    org_18.conn.execute('insert into delta."acme__opportunities" (org) values (\'acme\')')
    org_18.conn.commit()
    with pytest.raises(psycopg.errors.NotNullViolation):
        org_18.publish(run, transformed)
    assert len(org_18.mart("companies")) == 1
    assert len(org_18.rows("select * from sync.pending_batches")) == 2


def test_a_run_whose_tasks_are_cleared_publishes_what_came_since(org_18: SmallOrg) -> None:
    run = with_two_opportunities(org_18).start_run()
    org_18.publish(run, org_18.transform(run))
    org_18.stage("Opportunity", {"id": "006C", **OPEN})
    counts = org_18.publish(run, org_18.transform(run))
    assert (counts["opportunities"].inserted, counts["opportunities"].row_count) == (3, 3)


def test_orgs_do_not_see_each_other(org_18: SmallOrg, other_org: SmallOrg) -> None:
    with_two_opportunities(org_18).sync()
    other_org.stage("Opportunity", {"id": "006A", "name": "of the other org", **OPEN})
    other_org.sync()
    other_org.delete("Opportunity", "006A")
    other_org.sync()
    assert len(org_18.mart("opportunities")) == 2
    assert other_org.mart("opportunities") == []


def test_a_transform_leaves_the_deltas_of_other_orgs_alone(
    org_18: SmallOrg, other_org: SmallOrg
) -> None:
    other_run = other_org.start_run()
    transformed = other_org.transform(other_run)
    org_18.sync()
    assert other_org.publish(other_run, transformed)["pipelines"].inserted == 1


def test_what_a_publish_takes_over_survives_xcom(org_18: SmallOrg) -> None:
    transformed = with_two_opportunities(org_18).transform(org_18.start_run())
    told = json.dumps(transformed.to_json())
    assert Transformed.from_json(json.loads(told)) == transformed
