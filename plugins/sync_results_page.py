"""
The sync results page in Airflow's UI: in the navigation, and at /sync-results/.

Airflow executes this file in each of its processes, but only the API server ever shows the page.
So what the page is made of is imported when it is asked for first.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping, MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from airflow.configuration import conf
from airflow.plugins_manager import AirflowPlugin

if TYPE_CHECKING:
    from salesforce_elt.results_page.host import NextRun

PREFIX = "/sync-results"

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


def base_path() -> str:
    """What stands before every path of this Airflow, without a slash at its end."""
    return urlsplit(conf.get("api", "base_url", fallback="/")).path.rstrip("/")


async def results_page(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
    """The page, as an ASGI application."""
    await _app()(scope, receive, send)


@cache
def _app() -> Callable[[Any, Receive, Send], Awaitable[None]]:
    from airflow.api_fastapi.core_api.security import get_user

    from salesforce_elt.results_page.app import create_app
    from salesforce_elt.results_page.host import Host

    return create_app(
        Host(
            user=get_user,
            may_read=may_read,
            next_runs=next_runs,
            mapped=mapped,
            base_path=base_path(),
            login_path=f"{base_path()}/api/v2/auth/login",
        )
    )


def may_read(user: Any, dag_id: str | None) -> bool:
    """Whether a user may read the runs of a DAG (None: of every DAG), asked as Airflow's own
    endpoints ask (`requires_access_dag`)."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import (
        DagAccessEntity,
        DagDetails,
    )
    from airflow.models.dag import DagModel

    team = DagModel.get_team_name(dag_id) if dag_id else None
    return get_auth_manager().is_authorized_dag(
        method="GET",
        access_entity=DagAccessEntity.RUN,
        details=DagDetails(id=dag_id, team_name=team) if dag_id else None,
        user=user,
    )


def next_runs(dag_ids: Collection[str]) -> Mapping[str, "NextRun"]:
    """When the schedule begins the next run of each of these DAGs, as far as Airflow knows them."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    from salesforce_elt.results_page.host import NextRun

    columns = (DagModel.dag_id, DagModel.next_dagrun_create_after, DagModel.is_paused)
    with create_session() as session:
        rows = session.execute(select(*columns).where(DagModel.dag_id.in_(dag_ids))).all()
    return {dag_id: NextRun(at, bool(is_paused)) for dag_id, at, is_paused in rows}


def mapped(dag_id: str, run_id: str, task_id: str) -> Mapping[str, int]:
    """The indexes of a mapped task's instances in a run, by the names that Airflow shows for them;
    empty when Airflow has the run no more."""
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    of_the_task = select(TaskInstance).filter_by(dag_id=dag_id, run_id=run_id, task_id=task_id)
    with create_session() as session:
        found = session.scalars(of_the_task)
        # -1 is the task while it is not mapped yet.
        return {str(one.rendered_map_index): one.map_index for one in found if one.map_index >= 0}


class SyncResultsPage(AirflowPlugin):
    """Registers the page with Airflow."""

    name = "sync_results"
    fastapi_apps = [{"app": results_page, "url_prefix": PREFIX, "name": "Sync results"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {
            "name": "Sync results",
            "href": f"{base_path()}{PREFIX}/",
            "destination": "nav",
            "url_route": "sync-results",
        }
    ]
