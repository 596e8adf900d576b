"""
A simulated org is driven at random, and the marts equal a rebuild after every sync that succeeds.

Syncs are skipped, killed at any station, fail for an object, are deferred by the quota, run while a
transaction is open; settings and the member directory change in between.
"""

from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from salesforce_elt.run import Run
from tests.driver import Desk
from tests.sync.test_incremental_equals_full import (
    CHANGES,
    change_opportunity,
    insert_opportunity,
    live,
    pick,
)

PAST_THE_SHARE = {"daily_api_requests": 1_000, "used_api_requests": 800}
STATIONS = ("plan", "extract Opportunity", "extract Account", "transform", "audit", "publish")
MINIMUMS: tuple[dict[str, Any], ...] = ({}, {"probability": 10}, {"amount": 1000}, {"amount": 0})
SETTINGS: tuple[dict[str, Any], ...] = (
    *({"opportunity_minimums": minimums} for minimums in MINIMUMS),
    {"start_date": None}, {"start_date": date(2025, 6, 1)},
    {"pipelines": {"mode": "one"}}, {"pipelines": {"mode": "split"}},
    {"pipelines": {"mode": "split", "without_record_type": "exclude"}},
    {"imported_members": {"availability": "no_availability"}}, {"imported_members": {}},
)


class Killed(Exception):
    """The process ends here."""


def merge(desk: Desk, random: Random) -> None:
    sobject = random.choice(["Account", "Contact"])
    if len(records := live(desk, sobject)) > 2:
        winner, loser = (one["Id"] for one in random.sample(records, 2))
        desk.org.org.store.merge(sobject, winner, losers=[loser])


def change_role(desk: Desk, random: Random) -> None:
    if role := pick(desk, random, "OpportunityContactRole"):
        values = random.choice([{"IsPrimary": True}, {"ContactId": pick(desk, random, "Contact")}])
        desk.org.org.store.update("OpportunityContactRole", role, values)


def change_task(desk: Desk, random: Random) -> None:
    if task := pick(desk, random, "Task"):
        what = random.choice([pick(desk, random, "Account"), pick(desk, random, "Opportunity")])
        owner = pick(desk, random, "User")
        values = random.choice([{"WhatId": what}, {"OwnerId": owner}])
        desk.org.org.store.update("Task", task, values)


def rename_process(desk: Desk, random: Random) -> None:
    if process := pick(desk, random, "BusinessProcess"):
        name = f"Process {random.randint(1, 9)}"
        desk.org.org.store.update("BusinessProcess", process, {"Name": name})


ALL_CHANGES = (*CHANGES, merge, change_role, change_task, rename_process)


def plain(desk: Desk, random: Random) -> None:
    assert desk.sync().status == "success"


def full(desk: Desk, random: Random) -> None:
    assert desk.sync("full").status == "success"


def reconcile(desk: Desk, random: Random) -> None:
    assert desk.sync("reconcile").status == "success"


def twice(desk: Desk, random: Random) -> None:
    plain(desk, random)
    plain(desk, random)


def skipped(desk: Desk, random: Random) -> None:
    """No sync at all."""


def killed(desk: Desk, random: Random) -> None:
    chosen = random.choice(STATIONS)

    def end(station: str, run: Run) -> None:
        if station == chosen:
            raise Killed

    with suppress(Killed):
        desk.sync(between=end)


def failing(desk: Desk, random: Random) -> None:
    with pytest.MonkeyPatch.context() as patch:
        desk.fail_on(random.choice(["Opportunity", "Account", "Task"]), patch)
        desk.sync()


def deferred(desk: Desk, random: Random) -> None:
    desk.sync(between=lambda station, run: desk.org.org.options.update(PAST_THE_SHARE))
    desk.org.org.options.reset()


def while_a_transaction_is_open(desk: Desk, random: Random) -> None:
    with desk.org.org.store.transaction() as late:
        late.insert("Account", {"Name": "Late", "OwnerId": pick(desk, random, "User")})
        desk.org.org.clock.advance(timedelta(minutes=1))
        insert_opportunity(desk, random)
        desk.org.org.clock.advance(timedelta(minutes=1))
        desk.sync()


SYNCS: tuple[Callable[[Desk, Random], None], ...] = (
    plain, plain, full, reconcile, twice, skipped, killed, failing, deferred,
    while_a_transaction_is_open,
)


@pytest.mark.slow
@settings(
    max_examples=2, deadline=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    rounds=st.lists(st.tuples(st.lists(st.sampled_from(ALL_CHANGES), max_size=5),
                              st.sampled_from((None, None, *SETTINGS)), st.sampled_from(SYNCS)),
                    min_size=2, max_size=3),
    random=st.randoms(use_true_random=False),
)
def test_after_any_history_the_marts_equal_a_rebuild(generated_desk, tmp_path, rounds, random):
    desk = generated_desk(size=12, seed=5)
    desk.sync("full")
    for changes, setting, sync in rounds:
        for change in changes:
            change(desk, random)
            desk.org.org.clock.advance(timedelta(seconds=random.randint(0, 2)))
        if setting:
            desk = desk.configured(**setting)
        if random.random() < 0.3:
            desk = with_a_directory(desk, random, tmp_path / "members.csv")
        desk.org.org.clock.advance(timedelta(minutes=30))
        sync(desk, random)
        change_opportunity(desk, random)
        desk.org.org.clock.advance(timedelta(minutes=30))
        plain(desk, random)
        assert_is_right(desk)


def with_a_directory(desk: Desk, random: Random, file: Path) -> Desk:
    """The member directory has some of the users from now on, one of them perhaps twice."""
    users = random.sample(live(desk, "User"), 3)
    lines = [f"m{number},{one['Name']},{(one['Email'] or '').upper()}"
             for number, one in enumerate([*users, random.choice(users)])]
    chosen = lines[:random.randint(1, 4)]
    file.write_text("\n".join(["member_id,member_name,email", *chosen]) + "\n", "utf-8")
    return desk.configured(members={"directory": file})


def assert_is_right(desk: Desk) -> None:
    rebuilt = desk.with_an_empty_warehouse()
    assert rebuilt.sync("full").status == "success"
    assert desk.marts() == rebuilt.marts()
    assert desk.differences() == []
