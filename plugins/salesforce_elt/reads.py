"""
What a sync reads of an object beside what changed: some fields of every record, or only its Ids.

Fields that old rows lack, fields that change without a stamp (when the sync reconciles), and which
records there are, where deletes left no trace: one read brings all of it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from salesforce_elt.batches import Counts
from salesforce_elt.inventory import Known
from salesforce_elt.run import Run
from salesforce_elt.salesforce import soql
from salesforce_elt.slices import Slice
from salesforce_elt.warehouse.staging import StagingTable

IS_DELETED = "IsDeleted"


@dataclass(frozen=True)
class PlannedRead:
    """A read of every record, but not of every field.

    `is_compared`: what staging has and the read lacks is deleted, when that has a witness.
    `is_certain`: it is carried out; otherwise only when the counts differ (see `proof`).
    """

    sobject: str
    way: str
    filled: Sequence[str]
    refreshed: Sequence[str]
    is_compared: bool
    planned: int
    api_calls: int
    is_certain: bool = True

    @property
    def fields(self) -> list[str]:
        """The fields that it brings, each once."""
        return list(dict.fromkeys([*self.filled, *self.refreshed]))

    @property
    def purpose(self) -> str:
        """What an extract of it is for."""
        return "fields" if self.fields else "ids"


@dataclass(frozen=True)
class Way:
    """REST or Bulk, and the API calls that it costs."""

    name: str
    api_calls: int


def plan_reads(
    conn: psycopg.Connection,
    run: Run,
    inventory: Sequence[Known],
    *,
    cheapest: Callable[[int, str], Way],
) -> list[PlannedRead]:
    """The reads that this sync needs; objects that are read whole anyway need none."""
    return [
        _planned(conn, run, one, cheapest)
        for one in inventory
        if one.watermark
        and one.shape.cursor
        and not one.is_whole
        and (_is_needed(run, one) or run.reconciles(one.name))
    ]


def asked_fields(read: PlannedRead, every: Sequence[str], cursor: str) -> list[str]:
    """The fields that the query names; `every` are those that the object shows."""
    witnesses = [IS_DELETED] if IS_DELETED in every else []
    return list(dict.fromkeys(["Id", cursor, *witnesses, *read.fields]))


def note_reads(conn: psycopg.Connection, run: Run, reads: Sequence[PlannedRead]) -> None:
    """Keeps them beside the plan; a plan made again replaces them."""
    conn.execute("delete from sync.run_reads where run_id = %s", [run.run_id])
    for one in reads:
        conn.execute(
            "insert into sync.run_reads (run_id, org, sobject, way, filled, refreshed,"
            " is_compared, planned, api_calls, status)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                run.run_id,
                run.org,
                one.sobject,
                one.way,
                list(one.filled),
                list(one.refreshed),
                one.is_compared,
                one.planned,
                one.api_calls,
                "planned" if one.is_certain else "if_needed",
            ],
        )


def planned_read(conn: psycopg.Connection, run: Run, sobject: str) -> PlannedRead | None:
    """What is left to read of the object beside what changed."""
    cursor = conn.cursor(row_factory=class_row(PlannedRead)).execute(
        "select sobject, way, filled, refreshed, is_compared, planned, api_calls"
        " from sync.run_reads where run_id = %s and sobject = %s and status = 'planned'",
        [run.run_id, sobject],
    )
    return cursor.fetchone()


def need_read(conn: psycopg.Connection, run: Run, sobject: str) -> bool:
    """Has the read carried out that was planned for the case; False when it was done already."""
    needed = conn.execute(
        "update sync.run_reads set status = 'planned'"
        " where run_id = %s and sobject = %s and status = 'if_needed'",
        [run.run_id, sobject],
    )
    return needed.rowcount == 1


def note_read(conn: psycopg.Connection, run: Run, read: PlannedRead, *, counts: Counts) -> None:
    """What came of it, in the transaction of its merge; it stays planned when Ids were to be
    compared, and were not."""
    conn.execute(
        "update sync.run_reads set fetched = %s, updated = %s, deleted = %s,"
        " status = case when is_compared = %s then 'success' else status end"
        " where run_id = %s and sobject = %s",
        [
            counts.fetched,
            counts.updated,
            counts.deleted,
            read.is_compared,
            run.run_id,
            read.sobject,
        ],
    )


def _is_needed(run: Run, one: Known) -> bool:
    return bool(one.to_fill or one.is_untold or _refreshed(run, one) or _is_traceless(run, one))


def _refreshed(run: Run, one: Known) -> tuple[str, ...]:
    return one.shape.stampless if run.reconciles(one.name) else ()


def _is_traceless(run: Run, one: Known) -> bool:
    return run.reconciles(one.name) and not one.shape.is_replicateable


def _planned(
    conn: psycopg.Connection, run: Run, one: Known, cheapest: Callable[[int, str], Way]
) -> PlannedRead:
    draft = PlannedRead(
        one.name,
        way="",
        filled=one.to_fill,
        refreshed=_refreshed(run, one),
        is_compared=one.is_untold or run.reconciles(one.name),
        planned=_row_count(conn, run, one.name),
        api_calls=0,
        is_certain=_is_needed(run, one),
    )
    every = [column.field for column in one.shape.columns]
    fields = asked_fields(draft, every, one.shape.cursor or "")
    way = cheapest(draft.planned, soql.select(one.name, fields, cursor=None, part=Slice()))
    return replace(draft, way=way.name, api_calls=way.api_calls)


def _row_count(conn: psycopg.Connection, run: Run, sobject: str) -> int:
    table = StagingTable(run.org, sobject).name
    cursor = conn.execute(sql.SQL("select count(*) from {}").format(table))
    (count,) = next(cursor)
    return int(count)
