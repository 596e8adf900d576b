"""The running services of docker-compose.yaml, as an operator sees them."""

import json
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
import psutil
import psycopg
from psycopg.rows import dict_row

from desk.processes import Started, processes, running, wait_until
from tests.topology.cluster import Cluster

DAG_ID = "salesforce_sync_every_hour"
SECONDS_FOR_A_SYNC, SECONDS_FOR_AN_ANSWER = 1800, 60
EXTRACTS = """
select ti.hostname, ti.state, ti.map_index, ti.rendered_map_index as sobject, ti.try_number
from task_instance as ti where ti.dag_id = %s and ti.run_id = %s and ti.task_id = 'demo.extract'
"""
# A task that is to be tried again is due at once.
IMPATIENT = """
update task_instance set retry_delay_override = 0
where dag_id = %s and run_id = %s and state = 'up_for_retry'
and retry_delay_override is distinct from 0 returning task_id
"""


@dataclass
class Site:
    """The running services, as an operator sees them."""

    cluster: Cluster
    stack: ExitStack
    started: dict[str, Started] = field(default_factory=dict)

    def run(self, service: str, host: str = "") -> None:
        """Starts a service, the `host` of it where there are several of its kind."""
        # Celery names its workers after the machine, which is one and the same here.
        named = ["--celery-hostname", f"celery@{host}"] if service == "worker" else []
        program = self.cluster.program(service, host=host, more=named)
        self.started[host or service] = self.stack.enter_context(running(program))

    def kill(self, name: str) -> None:
        """As when its machine loses power: everything of it, at once."""
        killed = self.started.pop(name)
        for process in processes([killed.session]):
            with suppress(psutil.NoSuchProcess):  # it has just ended by itself
                process.send_signal(signal.SIGKILL)
        killed.process.wait()

    def airflow(self, method: str, path: str, **body: Any) -> Any:
        """Asks Airflow's API as the UI's user."""
        password = json.loads(self.cluster.secret("ui_passwords"))["admin"]
        login = {"username": "admin", "password": password}
        with httpx.Client(
            base_url=self.cluster.api, timeout=SECONDS_FOR_AN_ANSWER, trust_env=False
        ) as client:
            token = client.post("/auth/token", json=login).raise_for_status().json()
            client.headers["Authorization"] = f"Bearer {token['access_token']}"
            return client.request(method, f"/api/v2{path}", json=body).raise_for_status().json()

    def simulator(self, method: str, path: str, *, body: Any = None) -> Any:
        """Asks the simulated org as its administrator; None when there is nothing to say."""
        keys = json.loads((self.cluster.org / "credentials.json").read_text())
        answer = httpx.request(
            method,
            f"http://127.0.0.1:{self.cluster.ports.org}/simulator{path}",
            json=body,
            headers={"Authorization": f"Bearer {keys['admin_token']}"},
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def ask(self, database: str, query: str, values: list[object] | None = None) -> list[dict]:
        """Rows of Airflow's metadata or of the warehouse."""
        url = self.cluster.secret(f"{database}_url").replace("+psycopg", "")
        with psycopg.connect(url, row_factory=dict_row) as connection:
            return connection.execute(query.encode(), values).fetchall()

    def trigger(self, *objects: str) -> str:
        """Starts a full sync, of these objects or of all; the run's id."""
        chosen = {"kind": "full", "objects": list(objects)}
        run = self.airflow("POST", f"/dags/{DAG_ID}/dagRuns", logical_date=None, conf=chosen)
        return str(run["dag_run_id"])

    def extracts(self, run_id: str) -> list[dict]:
        """The tasks that read the run's objects."""
        return self.ask("metadata", EXTRACTS, [DAG_ID, run_id])

    def wait(self, is_so: Callable[[], bool], *, seconds: float) -> None:
        """Waits for what another process writes; one that ended is told of at once."""
        wait_until(is_so, list(self.started.values()), seconds=seconds)

    def end_of(self, run_id: str) -> dict[str, Any]:
        """The results of a sync, when its DAG run has ended; nothing waits for its next try."""
        self.wait(lambda: self._has_ended(run_id), seconds=SECONDS_FOR_A_SYNC)
        (run,) = self.ask(
            "warehouse", "select * from sync.runs where run_id = %s", [f"demo/{run_id}"]
        )
        return run

    def _has_ended(self, run_id: str) -> bool:
        self.ask("metadata", IMPATIENT, [DAG_ID, run_id])
        query = "select state from dag_run where dag_id = %s and run_id = %s"
        return self.ask("metadata", query, [DAG_ID, run_id])[0]["state"] in ("success", "failed")
