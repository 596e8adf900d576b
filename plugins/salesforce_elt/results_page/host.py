"""What the page asks of the Airflow that it is a part of."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class NextRun:
    """When (UTC) Airflow's schedule begins a DAG's next run, None for never; paused DAGs wait."""

    at: datetime | None
    is_paused: bool


@dataclass(frozen=True)
class Host:
    """Airflow, as far as the page needs it.

    `user` is a dependency of FastAPI that gives the user who is logged in, and answers strangers
    itself. `may_read` tells whether a user may read the runs of a DAG; without a DAG, of all DAGs.
    `mapped` tells, of a DAG, a run of it and a task that is mapped in it, at which index Airflow
    has what it calls by a name.
    """

    user: Callable[..., Any]
    may_read: Callable[[Any, str | None], bool]
    next_runs: Callable[[Collection[str]], Mapping[str, NextRun]]
    mapped: Callable[[str, str, str], Mapping[str, int]]
    base_path: str  # before every path of Airflow's, without a slash at its end
    login_path: str
