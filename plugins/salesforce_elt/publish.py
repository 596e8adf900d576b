"""
From delta to marts: all marts of the org at once, in one transaction (rules 2, 3, 7, 13).

In the same transaction the consumed batches and their before-rows go, the fingerprints and the
counts are kept, and the deltas are dropped. So a publish that is run again finds its work done.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from salesforce_elt import aside
from salesforce_elt.deltas import Delta, Transformed, delta_table, keys_table, recomputed
from salesforce_elt.errors import LeaseLost
from salesforce_elt.exclusions import note_exclusions
from salesforce_elt.furnishing import furnish, note_readers, take_turns
from salesforce_elt.indexes import expect_cached_pages
from salesforce_elt.mart_tables import (
    ensure_mart,
    index_mart,
    listed,
    mart_table,
    same_key,
    shape,
)
from salesforce_elt.models import Model, Models
from salesforce_elt.run import Run
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.staging import StagingTable

log = logging.getLogger(__name__)

UNCHANGED = "nothing changed"

# In this order: what is new is inserted after what is gone has made room.
STATEMENTS: Mapping[str, LiteralString] = {
    "updated": "update {mart} as m set ({columns}) = row({of_delta}) from {delta} as d"
    " where {same_key} and ({of_mart}) is distinct from ({of_delta})",
    "deleted": "delete from {mart} as m where {recomputed}"
    " and not exists (select 1 from {delta} as d where {same_key})",
    "inserted": "insert into {mart} ({columns}) select {columns} from {delta} as d"
    " where not exists (select 1 from {mart} as m where {same_key})",
}


@dataclass(frozen=True)
class MartCounts:
    """What a run published into a mart, and how many rows of the org the mart has now."""

    mart: str
    inserted: int
    updated: int
    deleted: int
    row_count: int
    reason: str

    @property
    def changes(self) -> int:
        """How many rows are others than before."""
        return self.inserted + self.updated + self.deleted

    def to_event(self, run: Run) -> dict[str, str | int]:
        """What a program that starts from the mart is told."""
        return {
            "org": run.org,
            "run_id": run.run_id,
            "kind": run.kind,
            "result": str(self),
            "inserted": self.inserted,
            "updated": self.updated,
            "deleted": self.deleted,
            "rows": self.row_count,
        }

    def __str__(self) -> str:
        return (
            f"{self.mart}: {self.inserted:,} inserted, {self.updated:,} updated, "
            f"{self.deleted:,} deleted, {self.row_count:,} rows now ({self.reason})"
        )


def publish(
    conn: psycopg.Connection,
    run: Run,
    *,
    models: Models,
    transformed: Transformed,
    analyst: str,
) -> list[MartCounts]:
    """Makes the deltas what analysts see, and returns what the run did to every mart.

    `analyst` is the role that may read them. Raises LeaseLost when the org is not this run's any
    more, or when another attempt of this run replaced the deltas, and StopError when something that
    people made on a mart is in the way of its new columns: nothing is published then.
    """
    with conn.transaction():
        leases.hold(conn, run)
        expect_cached_pages(conn)
        if _are_there(conn, run.org, transformed.deltas):
            deltas = transformed.deltas
            has_to_furnish = take_turns(
                conn, run.org, models=models, deltas=deltas, analyst=analyst
            )
            _publish_deltas(conn, run, models=models, deltas=deltas)
            (furnish if has_to_furnish else note_readers)(conn, run, models=models, analyst=analyst)
            _note_untouched(conn, run, models)
            note_exclusions(conn, run)
            aside.note_set_aside(conn, run)
            _consume(conn, run.org, transformed.batches)
            conn.execute(
                "update sync.runs set published_at = now() where run_id = %s", [run.run_id]
            )
        elif not _is_published(conn, run.org, transformed):
            raise LeaseLost(
                f"{run.org}: what the run {run.run_id} prepared was replaced by another attempt of "
                "it. Nothing was published; run its transform again."
            )
        return _recorded(conn, run)


def _are_there(conn: psycopg.Connection, org: str, deltas: Sequence[Delta]) -> bool:
    names = [delta_table(org, delta.mart).as_string(conn) for delta in deltas]
    row = conn.execute(
        "select array(select to_regclass(name)::oid::bigint"
        " from unnest(%s::text[]) with ordinality as n (name, position)"
        " order by position)",
        [names],
    ).fetchone()
    return row is not None and row[0] == [delta.oid for delta in deltas]


def _is_published(conn: psycopg.Connection, org: str, transformed: Transformed) -> bool:
    """Whether an attempt that was killed after its commit did the work already."""
    rows = conn.execute("select mart, fingerprint from sync.fingerprints where org = %s", [org])
    published: dict[str, str] = dict(rows.fetchall())
    pending = conn.execute(
        "select 1 from sync.pending_batches where batch_id = any(%s)", [list(transformed.batches)]
    ).fetchone()
    return pending is None and all(
        published.get(delta.mart) == delta.fingerprint for delta in transformed.deltas
    )


def _publish_deltas(
    conn: psycopg.Connection, run: Run, *, models: Models, deltas: Sequence[Delta]
) -> None:
    row_counts = _published_row_counts(conn, run.org)
    _require_the_rest(run.org, deltas, published=row_counts)
    for delta in deltas:
        before = row_counts.get(delta.mart, 0)
        counts = _publish_mart(conn, run.org, models.marts[delta.mart], delta=delta, before=before)
        log.info("%s", counts)
        _note(conn, run, counts)
        conn.execute(
            "insert into sync.fingerprints (org, mart, fingerprint, row_count, columns,"
            " published_at) values (%s, %s, %s, %s, %s, now()) on conflict (org, mart) do update"
            " set fingerprint = excluded.fingerprint, row_count = excluded.row_count,"
            " columns = excluded.columns, published_at = excluded.published_at",
            [run.org, delta.mart, delta.fingerprint, counts.row_count, shape(conn, delta.mart)],
        )
        aside.keep(conn, run, models.marts[delta.mart], delta)
        for table in (delta_table(run.org, delta.mart), keys_table(run.org, delta.mart)):
            conn.execute(sql.SQL("drop table if exists {}").format(table))


def _published_row_counts(conn: psycopg.Connection, org: str) -> dict[str, int]:
    """How many rows of the org each mart has; an org that alters a mart waits for this publish."""
    rows = conn.execute(
        "select mart, row_count from sync.fingerprints where org = %s order by mart for update",
        [org],
    )
    return dict(rows.fetchall())


def _require_the_rest(org: str, deltas: Sequence[Delta], *, published: Mapping[str, int]) -> None:
    """A delta of some keys is published only beside the rows that were there when it was made."""
    if gone := [one.mart for one in deltas if not one.is_whole and one.mart not in published]:
        raise LeaseLost(
            f"{org}: marts.{gone[0]} was made anew by another org's sync while this one computed "
            "what changed in it. Nothing was published; what came stays in staging, and the next "
            "sync publishes it with the whole mart."
        )


def _publish_mart(
    conn: psycopg.Connection, org: str, model: Model, *, delta: Delta, before: int
) -> MartCounts:
    """Upserts the delta, and deletes the rows of recomputed keys that it does not have."""
    source = delta_table(org, model.name)
    names = ensure_mart(conn, model, source)
    parts = {
        "mart": mart_table(model.name),
        "delta": source,
        "recomputed": recomputed(org, model, delta, alias="m"),
        "columns": listed(names),
        "of_mart": listed(names, "m"),
        "of_delta": listed(names, "d"),
        "same_key": same_key(model),
    }
    counts = {
        verb: conn.execute(sql.SQL(statement).format(**parts)).rowcount
        for verb, statement in STATEMENTS.items()
    }
    index_mart(conn, model)
    rows = before + counts["inserted"] - counts["deleted"]
    row_count = delta.row_count if delta.is_whole else rows
    return MartCounts(model.name, **counts, row_count=row_count, reason=delta.reason)


def _note_untouched(conn: psycopg.Connection, run: Run, models: Models) -> None:
    row_counts = _published_row_counts(conn, run.org)
    noted = conn.execute("select mart from sync.run_marts where run_id = %s", [run.run_id])
    for name in set(models.marts) - {mart for (mart,) in noted}:
        _note(conn, run, MartCounts(name, 0, 0, 0, row_counts[name], UNCHANGED))


def _note(conn: psycopg.Connection, run: Run, counts: MartCounts) -> None:
    """A run that publishes twice (its tasks were cleared) did both."""
    conn.execute(
        "insert into sync.run_marts as r"
        " (run_id, org, mart, inserted, updated, deleted, row_count, reason)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s) on conflict (run_id, mart) do update set"
        " inserted = r.inserted + excluded.inserted, updated = r.updated + excluded.updated,"
        " deleted = r.deleted + excluded.deleted, row_count = excluded.row_count,"
        " reason = excluded.reason",
        [
            run.run_id,
            run.org,
            counts.mart,
            counts.inserted,
            counts.updated,
            counts.deleted,
            counts.row_count,
            counts.reason,
        ],
    )


def _recorded(conn: psycopg.Connection, run: Run) -> list[MartCounts]:
    rows = conn.execute(
        "select mart, inserted, updated, deleted, row_count, reason"
        " from sync.run_marts where run_id = %s order by mart",
        [run.run_id],
    )
    return [MartCounts(*row) for row in rows]


def _consume(conn: psycopg.Connection, org: str, batches: Sequence[int]) -> None:
    """Deletes exactly these batches, and the before-rows that were kept for them."""
    consumed = conn.execute(
        "delete from sync.pending_batches where batch_id = any(%s) returning sobject",
        [list(batches)],
    ).fetchall()
    for sobject in sorted({sobject for (sobject,) in consumed}):
        conn.execute(
            sql.SQL("delete from {} where _batch_id = any({})").format(
                StagingTable(org, sobject).before, list(batches)
            )
        )
