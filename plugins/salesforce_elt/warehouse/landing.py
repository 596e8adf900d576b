"""Where an extract's pages arrive: a typed table per extract, each page with its checkpoint."""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from salesforce_elt import extracts
from salesforce_elt.errors import AnswerLost, Incomplete, SchemaDrift
from salesforce_elt.extracts import NOTHING_YET, Checkpoint, Extract, Page
from salesforce_elt.fields import Column
from salesforce_elt.run import Run
from salesforce_elt.warehouse.staging import StagingTable, column_list, definitions

NUL, NUL_REPLACEMENT = b"\x00", "\N{REPLACEMENT CHARACTER}".encode()  # PostgreSQL stores no NUL

COLUMN = re.compile(r"column (\w+)")  # in the context of PostgreSQL's COPY errors


@dataclass(frozen=True)
class Landing:
    """The table of one extract, and the run that fills it.

    A first load lands in a logged table of staging's shape, which is swapped in when complete;
    all others land in an unlogged one, which is merged.
    """

    run: Run
    extract: Extract
    columns: Sequence[Column]
    is_first_load: bool

    @property
    def table(self) -> sql.Identifier:
        """Where the rows are."""
        if self.is_first_load:
            return StagingTable(self.extract.org, self.extract.sobject).loading
        return sql.Identifier("landing", f"{self.extract.org}__{self.extract.extract_id}")


def open_landing(conn: psycopg.Connection, landing: Landing) -> Checkpoint:
    """Makes the table, or finds it with the pages that are in it, and commits.

    A server crash empties unlogged tables: checkpoints that outlive their rows are not believed.
    """
    with conn.transaction():
        extracts.hold(conn, landing.run, landing.extract)
        done = extracts.checkpoint(conn, landing.extract)
        if done.pages and _row_count(conn, landing.table) == done.row_count:
            return done
        conn.execute(
            "delete from sync.extract_pages where extract_id = %s", [landing.extract.extract_id]
        )
        conn.execute(sql.SQL("drop table if exists {}").format(landing.table))
        _create_loading(conn, landing) if landing.is_first_load else _create_landing(conn, landing)
    return NOTHING_YET


def _create_landing(conn: psycopg.Connection, landing: Landing) -> None:
    conn.execute(
        sql.SQL("create unlogged table {} ({})").format(landing.table, definitions(landing.columns))
    )


def _create_loading(conn: psycopg.Connection, landing: Landing) -> None:
    """Staging's shape without its keys; each row belongs to the batch that the swap will open."""
    staging = StagingTable(landing.extract.org, landing.extract.sobject).name
    conn.execute(
        sql.SQL("create table {} (like {} including defaults)").format(landing.table, staging)
    )
    cursor = conn.execute(
        "select nextval(pg_get_serial_sequence('sync.pending_batches', 'batch_id'))"
    )
    batch_id = next(cursor)[0]
    conn.execute(
        sql.SQL("alter table {} alter _batch_id set default {}").format(landing.table, batch_id)
    )


def load_page(conn: psycopg.Connection, landing: Landing, *, number: int, page: Page) -> None:
    """The page's rows and its checkpoint, in one transaction.

    Raises Incomplete when the rows are not as many as Salesforce says, or another try of the task
    has loaded the page; SchemaDrift when a column cannot hold a value. Nothing of them is kept.
    """
    with conn.transaction(), conn.cursor() as cursor:
        extracts.hold(conn, landing.run, landing.extract)
        _require_next(conn, landing, number=number)
        landed = _copy(cursor, landing, page)
        if landed != page.row_count:
            raise Incomplete(
                f"{landing.extract.sobject}: page {number} has {landed:,} rows, and Salesforce "
                f"says {page.row_count:,}. It is fetched again.",
                expected=page.row_count,
                landed=landed,
            )
        extracts.note_page(conn, landing.extract, number=number, page=page)


def _require_next(conn: psycopg.Connection, landing: Landing, *, number: int) -> None:
    present = extracts.checkpoint(conn, landing.extract).pages
    if present != number - 1:
        raise Incomplete(
            f"{landing.extract.sobject}: page {number} was about to be loaded, and {present} pages "
            "are there: another try of the task is at work. It is tried again.",
            expected=number - 1,
            landed=present,
        )


def _copy(cursor: psycopg.Cursor, landing: Landing, page: Page) -> int:
    try:
        if page.csv is not None:
            return _copy_csv(cursor, landing, page.csv)
        return _copy_rows(cursor, landing, page.rows)
    except psycopg.DataError as error:
        # PostgreSQL's text quotes the value, which is nobody's business in a log.
        found = COLUMN.search(error.diag.context or "")
        raise SchemaDrift(
            f"{landing.extract.sobject}: a record has a value in {found[1] if found else 'a field'}"
            " that its staging column cannot hold. Compare the field's type in Salesforce with the "
            "column's; a full synchronization after the column was dropped makes it anew."
        ) from None


def _copy_csv(cursor: psycopg.Cursor, landing: Landing, chunks: Iterable[bytes]) -> int:
    """Bytes go from the socket to COPY; only the header line is looked at."""
    header, rest = _split_header(iter(chunks))
    columns = in_order(landing.columns, header)
    names = column_list(columns)
    statement = sql.SQL("copy {} ({}) from stdin (format csv, null '', force_null ({}))").format(
        landing.table, names, names
    )
    with cursor.copy(statement) as copy:
        for chunk in rest:
            copy.write(chunk.replace(NUL, NUL_REPLACEMENT) if NUL in chunk else chunk)
    return cursor.rowcount


def _copy_rows(
    cursor: psycopg.Cursor, landing: Landing, rows: Iterable[Sequence[str | None]]
) -> int:
    statement = sql.SQL("copy {} ({}) from stdin").format(
        landing.table, column_list(landing.columns)
    )
    with cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([cell.replace("\x00", "\ufffd") if cell else cell for cell in row])
    return cursor.rowcount


def _split_header(chunks: Iterator[bytes]) -> tuple[list[str], Iterator[bytes]]:
    """The header line's names (every page begins with one), and the bytes that follow it."""
    start = b""
    for chunk in chunks:
        start += chunk
        if b"\n" in start:
            break
    line, _, rest = start.partition(b"\n")
    header = next(csv.reader([line.decode()]), [])
    return header, _chain(rest, chunks)


def _chain(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from others


def in_order(columns: Sequence[Column], header: Sequence[str]) -> list[Column]:
    """The columns in the order of the answer's header.

    Raises AnswerLost when the answer has other fields than were asked for. An answer without a
    header has no rows either (the zero-row result is not documented).
    """
    by_field = {column.field.lower(): column for column in columns}
    if not header:
        return list(columns)
    if sorted(name.lower() for name in header) != sorted(by_field):
        unexpected = sorted({name.lower() for name in header} ^ set(by_field))
        raise AnswerLost(
            f"The answer's fields are not those asked for; they differ in {', '.join(unexpected)}. "
            "It is asked for anew at the next try."
        )
    return [by_field[name.lower()] for name in header]


def _row_count(conn: psycopg.Connection, table: sql.Identifier) -> int | None:
    """How many rows the table has; None when there is none of the name."""
    name = table.as_string(conn)
    found = conn.execute("select to_regclass(%s)", [name]).fetchone()
    if found is None or found[0] is None:
        return None
    row = conn.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    return int(row[0]) if row else 0
