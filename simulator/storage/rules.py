"""What an org checks before it keeps a record: rules, unique values, locks (api.md 2.7, 2.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from simulator.catalog.types import SObject
from simulator.errors import RowError
from simulator.formulas.typed import BOOLEAN, of_kind
from simulator.soql.dates import Today
from simulator.soql.reader import Reader
from simulator.soql.scope import Scope
from simulator.soql.sql import quote
from simulator.storage.connections import Connection
from simulator.storage.rows import storable, table

if TYPE_CHECKING:
    from simulator.storage.transaction import Transaction

VALIDATION, DUPLICATE = "validation", "duplicate"
LOCKED = "unable to obtain exclusive access to this record"


@dataclass(frozen=True)
class Rule:
    """A validation rule, whose formula is true of what is wrong, or a duplicate rule's fields."""

    kind: str
    sobject: str
    name: str
    formula: str = ""
    message: str = ""
    fields: tuple[str, ...] = ()


def keep_rule(connection: Connection, state: str, rule: Rule) -> None:
    """Add a rule to an org, or change the one of that name."""
    statement = f"""
        insert into {quote(state)}.rule (sobject, name, rule) values (%s, %s, %s)
        on conflict (sobject, name) do update set rule = excluded.rule
    """
    connection.execute(statement, (rule.sobject, rule.name, Jsonb(vars(rule))))


def drop_rule(connection: Connection, state: str, *, sobject: str, name: str) -> None:
    """Take a rule away."""
    statement = f"delete from {quote(state)}.rule where sobject = %s and name = %s"
    connection.execute(statement, (sobject, name))


def check(work: Transaction, sobject: SObject, record: Mapping[str, Any]) -> None:
    """RowError when the record, as it was just written, may not stay."""
    _check_unique(work, sobject, record)
    for rule in _rules(work, sobject):
        if rule.kind == VALIDATION:
            _check_validation(work, sobject, record=record, rule=rule)
        elif not work.saves_duplicates:
            _check_duplicates(work, sobject, record=record, rule=rule)


def check_lock(work: Transaction, record_ids: list[str]) -> None:
    """RowError when somebody else holds one of these records."""
    if any(work.org.locks.get(i, work.at) > work.at for i in record_ids):
        raise RowError("UNABLE_TO_LOCK_ROW", LOCKED)


def violates(work: Transaction, sobject: SObject, *, record_id: str, formula: str) -> bool:
    """Whether a condition is true of a record."""
    catalog = work.org.sobjects
    today = Today(work.at.date(), work.facts.fiscal_year_start_month, work.at)
    reader = Reader(catalog, work.org.schema, today, ZoneInfo("UTC"), all_rows=True)
    scope = Scope(reader, sobject)
    condition = of_kind(scope.formulas.typed(formula, scope.root), BOOLEAN, "a condition")
    query = f'select {condition} from {scope.from_clause()} where {scope.table}."Id" = %s'
    row = work.connection.execute(query, (record_id,)).fetchone()
    return bool(row and row[0])


def _rules(work: Transaction, sobject: SObject) -> Iterator[Rule]:
    query = f"select rule from {quote(work.org.state)}.rule where sobject = %s order by name"
    for (row,) in work.connection.execute(query, (sobject.name,)).fetchall():
        yield Rule(**{**row, "fields": tuple(row["fields"])})


def _check_validation(
    work: Transaction, sobject: SObject, *, record: Mapping[str, Any], rule: Rule
) -> None:
    if violates(work, sobject, record_id=str(record["Id"]), formula=rule.formula):
        raise RowError("FIELD_CUSTOM_VALIDATION_EXCEPTION", rule.message, fields=rule.fields)


def _check_duplicates(
    work: Transaction, sobject: SObject, *, record: Mapping[str, Any], rule: Rule
) -> None:
    if all(record.get(name) is not None for name in rule.fields):
        values = {name: record[name] for name in rule.fields}
        if _twin(work, sobject, record_id=str(record["Id"]), values=values) is not None:
            raise RowError("DUPLICATES_DETECTED", "Use one of these records?")


def _check_unique(work: Transaction, sobject: SObject, record: Mapping[str, Any]) -> None:
    for field in sobject.stored_fields:
        value = record.get(field.name) if field.unique else None
        if value is None:
            continue
        twin = _twin(work, sobject, record_id=str(record["Id"]), values={field.name: value})
        if twin is not None:
            message = f"duplicate value found: {field.name} duplicates value on record with id: "
            raise RowError("DUPLICATE_VALUE", message + twin, fields=(field.name,))


def _twin(
    work: Transaction, sobject: SObject, *, record_id: str, values: Mapping[str, Any]
) -> str | None:
    """Another record with the same values, in any case unless the field tells cases apart."""
    fields = [field for field in sobject.stored_fields if field.name in values]
    same = [
        f"{quote(f.name)} = %s"
        if f.case_sensitive or not isinstance(values[f.name], str)
        else f"lower({quote(f.name)}) = lower(%s)"
        for f in fields
    ]
    alive = ['not "IsDeleted"'] if sobject.field("IsDeleted") else []
    conditions = " and ".join(['"Id" <> %s', *alive, *same])
    query = f'select "Id" from {table(work.org.schema, sobject)} where {conditions} limit 1'
    given = [storable(field, values[field.name]) for field in fields]
    row = work.connection.execute(query, (record_id, *given)).fetchone()
    return None if row is None else str(row[0])
