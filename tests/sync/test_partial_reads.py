"""Fields that changes do not bring: new ones, and formulas that drift without a stamp."""

from datetime import timedelta

import pytest

from salesforce_elt import partial, stations
from salesforce_elt.errors import QuotaReached
from tests.driver import Desk

NEW = {"object": "Opportunity", "field": "Region__c string 40"}


@pytest.fixture
def desk(generated_desk) -> Desk:
    return generated_desk(size=5)


def ids(desk: Desk, sobject: str = "Opportunity") -> list[str]:
    return [one["Id"] for one in desk.org.org.store.records(sobject)]


def declare(desk: Desk, **body: str) -> None:
    desk.administer("fields", body)


def set_in_silence(desk: Desk, sobject: str, record_id: str, **values: object) -> None:
    """As a backfill in Setup: the value is there, the stamp did not move."""
    record = desk.org.org.store.get(sobject, record_id)
    desk.org.org.store.replace(sobject, [{**record, **values}])


def add_a_region(desk: Desk, value: str = "North") -> None:
    declare(desk, **NEW)
    for one in ids(desk):
        set_in_silence(desk, "Opportunity", one, Region__c=value)


def regions(desk: Desk) -> list[str | None]:
    rows = desk.rows("select distinct region__c from staging_demo.opportunity")
    return [row["region__c"] for row in rows]


def fetched(report) -> dict[str, int]:
    return {one["sobject"]: one["fetched"] for one in report.objects if one["fetched"]}


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_a_new_field_is_filled_for_old_records_by_a_read_of_that_field_alone(desk, way, read_by):
    read_by(way)
    desk.sync("full")
    add_a_region(desk)
    desk.wait(3600)
    report = desk.sync()
    assert report.status == "success", report.run["message"]
    assert regions(desk) == ["North"]
    assert fetched(report) == {}
    (asked,) = desk.rows("select e.fields, p.way from sync.extracts as e inner join"
                         " sync.extract_parts as p on p.extract_id = e.extract_id"
                         " where e.purpose = 'fields'")
    assert asked == {
        "way": way, "fields": ["Id", "SystemModstamp", "IsDeleted", "Region__c"]}


def test_a_new_field_is_filled_once(desk):
    desk.sync("full")
    add_a_region(desk)
    desk.wait(3600)
    desk.sync()
    desk.wait(3600)
    report = desk.sync()
    assert report.findings == []
    assert report.run["api_calls"] <= 6


def test_a_fill_that_was_deferred_is_made_up_for_by_the_next_sync(desk, monkeypatch):
    desk.sync("full")
    add_a_region(desk)
    desk.wait(3600)

    def deferred(*arguments: object) -> None:
        raise QuotaReached("Not asked.", quota="DailyApiRequests", used=1, allowed=1)

    with monkeypatch.context() as patch:
        patch.setattr(partial, "land_answer", deferred)
        assert desk.sync().status != "success"
    assert regions(desk) == [None]
    desk.wait(3600)
    assert desk.sync().status == "success"
    assert regions(desk) == ["North"]


class Killed(BaseException):
    """What a SIGKILL looks like from inside: nothing is cleaned up, nothing recorded."""


def test_a_fill_that_is_killed_before_its_merge_is_merged_by_the_next_try_and_not_asked_again(
    desk, monkeypatch, read_by
):
    read_by("bulk")
    desk.sync("full")
    add_a_region(desk)
    desk.wait(3600)
    run = stations.start(desk.site, desk.request())
    assert "Opportunity" in stations.make_plan(desk.site, run)

    def killed(*arguments: object, **options: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(partial, "merge_partial", killed)
        with pytest.raises(Killed):
            stations.extract_object(desk.site, run, "Opportunity")
    status = "select status from sync.run_objects where sobject = 'Opportunity' and run_id = '{}'"
    assert desk.value(status.format(run.run_id)) == "planned"
    assert stations.extract_object(desk.site, run, "Opportunity").updated == 5
    assert desk.value(status.format(run.run_id)) == "success"
    assert desk.value("select count(*) from sync.extracts where purpose = 'fields'") == 1
    assert stations.extract_object(desk.site, run, "Opportunity").updated == 0


def test_a_record_that_changes_while_a_new_field_is_filled_ends_with_its_newest_value(desk):
    desk.sync("full")
    add_a_region(desk)
    desk.wait(3600)
    first, second = ids(desk)[:2]

    def work(station: str, run: object) -> None:
        if station == "extract Opportunity":
            desk.wait(5)
            desk.org.org.store.update("Opportunity", first, {"Region__c": "South", "Amount": 1})
            desk.org.org.store.delete("Opportunity", second)

    desk.sync(between=work)
    desk.wait(3600)
    assert desk.sync().status == "success"
    assert desk.differences() == []


def test_a_new_field_of_a_setup_object_is_read_with_all_of_it(desk):
    desk.org.org.permissions.hide("UserRole", "ParentRoleId")
    desk.sync("full")
    desk.org.org.permissions.show("UserRole", "ParentRoleId")
    desk.wait(3600)
    assert desk.sync().status == "success"
    assert desk.differences() == []


@pytest.mark.parametrize("kind", ["incremental", "full"])
def test_a_field_that_is_hidden_keeps_its_values_and_the_results_name_the_grant(desk, kind):
    desk.sync("full")
    leads = desk.value("select count(lead_source) from staging_demo.opportunity")
    desk.org.org.permissions.hide("Opportunity", "LeadSource")
    desk.wait(3600)
    desk.org.org.store.update("Opportunity", ids(desk)[0], {"Name": "Changed meanwhile"})
    desk.wait(3600)
    for _ in range(2):
        report = desk.sync(kind)
        assert report.status == "success"
        (found,) = report.findings
        assert (found["code"], found["field"]) == ("field_hidden", "LeadSource")
        assert "read access to the field" in found["message"]
        assert desk.value("select count(lead_source) from staging_demo.opportunity") == leads > 0
        desk.wait(3600)


def test_a_hidden_field_whose_column_was_dropped_is_not_missed(desk):
    desk.sync("full")
    desk.org.org.permissions.hide("Opportunity", "LeadSource")
    desk.wait(3600)
    desk.sync()
    for table in ("opportunity", "opportunity__before"):
        desk.execute(f"alter table staging_demo.{table} drop column lead_source")
    desk.wait(3600)
    assert desk.sync().findings == []


def with_formulas(desk: Desk) -> Desk:
    declare(desk, object="Opportunity", field="Age__c double 18,0",
            formula="TODAY() - DATEVALUE(CreatedDate)")
    declare(desk, object="Opportunity", field="Firm__c string 255", formula="Account.Name")
    desk.sync("full")
    return desk


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_formulas_that_drift_without_a_stamp_are_refreshed_by_a_reconcile(desk, way, read_by):
    read_by(way)
    with_formulas(desk)
    ages = desk.rows("select id, age__c from staging_demo.opportunity order by id")
    desk.org.org.clock.advance(timedelta(hours=30))
    account = desk.value("select min(account_id) from staging_demo.opportunity")
    desk.org.org.store.update("Account", account, {"Name": "Renamed"})
    desk.wait(3600)
    report = desk.sync("reconcile")
    assert report.status == "success", report.run["message"]
    later = desk.rows("select id, age__c from staging_demo.opportunity order by id")
    assert [new["age__c"] - old["age__c"] for old, new in zip(ages, later, strict=True)] == [1] * 5
    query = f"select distinct firm__c from staging_demo.opportunity where account_id = '{account}'"
    assert desk.value(query) == "Renamed"


def test_refreshed_fields_reach_the_marts(desk):
    desk.sync("full")
    first = ids(desk)[0]
    set_in_silence(desk, "Opportunity", first, Type="New Customer", Name="In silence")
    desk.wait(3600)
    settings = {"Opportunity": {"refresh_fields": ["name"]}}
    assert desk.configured(objects=settings).sync("reconcile").status == "success"
    query = f"select opportunity_name from marts.opportunities where opportunity_id = '{first}'"
    assert desk.value(query) == "In silence"


def test_an_incremental_sync_leaves_formulas_as_old_as_their_records(desk):
    with_formulas(desk)
    account = desk.value("select min(account_id) from staging_demo.opportunity")
    desk.org.org.store.update("Account", account, {"Name": "Renamed"})
    desk.wait(3600)
    desk.sync()
    query = "select count(*) from staging_demo.opportunity where firm__c = 'Renamed'"
    assert desk.value(query) == 0


def test_reconciling_twice_changes_nothing(desk):
    with_formulas(desk)
    desk.wait(3600)
    desk.sync("reconcile")
    before = desk.marts()
    desk.wait(60)
    report = desk.sync("reconcile")
    assert sum(one["updated"] + one["deleted"] + one["inserted"] for one in report.objects) == 0
    assert report.findings == []
    assert desk.marts() == before


def kinds(desk: Desk) -> list[str]:
    return [row["kind"] for row in desk.rows("select kind from sync.runs order by started_at")]


def test_the_first_sync_of_a_day_reconciles(desk):
    desk.sync("full")
    for hours in (1, 16, 1, 23):
        desk.org.org.clock.advance(timedelta(hours=hours))
        desk.sync()
    assert kinds(desk) == ["full", "incremental", "reconcile", "incremental", "reconcile"]


def test_a_reconcile_that_did_not_succeed_is_made_up_for_by_the_next_sync(desk, monkeypatch):
    desk.sync("full")
    desk.org.org.clock.advance(timedelta(hours=24))
    failing = desk.fail_on("Contact", monkeypatch)
    assert desk.sync().status == "partial"
    failing.undo()
    desk.wait(60)
    assert desk.sync().status == "success"
    desk.wait(60)
    desk.sync()
    assert kinds(desk) == ["full", "reconcile", "reconcile", "incremental"]


def test_an_org_that_never_reconciles_does_not(desk):
    never = desk.configured(reconcile="never")
    never.sync("full")
    desk.org.org.clock.advance(timedelta(days=40))
    never.sync()
    assert kinds(desk) == ["full", "incremental"]
