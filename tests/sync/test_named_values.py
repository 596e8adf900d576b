"""Settings that name the org's own values, held against the simulated org by whole syncs."""

import pytest

from tests.driver import Desk


@pytest.fixture
def desk(generated_desk) -> Desk:
    return generated_desk(size=12)


def split(*names: str) -> dict:
    return {"mode": "split", "sales_processes": list(names)}


def codes(report) -> list[str]:
    return [one["code"] for one in report.findings]


def test_a_first_sync_with_an_unknown_type_fails_and_the_next_one_publishes_what_it_read(desk):
    report = desk.configured(opportunity_types=["New Custmer"]).sync("full")
    assert report.status == "failed"
    assert "orgs.demo.opportunity_types, item 1 is New Custmer" in report.run["message"]
    assert "the nearest it has: New Customer" in report.run["message"]
    assert desk.marts() == {}
    desk.wait(3600)
    mended = desk.configured(opportunity_types=["New Customer"])
    report = mended.sync()
    assert report.status == "success"
    assert sum(one["fetched"] for one in report.objects if one["sobject"] == "Account") == 0
    query = "select distinct opportunity_type from marts.opportunities"
    assert desk.rows(query) == [{"opportunity_type": "New Customer"}]


def test_a_setting_that_becomes_unknown_leaves_the_old_marts_to_analysts(desk):
    assert desk.sync("full").status == "success"
    before = desk.marts()
    desk.wait(3600)
    report = desk.configured(pipelines=split("Renewal")).sync()
    assert (report.status, codes(report)) == ("failed", ["SettingsInvalid"])
    assert "the nearest it has: Renewals" in report.run["message"]
    assert desk.marts() == before


def test_a_type_of_the_picklist_that_no_opportunity_has_is_known(desk):
    store = desk.org.org.store
    for one in list(store.records("Opportunity")):
        store.update("Opportunity", one["Id"], {"Type": "New Customer"})
    report = desk.configured(opportunity_types=["Existing Customer - Upgrade"]).sync("full")
    assert (report.status, report.findings) == ("success", [])
    assert desk.value("select count(*) from marts.opportunities") == 0


def test_a_renamed_sales_process_is_followed_by_its_id(desk):
    chosen = desk.configured(pipelines=split("Renewals"))
    assert chosen.sync("full").status == "success"
    (before,) = desk.rows("select pipeline_id, pipeline_name from marts.pipelines"
                          " where pipeline_name <> 'Default'")
    desk.wait(3600)
    desk.org.org.store.update("BusinessProcess", before["pipeline_id"], {"Name": "Extensions"})
    desk.wait(60)
    report = chosen.sync()
    assert (report.status, codes(report)) == ("success", ["sales_process_renamed"])
    assert desk.rows("select pipeline_id, pipeline_name from marts.pipelines"
                     " where pipeline_name <> 'Default'") == [
        {**before, "pipeline_name": "Extensions"}]
    desk.wait(60)
    report = desk.configured(pipelines=split("Extensions")).sync()
    assert (report.status, codes(report)) == ("success", [])
