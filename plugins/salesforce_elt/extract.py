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

from salesforce_elt import deletes, extracts, results, watermarks
from salesforce_elt.batches import Counts
from salesforce_elt.errors import AccessDenied, AnswerLost, Incomplete, RequestRefused, SyncError
from salesforce_elt.extracts import Asking, Extract, Source
from salesforce_elt.fields import Column
from salesforce_elt.hashed import hashing_of
from salesforce_elt.hashing import Salt
from salesforce_elt.incoming import Incoming
from salesforce_elt.merge import merge
from salesforce_elt.objects import STAGE_SETS, is_setup
from salesforce_elt.results import Finding, PlannedObject
from salesforce_elt.row_path import HashedSource
from salesforce_elt.run import Run
from salesforce_elt.salesforce import soql
from salesforce_elt.salesforce.bulk import BulkSource, delete_job
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.picklists import PicklistSource
from salesforce_elt.salesforce.query import RestSource
from salesforce_elt.warehouse.landing import Landing, load_page, open_landing
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable, column_types
from salesforce_elt.windows import Window, next_window

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tools:
    """What an extract works with: the warehouse, the org, a way to wait, the settings' overlap,
    the salt of hashed fields (read only for an object that has some)."""

    conn: psycopg.Connection
    client: SalesforceClient
    pause: Callable[[float], None]
    overlap: timedelta
    read_salt: Callable[[], Salt]


def extract(tools: Tools, run: Run, sobject: str) -> Counts:
    """Brings an object up to the run's end; run again, it goes on where it stopped.

    Raises Incomplete when what landed is not what Salesforce counted, and what the client raises.
    """
    started = monotonic()
    line = results.planned_object(tools.conn, run, sobject)
    counts = _finish_earlier(tools, run, line)
    if not extracts.is_done(tools.conn, run, sobject):
        counts += _complete(tools, run, line, _begin(tools, run, line))
    counts += deletes.mark(tools.conn, run, sobject, cursor=_cursor_column(line))
    _delete_jobs(tools, run, sobject)
    seconds = monotonic() - started
    results.note_arrival(tools.conn, run, sobject, seconds=seconds)
    log.info("%s: %s; %s API calls, %.1f s.", sobject, counts, tools.client.calls, seconds)
    return counts


def _finish_earlier(tools: Tools, run: Run, line: PlannedObject) -> Counts:
    earlier = extracts.unfinished(tools.conn, run, line.sobject)
    if earlier is None:
        return Counts()
    if not _goes_on(tools.conn, run, line, earlier):
        give_up(tools.conn, run, earlier)
        return Counts()
    log.info("%s: an extract was begun before (until %s); it goes on.", line.sobject, earlier.until)
    return _complete(tools, run, line, earlier)


def _goes_on(conn: psycopg.Connection, run: Run, line: PlannedObject, earlier: Extract) -> bool:
    """Whether an earlier extract is still worth its answer: same fields, same beginning, and not
    an older one of what this run reads whole anyway."""
    is_older = earlier.until != run.until
    is_current = earlier.watermark == watermarks.read(conn, run.org, line.sobject)
    is_same_shape = list(earlier.fields) == list(line.fields)
    return is_current and is_same_shape and not (is_older and line.is_whole)


def _begin(tools: Tools, run: Run, line: PlannedObject) -> Extract:
    watermark = watermarks.read(tools.conn, run.org, line.sobject)
    start = None if line.is_whole else watermark
    window = next_window(start, run.until, overlap=tools.overlap)
    text = _question(line, window)
    log.info("%s by %s: %s", line.sobject, line.way, text)
    is_full = window.since is None
    asking = Asking(line.sobject, window.since, watermark, is_full, line.way, text, line.fields)
    return extracts.begin(tools.conn, run, asking)


def _question(line: PlannedObject, window: Window) -> str:
    if line.sobject == STAGE_SETS:
        return "UI API, picklist values of Opportunity.StageName for each record type"
    return soql.select(line.sobject, line.fields, cursor=line.cursor_field, window=window)


def _complete(tools: Tools, run: Run, line: PlannedObject, extract: Extract) -> Counts:
    is_first_load = _is_first_load(tools.conn, extract)
    landing = Landing(run, extract, _columns(tools.conn, extract), is_first_load)
    hashing = hashing_of(tools.conn, run.org, extract.sobject, read_salt=tools.read_salt)
    source = _source(tools, run, extract)
    if hashing:
        source = HashedSource(source, landing.columns, hashing)
    landed = _land(tools, landing, source)
    incoming = Incoming(landing, _cursor_column(line), is_setup=is_setup(line.sobject))
    try:
        return merge(tools.conn, run, incoming, landed=landed)
    except AccessDenied:
        # Records are missing from a full read. They may have been deleted since the plan asked.
        if not deletes.learn_until_now(tools.conn, run, line.sobject, client=tools.client):
            raise
        return merge(tools.conn, run, incoming, landed=landed)


def _land(tools: Tools, landing: Landing, source: Source) -> int:
    """Loads the pages that are not here yet; returns the number of rows of all.

    An answer that Salesforce refuses or has lost, or that is not whole, is given up: the next try
    asks anew. One that only did not come is kept, and goes on.
    """
    try:
        landed = _load_pages(tools.conn, landing, source)
        expected = source.expected()
    except (AnswerLost, RequestRefused, AccessDenied):
        give_up(tools.conn, landing.run, landing.extract)
        raise
    if landed != expected:
        give_up(tools.conn, landing.run, landing.extract)
        raise Incomplete(
            f"{landing.extract.sobject}: {landed:,} records landed, and Salesforce says that it "
            f"sent {expected:,}. Nothing was merged; the extract is asked for again.",
            expected=expected,
            landed=landed,
        )
    return landed


def _load_pages(conn: psycopg.Connection, landing: Landing, source: Source) -> int:
    done = open_landing(conn, landing)
    number, landed = done.pages, done.row_count
    for page in source.pages(after=done):
        number, landed = number + 1, landed + page.row_count
        load_page(conn, landing, number=number, page=page)
        log.info("%s: page %s, %s records so far", landing.extract.sobject, number, f"{landed:,}")
    return landed


def _source(tools: Tools, run: Run, extract: Extract) -> Source:
    if extract.sobject == STAGE_SETS:
        return PicklistSource(
            tools.client,
            on_refusal=lambda ids: results.note_findings(
                tools.conn, run, [_stages_unknown(ids)], station="extract"
            ),
        )
    if extract.way == "rest":
        return RestSource(tools.client, extract)
    return BulkSource(
        tools.client,
        extract,
        pause=tools.pause,
        note_job=lambda job_id: extracts.note_job(tools.conn, extract, job_id),
    )


def _cursor_column(line: PlannedObject) -> str | None:
    return warehouse_name(line.cursor_field) if line.cursor_field else None


def _columns(conn: psycopg.Connection, extract: Extract) -> list[Column]:
    """The extract's fields with the types that staging has for them."""
    types = column_types(conn, StagingTable(extract.org, extract.sobject))
    names = ((field, warehouse_name(field)) for field in extract.fields)
    return [Column(field, name, types[name]) for field, name in names]


def _is_first_load(conn: psycopg.Connection, extract: Extract) -> bool:
    table = StagingTable(extract.org, extract.sobject).name
    cursor = conn.execute(sql.SQL("select exists (select 1 from {})").format(table))
    (has_rows,) = next(cursor)
    return extract.watermark is None and not has_rows


def give_up(conn: psycopg.Connection, run: Run, extract: Extract) -> None:
    """Ends an extract without merging it, and drops what landed of it."""
    log.warning("%s: the extract until %s is given up.", extract.sobject, extract.until)
    with conn.transaction():
        extracts.hold(conn, run, extract)
        extracts.close(conn, extract, state="abandoned")
        for is_first_load in (True, False):
            table = Landing(run, extract, (), is_first_load).table
            conn.execute(sql.SQL("drop table if exists {}").format(table))


def _delete_jobs(tools: Tools, run: Run, sobject: str) -> None:
    """The rows are here: that Salesforce keeps its copy for seven days is no reason to fail."""
    for job_id in extracts.left_jobs(tools.conn, run, sobject):
        try:
            delete_job(tools.client, job_id)
        except AccessDenied as error:  # gone already, which is what is wanted
            log.info("%s: %s", sobject, error)
        except SyncError as error:
            log.warning("%s: the job stays at Salesforce for seven days. %s", sobject, error)
            continue
        extracts.forget_job(tools.conn, job_id)


def _stages_unknown(record_type_ids: Sequence[str]) -> Finding:
    return Finding(
        "warning",
        "stages_unknown",
        "The UI API does not tell the stages of the record types "
        f"{', '.join(record_type_ids)}; their pipelines show the stages in use. Give the "
        "integration user access to the Opportunity record types.",
        STAGE_SETS,
    )
