"""The simulated Salesforce org as a process beside the others."""

import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from desk.airflow import credentials_file
from desk.embedded import EmbeddedPostgres
from desk.processes import Program, Started, last_lines, require_free_port, running, wait_until
from salesforce_elt.environment import PROJECT, Environment
from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable

ORG = "demo"
SECONDS_TO_LOAD = 1800
DEMO_DATABASE = "simulator"
A_DAYS_WORK = {"inserts": 12, "updates": 25, "deletes": 3, "owner_changes": 2}


@dataclass(frozen=True)
class Place:
    """Where an org keeps its records, files and keys, and what else it is told when it starts."""

    database: str
    folder: Path
    credentials: Path
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Source:
    """Where a new simulated org gets its records from: a folder of CSV files, or a seed."""

    folder: Path | None = None
    size: int = 2000
    seed: int = 1

    def arguments(self) -> list[str]:
        """The source as arguments of the simulator."""
        if self.folder:
            return ["--folder", str(self.folder)]
        return ["--size", str(self.size), "--seed", str(self.seed)]

    def __str__(self) -> str:
        if self.folder:
            return f"the records of {self.folder}"
        return f"about {self.size:,} generated opportunities (seed {self.seed})"


@contextmanager
def simulated_org(
    environment: Environment,
    postgres: EmbeddedPostgres,
    *,
    source: Source | None,
    place: Place | None = None,
) -> Iterator[Started]:
    """Run the simulated org; with a source a new one is made, without the last one goes on."""
    place = place or _demo(environment)
    require_free_port(
        environment.simulator_port, variable="ELT_SIMULATOR_PORT", what="The simulated org"
    )
    if source:
        _recreate_database(postgres, name=place.database)
        shutil.rmtree(place.folder, ignore_errors=True)
    place.folder.mkdir(exist_ok=True)
    with running(_program(environment, postgres, source=source, place=place)) as started:
        try:
            wait_until(lambda: _answers(environment), [started], seconds=SECONDS_TO_LOAD)
        except WarehouseUnavailable:
            if source and not started.is_running():
                raise SettingsInvalid(_cause(started)) from None
            raise
        if source:
            _remember(postgres, name=place.database, source=source)
        yield started


def has_org(postgres: EmbeddedPostgres, database: str = DEMO_DATABASE) -> bool:
    """Whether a simulated org was made completely; half of one does not count."""
    with psycopg.connect(postgres.url("warehouse")) as connection:
        row = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = %s",
            [database],
        ).fetchone()
    return row is not None and row[0] is not None


def change_org(environment: Environment, *, seed: int) -> dict[str, object]:
    """Have the org's people work: new records, changed ones, a deleted one, a new owner."""
    credentials = json.loads(credentials_file(environment).read_text())
    request = urllib.request.Request(
        f"{org_url(environment)}/simulator/change",
        data=json.dumps({"seed": seed, **A_DAYS_WORK}).encode(),
        headers={
            "Authorization": f"Bearer {credentials['admin_token']}",
            "Content-Type": "application/json",
        },
        method="POST",
    )
    with _direct().open(request, timeout=60) as response:
        changes: dict[str, object] = json.load(response)
        return changes


def org_url(environment: Environment) -> str:
    """Where the simulated org answers."""
    return f"http://127.0.0.1:{environment.simulator_port}"


def _program(
    environment: Environment, postgres: EmbeddedPostgres, *, source: Source | None, place: Place
) -> Program:
    command = [sys.executable, "-m", "simulator", "--port", str(environment.simulator_port)]
    # Everybody may read a command line, so the password goes another way.
    command += ["--database-url", postgres.url(place.database, with_password=False)]
    command += ["--credentials", str(place.credentials), "--data-dir", str(place.folder)]
    command += place.more
    return Program(
        name="simulated-org",
        command=command + (source.arguments() if source else []),
        variables={
            "PGPASSWORD": postgres.password,
            "PYTHONPATH": f"{PROJECT / 'plugins'}{os.pathsep}{PROJECT}",
        },
        home=environment.home,
    )


def _demo(environment: Environment) -> Place:
    folder = environment.home / "simulated-org"
    return Place(DEMO_DATABASE, folder, credentials_file(environment))


def _cause(started: Started) -> str:
    said = last_lines(started.program.log)
    return said.rsplit("\n\n", 1)[-1]


def _recreate_database(postgres: EmbeddedPostgres, *, name: str) -> None:
    database = sql.Identifier(name)
    with psycopg.connect(postgres.url("warehouse"), autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {} with (force)").format(database))
        connection.execute(sql.SQL("create database {}").format(database))


def _remember(postgres: EmbeddedPostgres, *, name: str, source: Source) -> None:
    with psycopg.connect(postgres.url(name)) as connection:
        statement = sql.SQL("comment on database {} is {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Literal(str(source))))


def _answers(environment: Environment) -> bool:
    try:
        with _direct().open(f"{org_url(environment)}/services/data/", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _direct() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))
