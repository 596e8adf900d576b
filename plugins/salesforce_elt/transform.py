"""
From staging to delta: the keys that changes reach are computed, into a table for each mart.

What changed: a pending batch of an SObject that the mart reads (rule 3), or another mart that it
asks. Its model, or a setting that it depends on (rule 13), changes all its keys. The deltas are
committed tables, for the audit looks at them through a connection of its own.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import psycopg
from psycopg import sql

from salesforce_elt import changes
from salesforce_elt.affected import affected_keys, scopes
from salesforce_elt.aside import PART, Rules, set_aside
from salesforce_elt.deltas import (
    Delta,
    Transformed,
    delta_table,
    drop_leftovers,
    keys_table,
    upcoming,
)
from salesforce_elt.indexes import ensure_indexes, ensure_statistics, expect_cached_pages
from salesforce_elt.mart_tables import mart_table, shape
from salesforce_elt.models import Model, Models, compiled
from salesforce_elt.named_values import accept_values
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.results import note_findings
from salesforce_elt.run import Run
from salesforce_elt.settings.models import OrgSettings
from salesforce_elt.settings_tables import PARTS, load_settings_tables
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import staging_schema, warehouse_name

log = logging.getLogger(__name__)

# What other parts of a fingerprint than settings say when they change.
CHANGES = {"model": "model changed", PART: "what is set aside changed"}


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


@dataclass
class Work:
    """A transform on its way; `changed` counts the changed rows of tables and marts, by name, and
    `unknown` are marts of which nobody can tell how they changed."""

    conn: psycopg.Connection
    org: str
    models: Models
    rules: Rules
    changed: dict[str, int] = field(default_factory=dict)
    unknown: set[str] = field(default_factory=set)
    deltas: dict[str, Delta] = field(default_factory=dict)


def transform(
    conn: psycopg.Connection, run: Run, *, settings: OrgSettings, models: Models
) -> Transformed:
    """Computes what changes reach of each mart, all from one snapshot, and commits the deltas.

    What an earlier attempt left is dropped first. Nothing pending and nothing changed: no delta.
    Raises LeaseLost when the org is not this run's any more, SettingsInvalid when the settings name
    what the org does not know or the member directory cannot be read.
    """
    with conn.transaction():
        leases.hold(conn, run)
        for table, names in changes.index_columns(models).items():
            ensure_indexes(conn, _staging(run.org, table), [(name,) for name in names])
            ensure_statistics(conn, _staging(run.org, table))
    work = Work(conn, run.org, models, Rules.of(settings, models))
    with conn.transaction():
        conn.execute("set transaction isolation level repeatable read")
        # Compiling such selects would take PostgreSQL longer than running them.
        conn.execute("set local jit = off")
        expect_cached_pages(conn)
        leases.hold(conn, run)
        note_findings(conn, run, accept_values(conn, settings), station="transform")
        hashes = load_settings_tables(conn, settings)
        drop_leftovers(conn, run.org)
        pending = _pending_batches(conn, run.org)
        _keep_changes(work, pending)
        wanted, published = _fingerprints(work, hashes), _published_fingerprints(conn, run.org)
        for name in models.marts:
            _transform_mart(work, name, wanted=wanted[name], published=published.get(name))
    batches = sorted(batch for ids in pending.values() for batch in ids)
    return Transformed(tuple(batches), tuple(work.deltas.values()))


def _transform_mart(work: Work, name: str, *, wanted: str, published: str | None) -> None:
    model = work.models.marts[name]
    why_whole = _why_whole(work, model, wanted=wanted, published=published)
    key_count = None if why_whole else _find_keys(work, model)
    if key_count == 0:
        return
    reason = "; ".join([*why_whole, *_said_changes(work, model)])
    computed = _compute(work, model, is_whole=bool(why_whole))
    delta = Delta(name, *computed, key_count=key_count, reason=reason, fingerprint=wanted)
    work.deltas[name] = set_aside(work.conn, work.org, model, delta=delta, rules=work.rules)
    log.info(
        "%s: %s rows computed for %s keys (%s)",
        name,
        f"{work.deltas[name].row_count:,}",
        "all" if key_count is None else f"{key_count:,}",
        reason,
    )
    _keep_mart_changes(work, model)


def _keep_changes(work: Work, pending: Mapping[str, Sequence[int]]) -> None:
    """What pending batches changed, for the tables by which changes travel."""
    travelling = changes.travel_columns(work.models)
    for sobject, batches in pending.items():
        table = warehouse_name(sobject)
        if table in work.models.staging_tables:
            work.changed[table] = changes.keep_staging(
                work.conn,
                work.org,
                table,
                batches=batches,
                columns=travelling.get(table, ["id"]),
            )


def _keep_mart_changes(work: Work, model: Model) -> None:
    """What the delta changes of its mart, for the marts that ask it."""
    names = changes.travel_columns(work.models).get(model.name)
    if names is None:
        return
    delta = work.deltas[model.name]
    computed = column_types(work.conn, delta_table(work.org, model.name))
    if column_types(work.conn, mart_table(model.name)) == computed:
        work.changed[model.name] = changes.keep_mart(
            work.conn, work.org, model, delta=delta, columns=names
        )
    else:
        work.unknown.add(model.name)


def _why_whole(work: Work, model: Model, *, wanted: str, published: str | None) -> list[str]:
    """Why all keys of a mart have to be computed; empty when they need not."""
    if published is None:
        return ["first publish"]
    before, now = json.loads(published), json.loads(wanted)
    changed = [name for name in now | before if now.get(name) != before.get(name)]
    reasons = [words for name, words in CHANGES.items() if name in changed]
    if names := [name for name in changed if name not in CHANGES]:
        reasons.append(f"settings changed: {', '.join(names)}")
    reasons += [f"marts.{name} is made anew" for name in sorted(model.upcoming & work.unknown)]
    reaching_all = {step.table for step in model.header.affected_by if step.is_all}
    reasons += [f"{name} changed" for name in sorted(reaching_all) if work.changed.get(name)]
    return reasons


def _said_changes(work: Work, model: Model) -> list[str]:
    """The changes that concern the mart, in words."""
    api_names = {warehouse_name(one.name): one.name for one in STANDARD_SET}
    return [
        f"{count} {api_names.get(table, f'marts.{table}')} change{'' if count == 1 else 's'}"
        for table, count in work.changed.items()
        if count and table in model.staging_tables | model.upcoming
    ]


def _find_keys(work: Work, model: Model) -> int:
    """Keeps the keys that changes reach, and returns how many there are; none: no table is left."""
    concerned = {
        table: changes.changed_table(table)
        for table, count in work.changed.items()
        if count and table in model.staging_tables | model.upcoming
    }
    if not concerned:
        return 0
    table = keys_table(work.org, model.name)
    found = work.conn.execute(
        sql.SQL(
            "create table {} as select distinct key from ({}) as found (key) where key is not null"
        ).format(table, affected_keys(model, work.org, changed=concerned))
    )
    if not found.rowcount:
        work.conn.execute(sql.SQL("drop table {}").format(table))
        return 0
    work.conn.execute(sql.SQL("alter table {} add primary key (key)").format(table))
    work.conn.execute(sql.SQL("analyze {}").format(table))
    return found.rowcount


def _compute(work: Work, model: Model, *, is_whole: bool) -> tuple[int, tuple[str, ...], int]:
    """Makes the delta; returns its oid, its columns and its number of rows."""
    table = delta_table(work.org, model.name)
    select = _whole_select if is_whole else _restricted_select
    # Whole tables are joined by hashing, whatever the planner guesses: it cannot know how many
    # rows settings leave.
    work.conn.execute(f"set local enable_nestloop = {'off' if is_whole else 'on'}")
    cursor = work.conn.execute(sql.SQL("create table {} as {}").format(table, select(work, model)))
    work.conn.execute(sql.SQL("analyze {}").format(table))
    oid = work.conn.execute("select %s::regclass::oid", [table.as_string()]).fetchone()
    return oid[0] if oid else 0, tuple(column_types(work.conn, table)), cursor.rowcount


def _whole_select(work: Work, model: Model) -> sql.Composed:
    select = compiled(model, work.org, upcoming=_upcoming(work, model))
    return sql.SQL("select {}::text as org, computed.* from (\n{}) as computed").format(
        work.org, sql.SQL(select)
    )


def _restricted_select(work: Work, model: Model) -> sql.Composed:
    keys = keys_table(work.org, model.name)
    needed = scopes(model, work.org, keys=keys)
    select = compiled(model, work.org, upcoming=_upcoming(work, model), restricted=needed.tables)
    return sql.SQL(
        "{} select {}::text as org, computed.* from (\n{}) as computed"
        " where computed.{} in (select key from {})"
    ).format(
        needed.clause,
        work.org,
        sql.SQL(select),
        sql.Identifier(model.header.recomputed_by),
        keys,
    )


def _upcoming(work: Work, model: Model) -> dict[str, str]:
    return {
        name: upcoming(work.org, work.models.marts[name], work.deltas.get(name)).as_string()
        for name in model.upcoming
    }


def _staging(org: str, table: str) -> sql.Identifier:
    return sql.Identifier(staging_schema(org), table)


def _pending_batches(conn: psycopg.Connection, org: str) -> dict[str, list[int]]:
    rows = conn.execute(
        "select sobject, array_agg(batch_id) from sync.pending_batches where org = %s"
        " group by sobject order by sobject",
        [org],
    )
    return dict(rows.fetchall())


def _fingerprints(work: Work, hashes: Mapping[str, str]) -> dict[str, str]:
    """Per mart: its model, what is set aside, and each setting that it depends on, as JSON."""
    return {
        name: json.dumps(
            {"model": model.fingerprint}
            | work.rules.fingerprint(name)
            | {
                part: hashes[part]
                for table in PARTS
                if table in model.staging_tables
                for part in PARTS[table]
            }
        )
        for name, model in work.models.marts.items()
    }


def _published_fingerprints(conn: psycopg.Connection, org: str) -> dict[str, str]:
    """What the marts that exist, and that nobody altered since, were last published with."""
    rows = conn.execute(
        "select f.mart, f.fingerprint, f.columns from sync.fingerprints as f inner join pg_tables"
        " as t on t.schemaname = 'marts' and t.tablename = f.mart where f.org = %s",
        [org],
    )
    return {mart: found for mart, found, had in rows if had in (None, shape(conn, mart))}
