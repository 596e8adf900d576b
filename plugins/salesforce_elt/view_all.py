"""
Whether the integration user has View All Data, and whether that was taken away (rule 8).

A full read of someone who lost it lacks what only that right showed, be it ever so little.
Salesforce tells the right of whoever asks (UserPermissionAccess), in one query beside the plan's
counts. Where it does not tell, the right is unknown and nothing follows from it.
"""

import logging

import psycopg

from salesforce_elt.run import Run
from salesforce_elt.salesforce.composite import Answer

log = logging.getLogger(__name__)

QUESTION = "SELECT PermissionsViewAllData FROM UserPermissionAccess"


def note_right(conn: psycopg.Connection, run: Run, answer: Answer) -> None:
    """Keeps with the run what the org answered to the question."""
    records = answer.body["records"] if answer.is_success else []
    has_it = bool(records[0]["PermissionsViewAllData"]) if records else None
    log.info(
        "%s: the integration user's View All Data: %s",
        run.org,
        {True: "yes", False: "no", None: f"unknown {answer.code}"}[has_it],
    )
    conn.execute(
        "update sync.runs set has_view_all_data = %s where run_id = %s", [has_it, run.run_id]
    )


def keep_right(conn: psycopg.Connection, run: Run, sobject: str) -> None:
    """Every record of the object was read with the run's right, in the caller's transaction."""
    conn.execute(
        "insert into sync.view_all as v (org, sobject, has_view_all_data)"
        " select org, %s, has_view_all_data from sync.runs"
        " where run_id = %s and has_view_all_data is not null"
        " on conflict (org, sobject) do update set has_view_all_data = excluded.has_view_all_data",
        [sobject, run.run_id],
    )


def is_lost(conn: psycopg.Connection, run: Run, sobject: str) -> bool:
    """Whether the object was last read whole with the right, and the run has it no more."""
    row = conn.execute(
        "select 1 from sync.runs as r inner join sync.view_all as v on v.org = r.org"
        " where r.run_id = %s and v.sobject = %s"
        " and v.has_view_all_data and not r.has_view_all_data",
        [run.run_id, sobject],
    ).fetchone()
    return row is not None
