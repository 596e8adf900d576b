"""Rule 8: what a deleted parent took along is deleted, and what is hidden is not."""

from dataclasses import replace

import pytest

from salesforce_elt import stations
from tests.driver import Desk
from tests.sync.test_reconcile import desk, flags, forget, ids, later

__all__ = ["desk"]

HISTORY = "OpportunityHistory"


def a_deal_with_history(desk: Desk, states: int) -> tuple[str, list[str]]:
    """A deal's Id, and those of its states: more than may vanish without a witness."""
    store, deal = desk.org.org.store, ids(desk, "Opportunity")[0]
    for number in range(states):
        later(desk, minutes=1)
        store.update("Opportunity", deal, {"Amount": 1000 + number})
    later(desk)
    assert desk.sync().status == "success"
    later(desk)
    found = [one["Id"] for one in store.records(HISTORY) if one["OpportunityId"] == deal]
    assert len(found) > states
    return deal, found


def forget_all(desk: Desk, states: list[str], deal: str | None = None) -> None:
    """They are gone, and no API call tells that they ever were."""
    for record_id in states:
        forget(desk, HISTORY, record_id)
    if deal:
        forget(desk, "Opportunity", deal)


@pytest.mark.parametrize("kind", ["reconcile", "full"])
def test_what_went_with_a_deleted_parent_needs_no_other_witness(desk, kind):
    """api.md 5.2: who deletes a deal deletes its history; and both may be out of sight by now."""
    deal, states = a_deal_with_history(desk, 8)
    forget_all(desk, states, deal)
    report = desk.sync(kind)
    assert report.status == "success", report.run["message"]
    gone = {"_is_deleted": True, "_deleted_by": "vanished"}
    assert flags(desk, deal, "opportunity") == gone
    assert [flags(desk, one, "opportunity_history") for one in states] == [gone] * len(states)
    assert desk.differences() == []


def test_of_what_belonged_to_parents_that_only_vanished_a_bounded_number_is_believed(
    desk, monkeypatch
):
    """A rule that hides a few accounts would hide all of their deals and contacts as well."""
    monkeypatch.setattr("salesforce_elt.vanished.VANISHED_AT_MOST", 7)
    deal, states = a_deal_with_history(desk, 8)
    forget_all(desk, states, deal)
    report = desk.sync("reconcile")
    assert report.status == "partial"
    assert f"View All on {HISTORY}" in report.run["message"]
    assert flags(desk, deal, "opportunity") == {"_is_deleted": True, "_deleted_by": "vanished"}


def test_the_delete_of_a_parent_is_known_before_its_row_says_so(desk):
    """The tasks of a sync run side by side, and getDeleted was asked before them."""
    deal, states = a_deal_with_history(desk, 8)
    desk.org.org.store.hard_delete("Opportunity", deal)
    with desk.org.org.store.transaction() as work:
        work.connection.execute(
            f'delete from "{work.org.state}".delete_log where sobject = %s', [HISTORY])
    desk.org.org.store.update("Opportunity", ids(desk, "Opportunity")[-1], {"NextStep": "Call"})
    later(desk)
    request = desk.request("reconcile")
    run = stations.start(desk.site, request)
    assert HISTORY in stations.make_plan(desk.site, run)
    stations.extract_object(desk.site, run, HISTORY)
    assert flags(desk, deal, "opportunity")["_is_deleted"] is False
    assert {flags(desk, one, "opportunity_history")["_is_deleted"] for one in states} == {True}


def test_what_vanished_while_its_parent_stands_is_hidden_and_not_deleted(desk):
    deal, states = a_deal_with_history(desk, 8)
    forget_all(desk, states)
    report = desk.sync("reconcile")
    assert report.status == "partial"
    assert f"View All on {HISTORY}" in report.run["message"]
    assert flags(desk, deal, "opportunity")["_is_deleted"] is False


def test_the_delete_of_a_parent_that_takes_nothing_along_is_no_witness(desk):
    """Not every lookup cascades: then a record that is missing is missing for another reason."""
    known = desk.org.org.store.sobjects
    lookups = [replace(one, cascade_delete=False) if one.name == "OpportunityId" else one
               for one in known[HISTORY].fields]
    deal, states = a_deal_with_history(desk, 8)
    known[HISTORY] = replace(known[HISTORY], fields=tuple(lookups))
    forget_all(desk, states, deal)
    report = desk.sync("reconcile")
    assert report.status == "partial"
    assert f"View All on {HISTORY}" in report.run["message"]
