"""The first station: takes the org, opens the run, fixes the window's end."""

import logging
from datetime import datetime

import psycopg
from psycopg.types.json import Jsonb

from salesforce_elt.reconcile import with_reconcile
from salesforce_elt.replaced_org import require_same_org
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.settings import OrgSettings, stored_settings
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.connection import prepare
from salesforce_elt.windows import closed_until

log = logging.getLogger(__name__)


def open_run(conn: psycopg.Connection, request: RunRequest, *, settings: OrgSettings) -> int:
    """Takes the org's lease and writes the run down; returns the fence.

    A run of the org that is still `running` was abandoned, and is closed as failed. Asked again
    for the same run (a retried or cleared task), it opens that run again.
    """
    prepare(conn)
    with conn.transaction():
        _close_abandoned(conn, request)
        fence = leases.take(conn, request.org, run_id=request.run_id)
        conn.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at, settings,"
            " objects) values (%s, %s, %s, 'running', %s, now(), %s, %s)"
            " on conflict (run_id) do update set fence = excluded.fence, status = 'running',"
            " kind = excluded.kind, settings = excluded.settings, objects = excluded.objects,"
            " finished_at = null, published_at = null, planned_at = null, message = null,"
            " resumes_at = null, resumes_by = null",
            [
                request.run_id,
                request.org,
                request.kind,
                fence,
                Jsonb(settings.model_dump(mode="json")),
                list(request.objects),
            ],
        )
        conn.execute("delete from sync.findings where run_id = %s", [request.run_id])
        conn.execute("delete from sync.run_quotas where run_id = %s", [request.run_id])
    return fence


def settings_of(conn: psycopg.Connection, run: Run) -> OrgSettings:
    """The settings that the run began with, whatever the file says by now."""
    cursor = conn.execute("select settings from sync.runs where run_id = %s", [run.run_id])
    (stored,) = next(cursor)
    return stored_settings(stored)


def preflight(
    conn: psycopg.Connection,
    request: RunRequest,
    *,
    fence: int,
    client: SalesforceClient,
    settings: OrgSettings,
    now: datetime,
) -> Run:
    """Logs in, and fixes where this run's windows end by the server's clock; not past `now`.

    An incremental sync becomes a reconciling one when that is due, or when some of it is left.

    Raises ConnectionInvalid when Salesforce refuses the login, ServerUnavailable without answer,
    OrgReplaced when it is another org than before.
    """
    server_time = client.server_time()
    until = closed_until(server_time, lag=settings.window.lag, now=now)
    request = with_reconcile(conn, request, until=until, every=settings.reconcile)
    run = Run(request.org, request.run_id, fence, request.kind, until, request.objects)
    conn.execute(
        "update sync.runs set until = %s, kind = %s, objects = %s where run_id = %s",
        [until, run.kind, list(run.objects), run.run_id],
    )
    client.require_session()  # the kept one may be of an org that is gone
    require_same_org(conn, run, client.token().organization_id)
    log.info(
        "%s: %s sync %s. Salesforce's clock says %s; changes until %s belong to this run.",
        run.org,
        run.kind,
        run.run_id,
        server_time.isoformat(),
        until.isoformat(),
    )
    return run


def _close_abandoned(conn: psycopg.Connection, request: RunRequest) -> None:
    closed = conn.execute(
        "update sync.runs set status = 'failed', finished_at = now(),"
        " message = 'Abandoned: it never reached its report. The next sync took its work over.'"
        " where org = %s and status = 'running' and run_id <> %s returning run_id",
        [request.org, request.run_id],
    )
    for (run_id,) in closed:
        log.warning("%s: run %s was abandoned and is closed as failed.", request.org, run_id)
