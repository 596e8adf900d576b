"""
Where an extract's pages arrive: a typed table per extract, each page with its checkpoint.

Pages may arrive several at a time. What is not what Salesforce says it is, is never kept.
"""

import csv
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from salesforce_elt import extracts, parts
from salesforce_elt.errors import AnswerLost, Incomplete, RetryableError, SchemaDrift
from salesforce_elt.extracts import Extract
from salesforce_elt.fields import Column
from salesforce_elt.parts import Loaded, Page, Part
from salesforce_elt.run import Run
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.locks import LONGEST_WAIT, no_long_wait
from salesforce_elt.warehouse.staging import StagingTable, column_list, definitions

NUL, NUL_REPLACEMENT = b"\x00", "\N{REPLACEMENT CHARACTER}".encode()  # PostgreSQL stores no NUL

COLUMN = re.compile(r"column (\w+)")  # in the context of PostgreSQL's COPY errors

# What COPY says of bytes that are no table any more: cut off, mixed up, not text.
DAMAGED = (
    psycopg.errors.BadCopyFileFormat,
    psycopg.errors.CharacterNotInRepertoire,
    psycopg.errors.UntranslatableCharacter,
)

FIRST_ID = re.compile(rb'"?([0-9A-Za-z]{15,18})"?[,\r\n]')
LONGEST_FIRST_CELL = 24  # bytes: a quoted Id, and what follows it


@dataclass(frozen=True)
class Landing:
    """The table of one extract, and the run that fills it.

    What is read beside staging lands in a logged table of staging's shape, which takes its place
    when complete; all else lands in an unlogged one, which is merged.
    """

    run: Run
    extract: Extract
    columns: Sequence[Column]

    @property
    def staging(self) -> StagingTable:
        """Where it goes in the end."""
        return StagingTable(self.extract.org, self.extract.sobject)

    @property
    def table(self) -> sql.Identifier:
        """Where the rows are."""
        if self.extract.is_beside:
            return self.staging.loading
        return sql.Identifier("landing", f"{self.extract.org}__{self.extract.extract_id}")


def open_landing(conn: psycopg.Connection, landing: Landing) -> None:
    """Makes the table, or finds it with the pages that are in it, and commits.

    A server crash empties unlogged tables: checkpoints that outlive their rows are not believed.
    """
    with conn.transaction():
        extracts.hold(conn, landing.run, landing.extract)
        landed = parts.landed(conn, landing.extract.extract_id)
        if not landed or _row_count(conn, landing.table) != landed:
            _make_anew(conn, landing)


def has_types(conn: psycopg.Connection, landing: Landing) -> bool:
    """Whether the table, if there is one, has the types of `columns`: staging's may have widened
    since it was made."""
    present = column_types(conn, landing.table)
    return all(present.get(one.name, one.type) == one.type for one in landing.columns)


def empty_landing(conn: psycopg.Connection, landing: Landing) -> None:
    """Forgets the pages that are here, in the caller's transaction; their jobs stay."""
    extracts.hold(conn, landing.run, landing.extract)
    _make_anew(conn, landing)


def seal_landing(conn: psycopg.Connection, landing: Landing) -> None:
    """Gives the complete table its key, and commits; done again it changes nothing.

    Raises Incomplete when a record came twice: then another one is missing, although the number
    is right.
    """
    with conn.transaction():
        extracts.hold(conn, landing.run, landing.extract)
        if _has_key(conn, landing.table):
            return
        statement = sql.SQL("alter table {} add primary key (id)").format(landing.table)
        try:
            with no_long_wait(conn, landing.table, at_most=LONGEST_WAIT):
                conn.execute(statement)
        except psycopg.errors.UniqueViolation:
            count = _row_count(conn, landing.table) or 0
            raise Incomplete(
                f"{landing.extract.sobject}: a record came twice among {count:,}, so that another "
                "one is missing. The answer is fetched again.",
                expected=count,
                landed=count - 1,
            ) from None


def _make_anew(conn: psycopg.Connection, landing: Landing) -> None:
    parts.forget_pages(conn, landing.extract.extract_id)
    drop_landing(conn, landing)
    _create_beside(conn, landing) if landing.extract.is_beside else _create(conn, landing)


def drop_landing(conn: psycopg.Connection, landing: Landing) -> None:
    """Drops the table if there is one, in the caller's transaction.

    A page that is on its way into it is waited for, not long, and refused: the extract is held.
    """
    with no_long_wait(conn, landing.table, at_most=LONGEST_WAIT):
        conn.execute(sql.SQL("drop table if exists {}").format(landing.table))


def _create(conn: psycopg.Connection, landing: Landing) -> None:
    conn.execute(
        sql.SQL("create unlogged table {} ({})").format(landing.table, definitions(landing.columns))
    )


def _create_beside(conn: psycopg.Connection, landing: Landing) -> None:
    """Staging's shape without its keys. Of a first load each row belongs to the batch that the
    swap will open."""
    staging = landing.staging.name
    conn.execute(
        sql.SQL("create table {} (like {} including defaults)").format(landing.table, staging)
    )
    found = conn.execute(sql.SQL("select exists (select 1 from {})").format(staging)).fetchone()
    if found == (True,):
        return
    cursor = conn.execute(
        "select nextval(pg_get_serial_sequence('sync.pending_batches', 'batch_id'))"
    )
    conn.execute(
        sql.SQL("alter table {} alter _batch_id set default {}").format(
            landing.table, next(cursor)[0]
        )
    )


def load_page(
    conn: psycopg.Connection, landing: Landing, part: Part, *, number: int, page: Page
) -> None:
    """The page's rows and its checkpoint, in one transaction.

    It may take long to come: a new run may take the org until it is here, and it is refused then.
    Raises Incomplete when it is not what Salesforce says it is, SchemaDrift when a column cannot
    hold a value, LeaseLost or RetryableError when another run or try took over; nothing is kept.
    """
    extracts.require_ours(conn, landing.run, landing.extract)
    with conn.transaction(), conn.cursor() as cursor:
        loaded = _copy(cursor, landing, page)
        if loaded.row_count != page.row_count:
            raise Incomplete(
                f"{landing.extract.sobject}: page {number} has {loaded.row_count:,} rows, and "
                f"Salesforce says {page.row_count:,}. It is fetched again.",
                expected=page.row_count,
                landed=loaded.row_count,
            )
        extracts.share(conn, landing.run, landing.extract)
        parts.note_page(conn, part, number=number, page=page)
        parts.note_loaded(conn, part, number=number, loaded=loaded)


def _copy(cursor: psycopg.Cursor, landing: Landing, page: Page) -> Loaded:
    try:
        if page.csv is not None:
            return _copy_csv(cursor, landing, page.csv)
        return _copy_rows(cursor, landing, page.rows)
    except psycopg.errors.UndefinedTable:
        raise RetryableError(
            f"{landing.extract.sobject}: the landing table is gone, for another try of this task "
            "has ended the extract. It is tried again, and finds what is left to do."
        ) from None
    except DAMAGED:
        # PostgreSQL's text quotes the value, which is nobody's business in a log.
        raise Incomplete(
            f"{landing.extract.sobject}: a page is not the table that it should be: it was cut off "
            "or damaged on its way. It is fetched again.",
            expected=page.row_count,
            landed=0,
        ) from None
    except psycopg.DataError as error:
        found = COLUMN.search(error.diag.context or "")
        raise SchemaDrift(
            f"{landing.extract.sobject}: a record has a value in {found[1] if found else 'a field'}"
            " that its staging column cannot hold. Compare the field's type in Salesforce with the "
            "column's; a full synchronization after the column was dropped makes it anew."
        ) from None


def _copy_csv(cursor: psycopg.Cursor, landing: Landing, chunks: Iterable[bytes]) -> Loaded:
    """Bytes go from the socket to COPY; only the header line and the first Id are looked at."""
    start, rest = _first_lines(iter(chunks))
    line, _, first_row = start.partition(b"\n")
    header = next(csv.reader([line.decode(errors="replace")]), [])
    columns = in_order(landing.columns, header)
    names = column_list(columns)
    statement = sql.SQL("copy {} ({}) from stdin (format csv, null '', force_null ({}))").format(
        landing.table, names, names
    )
    nuls = 0
    with cursor.copy(statement) as copy:
        for chunk in _chain(first_row, rest):
            if NUL in chunk:
                nuls += chunk.count(NUL)
                chunk = chunk.replace(NUL, NUL_REPLACEMENT)
            copy.write(chunk)
    first = FIRST_ID.match(first_row) if columns[0].name == "id" else None
    return Loaded(cursor.rowcount, first[1].decode() if first else None, nuls)


def _copy_rows(
    cursor: psycopg.Cursor, landing: Landing, rows: Iterable[Sequence[str | None]]
) -> Loaded:
    columns = landing.columns
    statement = sql.SQL("copy {} ({}) from stdin").format(landing.table, column_list(columns))
    first_id, nuls = None, 0
    with cursor.copy(statement) as copy:
        for row in rows:
            nuls += sum(cell.count("\x00") for cell in row if cell)
            copy.write_row([cell.replace("\x00", "\ufffd") if cell else cell for cell in row])
            first_id = first_id or (row[0] if columns[0].name == "id" else None)
    return Loaded(cursor.rowcount, first_id, nuls)


def _first_lines(chunks: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The header line (every page begins with one) with the first cell after it, and the rest."""
    start = b""
    for chunk in chunks:
        start += chunk
        _, end, first_row = start.partition(b"\n")
        if end and len(first_row) >= LONGEST_FIRST_CELL:
            break
    return start, chunks


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


def _has_key(conn: psycopg.Connection, table: sql.Identifier) -> bool:
    found = conn.execute(
        "select exists (select 1 from pg_index where indrelid = %s::regclass and indisprimary)",
        [table.as_string(conn)],
    ).fetchone()
    return found == (True,)


def _row_count(conn: psycopg.Connection, table: sql.Identifier) -> int | None:
    """How many rows the table has; None when there is none of the name."""
    name = table.as_string(conn)
    found = conn.execute("select to_regclass(%s)", [name]).fetchone()
    if found is None or found[0] is None:
        return None
    row = conn.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
    return int(row[0]) if row else 0
