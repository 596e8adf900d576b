"""`make up` and `make down`: everything starts, everything stops."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from http import HTTPStatus

import psycopg
import pytest

from desk.airflow import (
    airflow_command,
    airflow_environment,
    airflow_url,
    credentials_file,
)
from desk.embedded import embedded_postgres, postgres_server
from desk.org import org_url
from desk.postgres import running_pid
from desk.processes import processes
from salesforce_elt.environment import PROJECT, Environment
from tests.desk.conftest import Command, desk_variables

pytestmark = [pytest.mark.server, pytest.mark.slow]

SECONDS_FOR_A_SYNC = 900
Supervisor = subprocess.Popen[str]


@pytest.fixture
def supervisor(environment: Environment, desk: Command) -> Iterator[Supervisor]:
    """`make up`, just started; whatever a test does to it, nothing is left."""
    process = subprocess.Popen(
        [sys.executable, "-m", "desk", "up"],
        env=desk_variables(environment),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    yield process
    desk("down")
    process.wait()


def test_airflow_runs_until_it_is_interrupted(
    environment: Environment, supervisor: Supervisor
) -> None:
    _read_until(supervisor, "stops everything")
    with urllib.request.urlopen(f"{airflow_url(environment)}/api/v2/monitor/health") as health:
        assert {part["status"] for part in json.load(health).values()} == {"healthy"}
    sessions = _sessions(environment)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait() == 0
    assert processes(sessions) == []
    assert running_pid(postgres_server(environment)) is None


def test_a_second_one_is_refused_and_down_stops_the_first(
    environment: Environment, supervisor: Supervisor, desk: Command
) -> None:
    _read_until(supervisor, "✓ a simulated org", "✓ the simulated org")
    sessions = _sessions(environment)
    assert "make up is already running" in desk("up").stderr
    assert "Everything is stopped." in desk("down").stdout
    assert processes(sessions) == []


def test_down_stops_what_a_killed_one_left_behind(
    environment: Environment, supervisor: Supervisor, desk: Command
) -> None:
    _read_until(supervisor, "✓ a simulated org", "✓ the simulated org")
    sessions = _sessions(environment)
    supervisor.kill()
    supervisor.wait()
    assert processes(sessions) != []
    assert "A killed session had left processes behind" in desk("down").stdout
    assert processes(sessions) == []
    assert running_pid(postgres_server(environment)) is None


def test_down_says_so_when_nothing_runs(desk: Command) -> None:
    assert "Nothing was running." in desk("down").stdout


def _read_until(supervisor: Supervisor, *texts: str) -> None:
    printed = []
    for line in supervisor.stdout or []:
        printed.append(line)
        if any(text in line for text in texts):
            return
    pytest.fail("".join(printed))


def _sessions(environment: Environment) -> list[int]:
    return [int(note.name) for note in (environment.home / "running").iterdir()]


BY_HAND = (
    "orgs: {demo: {connection: salesforce_demo, frequency: daily, automatically_sync: false}}\n"
)
LATER = """
select state, run_after > queued_at from dag_run where run_id like 'after_quota__demo__%'
"""
HAS_DAG = "select 1 from serialized_dag where dag_id = 'salesforce_sync_daily'"


def test_a_sync_that_its_quota_stops_goes_on_by_a_run_that_the_scheduler_starts_later(
    environment: Environment, supervisor: Supervisor
) -> None:
    kept = environment.settings.read_text()
    environment.settings.write_text(BY_HAND)  # no scheduled run goes on with it, at any time of day
    try:
        _read_until(supervisor, "✓ a simulated org", "✓ the simulated org")
        _set_option(environment, daily_api_requests=5)
        _read_until(supervisor, "stops everything")
        _wait_for(environment, HAS_DAG)
        _trigger(environment)
        assert _wait_for(environment, LATER) == ("queued", True)
        _set_option(environment, daily_api_requests=100_000)
        _ask(environment, "update dag_run set run_after = now()"
                          " where run_id like 'after_quota__demo__%' returning 1")
        assert _wait_for(environment, LATER.replace("where", "where state = 'success' and"))
    finally:
        environment.settings.write_text(kept)


def _trigger(environment: Environment) -> None:
    subprocess.run(
        airflow_command("dags", "trigger", "salesforce_sync_daily", "--conf", '{"orgs": ["demo"]}'),
        env=os.environ | airflow_environment(environment),
        check=True,
        timeout=600,
    )


def _set_option(environment: Environment, **options: int) -> None:
    keys = json.loads(credentials_file(environment).read_text())
    request = urllib.request.Request(
        f"{org_url(environment)}/simulator/options", method="PATCH",
        data=json.dumps(options).encode(),
        headers={"Authorization": f"Bearer {keys['admin_token']}",
                 "Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        assert answer.status == HTTPStatus.OK


def _wait_for(environment: Environment, query: str) -> tuple[object, ...]:
    """The first row of a query of Airflow's metadata, as soon as there is one."""
    deadline = time.monotonic() + SECONDS_FOR_A_SYNC
    while (row := _ask(environment, query)) is None:
        assert time.monotonic() < deadline, query
        time.sleep(1)  # another process writes it, and tells nobody
    return row


def _ask(environment: Environment, query: str) -> tuple[object, ...] | None:
    with (
        embedded_postgres(environment) as postgres,
        psycopg.connect(postgres.url("airflow")) as connection,
    ):
        return connection.execute(query.encode()).fetchone()
