"""What a query locator continues: a list of Ids, or the rows as they were (api.md 2.3, 5.1)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from simulator import ids
from simulator.errors import SalesforceError
from simulator.org import Org
from simulator.soql.plan import Plan, plan
from simulator.soql.sql import Sql, quote
from simulator.storage.connections import Connection

LIFETIME = timedelta(days=2)
PREFIX = "01g"
POSITION = "(row_number() over ())::integer as position"
_LOCATOR = re.compile(r"(01g\w{12,15})-(\d{1,9})")


@dataclass(frozen=True)
class Cursor:
    """A query that has more pages."""

    id: str
    plan: Plan
    total: int
    batch_size: int
    is_snapshot: bool


def open_cursor(org: Org, found: Plan, *, soql: str, batch_size: int) -> Cursor:
    """Remember which records a query found, for the pages that follow."""
    snapshot = org.options.text("cursor_values") == "snapshot"
    state = quote(org.store.state)
    shown = found.expressions() if snapshot else found.expressions()[:1]
    named = tuple(f"{sql} as c{number}" for number, sql in enumerate(shown))
    with org.store.connections.transaction() as connection:
        _forget_old(org, connection)
        row = connection.execute(f"select nextval('{state}.id_number')").fetchone()
        cursor_id = ids.new_id(PREFIX, int(row[0]) if row else 0)
        select = found.select(named)
        rows = select.wrapped(f"select {POSITION}, q.* from (", ") q")
        table = f"{state}.{quote(cursor_id)}"
        created = connection.execute(f"create unlogged table {table} as {rows.text}", rows.params)
        connection.execute(f"create index on {table} (position)")
        cursor = Cursor(cursor_id, found, created.rowcount, batch_size, snapshot)
        values = (
            cursor_id,
            soql,
            found.all_rows,
            cursor.total,
            batch_size,
            snapshot,
            org.clock.now(),
        )
        places = ", ".join(["%s"] * len(values))
        connection.execute(f"insert into {state}.cursor values ({places})", values)
    return cursor


def find_cursor(org: Org, locator: str) -> tuple[Cursor, int]:
    """The cursor of a locator and the place in it; INVALID_QUERY_LOCATOR when it is gone."""
    match = _LOCATOR.fullmatch(locator)
    statement = f"""
        select soql, all_rows, total, batch_size, is_snapshot from {quote(org.store.state)}.cursor
        where id = %s and created_at > %s
    """
    if match is not None and ids.is_id(match.group(1)):
        cursor_id, oldest = ids.to_18(match.group(1)), org.clock.now() - LIFETIME
        with org.store.connections.transaction() as connection:
            row = connection.execute(statement, (cursor_id, oldest)).fetchone()
        if row is not None and int(match.group(2)) <= row[2]:
            found = plan(row[0], org.reader(all_rows=row[1]))
            return Cursor(cursor_id, found, *row[2:]), int(match.group(2))
    raise SalesforceError("INVALID_QUERY_LOCATOR", "invalid query locator")


def fetch_page(org: Org, cursor: Cursor, offset: int) -> list[tuple[Any, ...]]:
    """The rows of one page, in the cursor's order."""
    table = f"{quote(org.store.state)}.{quote(cursor.id)}"
    between = Sql("c.position > %s and c.position <= %s", (offset, offset + cursor.batch_size))
    found = cursor.plan
    if cursor.is_snapshot:
        shown = ", ".join(f"c.c{number}" for number in range(len(found.expressions())))
        select = Sql(f"select {shown} from {table} c")
    else:
        shown = ", ".join(found.expressions())
        join = f'join {table} c on c.c0 = {found.table}."Id"'
        select = Sql(f"select {shown} from {found.tables} {join}")
    query = select + between.wrapped(" where ", " order by c.position")
    with org.store.connections.transaction() as connection:
        return connection.execute(query.text, query.params).fetchall()


def _forget_old(org: Org, connection: Connection) -> None:
    state, oldest = quote(org.store.state), org.clock.now() - LIFETIME
    gone = connection.execute(
        f"delete from {state}.cursor where created_at <= %s returning id", (oldest,)
    )
    for (cursor_id,) in gone.fetchall():
        connection.execute(f"drop table if exists {state}.{quote(cursor_id)}")
