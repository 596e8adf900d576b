"""How far a staging table is complete; moved on by compare-and-set, with the rows it speaks of."""

from datetime import datetime

import psycopg

from salesforce_elt.errors import LeaseLost

CHANGES, DELETES = "changes", "deletes"


def read(
    conn: psycopg.Connection, org: str, sobject: str, *, kind: str = CHANGES
) -> datetime | None:
    """The watermark, or None before the first load."""
    row = conn.execute(
        "select complete_until from sync.watermarks where org = %s and sobject = %s and kind = %s",
        [org, sobject, kind],
    ).fetchone()
    return row[0] if row else None


def advance(
    conn: psycopg.Connection,
    org: str,
    sobject: str,
    *,
    start: datetime | None,
    until: datetime,
    kind: str = CHANGES,
) -> None:
    """Moves the watermark from the value that the window began at, in the caller's transaction.

    Raises LeaseLost when it is not there any more: somebody else has moved it.
    """
    moved = (
        conn.execute(
            "update sync.watermarks set complete_until = greatest(complete_until, %s)"
            " where org = %s and sobject = %s and kind = %s and complete_until = %s",
            [until, org, sobject, kind, start],
        )
        if start
        else conn.execute(
            "insert into sync.watermarks (complete_until, org, sobject, kind)"
            " values (%s, %s, %s, %s) on conflict do nothing",
            [until, org, sobject, kind],
        )
    )
    if moved.rowcount != 1:
        raise LeaseLost(
            f"{org}: the watermark of {sobject} is not where this window began ({start}). Another "
            "sync moved it; this one writes nothing, and the next run goes on from there."
        )


def cover_deletes(conn: psycopg.Connection, org: str, sobject: str, *, until: datetime) -> None:
    """A full read has shown which records there are: deletes are known up to its end."""
    conn.execute(
        "insert into sync.watermarks (org, sobject, kind, complete_until) values (%s, %s, %s, %s)"
        " on conflict (org, sobject, kind) do update"
        " set complete_until = greatest(watermarks.complete_until, excluded.complete_until)",
        [org, sobject, DELETES, until],
    )
