"""Pipelines of an org whose stages and record types change under its opportunities."""

from datetime import date

import pytest

from tests.driver import Desk, minimums


@pytest.fixture
def desk(generated_desk) -> Desk:
    return generated_desk(size=20)


def stages_in_use(desk: Desk) -> list[str]:
    """The Ids of stages that opportunities are in, the fullest first."""
    return [row["stage_id"] for row in desk.rows(
        "select stage_id from marts.opportunities group by stage_id order by count(*) desc, 1")]


def in_stage(desk: Desk, stage: str) -> list[dict]:
    name = desk.value(f"select api_name from staging_demo.opportunity_stage where id = '{stage}'")
    return desk.rows("select distinct stage_id, stage_name from marts.opportunities"
                     f" where _stage_name = '{name}'")


def offering(desk: Desk, stage: str) -> set[tuple[str, bool]]:
    """The pipelines that have the stage, and whether it is active there."""
    return {(row["pipeline_id"], row["is_active"]) for row in desk.rows(
        f"select pipeline_id, is_active from marts.pipeline_stages where stage_id = '{stage}'")}


def pipelines_in_use(desk: Desk, stage: str) -> set[str]:
    return {row["pipeline_id"] for row in desk.rows(
        f"select distinct pipeline_id from marts.opportunities where stage_id = '{stage}'")}


def test_stages_are_renamed_deactivated_and_deleted_with_opportunities_in_them(desk):
    store = desk.org.org.store
    desk.sync("full")
    renamed, deactivated, deleted = stages_in_use(desk)[:3]
    using = pipelines_in_use(desk, deactivated)
    desk.wait(3600)
    store.update("OpportunityStage", renamed, {"MasterLabel": "Under a new name"})
    store.update("OpportunityStage", deactivated, {"IsActive": False})
    gone = store.get("OpportunityStage", deleted)["ApiName"]
    store.hard_delete("OpportunityStage", deleted)
    desk.wait(60)
    report = desk.sync()
    assert report.status == "success", report.run["message"]
    assert in_stage(desk, renamed) == [{"stage_id": renamed, "stage_name": "Under a new name"}]
    assert {(pipeline, False) for pipeline in using} <= offering(desk, deactivated)
    assert offering(desk, deleted) == set()
    assert in_stage(desk, deleted) == [{"stage_id": None, "stage_name": gone}]
    warned = {row["check_name"] for row in report.checks if not row["is_passed"]}
    assert "stage_belongs_to_the_pipeline" in warned
    rebuilt = desk.with_an_empty_warehouse()
    assert rebuilt.sync("full").status == "success"
    assert desk.marts() == rebuilt.marts()


def test_an_org_that_gets_its_first_record_types_gets_its_pipelines(desk):
    """api.md 5.6: RecordTypeId is absent from the describe until the org has record types."""
    store, permissions = desk.org.org.store, desk.org.org.permissions
    record_types = list(store.records("RecordType"))
    for one in record_types:
        store.hard_delete("RecordType", one["Id"])
    permissions.hide("Opportunity", "RecordTypeId")
    first = desk.sync("full")
    assert (first.status, first.findings) == ("success", [])
    without = desk.configured(pipelines={"mode": "split", "without_record_type": "exclude"})
    desk.wait(3600)
    assert without.sync().status == "success"
    assert desk.value("select count(*) from marts.opportunities") == 0
    assert desk.rows("select distinct reason, value, setting from marts.opportunity_exclusions"
                     ) == [{"reason": "sales_process_not_selected", "value": None,
                            "setting": "pipelines.without_record_type: exclude"}]
    desk.wait(3600)
    for one in record_types:
        store.insert("RecordType", one)
    permissions.show("Opportunity", "RecordTypeId")
    desk.wait(60)
    report = desk.sync()
    assert report.status == "success", report.run["message"]
    rebuilt = desk.with_an_empty_warehouse()
    rebuilt.sync("full")
    assert desk.marts() == rebuilt.marts()
    assert desk.value("select count(distinct pipeline_id) from marts.opportunities") > 1


def test_what_settings_leave_out_of_the_marts_is_read_all_the_same(desk, sent):
    strict = desk.configured(
        start_date=date(2026, 1, 1), opportunity_minimums=minimums(probability="90", amount="1"),
        opportunity_types=["New Customer"],
        pipelines={"mode": "split", "sales_processes": ["Renewals"]})
    assert strict.sync("full").status == "success"
    assert desk.differences() == []
    assert desk.value("select count(distinct opportunity_id) from marts.opportunity_exclusions") > 0
    asked = [one for one in sent if "FROM Opportunity " in one and "Amount" in one]
    assert asked
    assert [one for one in asked if "Amount >" in one or "Type =" in one or "CreatedDate >" in one
            ] == []
