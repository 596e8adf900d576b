"""`make sql Q="select ..."`: one query against the warehouse, as a table or as CSV.

What a terminal shows cannot move it; a pipe or a file gets CSV with every value exactly as it is.
"""

import csv
import os
import sys
from collections.abc import Sequence

import psycopg
from rich.console import Console, JustifyMethod
from rich.table import Table

from desk.warehouse import readable_warehouse
from salesforce_elt.environment import Environment
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.printable import printable

FORMATS = ("table", "csv")
ROWS_IN_A_TABLE = 1000
NUMBERS = {"int2", "int4", "int8", "numeric", "float4", "float8"}


def main(arguments: Sequence[str]) -> int:
    """Print what a query returns; the query may read and nothing else."""
    query, form = arguments
    if not query.strip():
        raise SettingsInvalid(
            "There is no query. Give one in Q, for example: "
            'make sql Q="select status, count(*) from marts.opportunities group by 1"'
        )
    if form not in FORMATS:
        raise SettingsInvalid(f"FORMAT is '{form}'. Use table or csv, or leave it out: table.")
    with readable_warehouse(Environment.read(os.environ)) as connection:
        _print(connection, query=query, form=form)
    return 0


def _print(connection: psycopg.Connection, *, query: str, form: str) -> None:
    with connection.cursor() as cursor:
        try:
            cursor.execute(query.encode())
            show = _print_csv if form == "csv" else _print_table
            show(cursor)
        except psycopg.Error as error:
            raise SettingsInvalid(_explained(error)) from error


def _explained(error: psycopg.Error) -> str:
    diagnosis = error.diag
    parts = [diagnosis.message_primary or str(error).strip(), diagnosis.message_detail]
    parts.append(diagnosis.message_hint)
    said = " ".join(part.rstrip(".") + "." for part in parts if part)
    where = f" At character {diagnosis.statement_position} of the query."
    return f"PostgreSQL refuses the query: {said}{where if diagnosis.statement_position else ''}"


def _print_csv(cursor: psycopg.Cursor) -> None:
    if cursor.description is None:
        return
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([column.name for column in cursor.description])
    is_seen = sys.stdout.isatty()
    writer.writerows(map(_seen, row) if is_seen else row for row in cursor)


def _seen(value: object) -> object:
    return printable(value) if isinstance(value, str) else value


def _print_table(cursor: psycopg.Cursor) -> None:
    if cursor.description is None:
        print(cursor.statusmessage)
        return
    table = Table(header_style="bold")
    for column in cursor.description:
        justify: JustifyMethod = "right" if column.type_display in NUMBERS else "left"
        table.add_column(printable(column.name), justify=justify, overflow="fold")
    for row in cursor.fetchmany(ROWS_IN_A_TABLE):
        table.add_row(*("" if value is None else printable(str(value)) for value in row))
    console().print(table)
    print(_footer(cursor.rowcount))


def console() -> Console:
    """Where tables are printed."""
    # Into a pipe or a file goes the whole width: a folded cell cannot be searched.
    return Console(markup=False) if sys.stdout.isatty() else Console(markup=False, width=10_000)


def _footer(count: int) -> str:
    rows = "1 row" if count == 1 else f"{count:,} rows"
    hidden = f", the first {ROWS_IN_A_TABLE:,} shown (FORMAT=csv prints all)"
    return f"{rows}{hidden if count > ROWS_IN_A_TABLE else ''}"
