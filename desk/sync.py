"""One run of an org's DAG, outside the scheduler, with its stations shown as they pass."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import psycopg

from desk.airflow import airflow_command, airflow_environment
from desk.embedded import EmbeddedPostgres
from desk.processes import Program, Started, last_lines, running
from desk.progress import console, done
from salesforce_elt.environment import Environment
from salesforce_elt.errors import SyncError
from salesforce_elt.settings import Settings

SECONDS_BETWEEN_LOOKS = 0.5
NEWEST_RUN = "select coalesce(max(id), 0) from dag_run where dag_id = %s"
STATIONS = """
select ti.task_id, ti.map_index, coalesce(ti.rendered_map_index, ''), ti.state, ti.duration
from task_instance as ti
join dag_run as dr using (dag_id, run_id)
where dr.dag_id = %s and dr.id > %s and ti.start_date is not null
order by ti.start_date
"""
RETRY = "up_for_retry"
WRONG = {"failed", "upstream_failed"}
FINISHED = {"success", "failed", "skipped", "upstream_failed"}


@dataclass(frozen=True)
class Sync:
    """A sync to be run: which org's, and of which kind."""

    org: str
    kind: str
    settings: Settings

    @property
    def dag_id(self) -> str:
        """The DAG that this org belongs to, by its frequency."""
        return self.settings.orgs[self.org].frequency.dag_id

    @property
    def conf(self) -> Mapping[str, object]:
        """What a person would choose in the trigger form."""
        return {"kind": self.kind, "orgs": [self.org]}


@dataclass
class Stations:
    """What has been said about the stations of a run so far."""

    dag_id: str
    after: int
    said: set[tuple[str, int]] = field(default_factory=set)

    def look(self, connection: psycopg.Connection) -> str:
        """Say which stations have ended since the last look; return those that are at work."""
        at_work = []
        for task, index, label, state, seconds in connection.execute(
            STATIONS, [self.dag_id, self.after]
        ):
            title = f"{task} {label}".strip()
            if state not in FINISHED:
                at_work.append(f"{title} (will be retried)" if state == RETRY else title)
            elif (task, index) not in self.said:
                self.said.add((task, index))
                word = "" if state == "success" else f" {state}"
                done(f"{title}{word}", seconds=seconds or 0, went_wrong=state in WRONG)
        return ", ".join(at_work)


def run_sync(environment: Environment, postgres: EmbeddedPostgres, *, sync: Sync) -> bool:
    """Run the org's real DAG to its end in a process of its own; say whether it was a success."""
    with psycopg.connect(_airflow(postgres), autocommit=True) as connection:
        (newest,) = next(connection.execute(NEWEST_RUN, [sync.dag_id]))
        with running(_program(environment, sync)) as started:
            _show(connection, Stations(sync.dag_id, after=newest), started)
        if started.process.returncode == 0:
            return True
        (after,) = next(connection.execute(NEWEST_RUN, [sync.dag_id]))
    if after == newest:
        log = started.program.log
        raise SyncError(
            f"The DAG {sync.dag_id} did not start. The end of {log}:\n{last_lines(log)}"
        )
    return False


def _show(connection: psycopg.Connection, stations: Stations, started: Started) -> None:
    with console.status("starting Airflow's DAG run") as status:
        for at_work in _looks(connection, stations, started):
            status.update(at_work or "between two stations")


def _looks(connection: psycopg.Connection, stations: Stations, started: Started) -> Iterator[str]:
    while started.is_running():
        yield stations.look(connection)
        time.sleep(SECONDS_BETWEEN_LOOKS)
    yield stations.look(connection)


def _program(environment: Environment, sync: Sync) -> Program:
    conf = json.dumps(sync.conf)
    return Program(
        name=f"sync-{sync.org}-{sync.kind}",
        command=airflow_command("dags", "test", sync.dag_id, "--conf", conf),
        variables=airflow_environment(environment),
        home=environment.home,
    )


def _airflow(postgres: EmbeddedPostgres) -> str:
    return postgres.url("airflow")
