"""
### Salesforce sync

Keeps the warehouse in step with the Salesforce orgs of this frequency: reads what changed, merges
it into staging, computes the marts, checks them, and publishes all of an org's marts at once.

**A full backfill:** *Trigger*, kind *Full synchronization*. Unchanged records change nothing.

**A reconcile** is part of the first sync of each day, or as the setting `reconcile` says: it
refreshes formula fields, finds records that were deleted without a trace, and holds counts and a
sample of records against the org (`sync.proofs`). *Trigger*, kind *Reconcile*, does it now.

**Running it again is safe.** A window begins at the stored watermark, overlaps the last one, and
merging a record twice leaves one row. A red run is taken up by the next one; clearing its tasks
works too. Airflow's backfills are switched off, since windows do not follow logical dates.

**A quota:** an org whose share of its quota is used up ends `deferred`, and red, and goes on with
the next scheduled run, or by a run of its own (`after_quota__…`) when that is more than an hour
away. The report says which, and when. Other orgs are synced as ever.

**The results** are on the page *Sync results* (in the navigation), at the end of the log of each
org's `report` task, and in `sync.runs`, `sync.run_objects`, `sync.run_marts`, `sync.checks` and
`sync.findings`.
"""

from datetime import timedelta

import pendulum
from airflow.sdk import dag

from salesforce_elt.settings import Frequency, OrgSettings
from salesforce_elt.trigger_forms import sync_form
from salesforce_elt.wiring import RETRY_POLICY, settings, sync_org


def salesforce_sync(frequency: Frequency, orgs: tuple[OrgSettings, ...]) -> None:
    """The DAG of one frequency, with a task group for each of its orgs."""

    @dag(
        dag_id=frequency.dag_id,
        description=f"Syncs {', '.join(org.key for org in orgs)} from Salesforce, {frequency}",
        schedule=frequency.cron,
        start_date=pendulum.datetime(2024, 1, 1, tz="UTC"),
        catchup=False,  # one run catches up on its own: its windows start at the watermarks
        max_active_runs=1,
        allowed_run_types=["scheduled", "manual", "asset_triggered", "operator_triggered"],
        default_args={
            "owner": "salesforce-elt",
            "retries": 3,
            "retry_delay": timedelta(minutes=2),
            "retry_policy": RETRY_POLICY,
            "execution_timeout": timedelta(days=1),  # the end of whatever else has none
        },
        params=sync_form(orgs),
        doc_md=__doc__,
        tags=["salesforce", "elt"],
    )
    def stations() -> None:
        for org in orgs:
            sync_org(org)

    stations()


for frequency, orgs in settings().by_frequency().items():
    salesforce_sync(frequency, orgs)
