"""What analysts ask of the marts after whole syncs: histories, and amounts in one currency."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import pytest

from simulator.admin.filling import replace_by_generated
from simulator.changes import change_org
from simulator.org import Org
from tests.driver import Desk

CENT = Decimal("0.01")


def to_cents(amount: object) -> Decimal:
    """As the org rounds what it converts."""
    return Decimal(str(amount)).quantize(CENT, ROUND_HALF_UP)


@pytest.fixture(scope="module")
def desk(generated_desk) -> Desk:
    """A generated org after a full sync, changes, and an incremental one."""
    made = generated_desk(size=300)
    made.sync("full")
    change_org(made.org.org.store, 3, updates=60, deletes=10)
    made.org.org.clock.advance(timedelta(minutes=30))
    report = made.sync()
    assert report.status == "success", report.run["message"]
    return made


def test_every_opportunity_is_in_the_stage_of_its_last_stay(desk):
    query = """
        select opportunities.opportunity_id from marts.opportunities
        left join marts.opportunity_stage_history as stays
            using (org, opportunity_id)
        where stays.left_at is null and stays.stage_id is distinct from opportunities.stage_id"""
    assert desk.rows(query) == []


def test_there_is_a_state_for_each_row_that_salesforce_noted(desk):
    synced = {row["opportunity_id"] for row in desk.rows("select * from marts.opportunities")}
    noted = {one["Id"] for one in desk.org.org.store.records("OpportunityHistory")
             if one["OpportunityId"] in synced and not one["IsDeleted"]}
    states = {row["history_id"] for row in desk.rows("select * from marts.opportunity_states")}
    assert states == noted
    assert len(states) > len(synced)


def test_the_pipeline_of_today_is_that_of_the_opportunities(desk):
    desk.execute("""
        create view marts_today as select stage_name, sum(opportunity_count) as opportunities,
            sum(amount) as amount
        from marts.pipeline_daily(current_date, current_date + 1) group by stage_name""")
    now = desk.rows("""select stage_name, count(*) as opportunities, sum(coalesce(amount, 0)) as
        amount from marts.opportunities group by stage_name order by stage_name""")
    assert desk.rows("select * from marts_today order by stage_name") == now


def test_no_check_of_the_histories_fails(desk):
    failed = desk.rows("select mart, check_name, unexpected_keys from sync.checks"
                       " where not is_passed"
                       " and mart in ('opportunity_states', 'opportunity_stage_history')")
    assert failed == []


def fill_with_currencies(org: Org) -> None:
    """Opportunities in an org that has several currencies."""
    org.options.update({"multi_currency": True})
    replace_by_generated(org, 60, 2)


@pytest.fixture(scope="module")
def currencies(new_desk) -> Desk:
    """An org with several currencies and dated rates, synced in full."""
    made = new_desk(fill_with_currencies)
    store = made.org.org.store
    for iso_code, start, rate in (("EUR", "2000-01-01", 0.9), ("EUR", "2026-01-01", 0.75),
                                  ("GBP", "2025-06-01", 0.8)):
        store.insert("DatedConversionRate", {
            "IsoCode": iso_code, "StartDate": start, "ConversionRate": rate})
    codes = ("EUR", "GBP", "USD")
    for number, one in enumerate(list(store.records("Opportunity"))):
        code = codes[number % len(codes)]
        store.update("Opportunity", one["Id"], {"CurrencyIsoCode": code, "Amount": 1000 + number})
    made.org.org.clock.advance(timedelta(minutes=30))
    report = made.sync("full")
    assert report.status == "success", report.run["message"]
    return made


@pytest.mark.parametrize(("sobject", "mart", "key"), [
    ("Opportunity", "opportunities", "opportunity_id"),
    ("OpportunityHistory", "opportunity_states", "history_id"),
])
def test_the_corporate_amount_is_what_the_org_itself_converts(currencies, sobject, mart, key):
    client = currencies.client()
    soql = (f"SELECT Id, convertCurrency(Amount) FROM {sobject}"
            " WHERE Amount != null AND CurrencyIsoCode != null")
    answer = client.get(f"{client.data_path}/query", asked=soql, params={"q": soql})
    theirs = {one["Id"]: to_cents(one["Amount"]) for one in answer["records"]}
    rows = currencies.rows(
        f"select {key}, corporate_amount from marts.{mart} where amount is not null")
    ours = {row[key]: to_cents(row["corporate_amount"]) for row in rows}
    assert {one: ours[one] for one in theirs} == theirs
    assert len(theirs) > 50


def test_a_rate_that_changes_recomputes_the_amounts(currencies):
    later = "select sum(corporate_amount) from marts.opportunities where currency = 'EUR'"
    before = currencies.value(later)
    store = currencies.org.org.store
    (dated,) = [one["Id"] for one in store.records("DatedConversionRate")
                if (one["IsoCode"], str(one["StartDate"])) == ("EUR", "2026-01-01")]
    currencies.org.org.clock.advance(timedelta(minutes=30))
    store.update("DatedConversionRate", dated, {"ConversionRate": 0.375})
    currencies.org.org.clock.advance(timedelta(minutes=30))
    report = currencies.sync()
    assert report.status == "success", report.run["message"]
    assert currencies.value(later) > before


def test_owners_are_matched_to_the_people_of_a_query_and_follow_when_these_change(desk):
    owner = desk.rows("select u.id, u.email from staging_demo.user as u inner join"
                      " staging_demo.opportunity as o on o.owner_id = u.id order by 1 limit 1")[0]
    desk.execute("create schema hr")
    desk.execute("create table hr.people (number int, called text, mail text)")
    desk.execute(f"insert into hr.people values (7, 'Ann', '{owner['email']}')")
    query = "select number as member_id, called as member_name, mail as email from hr.people"
    staffed = desk.configured(members={"directory": {"query": query}})
    assert staffed.sync().status == "success"
    name = "select member_name from marts.members where member_id = '7'"
    assert desk.rows(name) == [{"member_name": "Ann"}]
    desk.execute("update hr.people set called = 'Anna'")
    assert staffed.sync().status == "success"
    assert desk.rows(name) == [{"member_name": "Anna"}]
    assert staffed.configured(members={}).sync().status == "success"
    assert desk.rows(name) == []
