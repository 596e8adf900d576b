"""
The rows that changed since the last publish, as they were and as they are now (rule 4).

Of staging: what pending batches wrote, and what they replaced. Of a mart that others ask: how its
delta differs from what analysts see. Only the columns by which changes travel are kept.
"""

from collections.abc import Mapping, Sequence

import psycopg
from psycopg import sql

from salesforce_elt.deltas import Delta, delta_table, recomputed
from salesforce_elt.mart_tables import listed, mart_table, same_key
from salesforce_elt.models import Model, Models
from salesforce_elt.warehouse.names import staging_schema
from salesforce_elt.warehouse.staging import BEFORE


def changed_table(table: str) -> sql.Identifier:
    """The temporary table with a table's changed rows."""
    return sql.Identifier("pg_temp", f"changed_{table}")


def travel_columns(models: Models) -> Mapping[str, list[str]]:
    """By table, the columns by which a change of it reaches some mart."""
    columns: dict[str, set[str]] = {}
    for model in models.marts.values():
        for step in model.header.affected_by:
            if not step.is_all:
                name = step.column if step.next_table else step.next_column
                columns.setdefault(step.table, set()).add(name)
    return {table: sorted(names) for table, names in columns.items()}


def index_columns(models: Models) -> Mapping[str, list[str]]:
    """By staging table, the columns by which changes and what is needed of them are looked up."""
    columns: dict[str, set[str]] = {
        table: set(names)
        for table, names in travel_columns(models).items()
        if table in models.staging_tables
    }
    for model in models.marts.values():
        for step in model.header.affected_by:
            if step.next_table:
                columns.setdefault(step.next_table, set()).add(step.next_column)
    return {table: sorted(names - {"id"}) for table, names in columns.items()}


def keep_staging(
    conn: psycopg.Connection,
    org: str,
    table: str,
    *,
    batches: Sequence[int],
    columns: Sequence[str],
) -> int:
    """Keeps the changed rows of a staging table until the transaction ends; returns how many
    rows of it changed."""
    schema = staging_schema(org)
    changed = sql.SQL(
        "select {columns} from {staging} where _batch_id = any({batches})"
        " union all select {columns} from {before} where _batch_id = any({batches})"
    ).format(
        columns=listed(columns),
        staging=sql.Identifier(schema, table),
        before=sql.Identifier(schema, f"{table}{BEFORE}"),
        batches=list(batches),
    )
    _keep(conn, table, changed)
    count = sql.SQL("select count(*) from {} where _batch_id = any(%s)")
    row = conn.execute(count.format(sql.Identifier(schema, table)), [list(batches)]).fetchone()
    return int(row[0]) if row else 0


def keep_mart(
    conn: psycopg.Connection, org: str, model: Model, *, delta: Delta, columns: Sequence[str]
) -> int:
    """Keeps what a publish of the delta will change of its mart; returns how many rows that is."""
    changed = sql.SQL(
        "select {of_delta} from {delta} as d where not exists (select 1 from {mart} as m"
        " where {same_key} and ({all_of_mart}) is not distinct from ({all_of_delta}))"
        " union all select {of_mart} from {mart} as m where {recomputed}"
        " and not exists (select 1 from {delta} as d"
        " where {same_key} and ({all_of_mart}) is not distinct from ({all_of_delta}))"
    ).format(
        of_delta=listed(columns, "d"),
        of_mart=listed(columns, "m"),
        all_of_delta=listed(delta.columns, "d"),
        all_of_mart=listed(delta.columns, "m"),
        delta=delta_table(org, model.name),
        mart=mart_table(model.name),
        same_key=same_key(model),
        recomputed=recomputed(org, model, delta, alias="m"),
    )
    return _keep(conn, model.name, changed)


def _keep(conn: psycopg.Connection, table: str, changed: sql.Composed) -> int:
    kept = changed_table(table)
    cursor = conn.execute(
        sql.SQL("create temporary table {} on commit drop as {}").format(
            sql.Identifier(f"changed_{table}"), changed
        )
    )
    conn.execute(sql.SQL("analyze {}").format(kept))
    return cursor.rowcount
