"""
The stations as one sync calls them: each opens what it needs, and leaves its results behind.

Whoever runs them (Airflow's tasks, a test) gives them a Site and calls them in this order:

    start -> make_plan -> extract_object, for each planned -> transform_marts -> audit_marts
    -> publish_marts, and always at the end: finish, then tidy and tell
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import monotonic

import psycopg

from salesforce_elt import deferral, notify, quota_results, results, upkeep
from salesforce_elt.audit import audit
from salesforce_elt.batches import Counts
from salesforce_elt.consequences import note_consequences
from salesforce_elt.deltas import Transformed
from salesforce_elt.errors import (
    CheckFailed,
    LeaseLost,
    StopError,
    SyncError,
    WarehouseUnavailable,
)
from salesforce_elt.extract import extract
from salesforce_elt.hashing import Salt
from salesforce_elt.hidden_in_marts import (
    forget_statistics,
    is_alone,
    note_still_shown,
    note_unpublished,
)
from salesforce_elt.hiding import hide_fields
from salesforce_elt.loading import Tools
from salesforce_elt.models import Models, load_models
from salesforce_elt.notify import Channels
from salesforce_elt.parents import note_missing, read_parents
from salesforce_elt.partial import read_beside
from salesforce_elt.plan import plan
from salesforce_elt.preflight import open_run, preflight, settings_of
from salesforce_elt.proof import prove
from salesforce_elt.publish import MartCounts, publish
from salesforce_elt.replaced_org import known_org
from salesforce_elt.report import NOT_READY, Report, close_run, read_report
from salesforce_elt.results import Finding, recorded
from salesforce_elt.results_text import render
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.settings import OrgSettings
from salesforce_elt.transform import transform, unready_objects
from salesforce_elt.warehouse.connection import Connect, connect, prepare
from salesforce_elt.warehouse.refusals import explained

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Site:
    """Where an org's sync takes place.

    `open_client` logs in with the org's connection; `pause` waits so many seconds; `include` is
    the folder of the models and the checks; `read_salt` is asked only where fields are hashed;
    `now` is the time in UTC, by which schedules go; `analyst` is the role of people who read marts.
    """

    settings: OrgSettings
    warehouse_url: str
    open_client: Callable[[], SalesforceClient]
    pause: Callable[[float], None]
    include: Path
    read_salt: Callable[[], Salt]
    now: Callable[[], datetime]
    analyst: str

    @property
    def connect(self) -> Connect:
        """Opens a connection to the warehouse."""
        return lambda: connect(self.warehouse_url)

    @property
    def models(self) -> Models:
        """The marts and what they share, read from their files."""
        return load_models(self.include)


def start(site: Site, request: RunRequest) -> Run:
    """Takes the org, opens the run, logs in and fixes the end of the run's windows."""
    with explained("The station preflight"), site.connect() as conn:
        prepare(conn)
        asked, request = request, deferral.taken_over(conn, request)
        try:
            fence = open_run(conn, request, settings=site.settings)
        except WarehouseUnavailable as error:  # an older run does not let the org go
            results.note_despite_an_error(
                site.connect, lambda another: results.ensure_run(another, request)
            )
            results.note_failure(site.connect, request, error, station="preflight")
            raise
    with _recorded_client(site, request, "preflight") as (conn, client):
        findings = deferral.takeover(asked, request)
        results.note_findings(conn, request, findings, station="preflight")
        return preflight(
            conn, request, fence=fence, client=client, settings=site.settings, now=site.now()
        )


def make_plan(site: Site, run: Run) -> list[str]:
    """The API names of the objects that have something to read."""
    with _recorded_client(site, run, "plan") as (conn, client):
        settings = settings_of(conn, run)
        hide_fields(conn, run, settings=settings, read_salt=site.read_salt)
        if is_alone(conn, run.org):
            _publish_hiding(site, conn, run)
        planned = plan(conn, run, client=client, settings=settings)
        note_consequences(conn, run, load=lambda: _models_if_readable(site))
        return planned


def _publish_hiding(site: Site, conn: psycopg.Connection, run: Run) -> None:
    """The marts follow what was hidden before anything is read: nothing else waits for them."""
    models = site.models
    transformed = transform(conn, run, settings=settings_of(conn, run), models=models)
    try:
        audit(conn, run, models=models, transformed=transformed)
    except CheckFailed as error:
        log.warning("%s", error)
        return
    with conn.transaction():
        published = publish(conn, run, models=models, transformed=transformed, analyst=site.analyst)
        note_unpublished(conn, run)
    forget_statistics(conn, [one.mart for one in published if one.updated])


def extract_object(site: Site, run: Run, sobject: str) -> Counts:
    """Reads what the plan says of an object, and merges it into staging: what changed, then what
    changes do not tell."""
    with _recorded_client(site, run, "extract", sobject) as (conn, client):
        overlap = settings_of(conn, run).window.overlap
        tools = Tools(conn, site.connect, client, site.pause, overlap, site.read_salt)
        counts = extract(tools, run, sobject)
        started = monotonic()
        counts += read_parents(tools, run, sobject)
        counts += read_beside(tools, run, sobject)
        counts += prove(tools, run, sobject)
        results.note_arrival(conn, run, sobject, seconds=monotonic() - started)
        return counts


@contextmanager
def _recorded_client(
    site: Site, run: Run | RunRequest, station: str, sobject: str | None = None
) -> Iterator[tuple[psycopg.Connection, SalesforceClient]]:
    """A recorded station's connection, and a client that knows what the run's stations were told
    of the quota a moment ago. Its API calls are booked on the run, also when the station fails:
    through a connection of its own then, for the station's may be what broke."""
    name = f"{station} {sobject}" if sobject else station

    def book(conn: psycopg.Connection) -> None:
        results.note_calls(conn, run, name, calls=client.calls - before)
        quota_results.note_usage(conn, run, client)

    with recorded(site.connect, run, station, sobject) as conn:
        client = site.open_client()
        before = client.calls
        quota_results.tell_usage(conn, run, client)
        if isinstance(run, Run):  # preflight has seen which org it is
            client.hold_to(known_org(conn, run.org))
        try:
            yield conn, client
        except BaseException:
            results.note_despite_an_error(site.connect, book)
            raise
        book(conn)


def transform_marts(site: Site, run: Run) -> Transformed | None:
    """Computes what the marts will be; None when an object that they read has not arrived, or when
    there is no plan, whose own error tells why."""
    with recorded(site.connect, run, "transform") as conn:
        if not results.is_planned(conn, run):
            return None
        models = site.models
        if unready := unready_objects(conn, run, models):
            results.note_findings(conn, run, [_unready(unready)], station="transform")
            return None
        note_missing(conn, run)
        return transform(conn, run, settings=settings_of(conn, run), models=models)


def audit_marts(site: Site, run: Run, transformed: Transformed) -> None:
    """Checks what the marts will be; a critical check that fails stops the publish."""
    with recorded(site.connect, run, "audit") as conn:
        audit(conn, run, models=site.models, transformed=transformed)


def publish_marts(site: Site, run: Run, transformed: Transformed) -> list[MartCounts]:
    """Makes it what analysts see: all marts at once."""
    with recorded(site.connect, run, "publish") as conn:
        return publish(conn, run, models=site.models, transformed=transformed, analyst=site.analyst)


def finish(site: Site, request: RunRequest) -> Report:
    """Judges the run and prints its results; says nothing by raising."""
    with explained("The station report"), site.connect() as conn:
        goes_on = deferral.resumption(site.now(), settings=site.settings)
        close_run(conn, request, goes_on=goes_on)
        note_still_shown(conn, request, models=_models_if_readable(site))
        report = read_report(conn, request.run_id)
    for line in render(report).splitlines():
        log.info("%s", line)
    return report


def tidy(site: Site, report: Report) -> Report:
    """Once a day, removes old results and leftovers; the sync has been judged, and stays as it is.

    What goes wrong becomes a finding, and is tried again at the end of the next sync.
    """
    run = report.run
    tidied = Run(run["org"], run["run_id"], run["fence"], run["kind"], run["finished_at"])
    with site.connect() as conn:
        if not upkeep.is_due(conn, tidied.org, now=tidied.until):
            return report
        try:
            upkeep.tidy(conn, tidied, retention=site.settings.retention)
        except LeaseLost as error:
            log.info("%s: housekeeping is left to the next sync. %s", tidied.org, error)
        except (WarehouseUnavailable, psycopg.Error) as error:
            log.warning("Housekeeping stopped.", exc_info=True)
            with site.connect() as again:
                results.note_findings(again, tidied, [_untidy(error)], station="upkeep")
                return read_report(again, tidied.run_id)
    return report


def tell(site: Site, report: Report, channels: Channels) -> None:
    """Tells operators what is new after a sync that is judged."""
    with site.connect() as conn:
        notify.tell(conn, report, channels)


def _models_if_readable(site: Site) -> Models | None:
    """A model that cannot be read has stopped the transform, and must not stop the report."""
    try:
        return site.models
    except StopError as error:
        log.warning("%s", error)
        return None


def _untidy(error: Exception) -> Finding:
    why = str(error) if isinstance(error, SyncError) else f"PostgreSQL says {type(error).__name__}."
    return Finding(
        "warning",
        "housekeeping_failed",
        f"Old results and leftovers were not all removed: {why} The next sync tries again; the log "
        "of this one's report task has the details.",
    )


def _unready(names: list[str]) -> Finding:
    return Finding(
        "error",
        NOT_READY,
        f"{', '.join(names)} did not reach the end of this sync's window, so nothing is published "
        "and the marts stand as they were. What came stays in staging and is published next time.",
    )
