"""`make results`: what a person sees."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from tests.desk.conftest import Command, Fill

pytestmark = pytest.mark.server

SYNCS = """
truncate sync.runs cascade;
insert into sync.runs (run_id, org, kind, status, fence, started_at, planned_at, published_at,
    finished_at, api_calls, message)
select org || '/' || number, org, 'incremental', status, number, at, at, at, at + '9 s', 6, ''
from (values ('acme', 1, 'failed', timestamptz '2026-03-01 10:00+00'),
    ('acme', 2, 'success', '2026-03-01 11:00+00'), ('beta', 1, 'partial', '2026-03-01 10:30+00'))
as syncs (org, number, status, at);
insert into sync.run_objects (run_id, org, sobject, way, until, status, fetched, inserted)
select run_id, org, 'Account', 'rest', now(), 'success', 7, 7 from sync.runs;
insert into sync.findings (run_id, org, severity, code, message)
values ('acme/1', 'acme', 'error', 'x', E'a\\x1b[2Jb')
"""


@pytest.fixture
def filled(fill: Fill) -> None:
    """A warehouse with the results of three syncs of two orgs."""
    fill(SYNCS)


@pytest.fixture
def altered(filled: None, fill: Fill) -> Iterator[None]:
    """A warehouse of which somebody renamed a table."""
    fill("alter table sync.run_objects rename to mine")
    yield
    fill("alter table sync.mine rename to run_objects")


@pytest.fixture
def empty(fill: Fill) -> None:
    """A warehouse into which nothing was synced."""
    fill("drop schema if exists sync cascade")


def test_the_newest_sync_is_told_and_the_other_orgs_are_named(
    filled: None, desk: Command
) -> None:
    printed = desk("results", "", "", "table", "").stdout
    assert printed.startswith("acme: incremental sync SUCCESS\n  run        acme/2\n")
    assert printed.endswith("(ORG=… shows them):\n  beta: partial, 2026-03-01 10:30 UTC\n")


def test_the_newest_sync_of_an_org_is_told(filled: None, desk: Command) -> None:
    assert desk("results", "", "beta", "table", "").stdout.startswith("beta: incremental sync")


def test_a_sync_is_told_by_its_run(filled: None, desk: Command) -> None:
    printed = desk("results", "acme/1", "", "table", "").stdout
    assert printed.startswith("acme: incremental sync FAILED")
    assert r"ERROR a\x1b[2Jb" in printed


def test_json_is_for_programs(filled: None, desk: Command) -> None:
    told = json.loads(desk("results", "acme/1", "acme", "json", "").stdout)
    assert (told["run"]["status"], told["objects"][0]["fetched"]) == ("failed", 7)
    assert told["run"]["started_at"] == "2026-03-01T10:00:00+00:00"


def test_csv_is_one_part(filled: None, desk: Command) -> None:
    objects = csv.DictReader(io.StringIO(desk("results", "", "", "csv", "").stdout))
    assert [(one["sobject"], one["inserted"]) for one in objects] == [("Account", "7")]
    runs = csv.DictReader(io.StringIO(desk("results", "", "beta", "csv", "run").stdout))
    assert [one["status"] for one in runs] == ["partial"]


@pytest.mark.parametrize(("arguments", "says"), [
    (("nothing/1", "", "table", ""), "There is no sync 'nothing/1' in sync.runs. The newest of"
     " each org: acme/2, beta/1."),
    (("", "gamma", "table", ""), "No org 'gamma' was ever synced into this warehouse. There are:"
     " acme, beta."),
    (("acme/1", "beta", "table", ""), "The sync 'acme/1' is one of acme, not of beta."),
    (("", "", "xml", ""), "FORMAT is 'xml'. Use table, json or csv"),
    (("", "", "csv", "all"), "PART is 'all'. With FORMAT=csv it is one of run, objects, marts"),
    (("", "", "json", "run"), "PART is 'run', but FORMAT is 'json', which shows everything."),
])  # fmt: skip
def test_what_is_not_there_is_one_paragraph(
    filled: None, desk: Command, arguments: tuple[str, ...], says: str
) -> None:
    finished = desk("results", *arguments)
    assert finished.returncode == 1
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr


def test_before_the_first_sync_it_says_so(empty: None, desk: Command) -> None:
    assert "There are no sync results yet" in desk("results", "", "", "table", "").stderr


def test_a_warehouse_that_somebody_altered_is_explained(altered: None, desk: Command) -> None:
    finished = desk("results", "", "", "table", "")
    assert finished.returncode == 1
    said = "\nThe command results stopped: PostgreSQL says UndefinedTable"
    assert finished.stderr.startswith(said)
    assert "Undo what was altered" in finished.stderr
