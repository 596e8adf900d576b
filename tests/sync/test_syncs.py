"""What a sync does with an org that changes: exactly what changed, once, or a reason why not."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from salesforce_elt import stations
from salesforce_elt.errors import ServerUnavailable
from simulator.options import DECLARED
from tests.driver import Desk


@pytest.fixture
def desk(generated_desk) -> Desk:
    """A small org that was read in full."""
    made = generated_desk()
    report = made.sync("full")
    assert report.status == "success", report.run["message"]
    return made


def some(desk: Desk, sobject: str, number: int = 0) -> str:
    return [one["Id"] for one in desk.org.org.store.records(sobject)][number]


def later(desk: Desk, minutes: int = 30) -> None:
    desk.org.org.clock.advance(timedelta(minutes=minutes))


def counts(report, sobject: str) -> tuple[int, int, int]:
    (row,) = [one for one in report.objects if one["sobject"] == sobject]
    return row["inserted"], row["updated"], row["deleted"]


def test_a_sync_in_which_nothing_changed_costs_six_calls_at_most_and_changes_no_mart(desk):
    before = desk.marts()
    later(desk)
    report = desk.sync()
    assert report.status == "success"
    assert report.run["api_calls"] <= 6
    assert desk.marts() == before


def test_the_changes_of_a_sync_arrive_exactly(desk):
    store = desk.org.org.store
    later(desk)
    store.update("Account", some(desk, "Account"), {"Name": "Changed"})
    store.insert("Account", {"Name": "New one"})
    store.delete("Contact", some(desk, "Contact", 0))
    later(desk)
    report = desk.sync()
    assert counts(report, "Account") == (1, 1, 0)
    assert counts(report, "Contact")[2] == 1
    assert desk.differences() == []


def test_a_changed_owner_is_seen_at_both_owners(desk):
    """Rule 4: the row before and the row after."""
    owned = desk.rows("select owner_id, min(id) as id, count(*) from staging_demo.opportunity"
                      " where not _is_deleted group by owner_id order by 3 desc limit 2")
    giver, taker = owned[0], owned[1]
    count = "select count(*) from marts.opportunities where owner_member_id = '{}'"
    before = [desk.value(count.format(one["owner_id"])) for one in (giver, taker)]
    later(desk)
    desk.org.org.store.update("Opportunity", giver["id"], {"OwnerId": taker["owner_id"]})
    later(desk)
    desk.sync()
    after = [desk.value(count.format(one["owner_id"])) for one in (giver, taker)]
    assert after == [before[0] - 1, before[1] + 1]


def test_an_imported_member_who_owns_nothing_any_more_is_gone(desk):
    store = desk.org.org.store
    user = desk.value("select min(owner_member_id) from marts.contacts")
    heir = desk.value(f"select max(member_id) from marts.members where member_id <> '{user}'")
    later(desk)
    for sobject in ("Account", "Contact", "Opportunity", "Task", "Event"):
        for record in list(store.records(sobject)):
            if record["OwnerId"] == user and not record["IsDeleted"]:
                store.update(sobject, record["Id"], {"OwnerId": heir})
    later(desk)
    assert desk.sync().status == "success"
    assert desk.value(f"select count(*) from marts.members where member_id = '{user}'") == 0


def test_a_purged_record_leaves_the_marts(desk):
    gone = some(desk, "Opportunity")
    later(desk)
    desk.org.org.store.hard_delete("Opportunity", gone)
    later(desk)
    assert desk.sync().status == "success"
    query = f"select count(*) from marts.opportunities where opportunity_id = '{gone}'"
    assert desk.value(query) == 0


def test_ten_thousand_equal_stamps_are_all_read(desk, read_by):
    read_by("rest")
    store = desk.org.org.store
    later(desk)
    with store.transaction() as work:
        for number in range(4_100):
            work.insert("Account", {"Name": f"Same second {number}"})
    later(desk)
    assert counts(desk.sync(), "Account") == (4_100, 0, 0)


def test_a_full_sync_of_an_unchanged_org_changes_no_mart_row(desk):
    before = desk.marts()
    later(desk)
    report = desk.sync("full")
    assert report.status == "success"
    assert sum(one["inserted"] + one["updated"] + one["deleted"] for one in report.objects) == 0
    assert desk.marts() == before


def test_a_full_sync_of_one_object_reads_the_others_incrementally(desk):
    later(desk)
    report = desk.sync("full", objects=["Contact"])
    fetched = {one["sobject"]: one["fetched"] for one in report.objects if one["fetched"]}
    assert set(fetched) == {"Contact"}
    assert report.status == "success"


def test_an_object_that_does_not_arrive_makes_the_sync_partial_and_keeps_the_marts(
    desk, monkeypatch
):
    """Rule 7: publish all or nothing; what came stays, and is published next time."""
    before = desk.marts()
    change_two_objects(desk)
    real = stations.extract

    def contacts_fail(tools, run, sobject):
        if sobject == "Contact":
            raise ServerUnavailable("Query Contact: no answer.")
        return real(tools, run, sobject)

    with monkeypatch.context() as patch:
        patch.setattr(stations, "extract", contacts_fail)
        report = desk.sync()
    assert report.status == "partial"
    assert desk.marts() == before
    later(desk)
    assert desk.sync().status == "success"
    query = "select count(*) from marts.companies where company_name = 'Changed'"
    assert desk.value(query) == 1


def change_two_objects(desk: Desk) -> None:
    later(desk)
    desk.org.org.store.update("Account", some(desk, "Account"), {"Name": "Changed"})
    desk.org.org.store.update("Contact", some(desk, "Contact"), {"LastName": "Changed"})
    later(desk)


def test_a_failed_critical_check_leaves_the_old_marts_and_the_fix_publishes_what_waited(desk):
    before = desk.marts()
    bad = some(desk, "Opportunity")
    later(desk)
    desk.org.org.store.update("Opportunity", bad, {"Probability": 250})
    desk.org.org.store.insert("Account", {"Name": "Waits for the fix"})
    later(desk)
    report = desk.sync()
    assert report.status == "failed"
    assert "probability_is_a_percentage" in report.run["message"]
    assert bad in report.run["message"]
    assert desk.marts() == before
    desk.org.org.store.update("Opportunity", bad, {"Probability": 50})
    later(desk)
    assert desk.sync().status == "success"
    query = "select count(*) from marts.companies where company_name = 'Waits for the fix'"
    assert desk.value(query) == 1


def test_a_changed_setting_recomputes_without_asking_salesforce_for_records(desk):
    """Rule 13."""
    later(desk)
    report = desk.configured(opportunity_minimums={"amount": Decimal(10**12)}).sync()
    assert desk.value("select count(*) from marts.opportunities") == 0
    assert sum(one["fetched"] for one in report.objects) == 0


def test_a_quota_that_is_used_up_defers_the_sync(desk):
    later(desk)
    desk.org.org.options.update({"daily_api_requests": 1000, "used_api_requests": 800})
    report = desk.sync()
    assert report.status == "deferred"
    assert "daily API requests" in report.run["message"]


def test_a_session_that_ends_in_the_middle_is_renewed(desk, monkeypatch):
    later(desk)
    desk.org.org.store.insert("Account", {"Name": "New one"})
    later(desk, minutes=5)
    shared = desk.client()
    monkeypatch.setattr(Desk, "client", lambda self: shared)
    ended = []
    report = desk.sync(between=lambda *_: ended.append(desk.org.org.sessions.end_all()))
    assert report.status == "success"
    assert sum(ended) >= 4


UNVERIFIED = [
    (option.name, value)
    for option in DECLARED if "(U)" in option.reference
    for value in option.choices[1:]
]


@pytest.mark.slow
@pytest.mark.parametrize(("option", "value"), UNVERIFIED)
def test_every_reading_of_what_is_unverified_gives_the_same_marts(
    generated_desk, option, value, read_by
):
    """Where api.md says (U), the simulator offers both readings, and the marts are the same."""
    read_by("bulk")
    desk = generated_desk(size=12, seed=3)
    desk.org.org.options.update({option: value})
    first = desk.sync("full")
    assert first.status == "success", first.run["message"]
    work_a_day(desk)
    second = desk.sync()
    assert second.status == "success", second.run["message"]
    desk.org.org.options.reset()
    rebuilt = desk.with_an_empty_warehouse()
    rebuilt.sync("full")
    assert desk.marts() == rebuilt.marts()


def work_a_day(desk: Desk) -> None:
    """Every kind of change that an unverified reading could bend."""
    store = desk.org.org.store
    later(desk)
    deleted = some(desk, "Opportunity", 0)
    store.delete("Opportunity", deleted)
    store.hard_delete("Opportunity", some(desk, "Opportunity", 1))
    store.insert("Opportunity", {"Name": "New", "StageName": "Prospecting",
                                 "CloseDate": date(2026, 6, 30)})
    store.update("Account", some(desk, "Account"), {"Name": "Changed"})
    later(desk, minutes=1)
    store.undelete("Opportunity", deleted)
    later(desk, minutes=5)
