"""
Which rows a run's checks look at, and what the names in their queries stand for.

Row checks follow the change: of a mart they see its delta, of a staging table what the run's
pending batches wrote. docs/checks.md lists the names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from salesforce_elt.checks import Check, load_checks, load_staging_checks
from salesforce_elt.deltas import DELTA, Transformed, delta_table, upcoming, upcoming_parts
from salesforce_elt.expectations import Suite
from salesforce_elt.models import Models
from salesforce_elt.run import Run
from salesforce_elt.warehouse.names import staging_schema, warehouse_name

STAGING = "staging."  # before a staging table's name in the results, where marts are named too


def row_suites(
    conn: psycopg.Connection, run: Run, *, models: Models, transformed: Transformed
) -> list[Suite]:
    """The suites of the marts and staging tables of which the run has rows to look at."""
    names = _names(run.org, models, transformed)
    found = [
        _suite(
            Suite(delta.mart, DELTA, f"{run.org}__{delta.mart}", models.marts[delta.mart].key),
            load_checks(models.root, delta.mart),
            names=names,
            batch=delta_table(run.org, delta.mart).as_string(),
        )
        for delta in transformed.deltas
        if delta.row_count or delta.set_aside_count
    ]
    batches = _batches(conn, transformed.batches)
    for table, checks in load_staging_checks(models.root).items():
        if table in batches:
            suite = Suite(STAGING + table, staging_schema(run.org), table, ("id",))
            changed = _changed(suite, batches[table])
            found.append(_suite(suite, checks, names=names, batch=changed))
    return [one for one in found if one.checks]


@dataclass(frozen=True)
class _Names:
    """What stands for a name in a query; a mart in `parts` is too large to be joined as a whole."""

    schema: str
    marts: Mapping[str, str]
    parts: Mapping[str, Sequence[str]]


def _names(org: str, models: Models, transformed: Transformed) -> _Names:
    deltas = transformed.by_mart
    return _Names(
        schema=sql.Identifier(staging_schema(org)).as_string(),
        marts={
            name: upcoming(org, model, deltas.get(name)).as_string()
            for name, model in models.marts.items()
        },
        parts={
            name: [f"({one.as_string()})" for one in upcoming_parts(org, model, deltas.get(name))]
            for name, model in models.marts.items()
        },
    )


def _suite(suite: Suite, checks: Sequence[Check], *, names: _Names, batch: str) -> Suite:
    """The suite with its checks of rows, the names in their queries replaced."""
    own = {"{key}": ", ".join(suite.key), "{batch}": batch, "{staging}": names.schema}
    return replace(suite, checks=[_put_into(one, names, own) for one in checks if not one.measure])


def _put_into(check: Check, names: _Names, own: Mapping[str, str]) -> Check:
    if not (query := check.arguments.get("unexpected_rows_query")):
        return check
    for name, text in own.items():
        query = query.replace(name, text)
    for mart, relation in names.marts.items():
        query = _once_per_part(query.replace(f"{{{mart}}}", relation), mart, names.parts[mart])
    return replace(check, arguments={"unexpected_rows_query": query})


def _once_per_part(query: str, mart: str, parts: Sequence[str]) -> str:
    """The query over each part by itself: into a union PostgreSQL would not carry a join."""
    name = f"{{part_of_{mart}}}"
    if name not in query:
        return query
    return " union all ".join(f"({query.replace(name, part)})" for part in parts)


def _batches(conn: psycopg.Connection, batches: Sequence[int]) -> dict[str, list[int]]:
    """The run's pending batches by staging table."""
    rows = conn.execute(
        "select sobject, array_agg(batch_id) from sync.pending_batches"
        " where batch_id = any(%s) group by sobject",
        [list(batches)],
    )
    return {warehouse_name(sobject): ids for sobject, ids in rows.fetchall()}


def _changed(suite: Suite, batches: Sequence[int]) -> str:
    """What the batches wrote into a staging table and is not deleted."""
    return (
        sql.SQL("(select * from {} where _batch_id = any({}) and not _is_deleted)")
        .format(sql.Identifier(suite.schema, suite.table), list(batches))
        .as_string()
    )
