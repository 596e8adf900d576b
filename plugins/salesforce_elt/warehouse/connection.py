"""How stations reach the warehouse."""

from collections.abc import Callable
from importlib.resources import files

import psycopg

from salesforce_elt.errors import WarehouseUnavailable

Connect = Callable[[], psycopg.Connection]

SCHEMA_LOCK = 0x5F0E17  # any number, the same for all: concurrent first starts take turns


def connect(url: str) -> psycopg.Connection:
    """A connection in UTC that commits each statement; what belongs together says so by
    `with conn.transaction()`, which then really is the transaction and no savepoint.

    Raises WarehouseUnavailable when the server does not answer or refuses the login.
    """
    try:
        return psycopg.connect(
            url, autocommit=True, options="-c timezone=UTC", application_name="salesforce_elt"
        )
    except psycopg.OperationalError as error:
        raise WarehouseUnavailable(
            "The warehouse does not answer: "
            f"{_without_credentials(error)}. Check that the server at ELT_WAREHOUSE_URL is up "
            "(with the embedded one: `make sql` starts it) and accepts this login."
        ) from error


def prepare(conn: psycopg.Connection) -> None:
    """Creates the schemas and the tables of `sync` that are not there yet, and commits."""
    script = files("salesforce_elt.warehouse").joinpath("sync_schema.sql").read_text("utf-8")
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", [SCHEMA_LOCK])
        conn.execute(script)


def _without_credentials(error: psycopg.OperationalError) -> str:
    # libpq names host, port, user and database, never the password.
    return str(error).strip().splitlines()[-1]
