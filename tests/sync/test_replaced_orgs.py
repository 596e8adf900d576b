"""A sandbox that was refreshed: the same connection, another org with some of the same Ids."""

from dataclasses import replace

import pytest

from simulator.changes import change_org
from tests.driver import Desk


@pytest.fixture
def refreshed(generated_desk) -> Desk:
    """The warehouse holds an org; behind the connection is now another one."""
    old, new = generated_desk(size=15, seed=1), generated_desk(size=12, seed=1)
    assert old.sync("full").status == "success"
    change_org(new.org.org.store, 5, inserts=2, updates=4, deletes=1, owner_changes=2)
    # Simulated orgs all have one Id, so the warehouse is told that it came from another.
    old.execute("update sync.orgs set organization_id = '00D0000000other'")
    return replace(new, warehouse_url=old.warehouse_url, numbers=old.numbers)


def test_another_org_stops_the_sync_and_changes_nothing(refreshed: Desk) -> None:
    before, staged = refreshed.marts(), refreshed.rows("select * from staging_demo.account")
    report = refreshed.sync()
    assert report.status == "failed"
    assert "Full synchronization" in report.run["message"]
    assert "00D0000000other" in report.run["message"]
    assert report.run["api_calls"] == 0
    assert refreshed.sync("full", objects=["Account"]).status == "failed"  # that would mix them
    assert refreshed.marts() == before
    assert refreshed.rows("select * from staging_demo.account") == staged


def test_a_full_sync_takes_the_new_org_and_nothing_of_the_old_is_left(refreshed: Desk) -> None:
    report = refreshed.sync("full")
    assert report.status == "success", report.run["message"]
    assert refreshed.differences() == []
    alone = refreshed.with_an_empty_warehouse()
    assert alone.sync("full").status == "success"
    assert refreshed.marts() == alone.marts()
    assert refreshed.value("select count(*) from sync.runs") == 2  # old results stay


def test_the_marts_stand_until_the_new_org_is_published(refreshed: Desk, monkeypatch) -> None:
    before = refreshed.marts()
    broken = refreshed.fail_on("Account", monkeypatch)
    assert refreshed.sync("full").status == "partial"
    assert refreshed.marts() == before
    broken.undo()
    assert refreshed.sync().status == "success"
    assert refreshed.differences() == []
