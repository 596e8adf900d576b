"""
How much changed, and how to get it: asked for all objects at once, decided before acting.

Counts ride in composite calls (five queries a call), describes and getDeleted in another, so a
sync in which nothing changed costs a handful of API calls.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from salesforce_elt import (
    deletes,
    extracts,
    known_fields,
    parts,
    quota_results,
    results,
    view_all,
    watermarks,
)
from salesforce_elt.errors import QuotaReached
from salesforce_elt.inventory import STATION, Known, take_inventory
from salesforce_elt.objects import STAGE_SETS
from salesforce_elt.proof import plan_proofs
from salesforce_elt.quota import Cost, afford, ask_quotas, cost_of, rest_calls, row_bytes, total
from salesforce_elt.reads import PlannedRead, Way, note_reads, plan_reads
from salesforce_elt.reread import wanted_calls, wanted_objects
from salesforce_elt.results import NOTHING, PlannedObject
from salesforce_elt.run import Run
from salesforce_elt.salesforce import soql
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import QUERIES, Answer, ask, query_path
from salesforce_elt.salesforce.limits import API_REQUESTS, WORDS
from salesforce_elt.salesforce.query import fits_an_url
from salesforce_elt.settings import OrgSettings
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.staging import StagingTable

log = logging.getLogger(__name__)

# A Bulk job costs about this many API calls, however many records it brings: create it, look at
# it three times, one result page, delete it. REST costs one call for each 2,000 records.
BULK_CALLS = 6

# Which stages belong to a record type may have changed when one of these has.
STAGE_SET_OBJECTS = frozenset({"RecordType", "BusinessProcess", "OpportunityStage"})


@dataclass(frozen=True)
class Counted:
    """How many records an extract would bring (None: the org does not say), and whether the
    object is the same as in staging, so that there is nothing to bring."""

    records: int | None
    is_same: bool


UNCOUNTED = Counted(None, is_same=False)


def plan(
    conn: psycopg.Connection, run: Run, *, client: SalesforceClient, settings: OrgSettings
) -> list[str]:
    """Decides what is read of each object and how; returns the API names that are to be read.

    Of objects in which nothing changed the watermark is moved here, and known deletes are marked.
    Objects for which a quota leaves too little wait, with a finding.
    """
    inventory = take_inventory(conn, run, client=client, settings=settings)
    counts = _count(conn, run, inventory, client)
    lines = [_line(conn, run, one, counts.get(one.name, UNCOUNTED)) for one in inventory]
    lines = _with_stage_sets(run, inventory, lines)
    reads = plan_reads(conn, run, inventory, cheapest=_cheapest)
    waiting = {one.sobject for one in reads if one.is_certain} | wanted_objects(conn, run)
    waiting |= {line.sobject for line in lines if run.reconciles(line.sobject)}
    costs = {
        one.name: _cost(conn, run, one, line) + _cost_beside(conn, run, one, reads)
        for one, line in zip(inventory, lines, strict=True)
        if line.way != NOTHING or one.name in waiting
    }
    lines = [replace(line, estimated_calls=_calls(costs, line)) for line in lines]
    results.note_plan(conn, run, lines, waiting=waiting)
    note_reads(conn, run, reads)
    plan_proofs(conn, run, inventory, client=client)
    _log_plan(run, lines, reads)
    for one, line in zip(inventory, lines, strict=True):
        if line.way == NOTHING:
            _settle(conn, run, one)
    affordable = _affordable(conn, run, client, costs)
    results.note_planned(conn, run)
    return affordable


def _count(
    conn: psycopg.Connection, run: Run, inventory: Sequence[Known], client: SalesforceClient
) -> dict[str, Counted]:
    asked = [one for one in inventory if one.sobject.source == "sobject"]
    paths = {one.name: query_path(_question(run, one)) for one in asked}
    paths[view_all.QUESTION] = query_path(view_all.QUESTION)
    answers = ask(client, paths, asked="Count what changed", at_once=QUERIES)
    view_all.note_right(conn, run, answers[view_all.QUESTION])
    return {one.name: _counted(conn, run, one, answers[one.name]) for one in asked}


def _question(run: Run, one: Known) -> str:
    if _is_compared(run, one) and one.shape.cursor:
        return soql.count_and_newest(one.name, cursor=one.shape.cursor)
    return soql.count(one.name, cursor=one.shape.cursor, part=one.window.asked)


def _is_compared(run: Run, one: Known) -> bool:
    """Small setup objects are read whole, but only when they differ from staging (rule 11): count
    and stamp do not tell of new fields, and of those that change without a stamp."""
    is_known = one.watermark is not None and not one.to_fill
    may_drift = run.reads_whole(one.name) or (run.reconciles(one.name) and one.shape.stampless)
    return one.sobject.is_setup and is_known and not may_drift


def _counted(conn: psycopg.Connection, run: Run, one: Known, answer: Answer) -> Counted:
    if not answer.is_success:
        error = answer.error(asked=f"Count {one.name}")
        if isinstance(error, QuotaReached):
            raise error
        log.warning("%s: the org does not count %s: %s", run.org, one.name, error)
        return UNCOUNTED
    if not (_is_compared(run, one) and one.shape.cursor):
        is_same = not answer.body["totalSize"] and (one.watermark is None or not one.is_whole)
        return Counted(answer.body["totalSize"], is_same=is_same)
    told = [row for row in answer.body["records"] if isinstance(row["records"], int)]
    counted = [Counted(row["records"], is_same=_is_same(conn, run, one, row)) for row in told]
    return counted[0] if counted else UNCOUNTED


def _is_same(conn: psycopg.Connection, run: Run, one: Known, found: Mapping[str, object]) -> bool:
    cursor = conn.execute(
        sql.SQL(
            "select count(*) = %s and max({}) is not distinct from %s::timestamptz from {}"
            " where not _is_deleted"
        ).format(
            sql.Identifier(one.shape.cursor_column or ""), StagingTable(run.org, one.name).name
        ),
        [found["records"], found["newest"]],
    )
    (is_same,) = next(cursor)
    return bool(is_same)


def _line(conn: psycopg.Connection, run: Run, one: Known, counted: Counted) -> PlannedObject:
    return PlannedObject(
        sobject=one.name,
        way=_way(conn, run, one, counted),
        since=one.window.since,
        planned=counted.records,
        fields=[column.field for column in one.shape.columns],
        cursor_field=one.shape.cursor,
        is_whole=one.is_whole,
    )


def _way(conn: psycopg.Connection, run: Run, one: Known, counted: Counted) -> str:
    """Nothing, REST or Bulk: the cheaper in API calls."""
    is_unfinished = extracts.unfinished(conn, run, one.name) is not None
    is_first = one.watermark is None
    is_picklist = one.sobject.source == "picklists"
    if is_picklist and not (is_first or is_unfinished or run.reads_whole(one.name)):
        return NOTHING  # unless what it depends on has changed: see _with_stage_sets
    if counted.is_same and not is_unfinished:
        return NOTHING
    text = soql.select(
        one.name,
        [column.field for column in one.shape.columns],
        cursor=one.shape.cursor,
        part=one.window.asked,
    )
    if counted.records is None:
        return "rest" if one.sobject.is_setup and fits_an_url(text) else "bulk"
    return _cheapest(counted.records, text, is_setup=one.sobject.is_setup).name


def _cheapest(records: int, text: str, *, is_setup: bool = False) -> Way:
    """REST or Bulk for a query that brings so many records: what takes fewer API calls."""
    is_little = is_setup or rest_calls(records) <= BULK_CALLS
    if is_little and fits_an_url(text):
        return Way("rest", rest_calls(records))
    return Way("bulk", cost_of("bulk", records).api_calls)


def _cost(conn: psycopg.Connection, run: Run, one: Known, line: PlannedObject) -> Cost:
    """What it takes to read an object: first what an earlier extract of it left, then the rest."""
    if line.way == NOTHING:
        return Cost()
    if one.sobject.source == "picklists":
        return Cost(api_calls=1)  # and one for each record type, of which there are few
    records = line.planned or 0
    earlier = extracts.unfinished(conn, run, one.name)
    left = parts.open_parts(conn, earlier.extract_id) if earlier else []
    is_bulk = "bulk" in {line.way, *(part.way for part in left)}
    table = StagingTable(run.org, one.name)
    width = row_bytes(conn, table, one.shape.columns) if is_bulk else 0
    if earlier is None:
        return cost_of(line.way, records, row_bytes=width)
    landed = parts.landed(conn, earlier.extract_id)
    rest = cost_of(left[0].way, max(0, records - landed), row_bytes=width)
    if all(part.job_id for part in left):  # bought already
        rest = replace(rest, bulk_jobs=0, bulk_bytes=0)
    return rest + cost_of(line.way, 0)


def _cost_beside(
    conn: psycopg.Connection, run: Run, one: Known, reads: Sequence[PlannedRead]
) -> Cost:
    """What it takes beside: wanted records, the sample of a reconcile, some fields of every record;
    a comparison of Ids as well that is carried out only when the counts differ."""
    every = [column.field for column in one.shape.columns]
    cost = Cost(api_calls=wanted_calls(conn, run, one.name, fields=every))
    cost += Cost(api_calls=1) if run.reconciles(one.name) else Cost()
    for read in (each for each in reads if each.sobject == one.name):
        columns = [column for column in one.shape.columns if column.field in ("Id", *read.fields)]
        width = row_bytes(conn, StagingTable(run.org, one.name), columns)
        cost += cost_of(read.way, read.planned, row_bytes=width)
    return cost


def _affordable(
    conn: psycopg.Connection, run: Run, client: SalesforceClient, costs: Mapping[str, Cost]
) -> list[str]:
    """The objects, in the plan's order, that the org's quotas allow to be read now."""
    everything = total(costs.values())
    has_bulk = everything.bulk_jobs > 0
    quotas, unknown = ask_quotas(client, has_bulk=has_bulk)
    quota_results.note_usage(conn, run, client)
    estimated = {name: everything.of(name) for name in (WORDS if has_bulk else [API_REQUESTS])}
    quota_results.note_quotas(conn, run, quotas, estimated=estimated)
    affordable, waiting = afford(costs, quotas)
    findings = [*unknown, *(one.finding for one in waiting)]
    results.note_findings(conn, run, findings, station=STATION)
    results.note_waiting(conn, run, [name for name in costs if name not in affordable])
    return [name for name in costs if name in affordable]


def _calls(costs: Mapping[str, Cost], line: PlannedObject) -> int:
    return costs[line.sobject].api_calls if line.sobject in costs else 0


def _with_stage_sets(
    run: Run, inventory: Sequence[Known], lines: Sequence[PlannedObject]
) -> list[PlannedObject]:
    """Stage sets are read when what they depend on is, when they were not read with it, and when
    the sync reconciles: nothing tells that a sales process got another stage."""
    marks = {one.name: one.watermark for one in inventory}
    own = marks.get(STAGE_SETS)
    is_touched = any(line.way != NOTHING for line in lines if line.sobject in STAGE_SET_OBJECTS)
    is_behind = own is None or any(
        mark > own for name, mark in marks.items() if mark and name in STAGE_SET_OBJECTS
    )
    if not (is_touched or is_behind or run.reconciles(STAGE_SETS)):
        return list(lines)
    return [replace(line, way="rest") if line.sobject == STAGE_SETS else line for line in lines]


def _settle(conn: psycopg.Connection, run: Run, one: Known) -> None:
    """Nothing to read: the object is complete up to this run's end, but for known deletes."""
    deletes.mark(conn, run, one.name, cursor=one.shape.cursor_column)
    with conn.transaction():
        leases.hold(conn, run)
        watermarks.advance(conn, run.org, one.name, start=one.watermark, until=run.until)
        if one.watermark is None:
            watermarks.cover_deletes(conn, run.org, one.name, until=run.until)
            every = [column.field for column in one.shape.columns]
            known_fields.complete(conn, run.org, one.name, every)


def _log_plan(run: Run, lines: Sequence[PlannedObject], reads: Sequence[PlannedRead]) -> None:
    log.info("%s: the plan, for changes until %s", run.org, run.until.isoformat())
    for line in lines:
        count = "?" if line.planned is None else f"{line.planned:,}"
        since = line.since.isoformat() if line.since else "the beginning"
        words = "  %-24s %-8s %10s records since %s, about %s API calls"
        log.info(words, line.sobject, line.way, count, since, f"{line.estimated_calls:,}")
    for read in reads:
        log.info(
            "  %-24s %-8s %10s records, of each %s; about %s API calls%s",
            read.sobject,
            read.way,
            f"{read.planned:,}",
            ", ".join(read.fields) or "the Id",
            f"{read.api_calls:,}",
            "" if read.is_certain else ", if the counts differ",
        )
    log.info("  about %s API calls in all", f"{sum(one.estimated_calls for one in lines):,}")
