"""`make run`: the main job from beginning to end."""

import re
from pathlib import Path

import psycopg
import pytest

from desk.embedded import embedded_postgres, postgres_server
from desk.forget import forget
from desk.postgres import running_pid
from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.warehouse.connection import connect, prepare
from tests.desk.conftest import Command
from tests.desk.left_behind import places_of_secrets

pytestmark = pytest.mark.server

DEALS = "select count(*) from marts.opportunities where org = 'demo'"


@pytest.mark.slow
def test_the_main_job_syncs_in_full_then_what_changed_and_leaves_nothing_running(
    environment: Environment, desk: Command, folder: Path
) -> None:
    finished = desk("run", "", "1", "60", "7")
    assert finished.returncode == 0, finished.stdout + finished.stderr
    # A day that ends between the two makes the second the first of a day, which reconciles.
    both = "full sync SUCCESS(?s:.*)(incremental|reconcile) sync SUCCESS"
    assert re.search(both, finished.stdout)
    assert running_pid(postgres_server(environment)) is None
    assert places_of_secrets(environment, finished.stdout + finished.stderr) == []
    before = _asked(environment, DEALS)
    _write_org_with_a_broken_reference(folder)
    refused = desk("run", str(folder), "1", "60", "7")
    assert refused.returncode == 1
    assert "Opportunity.csv, line 2, field AccountId: 'nobody' points to no row" in refused.stderr
    assert _asked(environment, DEALS) == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("/no/such", "1", "60", "7"), "ORG_DATA is '/no/such', and there is no such folder."),
        (("", "yes", "60", "7"), "CHANGES is 'yes'. Use 0 (only the full sync) or 1."),
        (("", "1", "0", "7"), "N is '0'. Use a whole number, 1 or more."),
        (("", "1", "60", "x"), "SEED is 'x'. Use a whole number, 1 or more."),
    ],
)
def test_a_variable_that_cannot_be_is_explained(
    desk: Command, arguments: tuple[str, ...], says: str
) -> None:
    assert says in desk("run", *arguments).stderr


def test_forgetting_an_org_leaves_the_others(connection: psycopg.Connection) -> None:
    for org in ("demo", "acme"):
        connection.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
            " values (%s, %s, 'full', 'success', 1, now())",
            [org, org],
        )
        connection.execute(f"create schema staging_{org}".encode())
        connection.execute(f'create table landing."{org}__1" (id text)'.encode())
    forget(connection, org="demo")
    assert connection.execute("select org from sync.runs").fetchall() == [("acme",)]
    left = connection.execute(
        "select table_name from information_schema.tables where table_schema = 'landing'"
    ).fetchall()
    assert left == [("acme__1",)]


@pytest.mark.parametrize(("arguments", "says"), [
    (("nobody", "nobody"), "ORG is 'nobody', of which nothing is here."),
    (("", ""), "Name the org: ORG=<key>. There are: "),
    (("demo", ""), "make forget ORG=demo CONFIRM=demo"),
])  # fmt: skip
@pytest.mark.slow
def test_an_org_is_forgotten_only_when_it_is_named_twice(
    environment: Environment, desk: Command, arguments: tuple[str, str], says: str
) -> None:
    _remember_a_run(environment)
    assert says in desk("forget", *arguments).stderr
    assert _asked(environment, "select count(*) from sync.runs where org = 'demo'") != 0


@pytest.mark.slow
def test_a_forgotten_org_has_left_the_warehouse(environment: Environment, desk: Command) -> None:
    _remember_a_run(environment)
    assert desk("forget", "demo", "demo").returncode == 0
    assert _asked(environment, "select count(*) from sync.runs where org = 'demo'") == 0


def _remember_a_run(environment: Environment) -> None:
    with (
        embedded_postgres(environment),
        connect(warehouse_url(environment)) as connection,
    ):
        prepare(connection)
        connection.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
            " values ('demo/1', 'demo', 'full', 'success', 1, now()) on conflict do nothing"
        )


def _asked(environment: Environment, query: str) -> object:
    with (
        embedded_postgres(environment),
        psycopg.connect(warehouse_url(environment)) as connection,
    ):
        row = connection.execute(query.encode()).fetchone()
        return row and row[0]


def _write_org_with_a_broken_reference(folder: Path) -> None:
    (folder / "Account.csv").write_text("Id,Name\nacct-1,Acme\n")
    (folder / "Opportunity.csv").write_text(
        "Id,Name,AccountId,StageName,CloseDate\ndeal-1,Deal,nobody,Prospecting,2024-01-31\n"
    )
