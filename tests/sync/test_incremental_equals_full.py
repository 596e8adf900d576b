"""After any history of changes and syncs, the marts equal those of a warehouse built from scratch.

Small random histories: a simulated org is changed through its own DML, synced incrementally, and
compared with a second, empty warehouse that reads the same org in full.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.driver import Desk

AMOUNTS = (Decimal(0), Decimal("0.1"), Decimal("999.99"), Decimal("123456789.01"), None)
STAGES = ("Prospecting", "Negotiation/Review", "Closed Won", "Closed Lost")


def live(desk: Desk, sobject: str) -> list[dict]:
    return [one for one in desk.org.org.store.records(sobject) if not one.get("IsDeleted")]


def gone(desk: Desk, sobject: str) -> list[dict]:
    return [one for one in desk.org.org.store.records(sobject) if one.get("IsDeleted")]


def pick(desk: Desk, random: Random, sobject: str) -> str | None:
    records = live(desk, sobject)
    return random.choice(records)["Id"] if records else None


def insert_opportunity(desk: Desk, random: Random) -> None:
    desk.org.org.store.insert("Opportunity", {
        "Name": f"New {random.randint(1, 99)}", "StageName": random.choice(STAGES),
        "CloseDate": date(2026, 6, 30), "Amount": random.choice(AMOUNTS),
        "AccountId": pick(desk, random, "Account"), "OwnerId": pick(desk, random, "User"),
    })


def change_opportunity(desk: Desk, random: Random) -> None:
    values = random.choice([
        {"Amount": random.choice(AMOUNTS)}, {"StageName": random.choice(STAGES)},
        {"OwnerId": pick(desk, random, "User")}, {"AccountId": pick(desk, random, "Account")},
        {"RecordTypeId": random.choice([None, pick(desk, random, "RecordType")])},
        {"Name": "Ünïcode \u202e\nand lines"},
    ])
    if target := pick(desk, random, "Opportunity"):
        desk.org.org.store.update("Opportunity", target, values)


def change_owner(desk: Desk, random: Random) -> None:
    sobject = random.choice(["Account", "Contact"])
    if target := pick(desk, random, sobject):
        desk.org.org.store.update(sobject, target, {"OwnerId": pick(desk, random, "User")})


def change_user(desk: Desk, random: Random) -> None:
    values = random.choice([{"IsActive": False}, {"Email": "someone@else.example"}])
    store = desk.org.org.store
    others = [one["Id"] for one in live(desk, "User") if one["Id"] != store.user_id]
    store.update("User", random.choice(others), values)


def rename_stage(desk: Desk, random: Random) -> None:
    stage = pick(desk, random, "OpportunityStage") or ""
    desk.org.org.store.update("OpportunityStage", stage, {"MasterLabel": "Renamed"})


def delete(desk: Desk, random: Random) -> None:
    sobject = random.choice(["Account", "Contact", "Opportunity", "Task"])
    if target := pick(desk, random, sobject):
        desk.org.org.store.delete(sobject, target)


def undelete(desk: Desk, random: Random) -> None:
    sobject = random.choice(["Account", "Contact", "Opportunity"])
    if records := gone(desk, sobject):
        desk.org.org.store.undelete(sobject, random.choice(records)["Id"])


def purge(desk: Desk, random: Random) -> None:
    sobject = random.choice(["Contact", "Opportunity", "Task"])
    if target := pick(desk, random, sobject):
        desk.org.org.store.hard_delete(sobject, target)


CHANGES: tuple[Callable[[Desk, Random], None], ...] = (
    insert_opportunity, change_opportunity, change_owner, change_user, rename_stage, delete,
    undelete, purge,
)


@pytest.mark.slow
@settings(
    max_examples=4, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    history=st.lists(st.lists(st.sampled_from(CHANGES), min_size=1, max_size=4), min_size=1,
                     max_size=3),
    random=st.randoms(use_true_random=False),
)
def test_incremental_equals_full(generated_desk, history, random):
    desk = generated_desk(size=12, seed=7)
    desk.sync("full")
    for changes in history:
        for change in changes:
            change(desk, random)
            desk.org.org.clock.advance(timedelta(seconds=random.randint(0, 2)))
        desk.org.org.clock.advance(timedelta(minutes=5))
        assert desk.sync().status == "success"
        rebuilt = desk.with_an_empty_warehouse()
        assert rebuilt.sync("full").status == "success"
        assert desk.marts() == rebuilt.marts()
        assert desk.differences() == []


@pytest.mark.slow
def test_a_transaction_that_commits_after_a_later_stamped_one_is_caught(generated_desk):
    """api.md 5.1: the stamp is set when a row is written, the row is visible at commit."""
    desk = generated_desk()
    desk.sync("full")
    store, clock = desk.org.org.store, desk.org.org.clock
    with store.transaction() as late:
        account = late.insert("Account", {"Name": "Late"})
        clock.advance(timedelta(minutes=5))
        store.insert("Account", {"Name": "Early"})
        clock.advance(timedelta(minutes=1))
        desk.sync()
    clock.advance(timedelta(minutes=5))
    desk.sync()
    assert desk.value(f"select count(*) from marts.companies where company_id = '{account}'") == 1
