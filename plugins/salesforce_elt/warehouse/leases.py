"""One writer per org: a lease with a fencing number that only grows (rule 2)."""

from datetime import timedelta
from typing import LiteralString

import psycopg
from psycopg import sql

from salesforce_elt.errors import LeaseLost
from salesforce_elt.run import Run
from salesforce_elt.warehouse.locks import no_long_wait

LONGEST_WAIT = timedelta(minutes=15)  # for a merge or a publish of an older run


def take(conn: psycopg.Connection, org: str, *, run_id: str) -> int:
    """Takes the org over and returns the new fence; writers with an older one stop.

    What an older one has begun to write is waited for. Raises WarehouseUnavailable, which names the
    session, when that takes longer than `LONGEST_WAIT`: its worker may sleep, or be lost.
    """
    with no_long_wait(conn, sql.Identifier("sync", "leases"), at_most=LONGEST_WAIT):
        cursor = conn.execute(
            "insert into sync.leases (org, fence, run_id, taken_at) values (%s, 1, %s, now())"
            " on conflict (org) do update set fence = leases.fence + 1,"
            " run_id = excluded.run_id, taken_at = excluded.taken_at returning fence",
            [org, run_id],
        )
        return int(next(cursor)[0])


def hold(conn: psycopg.Connection, run: Run) -> None:
    """Keeps the org for this transaction: nobody can take it over until it ends.

    Raises LeaseLost when a newer run holds the org already.
    """
    _require(conn, run, lock="for share")


def require(conn: psycopg.Connection, run: Run) -> None:
    """Raises LeaseLost when a newer run holds the org; keeps nobody from taking it over."""
    _require(conn, run, lock="")


def _require(conn: psycopg.Connection, run: Run, *, lock: LiteralString) -> None:
    row = conn.execute(
        f"select fence, run_id from sync.leases where org = %s {lock}", [run.org]
    ).fetchone()
    if row is None or row[0] != run.fence:
        holder = row[1] if row else "nobody"
        raise LeaseLost(
            f"{run.org}: the lease is held by {holder}, not by {run.run_id}. A newer sync took "
            "the org over; this one writes nothing more, and the newer one completes the work."
        )
