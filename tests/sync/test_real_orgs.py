"""Real data through all stations: what the marts hold is known by hand."""

from collections import Counter

import pytest

from simulator.changes import change_org
from tests.driver import minimums

PROCESSES = ["GTX Sales", "MG Sales", "GTK Sales"]


@pytest.fixture(scope="module")
def crm(desk_of):
    desk = desk_of("crm").configured(pipelines={"mode": "split", "sales_processes": PROCESSES})
    report = desk.sync("full")
    assert report.status == "success", report.run["message"]
    return desk


def test_every_opportunity_of_crm_is_in_the_mart_with_its_status(crm):
    found = Counter(row["status"] for row in crm.rows("select status from marts.opportunities"))
    assert found == {"won": 4238, "lost": 2473, "open": 2089}


def test_the_won_amount_of_crm_is_exact(crm):
    assert crm.value("select sum(amount) from marts.opportunities where status = 'won'") == 10005534


def test_opportunities_without_a_company_stay(crm):
    query = "select count(*) from marts.opportunities where company_id is null"
    assert crm.value(query) == 1425


def test_the_pipelines_of_crm_are_its_sales_processes(crm):
    found = crm.rows("""
        select p.pipeline_name, count(*) as opportunities from marts.opportunities as o
        inner join marts.pipelines as p using (org, pipeline_id) group by p.pipeline_name""")
    assert {row["pipeline_name"]: row["opportunities"] for row in found} == {
        "GTX Sales": 5697, "MG Sales": 3063, "GTK Sales": 40}


def test_the_companies_of_crm_know_their_parents(crm):
    found = crm.rows("select count(*) as all, count(parent_company_id) as with_a_parent"
                     " from marts.companies")
    assert found == [{"all": 85, "with_a_parent": 15}]


def test_only_agents_who_own_something_became_members(crm):
    query = "select count(*) from marts.members where is_imported and not is_active"
    owners = "select count(distinct owner_id) from staging_demo.opportunity"
    assert crm.value(query) >= crm.value(owners) == 30


def test_each_excluded_opportunity_has_its_reason(crm):
    only_new = crm.configured(opportunity_types=["New Customer"])
    report = only_new.sync()
    reasons = Counter(row["reason"] for row in crm.rows(
        "select reason from marts.opportunity_exclusions"))
    assert report.status == "success"
    assert crm.value("select count(*) from marts.opportunities") == 85
    assert reasons == {"type_not_selected": 8715}


def test_an_opportunity_without_an_amount_is_below_a_minimum(crm):
    crm.configured(opportunity_minimums=minimums(amount="1000")).sync()
    found = crm.rows("""
        select count(*) as excluded, count(o.amount) as with_an_amount
        from marts.opportunity_exclusions as x
        inner join staging_demo.opportunity as o on o.id = x.opportunity_id
        where x.reason = 'amount_below_minimum' and (o.amount is null or o.amount < 1000)""")
    without = "select count(*) from staging_demo.opportunity where amount is null or amount < 1000"
    assert found[0]["excluded"] == crm.value(without)
    assert found[0]["excluded"] - found[0]["with_an_amount"] == 2089


COUNTS = {
    "nonprofit-1k": {"account": 1223, "contact": 1024, "opportunity": 1517,
                     "opportunity_contact_role": 3499},
    "nonprofit-real-ids": {"account": 115, "contact": 166, "opportunity": 102,
                           "opportunity_contact_role": 222, "event": 6},
    "recipes": {"account": 50, "contact": 150, "opportunity": 50},
}


@pytest.mark.parametrize("way", ["rest", "bulk"])
@pytest.mark.parametrize("name", COUNTS)
def test_every_field_of_every_record_is_the_orgs_own(desk_of, name, way, read_by):
    read_by(way)
    desk = desk_of(name)
    report = desk.sync("full")
    assert report.status == "success", report.run["message"]
    for table, count in COUNTS[name].items():
        assert desk.value(f"select count(*) from staging_demo.{table}") == count
    assert desk.differences() == []


def test_real_ids_survive(desk_of, org_folder):
    desk = desk_of("nonprofit-real-ids")
    desk.sync("full")
    kept = {row["id"] for row in desk.rows("select id from staging_demo.opportunity")}
    lines = (org_folder("nonprofit-real-ids") / "Opportunity.csv").read_text("utf-8").splitlines()
    assert "0066g00000mEB4yAAG" in kept
    assert {line[:18] for line in lines if line.startswith("006")} == kept


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_every_field_of_a_generated_org_is_the_orgs_own(generated_desk, way, read_by):
    """What takes the real orgs' place in a checkout that has none beside it."""
    read_by(way)
    desk = generated_desk(size=300, seed=11)
    assert desk.sync("full").status == "success"
    assert desk.value("select count(*) from staging_demo.opportunity") == 300
    assert desk.differences() == []


def test_a_days_work_in_crm_arrives_exactly(desk_of):
    """The changes that `make run` makes: inserts, updates, deletes, changed owners."""
    desk = desk_of("crm")
    desk.sync("full")
    desk.wait(3600)
    did = change_org(desk.org.org.store, 5, inserts=12, updates=25, deletes=3, owner_changes=2,
                     record_type_changes=2)
    assert [len(ids) for ids in did.values()] == [12, 25, 3, 2, 2]
    desk.wait(3600)
    (opportunities,) = [one for one in desk.sync().objects if one["sobject"] == "Opportunity"]
    assert opportunities["inserted"] == len(did["inserted"])
    assert opportunities["deleted"] == len(did["deleted"])
    assert opportunities["updated"] == len(
        {*did["updated"], *did["owner_changed"], *did["record_type_changed"]})
    assert desk.differences() == []


def test_an_owner_change_in_crm_is_seen_at_both_owners(desk_of):
    desk = desk_of("crm")
    desk.sync("full")
    count = "select count(*) from marts.opportunities where owner_member_id = '{}'"
    owners = desk.rows("select owner_id, min(id) as id from staging_demo.opportunity"
                       " group by owner_id order by count(*) desc limit 2")
    giver, taker = owners[0]["owner_id"], owners[1]["owner_id"]
    before = desk.value(count.format(giver)), desk.value(count.format(taker))
    desk.wait(3600)
    desk.org.org.store.update("Opportunity", owners[0]["id"], {"OwnerId": taker})
    desk.wait(3600)
    desk.sync()
    assert (desk.value(count.format(giver)), desk.value(count.format(taker))) == (
        before[0] - 1, before[1] + 1)
