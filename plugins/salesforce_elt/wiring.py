"""
The seam between Airflow and the stations: tasks of a few lines, and what may be retried.

Nothing here is a business rule, and the stations know nothing of Airflow. They are imported
inside the tasks, so that reading the DAG file costs little more than importing Airflow.
"""

import logging
import os
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow.sdk import (
    Asset,
    AssetAlias,
    ExceptionRetryPolicy,
    RetryAction,
    RetryRule,
    TriggerRule,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from salesforce_elt.environment import PROJECT, Environment, hash_salt, warehouse_url
from salesforce_elt.errors import QuotaReached, RetryableError, StopError, SyncNotSuccessful
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.settings import OrgSettings, Settings, chosen, load_settings

if TYPE_CHECKING:
    from salesforce_elt.deferral import Resumption
    from salesforce_elt.stations import Site

log = logging.getLogger(__name__)

RETRY_POLICY = ExceptionRetryPolicy(
    rules=[
        RetryRule(StopError, RetryAction.FAIL, reason="someone has to change something"),
        RetryRule(QuotaReached, RetryAction.FAIL, reason="a later sync goes on"),
        RetryRule(SyncNotSuccessful, RetryAction.FAIL, reason="the sync has been judged"),
        RetryRule(RetryableError, RetryAction.RETRY, retry_delay=timedelta(minutes=1)),
    ]
)

# What another task returns: an XComArg while the graph is made, its JSON when the task runs.
FromTask = Any

INCLUDE = PROJECT / "include"
MARTS = tuple(sorted(path.stem for path in (INCLUDE / "sql" / "marts").glob("*.sql")))
SCHEDULED = "scheduled"


def settings() -> Settings:
    """The settings that this Airflow runs with."""
    return load_settings(Environment.read(os.environ).settings)


def sync_org(org: OrgSettings) -> None:
    """The stations of one org's sync, as a task group with the org's name."""

    @task_group(group_id=org.key, tooltip=f"The sync of {org.key} ({org.connection})")
    def stations_of_org() -> None:
        run = preflight(org.key)
        planned = plan(org.key, run=run)
        extracted = extract.partial(org=org.key, run=run).expand(sobject=planned)
        transformed = transform(org.key, run=run)
        audited = audit(org.key, run=run, transformed=transformed)
        published = publish.override(outlets=[changed_marts(org.key)])(
            org.key, run=run, transformed=transformed
        )
        extracted >> transformed
        planned >> transformed
        audited >> published >> report(org.key)

    stations_of_org()


def check_orgs(orgs: Iterable[str]) -> None:
    """A task for each org, which looks at its connection, permissions, quotas and settings."""
    for org in orgs:
        check.override(task_id=f"check_{org}")(org)


def mart_assets(org: str) -> dict[str, Asset]:
    """The org's marts by name, for DAGs that start when they change."""
    return {mart: Asset(f"{org}.{mart}", uri=f"salesforce-elt://{org}/{mart}") for mart in MARTS}


def changed_marts(org: str) -> AssetAlias:
    """Stands for those of the org's marts in which a sync changed rows."""
    return AssetAlias(f"{org}.changed_marts")


@task
def preflight(org: str, params: Any = None, dag_run: Any = None) -> dict[str, Any]:
    """Takes the org, logs in, and fixes where this sync's windows end."""
    from salesforce_elt import stations

    return stations.start(_site(org), _request(org, params, dag_run)).to_json()


@task
def plan(org: str, *, run: FromTask) -> list[str]:
    """Counts what changed and decides how each object is read."""
    from salesforce_elt import stations

    return stations.make_plan(_site(org), Run.from_json(run))


@task(map_index_template="{{ task.op_kwargs['sobject'] }}")
def extract(org: str, *, run: FromTask, sobject: str) -> dict[str, int]:
    """Reads one object and merges it into staging."""
    from salesforce_elt import stations

    return stations.extract_object(_site(org), Run.from_json(run), sobject).to_json()


@task(trigger_rule=TriggerRule.ALL_DONE)
def transform(org: str, *, run: FromTask) -> dict[str, Any]:
    """Computes what the marts will be, when every object that they read has arrived."""
    from salesforce_elt import stations

    transformed = run and stations.transform_marts(_site(org), Run.from_json(run))
    if not transformed:
        raise AirflowSkipException("Not every object arrived; the marts stand as they were.")
    return transformed.to_json()


@task
def audit(org: str, *, run: FromTask, transformed: FromTask) -> None:
    """Checks what the marts will be, before anyone sees it."""
    from salesforce_elt import stations
    from salesforce_elt.deltas import Transformed

    stations.audit_marts(_site(org), Run.from_json(run), Transformed.from_json(transformed))


@task
def publish(
    org: str, *, run: FromTask, transformed: FromTask, outlet_events: Any = None
) -> dict[str, int]:
    """Publishes all marts of the org in one transaction; skipped when that changes no row.

    Each mart in which rows changed gets an asset event, so that other DAGs start from it.
    """
    from salesforce_elt import stations
    from salesforce_elt.deltas import Transformed

    of_run = Run.from_json(run)
    counts = stations.publish_marts(_site(org), of_run, Transformed.from_json(transformed))
    changed = [one for one in counts if one.changes]
    if not changed:
        raise AirflowSkipException("Published, and no row of any mart is another one than before.")
    assets = mart_assets(org)
    for one in changed:
        outlet_events[changed_marts(org)].add(assets[one.mart], one.to_event(of_run))
    return {one.mart: one.row_count for one in counts}


@task(trigger_rule=TriggerRule.ALL_DONE)
def report(org: str, params: Any = None, dag_run: Any = None) -> None:
    """Writes and prints the sync results; fails unless the sync is a success.

    A sync that a quota stopped goes on by the schedule, or by a run that is made here. Old results
    go once a day, and whoever the settings name is told what is new.
    """
    from salesforce_elt import stations
    from salesforce_elt.hooks.notifiers import channels
    from salesforce_elt.report import require_success

    site = _site(org)
    judged = stations.finish(site, _request(org, params, dag_run))
    if judged.resumption and judged.resumption.is_by_itself:
        _run_later(org, dag_run.dag_id, resumption=judged.resumption)
    judged = stations.tidy(site, judged)
    if site.settings.notifications.notifiers:
        stations.tell(site, judged, channels(site.settings.notifications, judged))
    require_success(judged)


@task
def check(org: str, params: Any = None) -> dict[str, int]:
    """Says what is missing, what the marts will lack because of it, and how to grant it.

    Fails when a sync could not work. The findings are in the log and in sync.findings.
    """
    from salesforce_elt.models import load_models
    from salesforce_elt.org_check import check_org
    from salesforce_elt.warehouse.connection import connect

    if org not in params["orgs"]:
        raise AirflowSkipException(f"{org} was not chosen in the trigger form.")
    site = _site(org, is_check=True)
    with connect(site.warehouse_url) as conn:
        checked = check_org(
            conn,
            site.settings,
            open_client=site.open_client,
            models=load_models(INCLUDE),
            now=site.now,
        )
    for line in checked.lines():
        log.info("%s", line)
    if checked.may_pass:
        raise RetryableError(f"{org} could not be checked now: the log says why.")
    if checked.worst == "error":
        raise AirflowFailException(f"{org} cannot be synced as it is: the log says what is wrong.")
    return {"findings": len(checked.findings), "api_calls": checked.api_calls}


def _run_later(org: str, dag_id: str, *, resumption: "Resumption") -> None:
    """Makes a run of the org's DAG, for this org alone, that waits until its time.

    Made again (a retried or cleared task), it is there already, by its name. Airflow's public way
    to trigger a run ends the task as a success, and this one has to fail: see
    docs/decisions/0006-quota-deferral.md.
    """
    from airflow.sdk.execution_time.comms import TriggerDagRun
    from airflow.sdk.execution_time.task_runner import SUPERVISOR_COMMS

    SUPERVISOR_COMMS.send(
        TriggerDagRun(
            dag_id=dag_id,
            run_id=f"after_quota__{org}__{resumption.at.isoformat()}",
            run_after=resumption.at,
            conf={"orgs": [org]},
            note=f"{org} goes on where its quota stopped a sync.",
        )
    )


def _request(org: str, params: Mapping[str, Any], dag_run: Any) -> RunRequest:
    """What is asked of this org; AirflowSkipException when nothing is."""
    all_settings = settings()
    choice = chosen(all_settings, dict(params))
    if org not in choice.orgs:
        raise AirflowSkipException(f"{org} was not chosen in the trigger form.")
    if dag_run.run_type == SCHEDULED and not all_settings.orgs[org].automatically_sync:
        raise AirflowSkipException(f"{org} is not synced by schedule (automatically_sync: false).")
    return RunRequest(org, f"{org}/{dag_run.run_id}", choice.kind, choice.objects)


def _site(org: str, *, is_check: bool = False) -> "Site":
    from salesforce_elt.hashing import Salt
    from salesforce_elt.hooks.salesforce import SalesforceEltHook, open_client
    from salesforce_elt.stations import Site
    from salesforce_elt.warehouse.connection import connect

    environment = Environment.read(os.environ)
    chosen_settings = settings().orgs[org]
    hook = SalesforceEltHook(chosen_settings.connection)
    url = warehouse_url(environment)
    return Site(
        settings=chosen_settings,
        warehouse_url=url,
        open_client=lambda: open_client(
            hook.access,
            share=Decimal(1) if is_check else chosen_settings.quota.share,
            connect=lambda: connect(url),
            is_login_tested=is_check,
        ),
        pause=time.sleep,
        include=INCLUDE,
        read_salt=lambda: Salt.of(hash_salt(environment)),
        now=lambda: datetime.now(UTC),
        analyst=environment.analyst_role,
    )
