"""How stations reach the warehouse, and that they find its own tables there."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable
from salesforce_elt.warehouse.versions import next_version

Connect = Callable[[], psycopg.Connection]

# A worker that sleeps in a transaction keeps the next sync from its org for so long, and no longer.
# None of ours waits for anything else but PostgreSQL meanwhile, except for a login: 150 s at most.
LONGEST_SLEEP = "5min"

# A server that is gone without a word (a network that fails, a host that is lost) is noticed after
# two minutes, also in the middle of a statement, instead of the two hours of most systems.
ALIVE: Mapping[str, int] = {
    "connect_timeout": 30,  # seconds, as those below
    "keepalives_idle": 60,
    "keepalives_interval": 15,
    "keepalives_count": 4,
    "tcp_user_timeout": 120_000,  # milliseconds
}


def connect(url: str) -> psycopg.Connection:
    """A connection in UTC that commits each statement; what belongs together says so by
    `with conn.transaction()`, which then really is the transaction and no savepoint. One in
    which nothing happens for `LONGEST_SLEEP` is ended by PostgreSQL; of one whose server is gone
    without a word we know after two minutes, unless the URL says otherwise.

    Raises WarehouseUnavailable when the server does not answer or refuses the login.
    """
    with _explained():
        return psycopg.connect(
            make_conninfo("", **{**ALIVE, **conninfo_to_dict(url)}),
            autocommit=True,
            options=f"-c timezone=UTC -c idle_in_transaction_session_timeout={LONGEST_SLEEP}",
            application_name="salesforce_elt",
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
    """Brings the warehouse's own tables to this version, when they are not there yet.

    Otherwise it asks for the version and locks nothing, or merges of other orgs would wait for it.
    Raises MigrationRefused when the warehouse is newer than this code, WarehouseUnavailable when it
    cannot be changed now, WarehouseRefused when this login may not change it.
    """
    if next_version(conn) is None:
        return
    # It tells of what it loads, and of each step in words of its own, in the log of whichever task.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    from salesforce_elt.warehouse.migrating import migrate  # Alembic takes half a second

    migrate(conn)


def _without_credentials(error: psycopg.OperationalError) -> str:
    # libpq names host, port, user and database, never the password.
    return str(error).strip().splitlines()[-1]
