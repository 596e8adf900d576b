"""The member directory from a table or a query of the warehouse, read and never written."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.members import COLUMNS, Member, check_columns, members_of
from salesforce_elt.settings.directory import DirectoryQuery, DirectoryTable

TIMEOUT = 60  # seconds; the org's other work waits meanwhile

# Of these errors PostgreSQL's words say what to change, and hold names alone: syntax, names and
# rights. Those of others may quote a person's data.
ABOUT_NAMES = "42"
CLASS = slice(0, 2)  # of an SQLSTATE

Row = Mapping[str, object]


def read_from_warehouse(
    conn: psycopg.Connection, org: str, source: DirectoryTable | DirectoryQuery
) -> list[Member]:
    """The members of a table or a query, as the connection's transaction sees them.

    A table may have more columns than a directory, which are not read; a query has those of a
    directory alone. Raises SettingsInvalid when it cannot be read, writes, takes longer than
    `TIMEOUT`, or does not hold members.
    """
    where = f"orgs.{org}.members.directory"
    if isinstance(source, DirectoryTable):
        where += f" ({source.table})"
    with _reading(conn, where):
        columns, rows = _run(conn, _select(conn, source))
    check_columns(where, columns)
    return members_of(where, _with_places(where, rows))


def _select(conn: psycopg.Connection, source: DirectoryTable | DirectoryQuery) -> str:
    """The query, or the select of those of a directory's columns that the table has."""
    if isinstance(source, DirectoryQuery):
        return source.query.rstrip().rstrip(";")
    table = sql.Identifier(*source.table.split(".")).as_string(conn)
    # An empty answer has the columns, whether it is a table, a view or a foreign table.
    columns, _ = _run(conn, f"select * from {table} limit 0")
    return f"select {', '.join(one for one in COLUMNS if one in columns)} from {table}"


def _run(conn: psycopg.Connection, query: str) -> tuple[list[str], Sequence[Row]]:
    """The names of the columns, and the rows.

    What stands in parentheses and is prepared is one query, and no command.
    """
    text = f"select * from (\n{query}\n) as directory"
    with conn.cursor(row_factory=dict_row) as cursor:
        cursor.execute(text.encode(), prepare=True)
        return [one.name for one in cursor.description or ()], cursor.fetchall()


@contextmanager
def _reading(conn: psycopg.Connection, where: str) -> Iterator[None]:
    """A part of the transaction that can only read, for a limited time, and leaves no setting."""
    try:
        with conn.transaction(force_rollback=True):
            conn.execute("set transaction read only")
            conn.execute(sql.SQL("set local statement_timeout = {}").format(f"{TIMEOUT}s"))
            yield
    except psycopg.errors.QueryCanceled as error:
        raise SettingsInvalid(
            f"{where}: it was stopped after {TIMEOUT} seconds. Put what it computes into a table, "
            "and name that."
        ) from error
    except psycopg.errors.ReadOnlySqlTransaction as error:
        raise SettingsInvalid(f"{where}: it writes. A directory may only read.") from error
    except (
        psycopg.ProgrammingError,
        psycopg.DataError,
        psycopg.NotSupportedError,
        psycopg.InternalError,
    ) as error:
        raise SettingsInvalid(f"{where}: PostgreSQL refuses it: {_words(error)}.") from error


def _words(error: psycopg.Error) -> str:
    state, said = error.sqlstate or "", error.diag.message_primary or ""
    return said if state[CLASS] == ABOUT_NAMES and said else f"{type(error).__name__} ({state})"


def _with_places(where: str, rows: Iterable[Row]) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows as a file would have them, each with its number and its member's id."""
    for number, row in enumerate(rows, start=1):
        place = f"row {number} ({row['member_id']})"
        yield place, {name: _text(f"{where}, {place}", name, value) for name, value in row.items()}


def _text(where: str, name: str, value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float | Decimal | UUID):
        return str(value)
    raise SettingsInvalid(
        f"{where}: {name} is of a type that it cannot have. Cast it to text, a number or, "
        "is_active, to boolean."
    )
