"""Locks that people's queries may be in the way of: waited for, but not without end."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg
from psycopg import sql

from salesforce_elt.errors import WarehouseUnavailable

# Whoever reads the table waits behind the one who waits to change it, so this is short.
LONGEST_WAIT = timedelta(seconds=60)


@contextmanager
def no_long_wait(
    conn: psycopg.Connection, table: sql.Identifier, *, at_most: timedelta
) -> Iterator[None]:
    """In the caller's transaction, for statements that need a table for themselves.

    Raises WarehouseUnavailable, which names who uses the table, when one waits longer.
    """
    milliseconds = str(int(at_most.total_seconds() * 1000))
    try:
        with conn.transaction():
            conn.execute("select set_config('lock_timeout', %s, true)", [milliseconds])
            yield
            conn.execute("set local lock_timeout to default")
    except psycopg.errors.LockNotAvailable:
        name = table.as_string(conn)
        raise WarehouseUnavailable(
            f"{name} is in use for more than {at_most.total_seconds():g} s, by "
            f"{_users(conn, name)}, which has to end before this goes on. Nothing of it was "
            "changed; it is tried again. If that stays so, end the query or the transaction that "
            "is open there: select pg_terminate_backend(<process>)."
        ) from None


def _users(conn: psycopg.Connection, name: str) -> str:
    """The sessions that hold the table; what they ask for may show values, so it is not told."""
    rows = conn.execute(
        "select distinct coalesce(a.usename, '?'), l.pid, coalesce(a.application_name, '')"
        " from pg_locks as l inner join pg_stat_activity as a on a.pid = l.pid"
        " where l.relation = to_regclass(%s) and l.granted and l.pid <> pg_backend_pid()"
        " and l.database = (select oid from pg_database where datname = current_database())",
        [name],
    )
    found = [
        f"{user} (process {pid}{f', {program}' if program else ''})" for user, pid, program in rows
    ]
    return ", ".join(found) or "a session that has just ended"
