"""A sync that a quota stopped: when it goes on, and with what."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import psycopg

from salesforce_elt.results import Finding
from salesforce_elt.run import RunRequest
from salesforce_elt.settings import OrgSettings

LONGEST_WAIT = timedelta(hours=1)
SCHEDULE, ITSELF = "schedule", "itself"


@dataclass(frozen=True)
class Resumption:
    """When (UTC) a deferred sync goes on, and by what: the schedule, or a run of its own."""

    at: datetime
    by: str

    @property
    def is_by_itself(self) -> bool:
        """Whether a run has to be made for it."""
        return self.by == ITSELF

    @property
    def words(self) -> str:
        """For people, after "It goes on"."""
        run = "with the next scheduled run" if self.by == SCHEDULE else "by itself"
        return f"at {self.at:%Y-%m-%d %H:%M} UTC, {run}"


def resumption(now: datetime, *, settings: OrgSettings) -> Resumption:
    """With the org's next scheduled run when that is at most an hour away, else in an hour.

    An org that no schedule syncs goes on by itself, but not later than its DAG's next scheduled run
    begins: a run that waits for its time keeps Airflow from making that one, and with it the runs
    of other orgs.
    """
    due = settings.frequency.next_after(now)
    if due - now > LONGEST_WAIT:
        return Resumption(now.replace(microsecond=0) + LONGEST_WAIT, ITSELF)
    return Resumption(due, SCHEDULE if settings.automatically_sync else ITSELF)


def taken_over(conn: psycopg.Connection, request: RunRequest) -> RunRequest:
    """The request, with what a deferred sync of the org still owes.

    An incremental sync becomes the rest of it: of the objects that did not arrive. Those that a
    full one had begun are left to the extract, which goes on where it stopped.
    """
    if request.kind != "incremental" or (owed := _deferred(conn, request)) is None:
        return request
    run_id, kind, objects, is_planned = owed
    if not is_planned:
        return replace(request, kind=kind, objects=tuple(objects or ()))
    rest = _not_begun(conn, run_id) if kind == "full" else _not_reconciled(conn, run_id)
    return replace(request, kind=kind, objects=rest) if rest else request


def takeover(asked: RunRequest, taken: RunRequest) -> list[Finding]:
    """What a person should know of a sync that does more than it was asked for."""
    if taken == asked:
        return []
    objects = ", ".join(taken.objects) or "every object"
    return [
        Finding(
            "info",
            "deferred_sync_goes_on",
            f"The {taken.kind} sync that a quota stopped before goes on with this one: {objects}.",
        )
    ]


def _deferred(
    conn: psycopg.Connection, request: RunRequest
) -> tuple[str, str, list[str] | None, bool] | None:
    """The org's last sync that came to an end, if that was `deferred` and not incremental."""
    row = conn.execute(
        "select run_id, kind, objects, planned_at is not null, status from sync.runs"
        " where org = %s and run_id <> %s and status in ('success', 'partial', 'deferred')"
        " order by started_at desc limit 1",
        [request.org, request.run_id],
    ).fetchone()
    if row is None or row[4] != "deferred" or row[1] == "incremental":
        return None
    return row[0], row[1], row[2], row[3]


def _not_begun(conn: psycopg.Connection, run_id: str) -> tuple[str, ...]:
    """The objects that a full sync did not read whole, without those of which pages are here."""
    rows = conn.execute(
        "select sobject from sync.run_objects as o"
        " where run_id = %s and is_whole and status <> 'success' and not exists ("
        "   select 1 from sync.extracts as e where e.org = o.org and e.sobject = o.sobject"
        "   and e.state = 'planned' and e.is_full)"
        " order by sobject",
        [run_id],
    )
    return tuple(sobject for (sobject,) in rows)


def _not_reconciled(conn: psycopg.Connection, run_id: str) -> tuple[str, ...]:
    """Of the objects that a sync was to reconcile, those that it did not bring to an end."""
    rows = conn.execute(
        "select sobject from sync.run_objects as o inner join sync.runs as r using (run_id)"
        " where run_id = %s and o.status <> 'success'"
        " and (coalesce(cardinality(r.objects), 0) = 0 or sobject = any(r.objects))"
        " order by sobject",
        [run_id],
    )
    return tuple(sobject for (sobject,) in rows)
