"""The member directory: what a row means, and which files are refused in which words."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.members import Member, read_directory
from simulator.catalog import standard_catalog
from simulator.generated.people import group_rows, user_rows
from simulator.generated.plan import Plan

PROJECT = Path(__file__).resolve().parents[2]

HEADER = "member_id,member_name,email,is_active,weekly_capacity_hours\n"


def read(folder: Path, text: str | bytes) -> list[Member]:
    """The members of a file with this content."""
    file = folder / "members.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_directory(file)


def test_a_row_is_a_member(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + 'm1,"Løvenskiold, Ann",ann@acme.example,FALSE,37.5\n') == [
        Member("m1", "Løvenskiold, Ann", "ann@acme.example", False, Decimal("37.5"))]


def test_what_is_left_out_is_active_without_known_hours(tmp_path: Path) -> None:
    assert read(tmp_path, "email,member_id,member_name\n,m1,Ann\n") == [
        Member("m1", "Ann", None, True, None)]


def test_a_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    assert len(read(tmp_path, b"\xef\xbb\xbf" + (HEADER + "m1,Ann,,,\n").encode())) == 1


def test_a_header_alone_is_an_empty_directory(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER) == []


def test_two_members_may_share_an_address(tmp_path: Path) -> None:
    assert len(read(tmp_path, HEADER + "m1,Ann,a@acme.example,,\nm2,A,a@acme.example,,\n")) == 2


@pytest.mark.parametrize(("text", "complaint"), [
    ("", r"line 1: the column member_id is missing"),
    ("member_id,email\n", r"line 1: the column member_name is missing"),
    (HEADER.replace("is_active", "active"), r"line 1: there is no column 'active'"),
    (HEADER + "m1,Ann\n", r"line 2: the row does not have as many values"),
    (HEADER + "m1,Ann,,,,\n", r"line 2: the row does not have as many values"),
    (HEADER + ",Ann,,,\n", r"line 2: member_id is empty"),
    (HEADER + "m1, ,,,\n", r"line 2: member_name is empty"),
    (HEADER + "m1,Ann,,yes,\n", r"line 2: is_active is 'yes'. Write true or false"),
    (HEADER + "m1,Ann,,,full\n", r"line 2: weekly_capacity_hours is 'full'"),
    (HEADER + "m1,Ann,,,NaN\n", r"line 2: weekly_capacity_hours is 'NaN'"),
    (HEADER + "m1,Ann,,,169\n", r"line 2: weekly_capacity_hours is '169'"),
    (HEADER + "m1,Ann,,,\nm2,Ben,,,\nm1,Cy,,,\n", r"line 4: member_id is 'm1', which line 2 has"),
    (HEADER + 'm1,"Ann', r"is not a CSV file"),
    (b"\xff\xfe\x00", r"is not a CSV file"),
])
def test_a_wrong_file_is_refused_with_its_line(
    tmp_path: Path, text: str | bytes, complaint: str
) -> None:
    with pytest.raises(SettingsInvalid, match=rf"members\.csv.*{complaint}"):
        read(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"there is no such file\. Create it with the header"):
        read_directory(tmp_path / "nobody.csv")


def test_the_directory_that_is_shipped_knows_people_of_the_demo_org() -> None:
    demo = Plan(2000, 1, datetime(2026, 5, 4, tzinfo=UTC), standard_catalog())
    owners = {row["Email"] for row in [*user_rows(demo), *group_rows(demo)] if row["Email"]}
    members = read_directory(PROJECT / "include/members.csv")
    assert {str(member.email).lower() for member in members} < owners
