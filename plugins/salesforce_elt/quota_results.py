"""What a run knew of the org's quotas, in `sync.run_quotas`."""

from collections.abc import Mapping

import psycopg

from salesforce_elt.run import Run, RunRequest
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.limits import API_REQUESTS, Quota

# For so long what one task was told of the API requests holds for the next one of the same run.
# Afterwards it asks again, for the use of a day goes down as well.
FRESH_FOR = "15 minutes"


def note_quotas(
    conn: psycopg.Connection,
    run: Run,
    quotas: Mapping[str, Quota],
    *,
    estimated: Mapping[str, int],
) -> None:
    """What a plan will take of each quota, and the quotas as it found them, where the org tells."""
    for name, estimate in estimated.items():
        quota = quotas.get(name)
        conn.execute(
            "insert into sync.run_quotas (run_id, org, quota, used, allowed, ours, estimated)"
            " values (%s, %s, %s, %s, %s, %s, %s) on conflict (run_id, quota)"
            " do update set estimated = excluded.estimated",
            [
                run.run_id,
                run.org,
                name,
                quota.used if quota else None,
                quota.allowed if quota else None,
                quota.ours if quota else None,
                estimate,
            ],
        )


def note_usage(conn: psycopg.Connection, run: Run | RunRequest, client: SalesforceClient) -> None:
    """What a station's answers told of the API requests: the run's first number stays as the one
    at its start, the newest is what the next station begins with."""
    if client.first_usage is None or client.usage is None:
        return
    first, last = client.first_usage, client.usage
    conn.execute(
        "insert into sync.run_quotas (run_id, org, quota, used, allowed, ours, last_used, seen_at)"
        " values (%s, %s, %s, %s, %s, %s, %s, now()) on conflict (run_id, quota)"
        " do update set allowed = excluded.allowed, ours = excluded.ours,"
        " last_used = excluded.last_used, seen_at = excluded.seen_at",
        [run.run_id, run.org, last.name, first.used, last.allowed, last.ours, last.used],
    )


def tell_usage(conn: psycopg.Connection, run: Run | RunRequest, client: SalesforceClient) -> None:
    """Tells a client what the run's stations were told a moment ago, so that a run that is past
    the share does not spend a call for each of its objects to hear it again."""
    row = conn.execute(
        "select last_used, allowed from sync.run_quotas where run_id = %s and quota = %s"
        " and seen_at > now() - %s::interval",
        [run.run_id, API_REQUESTS, FRESH_FOR],
    ).fetchone()
    if row is not None:
        used, allowed = row
        client.expect(Quota(API_REQUESTS, used, allowed, client.share))
