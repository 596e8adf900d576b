"""An org's staging tables without Salesforce: rows go in as a merge would leave them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

from salesforce_elt.deltas import Transformed
from salesforce_elt.fields import Column, column, missing_needs, picklist_shape
from salesforce_elt.models import Models, compiled
from salesforce_elt.objects import STANDARD_SET, SObject
from salesforce_elt.publish import MartCounts, publish
from salesforce_elt.run import Run
from salesforce_elt.settings.models import OrgSettings
from salesforce_elt.transform import transform
from salesforce_elt.warehouse import leases, staging
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.staging import StagingTable

PROJECT = Path(__file__).resolve().parents[2]
ORG = "acme"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)

Row = Mapping[str, Any]


@dataclass
class SmallOrg:
    """An org in the warehouse whose records the test writes itself."""

    conn: psycopg.Connection
    models: Models
    settings: OrgSettings
    key: str = ORG
    runs: int = 0
    analyst: str = "analyst"

    def stage(self, sobject: str, *rows: Row) -> int:
        """Rows as a merge leaves them: the row before kept, a batch pending; returns the batch."""
        table = StagingTable(self.key, sobject)
        batch = self.conn.execute(
            "insert into sync.pending_batches (org, sobject, run_id) values (%s, %s, 'test')"
            " returning batch_id", [self.key, sobject]).fetchone()
        assert batch
        for row in rows:
            self._stage_row(table, {**row, "_batch_id": batch[0]})
        self.conn.commit()
        return int(batch[0])

    def delete(self, sobject: str, *ids: str) -> int:
        """Flags records as deleted."""
        return self.stage(sobject, *({"id": one, "_is_deleted": True} for one in ids))

    def start_run(self, kind: str = "incremental") -> Run:
        """A run that has just taken the org's lease."""
        self.runs += 1
        run_id = f"{self.key}-{self.runs}"
        fence = leases.take(self.conn, self.key, run_id=run_id)
        self.conn.execute(
            "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
            " values (%s, %s, %s, 'running', %s, %s)", [run_id, self.key, kind, fence, NOON])
        self.conn.commit()
        return Run(self.key, run_id, fence, kind, NOON)

    def transform(self, run: Run) -> Transformed:
        """The deltas of what is pending."""
        return transform(self.conn, run, settings=self.settings, models=self.models)

    def publish(self, run: Run, transformed: Transformed) -> dict[str, MartCounts]:
        """What the run did to each mart."""
        counts = publish(self.conn, run, models=self.models, transformed=transformed,
                         analyst=self.analyst)
        return {one.mart: one for one in counts}

    def sync(self, **settings: Any) -> dict[str, MartCounts]:
        """A run from transform to publish; settings given here hold from now on."""
        self.settings = self.settings.model_copy(update=settings)
        run = self.start_run()
        return self.publish(run, self.transform(run))

    def mart(self, name: str) -> list[dict[str, Any]]:
        """The org's rows of a mart, in order of their key."""
        key = sql.SQL(", ").join(map(sql.Identifier, self.models.marts[name].key))
        return self.rows(sql.SQL("select * from marts.{} where org = {} order by {}").format(
            sql.Identifier(name), self.key, key))

    def published(self) -> dict[str, list[dict[str, Any]]]:
        """The rows of every mart."""
        return {name: self.mart(name) for name in self.models.marts}

    def computed(self) -> dict[str, list[dict[str, Any]]]:
        """What the models say of staging as it is, in the marts' order."""
        return {
            name: self.rows(f"select '{self.key}' as org, m.* from"
                            f" ({from_scratch(self.models, name, self.key)}) as m"
                            f" order by {', '.join(model.key)}")
            for name, model in self.models.marts.items()
        }

    def rows(self, query: sql.Composed | str) -> list[dict[str, Any]]:
        """The answer of a query."""
        with self.conn.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(query).fetchall()
        self.conn.rollback()
        return found

    def _stage_row(self, table: StagingTable, row: Row) -> None:
        names = list(row)
        present = column_types(self.conn, table.name)
        kept = sql.SQL(", ").join(map(sql.Identifier, (one for one in present if one[0] != "_")))
        self.conn.execute(sql.SQL(
            "insert into {} ({}, _is_deleted, _batch_id) select {}, _is_deleted, {} from {}"
            " where id = {}"
        ).format(table.before, kept, kept, row["_batch_id"], table.name, row["id"]))
        self.conn.execute(sql.SQL(
            "insert into {} ({}) values ({}) on conflict (id) do update set ({}) = row({})"
        ).format(
            table.name, _listed(names), sql.SQL(", ").join(map(sql.Literal, row.values())),
            _listed(names), sql.SQL(", ").join(
                sql.SQL("excluded.{}").format(sql.Identifier(name)) for name in names)))


def new_org(conn: psycopg.Connection, models: Models) -> SmallOrg:
    """An empty org with every staging table."""
    create_staging(conn, ORG)
    return SmallOrg(conn, models, settings_of(ORG))


def settings_of(key: str) -> OrgSettings:
    """The settings of an org that sets nothing."""
    return OrgSettings(key=key, connection=f"salesforce_{key}")


def create_staging(conn: psycopg.Connection, key: str) -> None:
    """The staging tables of the standard set, with the columns that the marts need."""
    for sobject in STANDARD_SET:
        staging.ensure_table(conn, StagingTable(key, sobject.name), _columns(sobject))
    conn.commit()


def from_scratch(models: Models, mart: str, org: str) -> str:
    """The select of a mart over staging alone, with the marts that it asks computed inside it."""
    model = models.marts[mart]
    asked = {name: f"(select '{org}' as org, m.* from ({from_scratch(models, name, org)}) as m)"
             for name in model.upcoming}
    return compiled(model, org, upcoming=asked)


def _columns(sobject: SObject) -> Sequence[Column]:
    if sobject.source == "picklists":
        return picklist_shape(sobject).columns
    stamps = (column("Id", "id"), column("SystemModstamp", "datetime"))
    return (*stamps, *missing_needs(sobject, stamps))


def _listed(names: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))
