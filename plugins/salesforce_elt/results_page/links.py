"""From a sync to Airflow's own pages of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from salesforce_elt.results_page.host import Host
from salesforce_elt.settings import Frequency

# The tasks of an org's group, in their order; those of EXTRACT are one per object.
EXTRACT = "extract"
STATIONS = ("preflight", "plan", EXTRACT, "transform", "audit", "publish", "report")


@dataclass(frozen=True)
class AirflowLinks:
    """Paths in Airflow's UI that belong to one sync; empty when its DAG is not known."""

    run: str = ""
    logs: tuple[tuple[str, str], ...] = ()  # station, path
    objects: Mapping[str, str] = field(default_factory=dict)  # SObject, path of its extract's log


def dag_path(base_path: str, dag_id: str) -> str:
    """A DAG's page, where the button is that opens the trigger form."""
    return f"{base_path}/dags/{quote(dag_id, safe='')}"


def links_of(host: Host, run_id: str, *, frequency: str | None) -> AirflowLinks:
    """Where Airflow shows the run and the logs of a sync, by the frequency that it had then."""
    org, _, dag_run_id = run_id.partition("/")
    if not dag_run_id or frequency not in list(Frequency):
        return AirflowLinks()
    dag_id = Frequency(frequency).dag_id
    run = f"{dag_path(host.base_path, dag_id)}/runs/{quote(dag_run_id, safe='')}"
    task = f"{run}/tasks/{quote(org, safe='')}."
    extracts = f"{task}{EXTRACT}/mapped"
    indexes = host.mapped(dag_id, dag_run_id, f"{org}.{EXTRACT}")
    return AirflowLinks(
        run,
        tuple((one, extracts if one == EXTRACT else f"{task}{one}") for one in STATIONS),
        {sobject: f"{extracts}/{index}" for sobject, index in indexes.items()},
    )
