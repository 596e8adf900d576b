"""`make profile MART=opportunities`: what a mart holds, by column; without MART, all in short."""

import os
from collections.abc import Sequence

import psycopg
from rich.table import Table

from desk.sql import console
from desk.warehouse import readable_warehouse
from salesforce_elt.environment import Environment
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.frames import mart_frame, readable
from salesforce_elt.printable import printable
from salesforce_elt.profiles import profile, summary

NUMBERS = {"nulls", "distinct", "rows", "orgs", "columns"}
WITH_MARTS = "select 1 from pg_namespace where nspname = 'marts'"


def main(arguments: Sequence[str]) -> int:
    """Print the profile of one mart, or of all in short, of one org or of all."""
    mart, org = arguments
    with readable_warehouse(Environment.read(os.environ)) as connection:
        connection.execute("set timezone to 'UTC'")
        if not connection.execute(WITH_MARTS).fetchone() or not readable(connection):
            raise SettingsInvalid(
                "There are no marts yet: the first sync that publishes makes them (make run)."
            )
        _print(connection, mart, org or None)
    return 0


def _print(connection: psycopg.Connection, mart: str, org: str | None) -> None:
    if not mart:
        names = readable(connection)
        _print_table([summary(one, mart_frame(connection, one, org=org)) for one in names])
        return
    frame = mart_frame(connection, mart, org=org)
    _print_table(profile(frame).to_dict("records"))
    print(f"marts.{mart}: {len(frame):,} rows")


def _print_table(rows: Sequence[dict[str, object]]) -> None:
    table = Table(header_style="bold")
    for name in rows[0]:
        table.add_column(name, justify="right" if name in NUMBERS else "left", overflow="fold")
    for row in rows:
        cells = (f"{one:,}" if isinstance(one, int) else str(one) for one in row.values())
        table.add_row(*map(printable, cells))
    console().print(table)
