"""
What marts have beside their rows: views on them, comments, and readers.

It changes the catalog of the database, where two transactions at once would fail or wait for each
other. So a publish that has something to furnish, or a mart to make, has the marts for itself; all
other publishes go side by side.
"""

from collections.abc import Sequence

import psycopg

from salesforce_elt import mart_views, mart_words
from salesforce_elt.analysts import grant_access, lacks_access
from salesforce_elt.deltas import Delta, delta_table
from salesforce_elt.mart_tables import fits
from salesforce_elt.models import Models
from salesforce_elt.results import note_findings
from salesforce_elt.run import Run

STATION = "publish"
ALONE = "select pg_advisory_xact_lock(hashtext('marts'))"
SIDE_BY_SIDE = "select pg_advisory_xact_lock_shared(hashtext('marts'))"


def take_turns(
    conn: psycopg.Connection, org: str, *, models: Models, deltas: Sequence[Delta], analyst: str
) -> bool:
    """Waits until this publish may go on; whether it has to furnish.

    The first thing that a publish locks beside its org, so that nobody waits in a circle.
    """
    is_needed = not all(
        fits(conn, models.marts[one.mart], delta_table(org, one.mart)) for one in deltas
    ) or _lacks_something(conn, models, analyst)
    conn.execute(ALONE if is_needed else SIDE_BY_SIDE)
    return is_needed


def furnish(conn: psycopg.Connection, run: Run, *, models: Models, analyst: str) -> None:
    """Makes what is missing: views first, then the comments on them, then who may read them.

    Raises StopError when something that people made is in the way of a view.
    """
    mart_views.ensure_views(conn, models)
    mart_words.ensure_comments(conn, models)
    note_readers(conn, run, models=models, analyst=analyst)


def note_readers(conn: psycopg.Connection, run: Run, *, models: Models, analyst: str) -> None:
    """Lets analysts read; each sync says so when somebody else has to make their role."""
    findings = grant_access(conn, analyst, _readable(models))
    note_findings(conn, run, findings, station=STATION)


def _lacks_something(conn: psycopg.Connection, models: Models, analyst: str) -> bool:
    return (
        mart_views.is_outdated(conn, models)
        or mart_words.lacks_comments(conn, models)
        or lacks_access(conn, analyst, _readable(models))
    )


def _readable(models: Models) -> list[str]:
    return [*models.marts, *mart_views.load_views(models)]
