"""
`make run`: the main job, from an empty desk to the results of two syncs.

The simulated org is new each time, so the warehouse forgets what it held of the last one; other
orgs stay as they are.
"""

import os
import shlex
from collections.abc import Iterator, Sequence, Sized
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from desk.airflow import log_folder, migration
from desk.embedded import EmbeddedPostgres, embedded_postgres
from desk.forget import forget
from desk.org import ORG, Source, change_org, simulated_org
from desk.processes import running, wait_for_the_end
from desk.progress import say, step
from desk.sync import Sync, run_sync
from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.history import newest_sync
from salesforce_elt.report import read_report
from salesforce_elt.results_text import render
from salesforce_elt.settings import Settings, load_settings
from salesforce_elt.warehouse.connection import connect, prepare

SECRET = {"ELT_WAREHOUSE_URL", "ELT_HASH_SALT"}
VARIABLES = tuple(f"ELT_{field.name.upper()}" for field in fields(Environment))
NEXT = (
    (
        "what the pipelines are worth",
        'make sql Q="select pipeline_name, status, count(*), sum(amount) as amount'
        " from marts.opportunities join marts.pipelines using (org, pipeline_id)"
        ' group by 1, 2 order by 1, 2"',
    ),
    (
        "who owns how much",
        'make sql Q="select member_name, is_imported, count(*) as opportunities'
        " from marts.opportunities as o join marts.members as m"
        " on m.org = o.org and m.member_id = o.owner_member_id"
        ' group by 1, 2 order by 3 desc limit 10"',
    ),
    ("the same DAGs in Airflow's UI", "make up"),
)


@dataclass(frozen=True)
class Options:
    """The variables of `make run`."""

    source: Source
    has_changes: bool

    @classmethod
    def read(cls, arguments: Sequence[str]) -> "Options":
        """Read ORG_DATA, CHANGES, N and SEED, in this order."""
        org_data, changes, size, seed = arguments
        if changes not in ("0", "1"):
            raise SettingsInvalid(f"CHANGES is '{changes}'. Use 0 (only the full sync) or 1.")
        source = Source(
            folder=_folder(org_data), size=_number(size, name="N"), seed=_number(seed, name="SEED")
        )
        return cls(source, has_changes=changes == "1")


def main(arguments: Sequence[str]) -> int:
    """Run the main job; the exit code is 0 when every sync was a success."""
    options = Options.read(arguments)
    environment = Environment.read(os.environ)
    settings = _settings(environment)
    with _desk(environment, source=options.source) as postgres:
        is_success = _sync(environment, postgres, sync=Sync(ORG, "full", settings))
        if is_success and options.has_changes:
            _change(environment, seed=options.source.seed)
            is_success = _sync(environment, postgres, sync=Sync(ORG, "incremental", settings))
    _say_what_next(environment, is_success=is_success)
    return 0 if is_success else 1


@contextmanager
def _desk(environment: Environment, *, source: Source) -> Iterator[EmbeddedPostgres]:
    with ExitStack() as stack:
        with step("PostgreSQL"):
            postgres = stack.enter_context(embedded_postgres(environment))
        migrating = stack.enter_context(running(migration(environment)))
        with step(f"a simulated org: {source}"):
            stack.enter_context(simulated_org(environment, postgres, source=source))
        _empty_warehouse(environment)
        with step("Airflow's metadata"):
            wait_for_the_end(migrating)
        yield postgres


def _empty_warehouse(environment: Environment) -> None:
    with connect(warehouse_url(environment)) as connection:
        prepare(connection)
        if newest_sync(connection, ORG):
            say(f"  The org '{ORG}' is new, so the warehouse forgets what it held of the last one.")
        forget(connection, org=ORG)


def _sync(environment: Environment, postgres: EmbeddedPostgres, *, sync: Sync) -> bool:
    say(f"\n{sync.dag_id}, {sync.kind}")
    is_green = run_sync(environment, postgres, sync=sync)
    with connect(warehouse_url(environment)) as connection:
        newest = newest_sync(connection, ORG)
        if newest is None:
            return False
        say(render(read_report(connection, newest.run_id)))
    return is_green and newest.status == "success"


def _change(environment: Environment, *, seed: int) -> None:
    with step("a day's work in the org"):
        changes = change_org(environment, seed=seed)
    for kind, ids in changes.items():
        say(f"    {kind}: {len(ids) if isinstance(ids, Sized) else ids}")


def _say_what_next(environment: Environment, *, is_success: bool) -> None:
    logs = log_folder(environment)
    if not is_success:
        say(f"\nThe sync was not a success; its results say why. The logs are in {logs}.")
        return
    say(f"\nThe logs are in {logs}. These syncs ran without the scheduler, so")
    say(f"their tasks' logs are in sync-{ORG}-*.log there, not in Airflow's UI. To look further:")
    for purpose, command in NEXT:
        say(f"\n  # {purpose}\n  {_with_variables(command)}")


def _with_variables(command: str) -> str:
    # The salt is a secret and the warehouse's URL may hold one, so they are not repeated here.
    own = [name for name in VARIABLES if os.environ.get(name) and name not in SECRET]
    return " ".join([*(f"{name}={shlex.quote(os.environ[name])}" for name in own), command])


def _settings(environment: Environment) -> Settings:
    settings = load_settings(environment.settings)
    if ORG not in settings.orgs:
        raise SettingsInvalid(
            f"{environment.settings} has no org '{ORG}', which is the simulated one. Add it with "
            f"'connection: salesforce_{ORG}', or leave ELT_SETTINGS empty for include/sync.yaml."
        )
    return settings


def _folder(value: str) -> Path | None:
    if not value:
        return None
    folder = Path(value).expanduser().resolve()
    if not folder.is_dir():
        raise SettingsInvalid(
            f"ORG_DATA is '{value}', and there is no such folder. Give a folder with a CSV file "
            "per object, or leave it out for a generated org."
        )
    return folder


def _number(value: str, *, name: str) -> int:
    if value.isascii() and value.isdigit() and int(value) > 0:
        return int(value)
    raise SettingsInvalid(f"{name} is '{value}'. Use a whole number, 1 or more.")
