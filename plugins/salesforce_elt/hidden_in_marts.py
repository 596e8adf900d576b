"""
What the marts may still show of a field that is hidden by now.

Staging agrees with the settings before a sync reads anything. The marts follow at once when nothing
else waits to be published; otherwise with the next publish, for they change all at once (rule 7).
Until one succeeds, each sync says which marts that concerns.
"""

from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql

from salesforce_elt.mart_tables import mart_table
from salesforce_elt.models import Models
from salesforce_elt.results import Finding, note_findings
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.warehouse.names import warehouse_name

STATION, CODE = "report", "hidden_in_marts"


def is_alone(conn: psycopg.Connection, org: str) -> bool:
    """Whether what was hidden is all that the org's marts do not show yet."""
    cursor = conn.execute(
        "select coalesce(bool_and(hidden <> '{}'), false)"
        " and exists (select 1 from sync.fingerprints where org = %s)"
        " from sync.pending_batches where org = %s",
        [org, org],
    )
    (found,) = next(cursor)
    return bool(found)


def note_unpublished(conn: psycopg.Connection, run: Run) -> None:
    """The run has published nothing of what it reads yet, whatever marts followed before: only the
    publish at its end makes it a success (rule 1)."""
    conn.execute("update sync.runs set published_at = null where run_id = %s", [run.run_id])


def forget_statistics(conn: psycopg.Connection, marts: Iterable[str]) -> None:
    """What the planner noted of values that the marts have no more."""
    for mart in marts:
        conn.execute(sql.SQL("analyze {}").format(mart_table(mart)))


def note_still_shown(
    conn: psycopg.Connection, request: RunRequest, *, models: Models | None
) -> None:
    """Adds a warning for each object whose hiding no publish has followed yet; again: the same.

    `models` is None when they cannot be read; no mart is named then.
    """
    findings = []
    for sobject, columns in _hidden(conn, request.org):
        marts = _published(conn, request.org, models, sobject) if models else None
        if marts is None or marts:
            findings.append(_still_shown(sobject, columns, marts or ()))
    with conn.transaction():
        conn.execute(
            "delete from sync.findings where run_id = %s and code = %s", [request.run_id, CODE]
        )
        note_findings(conn, request, findings, station=STATION)


def _hidden(conn: psycopg.Connection, org: str) -> list[tuple[str, list[str]]]:
    """The columns by SObject whose batch is not published."""
    return conn.execute(
        "select sobject, array_agg(distinct name order by name) from sync.pending_batches,"
        " unnest(hidden) as name where org = %s group by sobject order by sobject",
        [org],
    ).fetchall()


def _published(conn: psycopg.Connection, org: str, models: Models, sobject: str) -> list[str]:
    """The marts that read the object and show something of the org."""
    rows = conn.execute("select mart from sync.fingerprints where org = %s order by mart", [org])
    return [
        mart
        for (mart,) in rows.fetchall()
        if mart in models.marts and warehouse_name(sobject) in models.marts[mart].staging_tables
    ]


def _still_shown(sobject: str, columns: Sequence[str], marts: Sequence[str]) -> Finding:
    where = ", ".join(f"marts.{mart}" for mart in marts) or "The marts that read it"
    return Finding(
        "warning",
        CODE,
        f"{where} may still show what {sobject} had in {', '.join(columns)} before the settings "
        "hid it: no publish has succeeded since. The first sync that publishes ends that; this "
        "sync's errors say what is in its way. If that cannot wait, take the analysts' access to "
        "these marts away until then.",
        sobject,
    )
