"""From a sync to Airflow's own pages of it."""

from dataclasses import dataclass
from urllib.parse import quote

from salesforce_elt.settings import Frequency

# The tasks of an org's group, in their order; those of `extract` are one per object.
STATIONS = ("preflight", "plan", "extract", "transform", "audit", "publish", "report")
MAPPED = {"extract"}


@dataclass(frozen=True)
class AirflowLinks:
    """Paths in Airflow's UI that belong to one sync; empty when its DAG is not known."""

    run: str = ""
    logs: tuple[tuple[str, str], ...] = ()  # station, path


def dag_path(base_path: str, dag_id: str) -> str:
    """A DAG's page, where the button is that opens the trigger form."""
    return f"{base_path}/dags/{quote(dag_id, safe='')}"


def links_of(base_path: str, run_id: str, *, frequency: str | None) -> AirflowLinks:
    """Where Airflow shows the run and the logs of a sync, by the frequency that it had then."""
    org, _, dag_run_id = run_id.partition("/")
    if not dag_run_id or frequency not in list(Frequency):
        return AirflowLinks()
    run = f"{dag_path(base_path, Frequency(frequency).dag_id)}/runs/{quote(dag_run_id, safe='')}"
    task = f"{run}/tasks/{quote(org, safe='')}."
    logs = tuple((one, f"{task}{one}{'/mapped' if one in MAPPED else ''}") for one in STATIONS)
    return AirflowLinks(run, logs)
