"""Random changes: as many as were asked for, each what it says, all by the org's own rules."""

import pytest

from simulator.changes import change_org
from simulator.generate import generate_org
from simulator.store import Record, Store

from .conftest import NOW

SIZE = 60
ASKED = {"inserts": 3, "updates": 6, "deletes": 2, "owner_changes": 4, "record_type_changes": 5}


@pytest.fixture
def org(store: Store) -> Store:
    generate_org(store, SIZE, 1)
    store.user_id = next(store.records("User"))["Id"]
    return store


def opportunities(store: Store) -> dict[str, Record]:
    return {record["Id"]: record for record in store.records("Opportunity")}


def test_as_much_is_changed_as_was_asked_for(org: Store) -> None:
    done = change_org(org, 5, **ASKED)
    assert {kind: len(ids) for kind, ids in done.items()} == {
        "inserted": 3,
        "updated": 6,
        "deleted": 2,
        "owner_changed": 4,
        "record_type_changed": 5,
    }


def test_exactly_the_named_opportunities_are_changed(org: Store) -> None:
    before = opportunities(org)
    done = change_org(org, 5, **ASKED)
    after = opportunities(org)
    changed = {record_id for record_id in before if before[record_id] != after[record_id]}
    named = [record_id for kind in done if kind != "inserted" for record_id in done[kind]]
    assert sorted(named) == sorted(changed)
    assert set(done["inserted"]) == after.keys() - before.keys()


def test_each_change_is_what_it_is_called(org: Store) -> None:
    before = opportunities(org)
    done = change_org(org, 5, **ASKED)
    after = opportunities(org)

    def differs(kind: str, *names: str) -> list[bool]:
        return [any(before[i][n] != after[i][n] for n in names) for i in done[kind]]

    assert all(differs("updated", "Amount", "StageName", "Name"))
    assert all(differs("owner_changed", "OwnerId"))
    assert all(differs("record_type_changed", "RecordTypeId"))
    assert all(after[record_id]["IsDeleted"] for record_id in done["deleted"])


def test_changes_carry_the_time_of_the_org(org: Store) -> None:
    done = change_org(org, 5, **ASKED)
    after = opportunities(org)
    assert {after[record_id]["SystemModstamp"] for ids in done.values() for record_id in ids} == {
        NOW
    }


def test_the_same_seed_changes_the_same(org: Store) -> None:
    first = change_org(org, 5, updates=4)
    second = change_org(org, 5, updates=4)
    assert first["updated"] == second["updated"]


def test_another_seed_changes_something_else(org: Store) -> None:
    first = change_org(org, 5, updates=4)
    second = change_org(org, 6, updates=4)
    assert first["updated"] != second["updated"]


def test_an_org_that_is_too_small_changes_what_it_has(org: Store) -> None:
    done = change_org(org, 5, deletes=SIZE + 40)
    assert len(done["deleted"]) == SIZE


def test_nothing_is_changed_where_nothing_was_asked_for(org: Store) -> None:
    before = opportunities(org)
    assert not any(change_org(org, 5).values())
    assert opportunities(org) == before
