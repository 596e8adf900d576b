"""
One object's records: asked for, landed, merged into staging with the watermark.

What an earlier run or an earlier try began is finished first, from its last page.
"""

import logging
from collections.abc import Sequence
from time import monotonic

import psycopg

from salesforce_elt import deletes, extracts, parts, results, watermarks
from salesforce_elt.answers import SourceOf, give_up, land_answer
from salesforce_elt.batches import Counts
from salesforce_elt.errors import AccessDenied, SyncError
from salesforce_elt.extracts import Asking, Extract
from salesforce_elt.fields import Column
from salesforce_elt.incoming import Incoming
from salesforce_elt.loading import Tools
from salesforce_elt.merge import merge
from salesforce_elt.objects import STAGE_SETS, is_setup
from salesforce_elt.results import Finding, PlannedObject
from salesforce_elt.run import Run
from salesforce_elt.salesforce.bulk import delete_job
from salesforce_elt.salesforce.picklists import PicklistSource
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.landing import Landing, has_types
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable
from salesforce_elt.windows import next_window

log = logging.getLogger(__name__)


def extract(tools: Tools, run: Run, sobject: str) -> Counts:
    """Brings an object up to the run's end; run again, it goes on where it stopped.

    Raises Incomplete when what landed is not what Salesforce counted, and what the client raises.
    """
    started = monotonic()
    line = results.planned_object(tools.conn, run, sobject)
    if line.way == results.NOTHING:
        return Counts()  # the plan moved its watermark
    counts = _finish_earlier(tools, run, line)
    if not extracts.is_done(tools.conn, run, sobject):
        counts += _complete(tools, run, line, _begin(tools, run, line))
    counts += deletes.mark(tools.conn, run, sobject, cursor=_cursor_column(line))
    delete_jobs(tools, run, sobject)
    seconds = monotonic() - started
    results.note_arrival(tools.conn, run, sobject, seconds=seconds)
    log.info("%s: %s; %s API calls, %.1f s.", sobject, counts, tools.client.calls, seconds)
    return counts


def _finish_earlier(tools: Tools, run: Run, line: PlannedObject) -> Counts:
    earlier = extracts.unfinished(tools.conn, run, line.sobject)
    if earlier is None:
        return Counts()
    if not _goes_on(tools.conn, run, line, earlier):
        give_up(tools.conn, Landing(run, earlier, ()))
        return Counts()
    log.info("%s: an extract was begun before (until %s); it goes on.", line.sobject, earlier.until)
    return _complete(tools, run, line, earlier)


def _goes_on(conn: psycopg.Connection, run: Run, line: PlannedObject, earlier: Extract) -> bool:
    """Whether an earlier extract is still worth its answer: same fields of the same types, same
    beginning, and not an older one of what this run reads whole anyway."""
    is_older = earlier.until != run.until
    is_current = earlier.watermark == watermarks.read(conn, run.org, line.sobject)
    is_same_shape = list(earlier.fields) == list(line.fields)
    if not (is_current and is_same_shape) or (is_older and line.is_whole):
        return False
    return has_types(conn, Landing(run, earlier, landed_columns(conn, earlier)))


def _begin(tools: Tools, run: Run, line: PlannedObject) -> Extract:
    watermark = watermarks.read(tools.conn, run.org, line.sobject)
    start = None if line.is_whole else watermark
    window = next_window(start, run.until, overlap=tools.overlap)
    is_full = window.since is None
    asking = Asking(
        line.sobject,
        window.since,
        watermark,
        is_full,
        line.way,
        line.fields,
        line.cursor_field,
        is_beside=is_full and not is_setup(line.sobject),
    )
    return extracts.begin(tools.conn, run, asking)


def _complete(tools: Tools, run: Run, line: PlannedObject, extract: Extract) -> Counts:
    landing = Landing(run, extract, landed_columns(tools.conn, extract))
    landed = land_answer(tools, landing, source_of=_stage_sets(tools, run, line))
    incoming = Incoming(landing, _cursor_column(line), is_setup=is_setup(line.sobject))
    try:
        return _merge_with_witness(tools, run, incoming, landed=landed)
    except AccessDenied:
        # What was read without a right will lack the same records when the right is there.
        give_up(tools.conn, landing)
        raise


def _merge_with_witness(tools: Tools, run: Run, incoming: Incoming, *, landed: int) -> Counts:
    """Merges; before records are believed to be hidden, the org is asked once more for deletes."""
    try:
        return merge(tools.conn, run, incoming, landed=landed)
    except AccessDenied:
        sobject = incoming.extract.sobject
        if not deletes.learn_until_now(tools.conn, run, sobject, client=tools.client):
            raise
        return merge(tools.conn, run, incoming, landed=landed)


def _stage_sets(tools: Tools, run: Run, line: PlannedObject) -> SourceOf | None:
    """What is not an SObject has a source of its own."""
    if line.sobject != STAGE_SETS:
        return None
    return lambda part, is_chained: PicklistSource(
        tools.client,
        on_refusal=lambda ids: results.note_findings(
            tools.conn, run, [_stages_unknown(ids)], station="extract"
        ),
    )


def _cursor_column(line: PlannedObject) -> str | None:
    return warehouse_name(line.cursor_field) if line.cursor_field else None


def landed_columns(conn: psycopg.Connection, extract: Extract) -> list[Column]:
    """The extract's fields with the types that staging has for them."""
    types = column_types(conn, StagingTable(extract.org, extract.sobject).name)
    names = ((field, warehouse_name(field)) for field in extract.fields)
    return [Column(field, name, types[name]) for field, name in names]


def delete_jobs(tools: Tools, run: Run, sobject: str) -> None:
    """Deletes the Bulk jobs of ended extracts.

    The rows are here: that Salesforce keeps its copy for seven days is no reason to fail.
    """
    for job_id in parts.left_jobs(tools.conn, run.org, sobject):
        try:
            delete_job(tools.client, job_id)
        except AccessDenied as error:  # gone already, which is what is wanted
            log.info("%s: %s", sobject, error)
        except SyncError as error:
            log.warning("%s: the job stays at Salesforce for seven days. %s", sobject, error)
            continue
        parts.forget_job(tools.conn, job_id)


def _stages_unknown(record_type_ids: Sequence[str]) -> Finding:
    return Finding(
        "warning",
        "stages_unknown",
        "The UI API does not tell the stages of the record types "
        f"{', '.join(record_type_ids)}; their pipelines show the stages in use. Give the "
        "integration user access to the Opportunity record types.",
        STAGE_SETS,
    )
