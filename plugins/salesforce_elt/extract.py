"""
One object's records: asked for, landed page by page, merged into staging with the watermark.

What an earlier run or an earlier try began is finished first, from its last page.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import psycopg
from psycopg import sql

from salesforce_elt import extracts, merge, results, watermarks
from salesforce_elt.batches import Counts
from salesforce_elt.deletes import mark_deleted
from salesforce_elt.errors import AnswerLost, Incomplete, SyncError
from salesforce_elt.extracts import Asking, Extract, Source
from salesforce_elt.fields import Column
from salesforce_elt.incoming import Incoming
from salesforce_elt.objects import STAGE_SETS, STANDARD_SET
from salesforce_elt.results import Finding, PlannedObject
from salesforce_elt.run import Run
from salesforce_elt.salesforce import soql
from salesforce_elt.salesforce.bulk import BulkSource
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.picklists import PicklistSource
from salesforce_elt.salesforce.query import RestSource
from salesforce_elt.warehouse.landing import Landing, load_page, open_landing
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable, column_types
from salesforce_elt.windows import next_window

log = logging.getLogger(__name__)

STAGE_SETS_ASKED = "UI API, picklist values of Opportunity.StageName for each record type"
BY_NAME = {sobject.name: sobject for sobject in STANDARD_SET}


@dataclass(frozen=True)
class Tools:
    """What an extract works with: the warehouse, the org, a way to wait, the settings' overlap."""

    conn: psycopg.Connection
    client: SalesforceClient
    pause: Callable[[float], None]
    overlap: timedelta


def extract(tools: Tools, run: Run, sobject: str) -> Counts:
    """Brings an object up to the run's end; run again, it goes on where it stopped.

    Raises Incomplete when what landed is not what Salesforce counted, and what the client raises.
    """
    started = monotonic()
    line = results.planned_object(tools.conn, run, sobject)
    counts = _finish_earlier(tools, run, line)
    if not extracts.is_done(tools.conn, run, sobject):
        counts += _complete(tools, run, line, _begin(tools, run, line))
    counts += mark_deleted(tools.conn, run, sobject)
    seconds = monotonic() - started
    results.note_arrival(tools.conn, run, sobject, seconds=seconds)
    log.info("%s: %s; %s API calls, %.1f s.", sobject, counts, tools.client.calls, seconds)
    return counts


def _finish_earlier(tools: Tools, run: Run, line: PlannedObject) -> Counts:
    earlier = extracts.unfinished(tools.conn, run, line.sobject)
    if earlier is None:
        return Counts()
    watermark = watermarks.read(tools.conn, run.org, line.sobject)
    is_other = earlier.until != run.until and (run.reads_whole(line.sobject) or earlier.is_full)
    if earlier.watermark != watermark or is_other or not _is_same_shape(earlier, line):
        _give_up(tools.conn, earlier)
        return Counts()
    log.info(
        "%s: an extract until %s was begun before; it goes on.",
        line.sobject,
        earlier.until.isoformat(),
    )
    return _complete(tools, run, line, earlier)


def _begin(tools: Tools, run: Run, line: PlannedObject) -> Extract:
    watermark = watermarks.read(tools.conn, run.org, line.sobject)
    known = BY_NAME.get(line.sobject)
    is_whole = run.reads_whole(line.sobject) or bool(known and known.is_setup)
    is_full = is_whole or watermark is None or line.cursor_field is None
    window = next_window(None if is_full else watermark, run.until, overlap=tools.overlap)
    text = (
        STAGE_SETS_ASKED
        if line.sobject == STAGE_SETS
        else soql.select(line.sobject, line.fields, cursor=line.cursor_field, window=window)
    )
    asking = Asking(line.sobject, window.since, watermark, is_full, line.way, text, line.fields)
    log.info("%s by %s: %s", line.sobject, line.way, text)
    return extracts.begin(tools.conn, run, asking)


def _complete(tools: Tools, run: Run, line: PlannedObject, extract: Extract) -> Counts:
    landing = Landing(extract, _columns(tools.conn, extract), _is_first_load(tools.conn, extract))
    source = _source(tools, run, extract)
    landed = _land(tools, landing, source)
    cursor = warehouse_name(line.cursor_field) if line.cursor_field else None
    known = BY_NAME.get(line.sobject)
    incoming = Incoming(landing, cursor, is_setup=bool(known and known.is_setup))
    counts = merge.merge(tools.conn, run, incoming, landed=landed)
    _free(source, extract)
    return counts


def _land(tools: Tools, landing: Landing, source: Source) -> int:
    """Loads the pages that are not here yet; returns the number of rows of all.

    An answer that cannot be had any more, or is not whole, is given up: the next try asks anew.
    """
    extract = landing.extract
    try:
        done = open_landing(tools.conn, landing)
        number, landed = done.pages, done.row_count
        for page in source.pages(after=done):
            number, landed = number + 1, landed + page.row_count
            load_page(tools.conn, landing, number=number, page=page)
            log.info("%s: page %s, %s records so far", extract.sobject, number, f"{landed:,}")
        expected = source.expected()
    except AnswerLost:
        _give_up(tools.conn, extract)
        raise
    if landed != expected:
        _give_up(tools.conn, extract)
        raise Incomplete(
            f"{extract.sobject}: {landed:,} records landed, and Salesforce says that it sent "
            f"{expected:,}. Nothing was merged; the extract is asked for again.",
            expected=expected,
            landed=landed,
        )
    return landed


def _source(tools: Tools, run: Run, extract: Extract) -> Source:
    if extract.sobject == STAGE_SETS:
        return PicklistSource(
            tools.client, on_refusal=lambda ids: _note_refused(tools.conn, run, ids)
        )
    if extract.way == "rest":
        return RestSource(tools.client, extract)
    return BulkSource(
        tools.client,
        extract,
        pause=tools.pause,
        note_job=lambda job_id: extracts.note_job(tools.conn, extract, job_id),
    )


def _columns(conn: psycopg.Connection, extract: Extract) -> list[Column]:
    """The extract's fields with the types that staging has for them."""
    types = column_types(conn, StagingTable(extract.org, extract.sobject))
    return [
        Column(field, name, types[name])
        for field, name in ((one, warehouse_name(one)) for one in extract.fields)
    ]


def _is_first_load(conn: psycopg.Connection, extract: Extract) -> bool:
    table = StagingTable(extract.org, extract.sobject).name
    row = conn.execute(sql.SQL("select exists (select 1 from {})").format(table)).fetchone()
    return extract.watermark is None and not (row and row[0])


def _is_same_shape(extract: Extract, line: PlannedObject) -> bool:
    return list(extract.fields) == list(line.fields)


def _give_up(conn: psycopg.Connection, extract: Extract) -> None:
    log.warning("%s: the extract until %s is given up.", extract.sobject, extract.until.isoformat())
    with conn.transaction():
        extracts.close(conn, extract, state="abandoned")
        for is_first_load in (True, False):
            table = Landing(extract, (), is_first_load).table
            conn.execute(sql.SQL("drop table if exists {}").format(table))


def _free(source: Source, extract: Extract) -> None:
    """The rows are merged: that Salesforce keeps its copy for seven days is no reason to fail."""
    try:
        source.finish()
    except SyncError as error:
        log.warning(
            "%s: the Bulk job could not be deleted; Salesforce deletes it after seven days. %s",
            extract.sobject,
            error,
        )


def _note_refused(conn: psycopg.Connection, run: Run, record_type_ids: Sequence[str]) -> None:
    results.note_findings(
        conn,
        run,
        [
            Finding(
                "warning",
                "stages_unknown",
                "The UI API does not tell the stages of the record types "
                f"{', '.join(record_type_ids)}; their pipelines show the stages in use. Give the "
                "integration user access to the "
                "Opportunity record types.",
                STAGE_SETS,
            )
        ],
    )
