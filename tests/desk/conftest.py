"""Copies of the project's data that belong to one test."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desk.embedded import embedded_postgres
from desk.postgres import free_port
from salesforce_elt.environment import PROJECT, Environment
from salesforce_elt.warehouse.connection import connect, prepare
from tests.conftest import folder_of_a_server

SETTINGS = "orgs: {demo: {connection: salesforce_demo, frequency: every_hour}}\n"
Command = Callable[..., subprocess.CompletedProcess[str]]
Fill = Callable[..., None]


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that may hold a server's data."""
    with folder_of_a_server() as path:
        yield path


@pytest.fixture(scope="module")
def environment() -> Iterator[Environment]:
    """The copy that the tests of a file share, one after the other."""
    with folder_of_a_server() as path:
        yield fresh_environment(path / "home")


@pytest.fixture
def desk(environment: Environment) -> Command:
    """Run `python -m desk` in this copy, as the Makefile does."""
    return lambda *arguments: desk_command(environment, *arguments)


@pytest.fixture
def fill(environment: Environment) -> Fill:
    """Runs statements in this copy's warehouse, whose sync schema is there."""

    def run(*statements: str) -> None:
        with (
            embedded_postgres(environment) as postgres,
            connect(postgres.url("warehouse")) as made,
        ):
            prepare(made)
            for statement in statements:
                made.execute(statement.encode())

    return run


def fresh_environment(home: Path) -> Environment:
    """An environment with ports that nobody uses, and the simulated org in its settings."""
    home.mkdir(parents=True, exist_ok=True)
    settings = home / "sync.yaml"
    settings.write_text(SETTINGS)
    return Environment.read(
        {
            "ELT_HOME": str(home),
            "ELT_SETTINGS": str(settings),
            "ELT_AIRFLOW_PORT": str(free_port()),
            "ELT_SIMULATOR_PORT": str(free_port()),
        }
    )


def desk_command(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command of the desk printed, and its exit code."""
    return subprocess.run(
        [sys.executable, "-m", "desk", *arguments],
        env=desk_variables(environment),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )


def desk_variables(environment: Environment) -> dict[str, str]:
    """The variables that the Makefile would give to a command of this copy."""
    path = os.pathsep.join([str(PROJECT / "plugins"), str(PROJECT)])
    return {**os.environ, **environment.variables(), "PYTHONPATH": path}
