"""
Records that are read again whole, by their Ids, and merged by rule 5; what does not come is gone.

It is how what a comparison found is repaired.
"""

from collections.abc import Sequence

import psycopg
from psycopg import sql

from salesforce_elt import deletes, extracts, results
from salesforce_elt.answers import give_up, land_answer
from salesforce_elt.batches import Counts
from salesforce_elt.errors import AccessDenied
from salesforce_elt.extract import landed_columns
from salesforce_elt.extracts import RECORDS, Asking, Extract
from salesforce_elt.incoming import Incoming
from salesforce_elt.loading import Tools
from salesforce_elt.merge import apply_rows, require_all
from salesforce_elt.objects import is_setup
from salesforce_elt.results import Finding, PlannedObject
from salesforce_elt.run import Run
from salesforce_elt.salesforce.by_id import ByIdSource, calls_by_id
from salesforce_elt.warehouse.landing import Landing
from salesforce_elt.warehouse.names import warehouse_name

AT_MOST = 10_000  # records that one sync reads by Id: 50 API calls, or a few times as many


def wanted_objects(conn: psycopg.Connection, run: Run) -> set[str]:
    """The objects of which records are to be read by Id."""
    rows = conn.execute(
        "select distinct sobject from sync.wanted_records where org = %s and asked_until is null",
        [run.org],
    )
    return {sobject for (sobject,) in rows}


def wanted_calls(conn: psycopg.Connection, run: Run, sobject: str, *, fields: Sequence[str]) -> int:
    """The API calls that it takes to read the object's wanted records, those of each reason."""
    counts = conn.execute(
        "select least(count(*), %s) from sync.wanted_records"
        " where org = %s and sobject = %s and asked_until is null group by reason",
        [AT_MOST, run.org, sobject],
    )
    return sum(calls_by_id(sobject, count, fields=fields) for (count,) in counts)


def note_differing(conn: psycopg.Connection, run: Run, sobject: str, ids: Sequence[str]) -> None:
    """These records are not here as they are in the org: in the transaction that found it."""
    conn.cursor().executemany(
        "insert into sync.wanted_records (org, sobject, id, reason)"
        " values (%s, %s, %s, 'differs') on conflict (org, sobject, id) do update"
        " set reason = excluded.reason, asked_until = null",
        [(run.org, sobject, one) for one in ids],
    )


def repair(tools: Tools, run: Run, sobject: str) -> Counts:
    """Reads records again that are not here as they are in the org, and says so; a great many of
    them in several syncs.

    Raises what `reread` raises; the records are still noted then.
    """
    noted = "from sync.wanted_records where org = %s and sobject = %s and reason = 'differs'"
    rows = tools.conn.execute(f"select id {noted} order by id", [run.org, sobject]).fetchall()
    ids = [record_id for (record_id,) in rows]
    if not ids:
        return Counts()
    counts = reread(tools, run, sobject, ids[:AT_MOST])
    tools.conn.execute(f"delete {noted} and id = any(%s)", [run.org, sobject, ids[:AT_MOST]])
    tools.conn.execute(
        "update sync.proofs set differing = differing + %s, repaired = repaired + %s"
        " where run_id = %s and sobject = %s",
        [len(ids), counts.changed, run.run_id, sobject],
    )
    finding = _repaired(sobject, len(ids), counts.changed)
    results.note_findings(tools.conn, run, [finding], station="extract")
    return counts


def reread(tools: Tools, run: Run, sobject: str, ids: Sequence[str]) -> Counts:
    """Makes these records in staging what they are in the org.

    Raises AccessDenied when more of them are missing than deletes explain; none is changed then.
    """
    line = results.planned_object(tools.conn, run, sobject)
    extract = _begin(tools, run, line)
    landing = Landing(run, extract, landed_columns(tools.conn, extract))
    source = ByIdSource(tools.client, sobject, ids, fields=extract.fields)
    landed = land_answer(tools, landing, source_of=lambda part, is_chained: source)
    cursor = warehouse_name(line.cursor_field) if line.cursor_field else None
    incoming = Incoming(landing, cursor, is_setup=is_setup(sobject))
    try:
        return _merge(tools.conn, run, incoming, landed=landed, ids=ids)
    except AccessDenied:
        if not deletes.learn_until_now(tools.conn, run, sobject, client=tools.client):
            give_up(tools.conn, landing)
            raise
        return _merge(tools.conn, run, incoming, landed=landed, ids=ids)


def _begin(tools: Tools, run: Run, line: PlannedObject) -> Extract:
    earlier = extracts.unfinished(tools.conn, run, line.sobject, purpose=RECORDS)
    if earlier is not None:  # it named other records
        give_up(tools.conn, Landing(run, earlier, ()))
    head = ["Id", *([line.cursor_field] if line.cursor_field else [])]
    asking = Asking(
        line.sobject,
        since=None,
        watermark=None,
        is_full=False,
        way="rest",
        fields=list(dict.fromkeys([*head, *line.fields])),
        cursor_field=line.cursor_field,
        purpose=RECORDS,
    )
    return extracts.begin(tools.conn, run, asking)


def _merge(
    conn: psycopg.Connection, run: Run, incoming: Incoming, *, landed: int, ids: Sequence[str]
) -> Counts:
    extract = incoming.extract
    with conn.transaction():
        extracts.hold(conn, run, extract)
        require_all(conn, incoming, landed=landed)
        _forget_deletes(conn, incoming)
        counts = apply_rows(conn, run, incoming, landed=landed, among=ids)
        extracts.close(conn, extract, state="merged")
        results.note_counts(conn, run, extract.sobject, counts=counts)
    return counts


def _forget_deletes(conn: psycopg.Connection, incoming: Incoming) -> None:
    """A record that was read just now and is not deleted lives, whatever was learnt before."""
    conn.execute(
        sql.SQL(
            "update {} as s set _deleted_at = null from {} as n"
            " where n.id = s.id and s._deleted_at is not null and not {}"
        ).format(incoming.table.name, incoming.landing.table, incoming.is_gone)
    )


def _repaired(sobject: str, differing: int, repaired: int) -> Finding:
    return Finding(
        "warning",
        "records_differed",
        f"{differing:,} records of {sobject} were not in the warehouse as they are in Salesforce, "
        f"and no change had told so; {repaired:,} of them are repaired"
        f"{', the others with the next syncs' if differing > AT_MOST else ''}. "
        "If that comes again, look at what writes those records.",
        sobject,
    )
