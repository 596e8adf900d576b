"""
From staging to delta: each mart whose inputs changed is computed into a table of its own.

What changed: a pending batch of an SObject that the mart reads (rule 3), its model, or a
setting that it depends on (rule 13). This computes all keys of such a mart. The deltas are
committed tables, for the audit looks at them through a connection of its own.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import psycopg
from psycopg import sql

from salesforce_elt.models import Model, Models, compiled
from salesforce_elt.named_values import accept_values
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.results import note_findings
from salesforce_elt.run import Run
from salesforce_elt.settings.models import OrgSettings
from salesforce_elt.settings_tables import PARTS, load_settings_tables
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.names import warehouse_name
from salesforce_elt.warehouse.staging import StagingTable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delta:
    """A mart's computed rows. `oid` is the very table: one made again under the name is another."""

    mart: str
    oid: int
    row_count: int
    reason: str
    fingerprint: str


@dataclass(frozen=True)
class Transformed:
    """What a publish takes over: the deltas, and the pending batches that they contain."""

    batches: tuple[int, ...]
    deltas: tuple[Delta, ...]

    def to_json(self) -> dict[str, Any]:
        """A form that XCom carries."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Transformed":
        """What `to_json` wrote."""
        return cls(tuple(value["batches"]), tuple(Delta(**one) for one in value["deltas"]))


def delta_table(org: str, mart: str) -> sql.Identifier:
    """`delta."<org>__<mart>"`."""
    return sql.Identifier("delta", f"{org}__{mart}")


def unready_objects(conn: psycopg.Connection, run: Run, models: Models) -> list[str]:
    """The SObjects that marts read and that have not reached the end of this run's window.

    An object that the org does not have, or hides, never had a watermark and is not in the
    run's plan: its staging table is empty, and it blocks nothing unless marts cannot be without.
    """
    with conn.transaction():
        rows = conn.execute(
            "select sobject, complete_until >= %(until)s from sync.watermarks"
            " where org = %(org)s and kind = 'changes' union all"
            " select o.sobject, false from sync.run_objects as o where o.run_id = %(run_id)s"
            " and not exists (select 1 from sync.watermarks as w where w.org = o.org"
            " and w.sobject = o.sobject and w.kind = 'changes')",
            asdict(run),
        ).fetchall()
    required = {warehouse_name(one.name): False for one in STANDARD_SET if one.is_required}
    is_ready = required | {warehouse_name(name): bool(ready) for name, ready in rows}
    api_names = {warehouse_name(one.name): one.name for one in STANDARD_SET}
    unready = {table for table, ready in is_ready.items() if not ready}
    return sorted(api_names.get(table, table) for table in unready & models.staging_tables)


def transform(
    conn: psycopg.Connection, run: Run, *, settings: OrgSettings, models: Models
) -> Transformed:
    """Computes the marts whose inputs changed, all from one snapshot, and commits the deltas.

    What an earlier attempt left is dropped first. Nothing pending and nothing changed: no delta.
    Raises LeaseLost when the org is not this run's any more, SettingsInvalid when the settings name
    what the org does not know or the member directory cannot be read.
    """
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read")
        _plan_for_whole_tables(conn)
        leases.hold(conn, run)
        note_findings(conn, run, accept_values(conn, settings), station="transform")
        hashes = load_settings_tables(conn, settings)
        drop_leftovers(conn, run.org)
        pending = _pending_batches(conn, run.org)
        changes = _changes(conn, run.org, pending)
        wanted = _fingerprints(models, hashes)
        published = _published_fingerprints(conn, run.org)
        deltas = []
        for name, model in models.marts.items():
            reason = _reason(model, changes, wanted=wanted[name], published=published.get(name))
            if reason:
                deltas.append(_compute(conn, run, model, reason=reason, fingerprint=wanted[name]))
    batches = sorted(batch for ids in pending.values() for batch in ids)
    return Transformed(tuple(batches), tuple(deltas))


def _plan_for_whole_tables(conn: psycopg.Connection) -> None:
    """Hash joins whatever the planner guesses: it cannot know how many rows settings leave.

    Compiling such selects would take PostgreSQL longer than running them.
    """
    conn.execute("set local enable_nestloop = off")
    conn.execute("set local jit = off")


def drop_leftovers(conn: psycopg.Connection, org: str) -> None:
    """Drops the deltas that a run left which did not publish them."""
    leftovers = conn.execute(
        "select tablename from pg_tables where schemaname = 'delta' and tablename ~ %s",
        [f"^{org}__[a-z0-9]+(_[a-z0-9]+)*$"],
    ).fetchall()
    for (name,) in leftovers:
        conn.execute(sql.SQL("drop table {}").format(sql.Identifier("delta", name)))


def _pending_batches(conn: psycopg.Connection, org: str) -> dict[str, list[int]]:
    rows = conn.execute(
        "select sobject, array_agg(batch_id) from sync.pending_batches where org = %s"
        " group by sobject order by sobject",
        [org],
    )
    return dict(rows.fetchall())


def _changes(
    conn: psycopg.Connection, org: str, pending: Mapping[str, Sequence[int]]
) -> dict[str, int]:
    """How many rows of each SObject pending batches changed."""
    counts = {}
    for sobject, batches in pending.items():
        row = conn.execute(
            sql.SQL("select count(*) from {} where _batch_id = any({})").format(
                StagingTable(org, sobject).name, list(batches)
            )
        ).fetchone()
        counts[sobject] = row[0] if row else 0
    return counts


def _fingerprints(models: Models, hashes: Mapping[str, str]) -> dict[str, str]:
    """Per mart: its model and each setting that it depends on, as JSON."""
    return {
        name: json.dumps(
            {"model": model.fingerprint}
            | {
                part: hashes[part]
                for table in PARTS
                if table in model.staging_tables
                for part in PARTS[table]
            }
        )
        for name, model in models.marts.items()
    }


def _published_fingerprints(conn: psycopg.Connection, org: str) -> dict[str, str]:
    """What the marts that exist were last published with."""
    rows = conn.execute(
        "select f.mart, f.fingerprint from sync.fingerprints as f inner join pg_tables as t"
        " on t.schemaname = 'marts' and t.tablename = f.mart where f.org = %s",
        [org],
    )
    return dict(rows.fetchall())


def _reason(model: Model, changes: Mapping[str, int], *, wanted: str, published: str | None) -> str:
    """Why the mart has to be computed; empty when it need not."""
    if published is None:
        return "first publish"
    before, now = json.loads(published), json.loads(wanted)
    changed = [name for name in now if now[name] != before.get(name)]
    reasons = ["model changed"] if "model" in changed else []
    if names := [name for name in changed if name != "model"]:
        reasons.append(f"settings changed: {', '.join(names)}")
    reasons += [
        f"{count} {sobject} change{'' if count == 1 else 's'}"
        for sobject, count in changes.items()
        if warehouse_name(sobject) in model.staging_tables
    ]
    return "; ".join(reasons)


def _compute(
    conn: psycopg.Connection, run: Run, model: Model, *, reason: str, fingerprint: str
) -> Delta:
    table = delta_table(run.org, model.name)
    cursor = conn.execute(
        sql.SQL(
            "create table {} as select {}::text as org, computed.* from (\n{}) as computed"
        ).format(table, run.org, sql.SQL(compiled(model, run.org)))
    )
    row = conn.execute("select %s::regclass::oid", [table.as_string(conn)]).fetchone()
    log.info("%s: %s rows computed (%s)", model.name, f"{cursor.rowcount:,}", reason)
    return Delta(model.name, row[0] if row else 0, cursor.rowcount, reason, fingerprint)
