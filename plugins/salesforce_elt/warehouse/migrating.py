"""
Brings a warehouse to the version of this code, by Alembic.

Each step is one transaction with the mark that it ran, so that a migration that is killed goes on
with the step that it was in. Who comes at the same time waits, and finds the step done.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import sqlalchemy
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from salesforce_elt.errors import MigrationRefused, SyncError
from salesforce_elt.warehouse.locks import LONGEST_WAIT
from salesforce_elt.warehouse.refusals import warehouse_error
from salesforce_elt.warehouse.versions import SCHEMA, TABLE, next_version

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).with_name("migrations")
SCHEMA_LOCK = 0x5F0E17  # any number, the same for all: concurrent first starts take turns


def migrate(conn: psycopg.Connection) -> None:
    """Takes every step that the warehouse of this connection lacks, on a connection of its own.

    Raises MigrationRefused when the warehouse is newer than the code, WarehouseUnavailable when the
    server or another session is in the way, WarehouseRefused when a step may not be taken.
    """
    given = {**conn.info.get_parameters(), "password": conn.info.password}
    engine = sqlalchemy.create_engine(
        "postgresql+psycopg://", connect_args=given, poolclass=NullPool
    )
    with _explained(), engine.connect() as connection:
        while _take_step(connection):
            pass


def _take_step(connection: sqlalchemy.Connection) -> bool:
    """Takes the next step, if there is one."""
    with connection.begin():
        connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(SCHEMA_LOCK)))
        # Asked under the lock: whoever held it may have taken the step.
        version = next_version(_driver(connection))
        if version is None:
            return False
        _set_limits(connection)
        _upgrade(connection, version)
    return True


def _driver(connection: sqlalchemy.Connection) -> psycopg.Connection:
    opened = connection.connection.driver_connection
    assert isinstance(opened, psycopg.Connection)
    return opened


def _set_limits(connection: sqlalchemy.Connection) -> None:
    """Others wait behind a step that waits for a table, so it does not wait long; and what is there
    already is nothing to tell."""
    milliseconds = int(LONGEST_WAIT.total_seconds() * 1000)
    for statement in (
        f"set local lock_timeout = {milliseconds}",
        "set local client_min_messages = warning",
    ):
        connection.execute(sqlalchemy.text(statement))


def _upgrade(connection: sqlalchemy.Connection, version: str) -> None:
    script = ScriptDirectory(str(MIGRATIONS), version_locations=[str(MIGRATIONS)])
    revision = script.get_revision(version)
    log.info("The warehouse is brought to version %s: %s", version, revision.doc)
    if not sqlalchemy.inspect(connection).has_schema(SCHEMA):
        connection.execute(sqlalchemy.schema.CreateSchema(SCHEMA))
    step = RevisionStep(script.revision_map, revision, is_upgrade=True)
    with EnvironmentContext(Config(), script, fn=lambda *_: [step]) as environment:
        environment.configure(
            connection=connection, version_table=TABLE, version_table_schema=SCHEMA
        )
        environment.run_migrations()


@contextmanager
def _explained() -> Iterator[None]:
    """Of what PostgreSQL says, the statement and the values stay out of messages."""
    try:
        yield
    except (DBAPIError, psycopg.Error) as error:
        original = error.orig if isinstance(error, DBAPIError) else error
        if not isinstance(original, psycopg.Error):
            raise
        raise _error(original) from None


def _error(original: psycopg.Error) -> SyncError:
    kept = (
        "The step of the migration that was at work is undone, those before it are kept: it goes "
        "on from there when it is tried again, best while no sync and no query runs."
    )
    known = warehouse_error(original, work="The station migration")
    # A rule that rows break here is one that the step itself adds.
    if known and not isinstance(original, psycopg.IntegrityError):
        return type(known)(f"{known} {kept}")
    return MigrationRefused(
        "The warehouse cannot be brought to this version's tables: PostgreSQL says "
        f"{type(original).__name__}, and its log says of what. {kept}"
    )
