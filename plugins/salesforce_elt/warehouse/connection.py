"""How stations reach the warehouse."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from importlib.resources import files

import psycopg

from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable

Connect = Callable[[], psycopg.Connection]

SCHEMA_LOCK = 0x5F0E17  # any number, the same for all: concurrent first starts take turns


def connect(url: str) -> psycopg.Connection:
    """A connection in UTC that commits each statement; what belongs together says so by
    `with conn.transaction()`, which then really is the transaction and no savepoint.

    Raises WarehouseUnavailable when the server does not answer or refuses the login.
    """
    with _explained():
        return psycopg.connect(
            url, autocommit=True, options="-c timezone=UTC", application_name="salesforce_elt"
        )


def connect_to_read(url: str, *, seconds: int) -> psycopg.Connection:
    """A connection that reads one state of the warehouse, in UTC, and waits for nothing longer
    than some seconds: neither for the server nor for a lock nor for a statement's end.

    Raises WarehouseUnavailable as `connect` does.
    """
    with _explained():
        conn = psycopg.connect(
            url,
            connect_timeout=seconds,
            tcp_user_timeout=seconds * 1000,
            options=f"-c timezone=UTC -c statement_timeout={seconds}s",
            application_name="salesforce_elt results page",
        )
    conn.read_only = True
    conn.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return conn


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.ProgrammingError:
        # Its text quotes the URL, and with it the password.
        raise SettingsInvalid(
            "ELT_WAREHOUSE_URL cannot be read as a PostgreSQL URL. Write it as "
            "postgresql://user:password@host:5432/database, with % and the like in the password "
            "percent-encoded (% is %25, @ is %40)."
        ) from None
    except psycopg.OperationalError as error:
        raise WarehouseUnavailable(
            "The warehouse does not answer: "
            f"{_without_credentials(error)}. Check that the server at ELT_WAREHOUSE_URL is up "
            "(with the embedded one: `make sql` starts it) and accepts this login."
        ) from error


def prepare(conn: psycopg.Connection) -> None:
    """Creates the schemas and the tables of `sync` that are not there yet, and commits.

    A script that has run already is not run again: its locks would stop the merges of other orgs.
    """
    script = files("salesforce_elt.warehouse").joinpath("sync_schema.sql").read_text("utf-8")
    version = sha256(script.encode()).hexdigest()
    if _has_run(conn, version):
        return
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s)", [SCHEMA_LOCK])
        conn.execute(script)
        conn.execute(
            "insert into sync.schema_versions (version) values (%s) on conflict do nothing",
            [version],
        )


def _has_run(conn: psycopg.Connection, version: str) -> bool:
    found = conn.execute("select to_regclass('sync.schema_versions')").fetchone()
    if found is None or found[0] is None:
        return False
    return (
        conn.execute("select 1 from sync.schema_versions where version = %s", [version]).fetchone()
        is not None
    )


def _without_credentials(error: psycopg.OperationalError) -> str:
    # libpq names host, port, user and database, never the password.
    return str(error).strip().splitlines()[-1]
