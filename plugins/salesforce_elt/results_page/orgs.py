"""The orgs that a person may see: those whose DAG they may read in Airflow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from salesforce_elt.history import PastSync
from salesforce_elt.results_page.host import NextRun
from salesforce_elt.settings import Settings


@dataclass(frozen=True)
class Org:
    """An org in short: its newest sync, its DAG, and what comes next.

    `dag_id` is None when the settings do not have the org any more.
    """

    key: str
    dag_id: str | None
    is_automatic: bool
    newest: PastSync | None
    next_run: NextRun | None

    def next_words(self, now: datetime) -> str:
        """When the next sync begins, for people."""
        if self.dag_id is None:
            return "none: the settings do not have this org any more"
        if not self.is_automatic:
            return "by hand only (automatically_sync: false)"
        if self.next_run is None:
            return "not known: Airflow has not read the DAG yet"
        if self.next_run.is_paused:
            return "none: the DAG is paused in Airflow"
        if self.next_run.at is None:
            return "none is planned"
        due = "due since " if self.next_run.at < now else ""
        return f"{due}{self.next_run.at:%Y-%m-%d %H:%M} UTC"


def dag_of(org: str, settings: Settings) -> str | None:
    """The DAG that an org belongs to; None when the settings do not have it."""
    found = settings.orgs.get(org)
    return found.frequency.dag_id if found else None


def visible(
    keys: Sequence[str], settings: Settings, *, may_read: Callable[[str | None], bool]
) -> list[str]:
    """Of some orgs, those that a person may see. An org without a DAG is for those who may read
    all DAGs."""
    allowed = {dag: may_read(dag) for dag in {dag_of(key, settings) for key in keys}}
    return [key for key in keys if allowed[dag_of(key, settings)]]


def in_short(
    key: str,
    settings: Settings,
    *,
    newest: PastSync | None,
    next_runs: Mapping[str, NextRun],
) -> Org:
    """An org with what is known of its syncs."""
    dag_id = dag_of(key, settings)
    is_automatic = dag_id is not None and settings.orgs[key].automatically_sync
    return Org(key, dag_id, is_automatic, newest, next_runs.get(dag_id or ""))
