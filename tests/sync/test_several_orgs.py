"""Two orgs in one warehouse, with the same Ids: nothing mixes, and none waits for the other."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from salesforce_elt import stations
from simulator.changes import change_org
from tests.driver import Desk, minimums, org_settings

OWN = {"opportunity_minimums": minimums(amount="20000"), "pipelines": {"mode": "one"},
       "imported_members": {"availability": "no_availability"}}


@pytest.fixture
def orgs(generated_desk) -> tuple[Desk, Desk]:
    return two_orgs(generated_desk)


@pytest.fixture(scope="module")
def synced(generated_desk) -> tuple[Desk, Desk]:
    """Two orgs that were read in full; who breaks something mends it."""
    made = two_orgs(generated_desk)
    for desk in made:
        assert desk.sync("full").status == "success"
    return made


def two_orgs(generated_desk: Callable[..., Desk]) -> tuple[Desk, Desk]:
    """Two orgs in one warehouse: the same Ids, other records, fields and settings."""
    first, second = generated_desk(size=15, seed=1), generated_desk(size=12, seed=1)
    first.administer("fields", {"object": "Account", "field": "Tier__c string 40"})
    first.administer("fields", {"object": "Account", "field": "Only_First__c string 40"})
    fill(first, Tier__c="Gold", Only_First__c="yes")
    second.administer("fields", {"object": "Account", "field": "Tier__c double 4,0"})
    fill(second, Tier__c=7, Name="Of the second", Phone=None)
    change_org(second.org.org.store, 5, inserts=2, updates=4, deletes=1, owner_changes=2)
    settings = org_settings(key="other", connection="salesforce_other", **OWN)
    return first, replace(second, warehouse_url=first.warehouse_url, settings=settings)


def fill(desk: Desk, **values: object) -> None:
    for one in ids(desk, "Account"):
        desk.org.org.store.update("Account", one, values)


def ids(desk: Desk, sobject: str) -> list[str]:
    return [one["Id"] for one in desk.org.org.store.records(sobject)]


def alone(desk: Desk) -> dict:
    """The marts of the org in a warehouse of its own."""
    other = desk.with_an_empty_warehouse()
    assert other.sync("full").status == "success"
    return other.marts()


def columns(desk: Desk) -> dict[str, str]:
    return {row["column_name"]: row["data_type"] for row in desk.rows(
        "select column_name, data_type from information_schema.columns where table_name = 'account'"
        f" and table_schema = 'staging_{desk.settings.key}'"
        " and column_name in ('tier__c', 'only_first__c')")}


def test_each_org_is_as_if_it_were_alone(orgs):
    first, second = orgs
    shared = set(ids(first, "Account")) & set(ids(second, "Account"))
    assert shared
    for desk in (first, second):
        report = desk.sync("full")
        assert report.status == "success", report.run["message"]
    for desk in (first, second):
        assert desk.marts() == alone(desk)
        assert desk.differences() == []
    assert columns(first) == {"tier__c": "text", "only_first__c": "text"}
    assert columns(second) == {"tier__c": "numeric"}
    named = first.rows("select company_id, company_name from marts.companies where org = 'other'")
    assert shared <= {row["company_id"] for row in named}
    assert {row["company_name"] for row in named} == {"Of the second"}


def test_what_changes_in_one_org_changes_no_row_of_the_other(synced):
    first, second = synced
    before = second.marts()
    target = (set(ids(first, "Account")) & set(ids(second, "Account"))).pop()
    first.wait(3600)
    first.org.org.store.update("Account", target, {"Name": "Changed in the first"})
    first.org.org.store.hard_delete("Opportunity", ids(first, "Opportunity")[0])
    first.wait(60)
    changed = first.configured(opportunity_minimums=minimums(probability="50"))
    assert changed.sync().status == "success"
    assert second.marts() == before
    assert second.differences() == []
    second.wait(3600)
    report = second.sync()
    assert (report.status, {row["reason"] for row in report.marts}) == (
        "success", {"nothing changed"})


@contextmanager
def without_login(desk: Desk) -> Iterator[Desk]:
    wrong = replace(desk.org.credentials, consumer_secret="wrong")
    yield replace(desk, org=replace(desk.org, credentials=wrong))


@contextmanager
def with_an_unknown_type(desk: Desk) -> Iterator[Desk]:
    yield desk.configured(opportunity_types=["Nothing like it"])


@contextmanager
def with_a_hidden_object(desk: Desk) -> Iterator[Desk]:
    desk.org.org.permissions.hide("Contact")
    yield desk
    desk.org.org.permissions.show("Contact")


@contextmanager
def with_a_critical_check_that_fails(desk: Desk) -> Iterator[Desk]:
    target = desk.value("select min(opportunity_id) from marts.opportunities where org = 'demo'")
    desk.org.org.store.update("Opportunity", target, {"Probability": 101})
    desk.wait(60)
    yield desk
    desk.org.org.store.update("Opportunity", target, {"Probability": 50})


@pytest.mark.parametrize("broken", [
    without_login, with_an_unknown_type, with_a_hidden_object, with_a_critical_check_that_fails])
def test_a_failing_org_leaves_the_other_alone(synced, broken):
    first, second = synced
    before = first.marts()
    name = f"Changed beside one {broken.__name__}"
    first.wait(3600)
    with broken(first) as failing:
        assert failing.sync().status in ("failed", "partial")
        second.wait(3600)
        second.org.org.store.update("Account", ids(second, "Account")[0], {"Name": name})
        second.wait(60)
        report = second.sync()
    assert report.status == "success", report.run["message"]
    assert first.marts() == before
    assert name in {row["company_name"] for row in second.marts()["companies"]}


def test_two_orgs_may_be_between_transform_and_publish_at_once(orgs):
    first, second = orgs
    second.sync("full")
    second.wait(3600)

    def the_other_syncs(station, run):
        if station == "publish":
            report = second.sync("full")
            assert report.status == "success", report.run["message"]

    report = first.sync("full", between=the_other_syncs)
    assert report.status == "success", report.run["message"]
    assert (first.marts(), second.marts()) == (alone(first), alone(second))


def test_a_lease_is_one_orgs(synced):
    """Rule 2: one writer per org, and not of the warehouse."""
    first, second = synced
    run = stations.start(first.site, first.request())
    second.wait(3600)
    assert second.sync().status == "success"
    held = {row["org"]: row["fence"] for row in first.rows("select * from sync.leases")}
    assert (set(held), held["demo"]) == ({"demo", "other"}, run.fence)
