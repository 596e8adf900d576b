"""
Marts as pandas frames, for notebooks and profiles. What a mart holds arrives as it is:

    text                string      "NA" and "001" stay text, no text is pd.NA
    numeric             object      Decimal, exact to the last digit; no number is None
    integer             Int64       whole numbers, also where some are missing
    boolean             boolean     true, false or pd.NA
    date                datetime64  midnight, without a time zone; no date is NaT
    timestamp           datetime64  in UTC; no time is NaT

`pd.to_numeric(frame["amount"])` makes floats of a column where speed matters more than cents.
"""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from salesforce_elt.environment import Environment, warehouse_url
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.warehouse.connection import connect

if TYPE_CHECKING:
    from pandas import DataFrame, Series

# By PostgreSQL's names of types. Microseconds reach from the year 1 to 9999 and beyond.
DTYPES: Mapping[str, str] = {
    "text": "string",
    "numeric": "object",
    "int2": "Int64",
    "int4": "Int64",
    "int8": "Int64",
    "bool": "boolean",
    "date": "datetime64[us]",
    "timestamptz": "datetime64[us, UTC]",
}

READABLE = """
select relname from pg_class
where relnamespace = 'marts'::regnamespace and relkind in ('r', 'v') order by relname
"""


def read_mart(mart: str, *, org: str | None = None, url: str | None = None) -> "DataFrame":
    """A mart, or a view on marts, as a frame: all its rows, or those of one org.

    `url` is the warehouse's; without one, that of the environment (ELT_WAREHOUSE_URL, or the
    embedded server while it runs). Raises SettingsInvalid for a mart or an org that is not there,
    and WarehouseUnavailable when the server does not answer.
    """
    with connect(url or warehouse_url(Environment.read(os.environ))) as conn:
        return mart_frame(conn, mart, org=org)


def mart_frame(conn: psycopg.Connection, mart: str, *, org: str | None = None) -> "DataFrame":
    """The same, by a connection whose session is in UTC."""
    from pandas import DataFrame

    if mart not in (names := readable(conn)):
        raise SettingsInvalid(f"There is no mart '{mart}'. There are: {', '.join(names)}.")
    if org is not None:
        _refuse_unknown(conn, org)
    table = sql.Identifier("marts", mart)
    query = sql.SQL("select * from {} where {}::text is null or org = {}").format(table, org, org)
    with conn.cursor() as cursor:
        cursor.execute(query)
        rows, columns = cursor.fetchall(), cursor.description or []
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    return DataFrame(
        {
            column.name: _series(held, kind=column.type_display)
            for column, held in zip(columns, values, strict=True)
        }
    )


def readable(conn: psycopg.Connection) -> list[str]:
    """The marts and the views on them that there are."""
    return [name for (name,) in conn.execute(READABLE).fetchall()]


def _refuse_unknown(conn: psycopg.Connection, org: str) -> None:
    rows = conn.execute("select distinct org from sync.runs order by org").fetchall()
    if org not in (orgs := [name for (name,) in rows]):
        raise SettingsInvalid(
            f"No org '{org}' was ever synced into this warehouse. There are: "
            f"{', '.join(orgs) or 'none'}."
        )


def _series(values: Any, *, kind: str) -> "Series[Any]":
    from pandas import Series, to_datetime

    dtype = DTYPES.get(kind, "object")
    if not dtype.startswith("datetime64"):
        return Series(values, dtype=dtype)
    times = to_datetime(Series(values, dtype="object"), utc=kind == "timestamptz")
    return times.astype(dtype)
