"""
Pending batches: what is merged and not yet published (rules 3 and 4).

A batch is noted in the transaction of its merge, with the previous version of every row that it
changes; the publish deletes exactly the batches that it saw, and their before-rows.
"""

from dataclasses import asdict, dataclass

import psycopg
from psycopg import sql

from salesforce_elt.run import Run
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.staging import StagingTable


@dataclass(frozen=True)
class Counts:
    """What a merge did; rows that were the same already count as fetched alone."""

    fetched: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.fetched + other.fetched,
            self.inserted + other.inserted,
            self.updated + other.updated,
            self.deleted + other.deleted,
        )

    def __str__(self) -> str:
        return (
            f"{self.fetched:,} fetched, {self.inserted:,} inserted, {self.updated:,} updated,"
            f" {self.deleted:,} deleted"
        )

    def to_json(self) -> dict[str, int]:
        """A form that XCom carries."""
        return asdict(self)

    @property
    def changed(self) -> int:
        """How many rows are not as they were."""
        return self.inserted + self.updated + self.deleted


def open_batch(
    conn: psycopg.Connection, run: Run, table: StagingTable
) -> tuple[Counts, int | None]:
    """Counts the temporary table `changes`; what is in it becomes a batch with before-rows."""
    found = conn.execute("select change, count(*) from changes group by change").fetchall()
    by_change: dict[str, int] = dict(found)
    counts = Counts(
        inserted=by_change.get("inserted", 0),
        updated=by_change.get("updated", 0),
        deleted=by_change.get("deleted", 0) + by_change.get("vanished", 0),
    )
    if not counts.changed:
        return counts, None
    batch_id = new_batch(conn, run, table.sobject)
    _keep_before(conn, table, batch_id=batch_id)
    return counts, batch_id


def _keep_before(conn: psycopg.Connection, table: StagingTable, *, batch_id: int) -> None:
    # Of a column that a person dropped from one of the two, nothing is kept.
    staging, before = column_types(conn, table.name), column_types(conn, table.before)
    names = [sql.Identifier(one) for one in before if one in staging and one != "_batch_id"]
    listed = sql.SQL(", ").join(names)
    values = sql.SQL(", ").join(sql.SQL("s.{}").format(name) for name in names)
    conn.execute(
        sql.SQL(
            "insert into {} ({}, _batch_id) select {}, {} from {} as s"
            " inner join changes as c on c.id = s.id"
        ).format(table.before, listed, values, batch_id, table.name)
    )


def new_batch(conn: psycopg.Connection, run: Run, sobject: str) -> int:
    """A pending batch of the object, in the caller's transaction."""
    cursor = conn.execute(
        "insert into sync.pending_batches (org, sobject, run_id) values (%s, %s, %s)"
        " returning batch_id",
        [run.org, sobject, run.run_id],
    )
    return int(next(cursor)[0])
