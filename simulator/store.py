"""An org's records and objects, and every way to change them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Lock, local
from typing import Any

from simulator.catalog.types import Field, SObject
from simulator.clock import Clock
from simulator.options import Options
from simulator.soql.reader import STATE_SUFFIX
from simulator.soql.sql import quote
from simulator.storage import indexes, rows, upkeep
from simulator.storage.connections import Connection, Connections
from simulator.storage.definitions import read_definitions, save_definition
from simulator.storage.numbering import count_loaded
from simulator.storage.rollups import rollup_indexes
from simulator.storage.tables import column_type, create_state, create_table, folding_collation
from simulator.storage.transaction import Org, Transaction

Record = rows.Record


class Store:
    """The org's data in one schema of a PostgreSQL database; opens what an earlier run left."""

    def __init__(self, database_url: str, clock: Clock, schema: str = "org") -> None:
        self.connections = Connections(database_url)
        self.clock, self.schema, self.state = clock, schema, schema + STATE_SUFFIX
        self.options = Options()
        self.user_id = ""
        self._open: dict[int, datetime] = {}
        self._lock = Lock()
        self._kept_up: datetime | None = None
        self._loaded: dict[str, tuple[int, int]] = {}
        self.is_loading = False
        self._thread = local()
        self.locks: dict[str, datetime] = {}
        self.defined_at = clock.stamp()
        with self.connections.transaction() as connection:
            self.sobjects: dict[str, SObject] = read_definitions(connection, self.state)

    def install(self, catalog: Mapping[str, SObject]) -> None:
        """Make this an empty org with these objects; what was there before is gone."""
        self._kept_up = None
        self.defined_at = self.clock.stamp()
        self.locks.clear()
        self._loaded.clear()
        with self.connections.transaction() as connection:
            for name in (self.schema, self.state):
                connection.execute(f"drop schema if exists {quote(name)} cascade")
                connection.execute(f"create schema {quote(name)}")
            collation = folding_collation(connection)
            connection.execute(create_state(self.state, collation))
            self.sobjects.clear()
            for sobject in catalog.values():
                self._create(connection, sobject)
            for statement in rollup_indexes(self.schema, self.sobjects):
                connection.execute(statement)

    def add_sobject(self, sobject: SObject) -> None:
        """Give the org one object more."""
        with self.connections.transaction() as connection:
            self._create(connection, sobject)

    def add_field(self, sobject: str, field: Field) -> None:
        """Give an object one field more, or replace the definition of one that it has."""
        known = self.sobjects[sobject]
        changed = known.with_field(field)
        with self.connections.transaction() as connection:
            if known.field(field.name) is None and not (field.compound or field.computed):
                table = rows.table(self.schema, known)
                column = f"{quote(field.name)} {column_type(field)}"
                connection.execute(f"alter table {table} add column {column}")
            save_definition(connection, self.state, changed)
        self.sobjects[sobject] = changed

    def load(self, sobject: str, records: Iterable[Mapping[str, Any]]) -> int:
        """Load complete records as they are, Ids and stamps included, and count them."""
        with self.connections.transaction() as connection:
            target = self.sobjects[sobject]
            count = rows.copy_in(connection, self.schema, sobject=target, records=records)
            count_loaded(connection, self.state, sobject=target, count=count)
            if not self.is_loading:
                self._look_at(connection, target, count)
            return count

    @contextmanager
    def loading(self) -> Iterator[None]:
        """While much is loaded, there are no indexes and no statistics; they follow at the end."""
        with self.connections.transaction() as connection:
            definitions = indexes.take_away(connection, self.schema)
        self.is_loading = True
        try:
            yield
        finally:
            self.is_loading = False
            with self.connections.transaction() as connection:
                indexes.build(connection, definitions)
                for sobject in self.sobjects.values():
                    rows.analyze(connection, self.schema, sobject=sobject)

    def replace(self, sobject: str, records: Iterable[Mapping[str, Any]]) -> int:
        """Load complete records over those with the same Ids."""
        target, complete = self.sobjects[sobject], [dict(record) for record in records]
        with self.connections.transaction() as connection:
            statement = f'delete from {rows.table(self.schema, target)} where "Id" = any(%s)'
            connection.execute(statement, ([record["Id"] for record in complete],))
            return rows.copy_in(connection, self.schema, sobject=target, records=complete)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """Changes that become visible together; until then ``latestDateCovered`` waits for them."""
        org = Org(self.schema, self.state, self.sobjects, self.options, self.locks)
        at = self.clock.stamp()
        with self.connections.transaction() as connection:
            work = Transaction(connection, org, at=at, user_id=self.user_id)
            work.saves_duplicates = getattr(self._thread, "saves_duplicates", False)
            with self._lock:
                self._open[id(work)] = at
            try:
                yield work
            finally:
                with self._lock:
                    del self._open[id(work)]

    @contextmanager
    def saving_duplicates(self, allowed: bool) -> Iterator[None]:
        """What this thread saves meanwhile may be what a duplicate rule would refuse."""
        self._thread.saves_duplicates = allowed
        try:
            yield
        finally:
            self._thread.saves_duplicates = False

    def open_since(self) -> datetime | None:
        """When the oldest transaction began that is not finished yet."""
        with self._lock:
            return min(self._open.values(), default=None)

    def insert(self, sobject: str, record: Mapping[str, Any]) -> str:
        """Create a record and return its Id."""
        with self.transaction() as work:
            return work.insert(sobject, record)

    def update(self, sobject: str, record_id: str, values: Mapping[str, Any]) -> None:
        """Change a record."""
        with self.transaction() as work:
            work.update(sobject, record_id, values)

    def delete(self, sobject: str, record_id: str) -> None:
        """Move a record to the recycle bin."""
        with self.transaction() as work:
            work.delete(sobject, record_id)

    def undelete(self, sobject: str, record_id: str) -> None:
        """Bring a record back from the recycle bin."""
        with self.transaction() as work:
            work.undelete(sobject, record_id)

    def hard_delete(self, sobject: str, record_id: str) -> None:
        """Remove a record for good."""
        with self.transaction() as work:
            work.hard_delete(sobject, record_id)

    def merge(self, sobject: str, winner: str, *, losers: Sequence[str]) -> None:
        """Make one record of several."""
        with self.transaction() as work:
            work.merge(sobject, winner, losers=losers)

    def sweep(self) -> None:
        """Remove what was purged a day ago."""
        with self.transaction() as work:
            work.sweep()

    def keep_up(self) -> None:
        """Do what background processes do, once in an hour of the org's time."""
        hour = self.clock.now().replace(minute=0, second=0, microsecond=0)
        if hour != self._kept_up:
            with self.transaction() as work:
                upkeep.keep_up(work)
            self._kept_up = hour

    def delete_log_begins(self) -> datetime | None:
        """The moment before which getDeleted knows nothing any more, if there is one."""
        with self.transaction() as work:
            return upkeep.delete_log_begins(work)

    def get(self, sobject: str, record_id: str) -> Record | None:
        """A record, deleted or not, or None."""
        return next(self.records(sobject, ids=[record_id]), None)

    def records(self, sobject: str, *, ids: Iterable[str] | None = None) -> Iterator[Record]:
        """The records of an object, deleted ones too, in the order of their Ids."""
        with self.connections.transaction() as connection:
            target = self.sobjects[sobject]
            yield from rows.fetch(connection, self.schema, sobject=target, ids=ids)

    def count(self, sobject: str) -> int:
        """How many records an object has, deleted ones too."""
        table = rows.table(self.schema, self.sobjects[sobject])
        with self.connections.transaction() as connection:
            row = connection.execute(f"select count(*) from {table}").fetchone()
        return int(row[0]) if row else 0

    def close(self) -> None:
        """Close the connections."""
        self.connections.close()

    def _look_at(self, connection: Connection, sobject: SObject, count: int) -> None:
        """Analyze a table whenever it has doubled: loading it in many parts stays cheap."""
        seen, since = self._loaded.get(sobject.name, (0, 0))
        since += count
        if since > seen:
            rows.analyze(connection, self.schema, sobject=sobject)
            seen, since = seen + since, 0
        self._loaded[sobject.name] = (seen, since)

    def _create(self, connection: Connection, sobject: SObject) -> None:
        connection.execute(create_table(self.schema, sobject))
        save_definition(connection, self.state, sobject)
        self.sobjects[sobject.name] = sobject
