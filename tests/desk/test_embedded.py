"""The embedded PostgreSQL: there when it is used, gone when nobody uses it."""

import os
import socket
import stat
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from desk.account import server_account
from desk.embedded import embedded_postgres, postgres_server, stop_if_unused
from desk.postgres import free_port, running_pid, start
from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.errors import SettingsInvalid
from tests.desk.conftest import fresh_environment

pytestmark = pytest.mark.server


def _answer(url: str, query: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
        return row and row[0]


def test_it_runs_while_it_is_used_and_not_after(environment: Environment) -> None:
    with embedded_postgres(environment):
        assert running_pid(postgres_server(environment)) is not None
    assert running_pid(postgres_server(environment)) is None


def test_the_last_user_stops_it(environment: Environment) -> None:
    with embedded_postgres(environment):
        with embedded_postgres(environment):
            pass
        assert running_pid(postgres_server(environment)) is not None


def test_what_was_written_is_there_the_next_time_at_the_same_address(
    environment: Environment,
) -> None:
    with embedded_postgres(environment) as first, psycopg.connect(first.url("warehouse")) as made:
        made.execute("create table if not exists kept as select 'é' as text")
    with embedded_postgres(environment) as second:
        assert second == first
        assert _answer(second.url("warehouse"), "select text from kept") == "é"


def test_two_copies_run_side_by_side(environment: Environment, folder: Path) -> None:
    other = fresh_environment(folder / "other")
    with embedded_postgres(environment) as first, embedded_postgres(other) as second:
        assert first.port != second.port
        assert running_pid(postgres_server(environment)) != running_pid(postgres_server(other))


def test_only_its_password_opens_it(environment: Environment) -> None:
    with embedded_postgres(environment) as postgres:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(postgres.url("warehouse").replace(postgres.password, "wrong"))
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(postgres.url("warehouse", with_password=False))


def test_only_the_owner_may_read_the_passwords(environment: Environment) -> None:
    with embedded_postgres(environment):
        pass
    secrets = [environment.url_file, environment.home / "postgres.superuser"]
    assert [stat.S_IMODE(path.stat().st_mode) for path in secrets] == [0o600, 0o600]


def test_it_listens_on_the_loopback_address_only(environment: Environment) -> None:
    with embedded_postgres(environment) as postgres:
        url = postgres.url("warehouse")
        assert _answer(url, "show listen_addresses") == "127.0.0.1"
        assert _answer(url, "show fsync") == "on"


def test_the_pipeline_is_not_a_superuser(environment: Environment) -> None:
    with embedded_postgres(environment):
        query = "select rolsuper from pg_roles where rolname = current_user"
        assert _answer(warehouse_url(environment), query) is False


def test_the_pipeline_makes_the_role_of_analysts_and_people_who_have_it(
    environment: Environment,
) -> None:
    with (
        embedded_postgres(environment) as postgres,
        psycopg.connect(postgres.url("warehouse")) as connection,
    ):
        connection.execute("create role analyst_of_test nologin")
        connection.execute("create role ann login in role analyst_of_test")
        connection.rollback()


def test_a_pid_file_that_a_crash_left_behind_is_not_believed(environment: Environment) -> None:
    with embedded_postgres(environment):
        pid_file = postgres_server(environment).data / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getppid()), *lines[1:]]))
    with embedded_postgres(environment) as postgres:
        assert _answer(postgres.url("warehouse"), "select 1") == 1


def test_a_server_that_a_killed_process_left_running_is_used_and_stopped(
    environment: Environment,
) -> None:
    with embedded_postgres(environment):
        pass
    start(postgres_server(environment), port=free_port())
    assert stop_if_unused(environment)
    assert running_pid(postgres_server(environment)) is None


def test_a_path_that_is_too_long_for_a_unix_socket_is_no_problem(folder: Path) -> None:
    with embedded_postgres(fresh_environment(folder / ("long" * 30))) as postgres:
        assert _answer(postgres.url("warehouse"), "select 1") == 1


def test_a_configured_port_that_is_taken_is_explained(environment: Environment) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(SettingsInvalid, match=f"ELT_POSTGRES_PORT is {port}, and another"),
            embedded_postgres(replace(environment, postgres_port=port)),
        ):
            pass


def test_a_lost_superuser_password_is_explained(environment: Environment) -> None:
    with embedded_postgres(environment):
        pass
    kept = environment.home / "postgres.superuser"
    elsewhere = kept.rename(kept.with_suffix(".elsewhere"))
    with (
        pytest.raises(SettingsInvalid, match=r"or remove .* to start afresh"),
        embedded_postgres(environment),
    ):
        pass
    elsewhere.rename(kept)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run the server as another user")
def test_as_root_the_server_reaches_its_data_and_nobody_else_gets_in(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with embedded_postgres(fresh_environment(closed / "home")) as postgres:
        assert _answer(postgres.url("warehouse"), "select 1") == 1
    assert stat.S_IMODE(closed.stat().st_mode) & stat.S_IRWXO == 0
    assert server_account() is not None
