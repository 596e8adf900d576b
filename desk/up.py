"""`make up`: Airflow with its UI, the DAGs and the simulated org, until someone stops it."""

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import psycopg

from desk.airflow import (
    ADMIN,
    admin_password,
    airflow_command,
    airflow_environment,
    airflow_url,
    log_folder,
    migration,
)
from desk.embedded import EmbeddedPostgres, embedded_postgres
from desk.forget import forget
from desk.one_at_a_time import only_one
from desk.org import ORG, Source, has_org, org_url, simulated_org
from desk.processes import (
    Program,
    Started,
    require_free_port,
    require_running,
    running,
    running_together,
    wait_for_the_end,
    wait_until,
)
from desk.progress import say, step
from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings import load_settings
from salesforce_elt.warehouse.connection import connect, prepare

SECONDS_TO_BE_HEALTHY = 180
SECONDS_TO_PARSE = 120
SECONDS_BETWEEN_LOOKS = 1.0
SECONDS_FOR_AN_ANSWER = 20
# The API server reads the logs from the folder, so nobody has to serve them on another port.
API_SERVER = ("api-server",)
OTHERS = (
    ("scheduler", "--skip-serve-logs"),
    ("dag-processor",),
    ("triggerer", "--skip-serve-logs"),
)
PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")


def main(_arguments: Sequence[str]) -> int:
    """Start everything, say where it is, and stop everything at the end."""
    environment = Environment.read(os.environ)
    load_settings(environment.settings)
    with only_one(environment), ExitStack() as stack:
        started = _start(environment, stack)
        _say_where(environment)
        _watch_until_asked_to_stop(started)
        say("\nStopping ...")
    say("Everything is stopped.")
    return 0


def _start(environment: Environment, stack: ExitStack) -> list[Started]:
    require_free_port(environment.airflow_port, variable="ELT_AIRFLOW_PORT", what="Airflow")
    with step("PostgreSQL"):
        postgres = stack.enter_context(embedded_postgres(environment))
    migrating = stack.enter_context(running(migration(environment)))
    org = stack.enter_context(_org(environment, postgres))
    with step("Airflow's metadata"):
        wait_for_the_end(migrating)
    # Tasks that are at work tell the API server how they end, so it stops after the others.
    api_server = stack.enter_context(running(_program(environment, API_SERVER)))
    with step("Airflow: API server"):
        # A task that begins before the server answers is killed, and tried again minutes later.
        wait_until(lambda: _answers_tasks(environment), [api_server], seconds=SECONDS_TO_BE_HEALTHY)
    programs = [_program(environment, arguments) for arguments in OTHERS]
    started = [org, api_server, *stack.enter_context(running_together(programs))]
    with step("Airflow: scheduler, DAG processor, triggerer"):
        wait_until(lambda: _is_healthy(environment), started, seconds=SECONDS_TO_BE_HEALTHY)
    with step("the DAGs"):
        wait_until(lambda: _has_dags(environment, postgres), started, seconds=SECONDS_TO_PARSE)
    return started


@contextmanager
def _org(environment: Environment, postgres: EmbeddedPostgres) -> Iterator[Started]:
    source = None if has_org(postgres) else Source()
    title = f"a simulated org: {source}" if source else "the simulated org"
    with ExitStack() as stack:
        with step(title):
            org = stack.enter_context(simulated_org(environment, postgres, source=source))
        with connect(warehouse_url(environment)) as connection:
            prepare(connection)
            if source:
                forget(connection, org=ORG)
        yield org


def _program(environment: Environment, arguments: Sequence[str]) -> Program:
    return Program(
        name=f"airflow-{arguments[0]}",
        command=airflow_command(*arguments),
        variables=airflow_environment(environment),
        home=environment.home,
    )


def _watch_until_asked_to_stop(started: Sequence[Started]) -> None:
    try:
        while True:
            require_running(started)
            time.sleep(SECONDS_BETWEEN_LOOKS)
    except (KeyboardInterrupt, SystemExit):
        return


def _say_where(environment: Environment) -> None:
    say(f"\n  Airflow        {airflow_url(environment)}   user {ADMIN}")
    say(f"                 password {admin_password(environment)}")
    say(f"  sync results   {airflow_url(environment)}/plugin/sync-results")
    say(f"  simulated org  {org_url(environment)}   connection salesforce_{ORG}")
    if not environment.warehouse_url:
        say(f"  warehouse      psql \"$(cat '{environment.url_file}')\"")
    say(f"  logs           {log_folder(environment)}")
    say("\nCtrl-C here or 'make down' in another terminal stops everything.")


def _answers_tasks(environment: Environment) -> bool:
    """Whether the part of the API server that tasks talk to is up: its first answer is slow."""
    return _get(f"{airflow_url(environment)}/execution/health") is not None


def _get(url: str) -> dict[str, dict[str, str]] | None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=SECONDS_FOR_AN_ANSWER) as response:
            answer: dict[str, dict[str, str]] = json.load(response)
            return answer
    except (urllib.error.URLError, OSError):
        return None


def _is_healthy(environment: Environment) -> bool:
    health = _get(f"{airflow_url(environment)}/api/v2/monitor/health")
    return health is not None and all(health[part]["status"] == "healthy" for part in PARTS)


def _has_dags(environment: Environment, postgres: EmbeddedPostgres) -> bool:
    expected = len(load_settings(environment.settings).by_frequency())
    with psycopg.connect(postgres.url("airflow")) as connection:
        errors = connection.execute("select filename, stacktrace from import_error").fetchall()
        for filename, trace in errors:
            raise SettingsInvalid(f"{filename} cannot be read by Airflow:\n{trace.strip()}")
        dags = connection.execute("select dag_id from dag where not is_stale").fetchall()
    return len(dags) >= expected
