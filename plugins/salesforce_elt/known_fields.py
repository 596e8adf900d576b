"""
Which fields staging has of an object, and which of them it has for every record.

A field that is new, or was hidden for a while, is complete only when a whole read or a partial
read of it has been merged; until then each sync knows that it has to be filled.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import psycopg
from psycopg.rows import class_row

from salesforce_elt.fields import Column, Shape
from salesforce_elt.run import Run
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.names import warehouse_name


@dataclass(frozen=True)
class KnownField:
    """A field that was read once; `hidden_since` is the end of the first window without it."""

    field: str
    is_complete: bool
    hidden_since: datetime | None


def known_fields(conn: psycopg.Connection, org: str, sobject: str) -> list[KnownField]:
    """The object's fields, by name; none before its first sync."""
    cursor = conn.cursor(row_factory=class_row(KnownField)).execute(
        "select field, is_complete, hidden_since from sync.fields"
        " where org = %s and sobject = %s order by field",
        [org, sobject],
    )
    return cursor.fetchall()


def follow(conn: psycopg.Connection, run: Run, sobject: str, shape: Shape) -> None:
    """Takes the object's shape of today down, and commits.

    What is hidden is not followed any more, so it is not complete when it is shown again; what the
    settings exclude is not known any more.
    """
    shown = [one.field for one in shape.columns]
    with conn.transaction():
        leases.hold(conn, run)
        conn.execute(
            "delete from sync.fields where org = %s and sobject = %s and field = any(%s)",
            [run.org, sobject, list(shape.excluded)],
        )
        conn.execute(
            "update sync.fields set is_complete = false, deleted_with = '{}',"
            " hidden_since = coalesce(hidden_since, %s)"
            " where org = %s and sobject = %s and field <> all(%s)",
            [run.until, run.org, sobject, shown],
        )
        conn.cursor().executemany(
            "insert into sync.fields as f (org, sobject, field, kind, refers_to, deleted_with)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (org, sobject, field) do update"
            " set hidden_since = null, kind = excluded.kind, refers_to = excluded.refers_to,"
            " deleted_with = excluded.deleted_with where f.hidden_since is not null"
            " or (f.kind, f.refers_to, f.deleted_with)"
            " <> (excluded.kind, excluded.refers_to, excluded.deleted_with)",
            [(run.org, sobject, *_row(one, shape)) for one in shape.columns],
        )


def _row(column: Column, shape: Shape) -> tuple[object, ...]:
    name = column.field
    objects = (list(found.get(name, ())) for found in (shape.references, shape.deleted_with))
    return (name, column.type, *objects)


def kept_as_text(
    conn: psycopg.Connection, org: str, sobject: str, columns: Sequence[Column]
) -> dict[str, str]:
    """Text columns whose fields are no texts (any more), and of what type the fields are."""
    rows = conn.execute(
        "select field, kind from sync.fields where org = %s and sobject = %s and kind <> 'text'",
        [org, sobject],
    ).fetchall()
    kinds: dict[str, str] = dict(rows)
    return {
        one.name: kinds[one.field] for one in columns if one.type == "text" and one.field in kinds
    }


def complete(conn: psycopg.Connection, org: str, sobject: str, fields: Sequence[str]) -> None:
    """Every record has these fields now: in the transaction of the merge that made it so."""
    conn.execute(
        "update sync.fields set is_complete = true"
        " where org = %s and sobject = %s and field = any(%s)",
        [org, sobject, list(fields)],
    )


def forget(conn: psycopg.Connection, org: str, sobject: str, columns: Collection[str]) -> None:
    """These columns lost their values: their fields are filled by the next sync."""
    known = known_fields(conn, org, sobject)
    lost = [one.field for one in known if warehouse_name(one.field) in columns]
    conn.execute(
        "update sync.fields set is_complete = false"
        " where org = %s and sobject = %s and field = any(%s)",
        [org, sobject, lost],
    )
