"""
### Salesforce check

What a sync would stumble over, before it does: the connection, permissions, sharing, quotas,
clocks, and what the settings and the member directory name. Each finding says what the marts will
lack because of it, and the permission or the click path that cures it. It reads no records and
changes nothing; about a dozen API calls an org.

**To use it:** *Trigger*, and look at the log of each org's task. A task is red when a sync could
not work. The findings of the newest check are in `sync.findings` as well, with the station `check`;
`make check` does the same in a terminal.
"""

from datetime import timedelta

from airflow.sdk import dag

from salesforce_elt.trigger_forms import orgs_form
from salesforce_elt.wiring import RETRY_POLICY, check_orgs, settings

ORGS = tuple(settings().orgs)


@dag(
    dag_id="salesforce_check",
    description="Looks at connections, permissions, quotas and settings; changes nothing",
    schedule=None,
    max_active_runs=1,
    default_args={
        "owner": "salesforce-elt",
        "retries": 1,
        "retry_delay": timedelta(minutes=1),
        "retry_policy": RETRY_POLICY,
        "execution_timeout": timedelta(hours=1),
    },
    params=orgs_form(ORGS),
    doc_md=__doc__,
    tags=["salesforce", "elt"],
)
def salesforce_check() -> None:
    """A task for each org."""
    check_orgs(ORGS)


salesforce_check()
