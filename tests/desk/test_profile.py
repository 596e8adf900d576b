"""`make profile`: what a person sees."""

import pytest

from tests.desk.conftest import Command, Fill

pytestmark = pytest.mark.server

DEALS = """
drop schema if exists marts cascade;
create schema marts;
create table marts.deals (org text, name text, amount numeric, note text);
insert into marts.deals values ('acme', '[b]', 12.50, null), ('acme', 'NA', 1, null),
    ('other', 'NA', 3, null);
create table marts.people (org text);
insert into sync.runs (run_id, org, kind, status, fence, started_at)
values ('1', 'acme', 'full', 'success', 1, now()) on conflict do nothing
"""


@pytest.fixture
def filled(fill: Fill) -> None:
    """A warehouse with two marts."""
    fill(DEALS)


@pytest.fixture
def empty(fill: Fill) -> None:
    """A warehouse into which nothing was synced."""
    fill("drop schema if exists marts cascade")


def cells(line: str) -> list[str]:
    """The cells of a printed row."""
    return [cell.strip() for cell in line.strip("│\n").split("│")]


def test_a_mart_is_told_column_by_column(filled: None, desk: Command) -> None:
    printed = desk("profile", "deals", "").stdout
    assert ["name", "0", "2", "NA", "[b]", "NA (2) · [b] (1)"] in map(cells, printed.splitlines())
    assert ["note", "3", "0", "", "", ""] in map(cells, printed.splitlines())
    assert printed.endswith("marts.deals: 3 rows\n")


def test_one_org_is_told_alone(filled: None, desk: Command) -> None:
    assert desk("profile", "deals", "acme").stdout.endswith("marts.deals: 2 rows\n")


def test_without_a_mart_all_are_told_in_short(filled: None, desk: Command) -> None:
    rows = [cells(line) for line in desk("profile", "", "").stdout.splitlines()]
    assert ["deals", "3", "2", "4", "note"] in rows
    assert ["people", "0", "0", "1", ""] in rows


@pytest.mark.parametrize(("mart", "org", "says"), [
    ("deal", "", "There is no mart 'deal'. There are: deals, people."),
    ("deals", "nobody", "No org 'nobody' was ever synced into this warehouse. There are: acme."),
])  # fmt: skip
def test_what_is_not_there_is_one_paragraph(
    filled: None, desk: Command, mart: str, org: str, says: str
) -> None:
    finished = desk("profile", mart, org)
    assert finished.returncode == 1
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr


def test_before_the_first_sync_it_says_so(empty: None, desk: Command) -> None:
    assert "There are no marts yet" in desk("profile", "", "").stderr
