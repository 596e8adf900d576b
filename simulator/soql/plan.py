"""A statement becomes one SQL query, and the knowledge of how its rows are shown."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.access.objects import FILTERED
from simulator.catalog.types import SObject
from simulator.errors import SoqlError, pointing_into, too_complicated
from simulator.soql import syntax
from simulator.soql.conditions import where
from simulator.soql.grouping import aggregate_term, grouped, is_aggregate, is_count
from simulator.soql.literals import ID_TYPES
from simulator.soql.parser import parse
from simulator.soql.reader import Reader
from simulator.soql.scope import Parent, Scope, object_of
from simulator.soql.selection import Shown, selected_columns
from simulator.soql.sql import Sql
from simulator.soql.terms import Term

MAX_OFFSET, MAX_CHILD_QUERIES = 2_000, 20
_UNSORTABLE = ("multipicklist", "base64", "address", "location")


@dataclass(frozen=True)
class Plan:
    """What a statement asks: columns, FROM with the joins, WHERE to HAVING, order and limits."""

    kind: str
    sobject: SObject
    columns: tuple[Shown, ...]
    parents: tuple[Parent, ...]
    children: tuple[syntax.Query, ...]
    tables: str
    conditions: Sql
    order: str
    limit: int | None = None
    offset: int | None = None
    all_rows: bool = False
    table: str = "t0"
    type_ofs: tuple[syntax.TypeOf, ...] = ()

    @property
    def is_rows(self) -> bool:
        """Whether the answer shows records of the object, not counts or groups."""
        return self.kind == "rows"

    def expressions(self) -> tuple[str, ...]:
        """The SQL of a row of the answer: own Id, columns, Ids of the parents."""
        ids = (f'{self.table}."Id"',) if self.is_rows else ()
        shown = tuple(sql for column in self.columns for sql in column.sql)
        parents = tuple(f'{parent.table}."Id"' for parent in self.parents)
        return (*ids, *shown, *parents)

    def select(self, expressions: tuple[str, ...], *, is_stable: bool = True) -> Sql:
        """The SQL query of these expressions over all that matches, in order, within the limits.

        A statement without ORDER BY comes in the order of Ids when it has to be stable.
        """
        by_id = f' order by {self.table}."Id"' if self.is_rows and is_stable else ""
        order = self.order or by_id
        found = Sql(f"select {', '.join(expressions)} from {self.tables}") + self.conditions
        return found + Sql(order + self.limits())

    def limits(self) -> str:
        """The SQL of LIMIT and OFFSET."""
        limit = "" if self.limit is None else f" limit {self.limit}"
        return limit + ("" if self.offset is None else f" offset {self.offset}")


def plan(soql: str, reader: Reader) -> Plan:
    """What this statement asks of this reader's org; SalesforceError when it cannot be asked."""
    try:
        with pointing_into(soql):
            return planned(parse(soql), reader)
    except RecursionError as error:
        raise too_complicated() from error


def planned(query: syntax.Query, reader: Reader, *, sobject: SObject | None = None) -> Plan:
    """The plan of a parsed statement; a child query brings its object, which FROM only links."""
    found = sobject or object_of(query.source, reader.catalog)
    scope = Scope(reader, found, alias=query.source.alias)
    _check(query)
    _check_filter(query, found)
    if is_count(query):
        return _finished("count", query, scope)
    if is_aggregate(query):
        return _aggregated(query, scope)
    return _finished("rows", query, scope, columns=selected_columns(query, scope))


def _finished(
    kind: str, query: syntax.Query, scope: Scope, *, columns: tuple[Shown, ...] = ()
) -> Plan:
    parents = tuple(scope.parents.values())
    conditions, order = where(query.where, scope), _order(query, scope)
    return Plan(
        kind=kind,
        sobject=scope.sobject,
        columns=columns,
        parents=parents,
        children=tuple(e.query for e in query.selected if isinstance(e, syntax.ChildQuery)),
        tables=scope.from_clause(),
        conditions=conditions,
        order=order,
        limit=query.limit,
        offset=query.offset,
        all_rows=scope.reader.all_rows,
        type_ofs=tuple(e for e in query.selected if isinstance(e, syntax.TypeOf)),
    )


def _aggregated(query: syntax.Query, scope: Scope) -> Plan:
    parts = grouped(query, scope)
    conditions, order = where(query.where, scope), _order(query, scope, groups=parts.keys)
    return Plan(
        kind="aggregate",
        sobject=scope.sobject,
        columns=parts.columns,
        parents=(),
        children=(),
        tables=scope.from_clause(),
        conditions=conditions + parts.group_by + parts.having,
        order=order,
        limit=query.limit,
        offset=query.offset,
        all_rows=scope.reader.all_rows,
    )


def _check(query: syntax.Query) -> None:
    if query.offset is not None and query.offset > MAX_OFFSET:
        message = f"Maximum SOQL offset allowed is {MAX_OFFSET}"
        raise SoqlError("NUMBER_OUTSIDE_VALID_RANGE", message, place=query.source.place)
    if query.scope is not None and query.scope.lower() != "everything":
        message = f"Unsupported scope: {query.scope}"
        raise SoqlError("MALFORMED_QUERY", message, place=query.source.place)
    if sum(isinstance(e, syntax.ChildQuery) for e in query.selected) > MAX_CHILD_QUERIES:
        message = f"only {MAX_CHILD_QUERIES} child queries are allowed in a query"
        raise SoqlError("MALFORMED_QUERY", message, place=query.source.place)
    if query.having is not None and not query.group_by:
        message = "a HAVING clause needs a GROUP BY clause"
        raise SoqlError("MALFORMED_QUERY", message, place=query.source.place)
    if is_count(query) and (query.group_by or query.order_by):
        message = "COUNT() cannot be used with GROUP BY, HAVING or ORDER BY; COUNT(Id) can"
        raise SoqlError("MALFORMED_QUERY", message, place=query.source.place)


def _check_filter(query: syntax.Query, sobject: SObject) -> None:
    """Some objects answer only those who say of whom and of what they ask (api.md 6.2)."""
    wanted = FILTERED.get(sobject.name)
    if wanted and query.where is None:
        message = f"A filter on a reified column is required [{','.join(wanted)}]"
        raise SoqlError("MALFORMED_QUERY", message, place=query.source.place)


def _order(query: syntax.Query, scope: Scope, *, groups: frozenset[str] | None = None) -> str:
    terms = []
    for entry in query.order_by:
        if groups is None:
            term = _sort_term(entry.operand, scope)
        else:
            term = aggregate_term(entry.operand, scope, groups)
        direction = "desc" if entry.descending else "asc"
        nulls = "last" if entry.nulls_last else "first"
        terms.append(f"{_sortable(term, scope.reader)} {direction} nulls {nulls}")
    return " order by " + ", ".join(terms) if terms else ""


def _sort_term(operand: syntax.Operand, scope: Scope) -> Term:
    if isinstance(operand, syntax.Function):
        message = f"Ordering by {operand.name} needs a GROUP BY clause"
        raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
    column = scope.column(operand)
    if not column.field.sortable or column.field.type in _UNSORTABLE:
        message = f"field '{column.field.name}' can not be sorted in a query call"
        raise SoqlError("MALFORMED_QUERY", message, place=operand.place)
    return Term(column.sql, column.field, operand.place)


def _sortable(term: Term, reader: Reader) -> str:
    kinds = ("date", "datetime", "time", "boolean", "int", "double", "currency", "percent")
    if term.field.type in kinds or term.field.type in ID_TYPES:
        return term.sql
    return reader.folded(term.sql)
