"""
A read of every record but not of every field, merged by rule 5: only where staging is not newer,
and only the rows that differ.

What it replaces is kept and a batch is pending, as with every merge, so the marts follow. The same
read shows which records there are (rule 8).
"""

import logging
from collections.abc import Sequence
from dataclasses import replace

import psycopg
from psycopg import sql

from salesforce_elt import deletes, extracts, known_fields, results, view_all, watermarks
from salesforce_elt.answers import give_up, land_answer
from salesforce_elt.batches import Counts, open_batch
from salesforce_elt.errors import AccessDenied
from salesforce_elt.extract import delete_jobs, landed_columns
from salesforce_elt.extracts import Asking, Extract
from salesforce_elt.fields import Column
from salesforce_elt.incoming import Incoming
from salesforce_elt.loading import Tools
from salesforce_elt.merge import require_all
from salesforce_elt.reads import PlannedRead, asked_fields, note_read, planned_read
from salesforce_elt.reread import note_differing, repair
from salesforce_elt.results import Finding, PlannedObject
from salesforce_elt.run import Run
from salesforce_elt.vanished import find_vanished, flag_vanished
from salesforce_elt.warehouse.landing import Landing
from salesforce_elt.warehouse.names import warehouse_name

log = logging.getLogger(__name__)


def read_beside(tools: Tools, run: Run, sobject: str) -> Counts:
    """Carries out what the plan reads of an object beside what changed; again: what is left of it.

    Raises AccessDenied when more records are missing than deletes explain; the fields are merged
    all the same, and no record is deleted.
    """
    counts = Counts()
    if read := planned_read(tools.conn, run, sobject):
        counts += _carry_out(tools, run, read)
    return counts + repair(tools, run, sobject)


def _carry_out(tools: Tools, run: Run, read: PlannedRead) -> Counts:
    line = results.planned_object(tools.conn, run, read.sobject)
    extract = _begun(tools, run, read, line)
    landing = Landing(run, extract, landed_columns(tools.conn, extract))
    landed = land_answer(tools, landing)
    incoming = Incoming(landing, warehouse_name(line.cursor_field or ""), is_setup=False)
    counts = _merge_with_witness(tools, run, incoming, read=read, landed=landed)
    delete_jobs(tools, run, read.sobject)
    log.info("%s: %s of every record: %s", read.sobject, ", ".join(read.fields) or "Ids", counts)
    if counts.deleted:
        finding = _untraced(read.sobject, counts.deleted)
        results.note_findings(tools.conn, run, [finding], station="extract")
    return counts


def _begun(tools: Tools, run: Run, read: PlannedRead, line: PlannedObject) -> Extract:
    """The extract that an earlier try of this run began, or a new one.

    One of an earlier run is not gone on with: what was merged since would look missing from it.
    """
    fields = asked_fields(read, line.fields, line.cursor_field or "")
    earlier = extracts.unfinished(tools.conn, run, read.sobject, purpose=read.purpose)
    if earlier is not None:
        if earlier.until == run.until and list(earlier.fields) == fields:
            return earlier
        give_up(tools.conn, Landing(run, earlier, ()))
    asking = Asking(
        read.sobject,
        since=None,
        watermark=None,
        is_full=True,
        way=read.way,
        fields=fields,
        cursor_field=line.cursor_field,
        purpose=read.purpose,
    )
    return extracts.begin(tools.conn, run, asking)


def _merge_with_witness(
    tools: Tools, run: Run, incoming: Incoming, *, read: PlannedRead, landed: int
) -> Counts:
    """Merges; before records are believed to be hidden, the org is asked once more for deletes."""
    try:
        return merge_partial(tools.conn, run, incoming, read=read, landed=landed)
    except AccessDenied as error:
        refusal = error
    if deletes.learn_until_now(tools.conn, run, read.sobject, client=tools.client):
        try:
            return merge_partial(tools.conn, run, incoming, read=read, landed=landed)
        except AccessDenied as error:
            refusal = error
    merge_partial(tools.conn, run, incoming, read=replace(read, is_compared=False), landed=landed)
    raise refusal


def merge_partial(
    conn: psycopg.Connection, run: Run, incoming: Incoming, *, read: PlannedRead, landed: int
) -> Counts:
    """Applies a complete partial read to staging; all or nothing.

    Raises LeaseLost when the org is not this run's any more, AccessDenied when more records are
    missing than deletes explain.
    """
    extract = incoming.extract
    columns = [one for one in incoming.landing.columns if one.field in read.fields]
    with conn.transaction():
        extracts.hold(conn, run, extract)
        require_all(conn, incoming, landed=landed)
        _find_changes(conn, incoming, columns)
        if read.is_compared:
            note_differing(conn, run, extract.sobject, _differing(conn, incoming))
            find_vanished(conn, incoming)
            view_all.keep_right(conn, run, extract.sobject)
            watermarks.cover_deletes(conn, run.org, extract.sobject, until=extract.until)
        counts, batch_id = open_batch(conn, run, incoming.table)
        _write_changes(conn, incoming, columns, batch_id=batch_id)
        flag_vanished(conn, incoming, batch_id=batch_id)
        known_fields.complete(conn, run.org, extract.sobject, read.fields)
        conn.execute(sql.SQL("drop table {}").format(incoming.landing.table))
        extracts.close(conn, extract, state="merged")
        results.note_counts(conn, run, extract.sobject, counts=counts)
        note_read(conn, run, read, counts=Counts(fetched=landed) + counts)
    return counts


def _differing(conn: psycopg.Connection, incoming: Incoming) -> list[str]:
    """Records stamped before the run's end that staging lacks, has older, or has deleted when they
    live and the other way round. The rows of this window are merged, so none should be."""
    cursor = conn.execute(
        sql.SQL(
            "select n.id from {landing} as n left join {staging} as s on s.id = n.id"
            " where n.{stamp} < {until} and (n.{stamp} > s.{stamp}"
            " or coalesce(s._is_deleted, true) <> {is_gone}) order by n.id"
        ).format(
            landing=incoming.landing.table,
            staging=incoming.table.name,
            stamp=sql.Identifier(incoming.cursor or ""),
            until=incoming.extract.until,
            is_gone=incoming.is_gone,
        )
    )
    return [record_id for (record_id,) in cursor]


def _find_changes(conn: psycopg.Connection, incoming: Incoming, columns: Sequence[Column]) -> None:
    """`changes`: rows that landed whose fields differ from staging's, which is not newer."""
    conn.execute("drop table if exists pg_temp.changes")
    conn.execute(
        sql.SQL(
            "create temp table changes on commit drop as"
            " select n.id, null::timestamptz as deleted_at, 'updated' as change"
            " from {} as n inner join {} as s on s.id = n.id"
            " where (s.{stamp} is null or n.{stamp} >= s.{stamp}) and {differs}"
        ).format(
            incoming.landing.table,
            incoming.table.name,
            stamp=sql.Identifier(incoming.cursor or ""),
            differs=_differs(columns),
        )
    )


def _differs(columns: Sequence[Column]) -> sql.Composable:
    if not columns:
        return sql.SQL("false")
    differences = (
        sql.SQL("n.{} is distinct from s.{}").format(name, name)
        for name in (sql.Identifier(one.name) for one in columns)
    )
    return sql.SQL("({})").format(sql.SQL(" or ").join(differences))


def _write_changes(
    conn: psycopg.Connection, incoming: Incoming, columns: Sequence[Column], *, batch_id: int | None
) -> None:
    if not columns:
        return
    values = sql.SQL(", ").join(
        sql.SQL("{} = n.{}").format(name, name)
        for name in (sql.Identifier(one.name) for one in columns)
    )
    conn.execute(
        sql.SQL(
            "update {} as s set {}, _batch_id = {} from {} as n"
            " inner join changes as c on c.id = n.id where s.id = n.id and c.change = 'updated'"
        ).format(incoming.table.name, values, batch_id, incoming.landing.table)
    )


def _untraced(sobject: str, count: int) -> Finding:
    return Finding(
        "info",
        "deletes_untraced",
        f"{count:,} records of {sobject} are not in Salesforce any more, which only comparing Ids "
        "told; they are deleted in the warehouse now.",
        sobject,
    )
