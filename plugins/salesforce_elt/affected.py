"""
Which keys of a mart the pending changes reach, and which rows its select needs for them.

A mart's header names the steps by which a change in a table reaches the mart. Followed forwards
they lead from changed rows to keys; followed backwards, from keys to the rows that matter. So the
select reads what is needed alone, and its cost follows what changed (restricting its result
instead would not help: it would be computed in full first).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from psycopg import sql

from salesforce_elt.headers import Affected
from salesforce_elt.models import Model
from salesforce_elt.warehouse.names import staging_schema

NO_ROWS = sql.SQL("select null::text where false")


def affected_keys(
    model: Model, org: str, *, changed: Mapping[str, sql.Identifier]
) -> sql.Composable:
    """A query of the keys to recompute; `changed` holds the changed rows of tables, as they were
    before and as they are now."""
    found = [
        keys
        for table, rows in changed.items()
        for step in model.header.steps(table)
        for keys in _keys(model, org, step, rows=rows)
    ]
    return _union(found or [NO_ROWS])


def _keys(
    model: Model, org: str, step: Affected, *, rows: sql.Composable
) -> Iterator[sql.Composed]:
    if not step.next_table:
        yield _select(step.next_column, rows)
        return
    carried = sql.SQL("(select * from {} where {} in ({}))").format(
        sql.Identifier(staging_schema(org), step.next_table),
        sql.Identifier(step.next_column),
        _select(step.column, rows),
    )
    for following in _others(model, step.next_table):
        yield from _keys(model, org, following, rows=sql.SQL("{} as t").format(carried))


@dataclass(frozen=True)
class Scopes:
    """The staging tables of which a select gets only what keys need; `clause` declares them."""

    tables: tuple[str, ...]
    clause: sql.Composable


def scopes(model: Model, org: str, *, keys: sql.Identifier) -> Scopes:
    """What the select needs of staging to compute these keys; a table that reaches all is whole."""
    tables = [table for table in _in_order(model) if not _is_whole(model, table)]
    clauses = [
        sql.SQL("{} as materialized ({})").format(
            scope_of(table), _needed(model, org, table, keys=keys)
        )
        for table in tables
    ]
    clause = sql.SQL("with {} ").format(sql.SQL(", ").join(clauses)) if clauses else sql.SQL("")
    return Scopes(tuple(tables), clause)


def scope_of(table: str) -> sql.Identifier:
    """The name under which a select reads the restricted rows of a staging table."""
    return sql.Identifier(f"scope_{table}")


def _in_order(model: Model) -> list[str]:
    """The staging tables that the select reads, each after those that its own steps lead to."""
    graph = {
        table: {step.next_table for step in _others(model, table)} - {""}
        for table in sorted(model.staging_tables)
    }
    return list(TopologicalSorter(graph).static_order())


def _is_whole(model: Model, table: str) -> bool:
    return any(step.is_all for step in model.header.steps(table))


def _others(model: Model, table: str) -> list[Affected]:
    """The steps that lead from a table out of it."""
    return [step for step in model.header.steps(table) if step.next_table != table]


def _needed(model: Model, org: str, table: str, *, keys: sql.Identifier) -> sql.Composed:
    staging = sql.Identifier(staging_schema(org), table)
    conditions = [_condition(model, org, step, keys=keys) for step in _others(model, table)]
    needed = sql.SQL("({}) as t").format(_rows(staging, conditions))
    # A table that refers to itself: the rows found so, and those that they refer to.
    referred = [
        (step.column, _select(step.next_column, needed))
        for step in model.header.steps(table)
        if step.next_table == table
    ]
    return _rows(staging, conditions + referred)


def _condition(
    model: Model, org: str, step: Affected, *, keys: sql.Identifier
) -> tuple[str, sql.Composed]:
    """The column by which rows are needed, and the values that are."""
    if not step.next_table:
        return step.next_column, _select("key", keys)
    is_whole = _is_whole(model, step.next_table)
    staging = sql.Identifier(staging_schema(org), step.next_table)
    return step.column, _select(
        step.next_column, staging if is_whole else scope_of(step.next_table)
    )


def _rows(table: sql.Identifier, conditions: list[tuple[str, sql.Composed]]) -> sql.Composed:
    """The rows of which some column has a wanted value, each column by its own index."""
    values: dict[str, list[sql.Composed]] = {}
    for column, wanted in conditions:
        values.setdefault(column, []).append(wanted)
    if len(values) == 1:
        return _where_in(table, "*", *next(iter(values.items())))
    ids = _union([_where_in(table, "id", column, wanted) for column, wanted in values.items()])
    return _where_in(table, "*", "id", [ids])


def _where_in(
    table: sql.Identifier, selected: str, column: str, values: list[sql.Composed]
) -> sql.Composed:
    return sql.SQL("select {} from {} where {} in ({})").format(
        sql.SQL("*") if selected == "*" else sql.Identifier(selected),
        table,
        sql.Identifier(column),
        _union(values),
    )


def _select(column: str, rows: sql.Composable) -> sql.Composed:
    return sql.SQL("select {} from {}").format(sql.Identifier(column), rows)


def _union(queries: Sequence[sql.Composable]) -> sql.Composed:
    return sql.SQL(" union all ").join(queries)
