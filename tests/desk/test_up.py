"""`make up` and `make down`: everything starts, everything stops."""

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from desk.airflow import airflow_url
from desk.embedded import postgres_server
from desk.postgres import running_pid
from desk.processes import processes
from salesforce_elt.environment import PROJECT, Environment
from tests.desk.conftest import Command, desk_variables

pytestmark = [pytest.mark.server, pytest.mark.slow]

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
