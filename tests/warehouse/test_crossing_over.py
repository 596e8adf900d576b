"""What starts or stops matching changes sides in one publish: opportunities, and members."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from salesforce_elt.settings.models import Members, Minimums, Pipelines
from tests.warehouse.small_org import SmallOrg

BEFORE, AFTER = datetime(2023, 12, 31, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "start_date": date(2024, 1, 1),
    "opportunity_minimums": Minimums(probability=Decimal(10), amount=Decimal(1000)),
    "opportunity_types": ("New",),
    "pipelines": Pipelines(mode="split", sales_processes=("Selected",),
                           without_record_type="exclude"),
}
MATCHING: dict[str, Any] = {"id": "006A", "created_date": AFTER, "probability": Decimal(10),
                            "amount": Decimal(1000), "type": "new", "record_type_id": "012S"}


@pytest.fixture
def org(org_18: SmallOrg) -> SmallOrg:
    """An org with one opportunity that passes every setting, at its boundary where it has one."""
    org_18.stage("BusinessProcess",
                 {"id": "019S", "name": "Selected", "table_enum_or_id": "Opportunity"},
                 {"id": "019O", "name": "Other", "table_enum_or_id": "Opportunity"})
    org_18.stage("RecordType", {"id": "012S", "business_process_id": "019S"},
                 {"id": "012O", "business_process_id": "019O"})
    org_18.stage("Opportunity", MATCHING)
    org_18.sync(**SETTINGS)
    return org_18


def sides(org: SmallOrg) -> tuple[list[str], list[str]]:
    """Which opportunities are synced, and the reasons of those that are not."""
    return ([row["opportunity_id"] for row in org.mart("opportunities")],
            [row["reason"] for row in org.mart("opportunity_exclusions")])


@pytest.mark.parametrize(("change", "reason"), [
    ({"created_date": BEFORE}, "created_before_start_date"),
    ({"probability": Decimal("9.99")}, "probability_below_minimum"),
    ({"probability": None}, "probability_below_minimum"),
    ({"amount": Decimal("999.99")}, "amount_below_minimum"),
    ({"amount": None}, "amount_below_minimum"),
    ({"type": "Old"}, "type_not_selected"),
    ({"type": None}, "type_not_selected"),
    ({"record_type_id": "012O"}, "sales_process_not_selected"),
    ({"record_type_id": None}, "sales_process_not_selected"),
])
def test_an_opportunity_that_stops_matching_changes_sides_and_comes_back(
    org: SmallOrg, change: dict[str, Any], reason: str
) -> None:
    assert sides(org) == (["006A"], [])
    org.stage("Opportunity", {"id": "006A", **change})
    away = org.sync()
    assert (away["opportunities"].deleted, away["opportunity_exclusions"].inserted) == (1, 1)
    assert sides(org) == ([], [reason])
    org.stage("Opportunity", MATCHING)
    back = org.sync()
    assert (back["opportunities"].inserted, back["opportunity_exclusions"].deleted) == (1, 1)
    assert sides(org) == (["006A"], [])


def test_an_opportunity_that_is_on_neither_side_is_deleted(org: SmallOrg) -> None:
    org.delete("Opportunity", "006A")
    org.sync()
    assert sides(org) == ([], [])


def test_a_record_type_that_gets_another_process_takes_its_opportunities_along(
    org: SmallOrg,
) -> None:
    org.stage("RecordType", {"id": "012S", "business_process_id": "019O"})
    org.sync()
    assert sides(org) == ([], ["sales_process_not_selected"])


def test_settings_that_change_move_opportunities_in_both_directions(org: SmallOrg) -> None:
    org.stage("Opportunity", {**MATCHING, "id": "006B", "type": "Old"})
    org.sync()
    assert sides(org) == (["006A"], ["type_not_selected"])
    org.sync(opportunity_types=("Old",))
    assert sides(org) == (["006B"], ["type_not_selected"])
    assert org.mart("opportunity_exclusions")[0]["setting"] == "opportunity_types: Old"


OWNED = {"owner_id": "0051"}
OWNERS = ("companies", "contacts", "opportunities", "activities")


def directory(folder: Path, *lines: str) -> Members:
    file = folder / "members.csv"
    file.write_text("\n".join(["member_id,member_name,email,is_active", *lines]) + "\n")
    return Members(directory=file)


def owners(org: SmallOrg) -> set[str]:
    return {row["owner_member_id"] for mart in OWNERS for row in org.mart(mart)}


def member_ids(org: SmallOrg) -> list[tuple[str, bool]]:
    return [(row["member_id"], row["is_imported"]) for row in org.mart("members")]


@pytest.fixture
def owning(org_18: SmallOrg, tmp_path: Path) -> SmallOrg:
    """An org whose only user owns one record of each kind, and an empty directory."""
    org_18.stage("User", {"id": "0051", "name": "Ann", "email": "Ann@acme.example.invalid"})
    org_18.stage("Account", {"id": "0011", **OWNED})
    org_18.stage("Contact", {"id": "0031", **OWNED})
    org_18.stage("Opportunity", {"id": "006A", **OWNED})
    org_18.stage("Task", {"id": "00T1", "what_id": "0011", **OWNED})
    org_18.sync(members=directory(tmp_path))
    return org_18


def test_an_imported_member_becomes_that_of_the_directory_with_all_they_own_and_leaves_it_again(
    owning: SmallOrg, tmp_path: Path
) -> None:
    assert (member_ids(owning), owners(owning)) == ([("0051", True)], {"0051"})
    appeared = directory(tmp_path, "m1,Ann,ann@ACME.example,true")
    counts = owning.sync(members=appeared)
    assert (member_ids(owning), owners(owning)) == ([("m1", False)], {"m1"})
    assert {counts[mart].updated for mart in OWNERS} == {1}
    owning.sync(members=directory(tmp_path))
    assert (member_ids(owning), owners(owning)) == ([("0051", True)], {"0051"})


def test_a_second_row_with_ones_address_makes_the_owner_imported_again(
    owning: SmallOrg, tmp_path: Path
) -> None:
    owning.sync(members=directory(tmp_path, "m1,Ann,ann@acme.example,true"))
    owning.sync(members=directory(
        tmp_path, "m1,Ann,ann@acme.example,true", "m2,Anna,ANN@acme.example,true"))
    assert member_ids(owning) == [("0051", True), ("m1", False), ("m2", False)]
    assert owners(owning) == {"0051"}


def test_an_address_that_changes_in_salesforce_changes_the_member(
    owning: SmallOrg, tmp_path: Path
) -> None:
    owning.sync(members=directory(
        tmp_path, "m1,Ann,ann@acme.example,true", "m2,Ben,ben@acme.example,false"))
    owning.stage("User", {"id": "0051", "email": "ben@acme.example"})
    owning.sync()
    assert owners(owning) == {"m2"}


def test_a_queue_that_gets_an_address_becomes_the_member(owning: SmallOrg, tmp_path: Path) -> None:
    owning.stage("Group", {"id": "00G1", "name": "Sales", "type": "Queue"})
    owning.stage("Account", {"id": "0012", "owner_id": "00G1"})
    owning.sync(members=directory(tmp_path, "m9,Dispatcher,sales@acme.example,true"))
    assert owning.mart("companies")[1]["owner_member_id"] == "00G1"
    owning.stage("Group", {"id": "00G1", "email": "Sales@acme.example"})
    owning.sync()
    assert owning.mart("companies")[1]["owner_member_id"] == "m9"
    assert member_ids(owning) == [("0051", True), ("m9", False)]


def test_a_deactivated_user_who_owns_stays_a_member(owning: SmallOrg) -> None:
    owning.stage("User", {"id": "0051", "is_active": False})
    owning.sync()
    assert (member_ids(owning), owners(owning)) == ([("0051", True)], {"0051"})
