"""What the marts cost by themselves: so many opportunities changed, of a staging of any size.

Staging is made by PostgreSQL itself, so no org has to be generated. Measured is what a sync does
after its reads: transform, audit (without the import of Great Expectations) and publish.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import psycopg
from psycopg import sql

from bench.extraction import CHANGED, OURS
from bench.measurement import Measurement, median_of
from bench.ours import ORG
from bench.places import database
from salesforce_elt.audit import audit
from salesforce_elt.environment import PROJECT
from salesforce_elt.fields import Column, column, missing_needs, picklist_shape
from salesforce_elt.models import Models, load_models
from salesforce_elt.objects import STANDARD_SET, SObject
from salesforce_elt.publish import publish
from salesforce_elt.run import Run
from salesforce_elt.settings import OrgSettings
from salesforce_elt.transform import transform
from salesforce_elt.warehouse import leases, staging
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.connection import connect, prepare
from salesforce_elt.warehouse.names import staging_schema
from salesforce_elt.warehouse.staging import StagingTable

STAGED = Path(__file__).with_name("staged_org.sql")
FIRST, INCREMENTAL = "marts: first publish", f"marts: {CHANGED:,} changed"
UNTIL = datetime(2026, 6, 1, tzinfo=UTC)


def measured(size: int, runs: int) -> list[Measurement]:
    """The first publish of a staging with so many opportunities, and publishes after changes."""
    import great_expectations  # noqa: F401  (its import is not what is measured)

    with database() as server, connect(server.fresh("marts")) as conn:
        prepare(conn)
        _fill(conn, size)
        models = load_models(PROJECT / "include")
        first = _publish(conn, models, Measurement(FIRST, OURS, size, rows=size))
        after = [_changed(conn, models, number, size) for number in range(runs)]
    return [first, median_of(after)]


def _fill(conn: psycopg.Connection, size: int) -> None:
    for sobject in STANDARD_SET:
        staging.ensure_table(conn, StagingTable(ORG, sobject.name), _columns(sobject))
    text = STAGED.read_text("utf-8")
    conn.execute(
        sql.SQL(text).format(schema=sql.Identifier(staging_schema(ORG)), size=sql.Literal(size))
    )


def _columns(sobject: SObject) -> Sequence[Column]:
    if sobject.source == "picklists":
        return picklist_shape(sobject).columns
    stamps = (column("Id", "id"), column("SystemModstamp", "datetime"))
    return (*stamps, *missing_needs(sobject, stamps))


def _changed(conn: psycopg.Connection, models: Models, number: int, size: int) -> Measurement:
    """Changes the amounts of opportunities spread over all, as a merge leaves them."""
    table = StagingTable(ORG, "Opportunity")
    batch = conn.execute(
        "insert into sync.pending_batches (org, sobject, run_id) values (%s, %s, %s)"
        " returning batch_id",
        [ORG, table.sobject, f"run-{number}"],
    ).fetchone()
    assert batch
    parts = {
        "before": table.before,
        "staging": table.name,
        "batch": batch[0],
        "ids": [f"006{one}" for one in range(number + 1, size, size // CHANGED)],
    }
    names = [name for name in column_types(conn, table.name) if name != "_batch_id"]
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    kept = "insert into {before} ({names}, _batch_id) select {names}, {batch} from {staging}"
    conn.execute(sql.SQL(kept + " where id = any({ids})").format(names=listed, **parts))
    changed = "update {staging} set amount = amount + 1, _batch_id = {batch} where id = any({ids})"
    count = conn.execute(sql.SQL(changed).format(**parts)).rowcount
    return _publish(conn, models, Measurement(INCREMENTAL, OURS, size, rows=count))


def _publish(conn: psycopg.Connection, models: Models, blank: Measurement) -> Measurement:
    run_id = f"run at {time.monotonic_ns()}"
    run = Run(ORG, run_id, leases.take(conn, ORG, run_id=run_id), "incremental", UNTIL)
    conn.execute(
        "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
        " values (%s, %s, %s, 'running', %s, now())",
        [run_id, ORG, run.kind, run.fence],
    )
    settings = OrgSettings.model_validate(
        {"key": ORG, "connection": "bench", "pipelines": {"mode": "split"}}, strict=False
    )
    times = [time.monotonic()]
    transformed = transform(conn, run, settings=settings, models=models)
    times.append(time.monotonic())
    audit(conn, run, models=models, transformed=transformed)
    times.append(time.monotonic())
    publish(conn, run, models=models, transformed=transformed, analyst="analyst")
    times.append(time.monotonic())
    spent = [after - before for before, after in pairwise(times)]
    note = ", ".join(
        f"{name} {seconds:.2f} s"
        for name, seconds in zip(("transform", "audit", "publish"), spent, strict=True)
    )
    return Measurement(
        blank.case, blank.tool, blank.size, rows=blank.rows, seconds=sum(spent), note=note
    )
