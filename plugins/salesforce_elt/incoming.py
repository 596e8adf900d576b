"""A complete landing, on its way into staging, and how it differs from what is there."""

from dataclasses import dataclass

import psycopg
from psycopg import sql

from salesforce_elt.extracts import Extract
from salesforce_elt.warehouse.landing import Landing
from salesforce_elt.warehouse.staging import StagingTable


@dataclass(frozen=True)
class Incoming:
    """A complete landing, and what it says about its SObject.

    `cursor` is the column of the stamp (None: rows have none, and the incoming one counts);
    `is_setup` rows that a whole read lacks are gone, without asking for a witness (rule 11).
    In its conditions, `n` is the row that landed and `s` staging's.
    """

    landing: Landing
    cursor: str | None
    is_setup: bool

    @property
    def extract(self) -> Extract:
        """The extract whose landing this is."""
        return self.landing.extract

    @property
    def table(self) -> StagingTable:
        """Where it goes."""
        return self.landing.staging

    @property
    def has_is_deleted(self) -> bool:
        """Whether Salesforce flags the object's deleted records; setup objects just vanish."""
        return any(column.name == "is_deleted" for column in self.landing.columns)

    @property
    def is_gone(self) -> sql.SQL:
        """Whether the row that landed is that of a deleted record."""
        return sql.SQL("coalesce(n.is_deleted, false)" if self.has_is_deleted else "false")

    @property
    def is_not_older(self) -> sql.Composable:
        """Rule 5: not older than the row; strictly newer than a delete that came without a row."""
        if self.cursor is None:
            return sql.SQL("true")
        return sql.SQL(
            "coalesce((s.{0} is null or n.{0} >= s.{0})"
            " and (s._deleted_at is null or {1} or n.{0} > s._deleted_at), false)"
        ).format(sql.Identifier(self.cursor), self.is_gone)

    def values(self, alias: str) -> sql.Composed:
        """The columns that were read, of one side."""
        return sql.SQL(", ").join(
            sql.SQL("{}.{}").format(sql.Identifier(alias), sql.Identifier(one.name))
            for one in self.landing.columns
        )


def find_changes(conn: psycopg.Connection, incoming: Incoming) -> None:
    """Makes the temporary table `changes`: the rows that landed and differ from staging's."""
    conn.execute("drop table if exists pg_temp.changes")
    conn.execute(
        sql.SQL(
            "create temp table changes on commit drop as"
            " select n.id, null::timestamptz as deleted_at, case when s.id is null then 'inserted'"
            " when {} and not s._is_deleted then 'deleted' else 'updated' end as change"
            " from {} as n left join {} as s on s.id = n.id"
            " where s.id is null or ({} and ({}, {}) is distinct from ({}, s._is_deleted))"
        ).format(
            incoming.is_gone,
            incoming.landing.table,
            incoming.table.name,
            incoming.is_not_older,
            incoming.values("n"),
            incoming.is_gone,
            incoming.values("s"),
        )
    )
