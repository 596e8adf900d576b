"""
The proof of a reconcile: an object's count and a sample of its records, held against the org.

Counts that differ have the Ids compared; records that differ are read again. What was found is in
`sync.proofs`, and a finding says so.
"""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import psycopg
from psycopg import sql

from salesforce_elt import results
from salesforce_elt.batches import Counts
from salesforce_elt.errors import QuotaReached
from salesforce_elt.inventory import Known
from salesforce_elt.loading import Tools
from salesforce_elt.partial import read_beside
from salesforce_elt.reads import IS_DELETED, need_read
from salesforce_elt.reread import note_differing, repair
from salesforce_elt.results import Finding, PlannedObject
from salesforce_elt.run import Run
from salesforce_elt.salesforce import soql
from salesforce_elt.salesforce.by_id import Record, read_by_id
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import QUERIES, Answer, ask, query_path
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable

log = logging.getLogger(__name__)

CREATED = "CreatedDate"
SAMPLE = 200  # records of an object; what fits into one query


def plan_proofs(
    conn: psycopg.Connection, run: Run, inventory: Sequence[Known], *, client: SalesforceClient
) -> None:
    """Counts what there is in the org, for all objects that this sync reconciles."""
    proven = [
        one for one in inventory if run.reconciles(one.name) and one.watermark and one.shape.cursor
    ]
    conn.execute("delete from sync.proofs where run_id = %s", [run.run_id])
    paths = {one.name: query_path(_count_theirs(run, one)) for one in proven}
    answers = ask(client, paths, asked="Count the records that there are", at_once=QUERIES)
    for name, answer in answers.items():
        conn.execute(
            "insert into sync.proofs (run_id, org, sobject, their_count) values (%s, %s, %s, %s)",
            [run.run_id, run.org, name, _counted(name, answer)],
        )


def prove(tools: Tools, run: Run, sobject: str) -> Counts:
    """Holds the object's staging against the org and repairs what differs; done again, nothing.

    Raises AccessDenied when more records are missing than deletes explain.
    """
    row = tools.conn.execute(
        "select their_count from sync.proofs"
        " where run_id = %s and sobject = %s and our_count is null",
        [run.run_id, sobject],
    ).fetchone()
    if row is None:
        return Counts()
    line = results.planned_object(tools.conn, run, sobject)
    counts = Counts()
    is_different = row[0] is not None and row[0] != _count_ours(tools.conn, run, line)
    if is_different and need_read(tools.conn, run, sobject):
        counts += read_beside(tools, run, sobject)
    counts += _prove_sample(tools, run, line)
    _close_proof(tools.conn, run, line, theirs=row[0])
    return counts


def _close_proof(
    conn: psycopg.Connection, run: Run, line: PlannedObject, *, theirs: int | None
) -> None:
    """What is here now; a count that still differs is found before the proof is closed by it."""
    ours = _count_ours(conn, run, line)
    if theirs is not None and ours != theirs:
        finding = _counts_differ(line.sobject, theirs=theirs, ours=ours)
        results.note_findings(conn, run, [finding], station="extract")
    conn.execute(
        "update sync.proofs set our_count = %s where run_id = %s and sobject = %s",
        [ours, run.run_id, line.sobject],
    )


def _prove_sample(tools: Tools, run: Run, line: PlannedObject) -> Counts:
    sample = _sample(tools.conn, run, line)
    differing = _differing(tools.client, run, line, sample)
    tools.conn.execute(
        "update sync.proofs set sampled = %s where run_id = %s and sobject = %s",
        [len(sample), run.run_id, line.sobject],
    )
    note_differing(tools.conn, run, line.sobject, differing)
    return repair(tools, run, line.sobject)


def _sample(conn: psycopg.Connection, run: Run, line: PlannedObject) -> dict[str, datetime]:
    """Ids and stamps of live records, the same for the same run."""
    cursor = conn.execute(
        sql.SQL(
            "select id, {stamp} from {table} where not _is_deleted and {stamp} < {until}"
            " order by md5({run_id} || id) limit {most}"
        ).format(
            stamp=sql.Identifier(warehouse_name(line.cursor_field or "")),
            table=StagingTable(run.org, line.sobject).name,
            until=run.until,
            run_id=run.run_id,
            most=SAMPLE,
        )
    )
    return dict(cursor.fetchall())


def _differing(
    client: SalesforceClient, run: Run, line: PlannedObject, sample: Mapping[str, datetime]
) -> list[str]:
    """The sampled records that are not in the org, or with another stamp of before the run's end:
    what changed since belongs to the next sync."""
    stamp = line.cursor_field or ""
    witnesses = [IS_DELETED] if IS_DELETED in line.fields else []
    records = read_by_id(client, line.sobject, list(sample), fields=["Id", stamp, *witnesses])
    theirs = {one["Id"]: one for one in records}
    return [
        record_id
        for record_id, ours in sample.items()
        if record_id not in theirs or _is_other(theirs[record_id], stamp, ours=ours, run=run)
    ]


def _is_other(record: Record, stamp: str, *, ours: datetime, run: Run) -> bool:
    moment = datetime.fromisoformat(record[stamp])
    return moment < run.until and (moment != ours or bool(record.get(IS_DELETED)))


def _count_theirs(run: Run, one: Known) -> str:
    every = {column.field for column in one.shape.columns}
    return soql.count_live(
        one.name,
        created=_created(one.shape.cursor or "", every),
        until=run.until,
        has_is_deleted=IS_DELETED in every,
    )


def _count_ours(conn: psycopg.Connection, run: Run, line: PlannedObject) -> int:
    created = warehouse_name(_created(line.cursor_field or "", line.fields))
    cursor = conn.execute(
        sql.SQL("select count(*) from {} where not _is_deleted and {} < {}").format(
            StagingTable(run.org, line.sobject).name, sql.Identifier(created), run.until
        )
    )
    return int(next(cursor)[0])


def _created(cursor_field: str, fields: Collection[str]) -> str:
    return CREATED if CREATED in fields else cursor_field


def _counted(name: str, answer: Answer) -> int | None:
    if answer.is_success:
        return int(answer.body["totalSize"])
    error = answer.error(asked=f"Count {name}")
    if isinstance(error, QuotaReached):
        raise error
    log.warning("The org does not count %s: %s", name, error)
    return None


def _counts_differ(sobject: str, *, theirs: int, ours: int) -> Finding:
    return Finding(
        "warning",
        "counts_differ",
        f"The org counted {theirs:,} records of {sobject} for this sync, and the warehouse has "
        f"{ours:,} of them after what differed was repaired. Records that were deleted meanwhile "
        f"explain a few; if it comes again, synchronize {sobject} in full.",
        sobject,
    )
