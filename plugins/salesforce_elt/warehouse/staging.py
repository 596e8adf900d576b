"""A table per SObject, one row per record, deletes flagged: made, widened, never narrowed."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from salesforce_elt.errors import SchemaDrift
from salesforce_elt.fields import Column
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.names import staging_schema, table_name

# What staging knows about a row beyond its fields.
METADATA = (
    ("_is_deleted", "boolean not null default false"),
    ("_deleted_by", "text"),  # isDeleted, getDeleted or vanished: how the delete was learnt
    ("_deleted_at", "timestamptz"),  # the stamp of a delete that came without a row
    ("_batch_id", "bigint"),  # the pending batch that last wrote the row
)

BEFORE, LOADING = "__before", "__loading"  # what is appended to a table's name


@dataclass(frozen=True)
class StagingTable:
    """Where an SObject of an org lives; `before` keeps what pending batches replaced."""

    org: str
    sobject: str

    @property
    def name(self) -> sql.Identifier:
        """`staging_<org>.<object>`."""
        return self._identifier("")

    @property
    def before(self) -> sql.Identifier:
        """`staging_<org>.<object>__before`."""
        return self._identifier(BEFORE)

    @property
    def loading(self) -> sql.Identifier:
        """Where a whole read streams, in staging's shape, until it is complete."""
        return self._identifier(LOADING)

    def _identifier(self, suffix: str) -> sql.Identifier:
        return sql.Identifier(staging_schema(self.org), table_name(self.sobject, suffix))


def ensure_table(
    conn: psycopg.Connection, table: StagingTable, columns: Sequence[Column]
) -> tuple[str, ...]:
    """Makes the table and its before-table, or adds the columns they lack.

    Returns the fields whose type is not what it was: their columns are text from now on, which
    holds whatever comes.
    """
    if not (present := column_types(conn, table.name)):
        _create(conn, table, columns)
        return ()
    retyped = [one for one in columns if present.get(one.name, "text") not in ("text", one.type)]
    for target in (table.name, table.before):
        for one in (one for one in columns if one.name not in present):
            # A person may have dropped it from one of the two.
            _alter(conn, target, "add column if not exists {} {}", one.name, one.type)
        for one in retyped:
            _alter(conn, target, "alter column {0} type {1} using {0}::{1}", one.name, "text")
    return tuple(one.field for one in retyped)


def drop_columns(conn: psycopg.Connection, table: StagingTable, names: Sequence[str]) -> None:
    """Removes columns with all that they hold, also from the rows that wait in the before-table.

    Raises SchemaDrift when something that people made depends on one.
    """
    for target in (table.name, table.before):
        for name in names:
            with _nothing_depends_on(conn, target, name):
                _alter(conn, target, "drop column if exists {}", name, "")


def set_types(conn: psycopg.Connection, table: sql.Identifier, types: Mapping[str, str]) -> None:
    """Gives columns a type, with what they hold as text in between.

    What the planner noted of their values is dropped with it, also when the type stays as it was.
    Raises SchemaDrift when something that people made depends on one.
    """
    for name, kind in types.items():
        with _nothing_depends_on(conn, table, name):
            _alter(conn, table, "alter column {0} type {1} using {0}::text::{1}", name, kind)


@contextmanager
def _nothing_depends_on(
    conn: psycopg.Connection, table: sql.Identifier, column: str
) -> Iterator[None]:
    try:
        yield
    except (
        psycopg.errors.DependentObjectsStillExist,
        psycopg.errors.FeatureNotSupported,
    ) as error:
        what = error.diag.message_detail or error.diag.message_primary or "PostgreSQL refuses it"
        raise SchemaDrift(
            f"{table.as_string(conn)}: the settings hide the column {column}, and something in the "
            f"warehouse still reads it: {what.rstrip('.').replace(chr(10), '; ')}. Nothing was "
            "read of the org. Drop what depends on the column, run the sync again, and make it "
            "anew without the column, or with what it holds then."
        ) from None


def _alter(
    conn: psycopg.Connection, table: sql.Identifier, change: LiteralString, *names: str
) -> None:
    name, kind = names
    altered = sql.SQL(change).format(sql.Identifier(name), sql.SQL(kind))
    conn.execute(sql.SQL("alter table {} {}").format(table, altered))


def column_list(columns: Sequence[Column]) -> sql.Composed:
    """The column names, quoted, with commas."""
    return sql.SQL(", ").join(sql.Identifier(one.name) for one in columns)


def definitions(columns: Sequence[Column]) -> sql.Composed:
    """The columns of a staging table as `create table` wants them, metadata included."""
    fields = [
        sql.SQL("{} {}").format(sql.Identifier(one.name), sql.SQL(one.type)) for one in columns
    ]
    metadata = [
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, kind in METADATA
    ]
    return sql.SQL(", ").join(fields + metadata)


def match_shape(conn: psycopg.Connection, table: StagingTable) -> None:
    """Gives the table that is loaded beside what staging got since the loading began."""
    loading = column_types(conn, table.loading)
    for name, kind in column_types(conn, table.name).items():
        if name not in loading:
            _alter(conn, table.loading, "add column {} {}", name, kind)
        elif loading[name] != kind:
            _alter(conn, table.loading, "alter column {0} type {1} using {0}::{1}", name, kind)


def create_batch_index(conn: psycopg.Connection, table: sql.Identifier) -> None:
    """The index by which the transform finds a batch's rows."""
    conn.execute(
        sql.SQL("create index on {} (_batch_id) where _batch_id is not null").format(table)
    )


def _create(conn: psycopg.Connection, table: StagingTable, columns: Sequence[Column]) -> None:
    conn.execute(
        sql.SQL("create schema if not exists {}").format(sql.Identifier(staging_schema(table.org)))
    )
    for target in (table.name, table.before):
        conn.execute(sql.SQL("create table {} ({})").format(target, definitions(columns)))
    conn.execute(sql.SQL("alter table {} add primary key (id)").format(table.name))
    create_batch_index(conn, table.name)
    conn.execute(sql.SQL("create index on {} (_batch_id)").format(table.before))
