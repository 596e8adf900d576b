"""What a run knew of the org's quotas, in `sync.run_quotas`."""

from collections.abc import Mapping

import psycopg

from salesforce_elt.quota import ask_quotas
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.limits import API_REQUESTS, BULK_JOBS, BULK_STORAGE, Quota

# For so long what one task was told of the API requests holds for the next one of the same run.
# Afterwards it asks again, for the use of a day goes down as well.
FRESH_FOR = "15 minutes"

BULK = [BULK_JOBS, BULK_STORAGE]  # what no header tells


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


def watch_bulk(conn: psycopg.Connection, run: Run, client: SalesforceClient, *, asked: str) -> None:
    """Asks for the Bulk quotas again before a job, where the share could be passed by this run.

    That is so when the plan took more than half of what was left of one, whatever others use: then
    each job after the run's first costs a call more. Raises QuotaReached when nothing is left.
    """
    if not _is_tight(conn, run) or _is_first_job(conn, run):
        return
    quotas = _known_reached(conn, run, client) or _ask_again(conn, run, client)
    for quota in quotas:
        if quota.is_reached:
            raise quota.reached(asked)


def _is_tight(conn: psycopg.Connection, run: Run) -> bool:
    cursor = conn.execute(
        "select exists (select 1 from sync.run_quotas where run_id = %s and quota = any(%s)"
        " and estimated * 2 > ours - used)",
        [run.run_id, BULK],
    )
    (is_tight,) = next(cursor)
    return bool(is_tight)


def _is_first_job(conn: psycopg.Connection, run: Run) -> bool:
    """The plan has asked just before it. Of several tasks at once, one has the first."""
    claimed = conn.execute(
        "update sync.run_quotas set seen_at = now()"
        " where run_id = %s and quota = %s and seen_at is null",
        [run.run_id, BULK_JOBS],
    )
    return claimed.rowcount == 1


def _known_reached(conn: psycopg.Connection, run: Run, client: SalesforceClient) -> list[Quota]:
    """What another task of the run was told a moment ago, so that it is not asked for again."""
    rows = conn.execute(
        "select quota, last_used, allowed from sync.run_quotas where run_id = %s"
        " and quota = any(%s) and last_used >= ours and seen_at > now() - %s::interval",
        [run.run_id, BULK, FRESH_FOR],
    )
    return [Quota(name, used, allowed, client.share) for name, used, allowed in rows]


def _ask_again(conn: psycopg.Connection, run: Run, client: SalesforceClient) -> list[Quota]:
    quotas, _ = ask_quotas(client, has_bulk=True)  # the plan has told what is unknown
    told = [quotas[name] for name in BULK if name in quotas]
    for quota in told:
        conn.execute(
            "update sync.run_quotas set last_used = %s, seen_at = now()"
            " where run_id = %s and quota = %s",
            [quota.used, run.run_id, quota.name],
        )
    return told
