"""`make sql`: what a person sees."""

import psycopg
import pytest

from desk.embedded import embedded_postgres, postgres_server
from desk.postgres import running_pid
from salesforce_elt.environment import Environment
from tests.desk.conftest import Command

pytestmark = pytest.mark.server


@pytest.fixture
def filled(environment: Environment) -> Environment:
    """A warehouse with one table in it."""
    with (
        embedded_postgres(environment) as postgres,
        psycopg.connect(postgres.url("warehouse")) as made,
    ):
        made.execute("drop table if exists deals")
        made.execute("create table deals (name text, amount numeric, note text)")
        made.execute("insert into deals values ('Müller, \"M\"', 12.50, null), ('[b]', 1, 'NA')")
    return environment


def test_a_query_is_printed_as_a_table(filled: Environment, desk: Command) -> None:
    printed = desk("sql", "select name, amount, note from deals order by 2", "table").stdout
    assert '│ Müller, "M" │  12.50 │      │' in printed
    assert "│ [b]         │      1 │ NA   │" in printed
    assert printed.endswith("2 rows\n")


def test_csv_is_exact(filled: Environment, desk: Command) -> None:
    printed = desk("sql", "select name, amount, note from deals order by 2", "csv").stdout
    assert printed == 'name,amount,note\n[b],1,NA\n"Müller, ""M""",12.50,\n'


def test_nothing_runs_afterwards_that_did_not_before(filled: Environment, desk: Command) -> None:
    assert desk("sql", "select 1", "table").returncode == 0
    assert running_pid(postgres_server(filled)) is None


def test_a_server_that_is_in_use_goes_on(filled: Environment, desk: Command) -> None:
    with embedded_postgres(filled):
        assert desk("sql", "select 1", "table").returncode == 0
        assert running_pid(postgres_server(filled)) is not None


@pytest.mark.parametrize(
    ("query", "form", "says"),
    [
        ("", "table", 'There is no query. Give one in Q, for example: make sql Q="select'),
        ("select 1", "json", "FORMAT is 'json'. Use table or csv"),
        ("selct 1", "table", 'syntax error at or near "selct". At character 1 of the query.'),
        ("delete from deals", "table", "cannot execute DELETE in a read-only transaction."),
        ("select 1/0", "csv", "PostgreSQL refuses the query: division by zero."),
    ],
)
def test_what_is_wrong_is_one_paragraph(
    filled: Environment, desk: Command, query: str, form: str, says: str
) -> None:
    finished = desk("sql", query, form)
    assert finished.returncode == 1
    assert says in finished.stderr
    assert "Traceback" not in finished.stderr
