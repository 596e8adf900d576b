"""Runs a sync's stations in Airflow's order, without Airflow."""

import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from http import HTTPStatus
from itertools import count
from pathlib import Path
from ssl import create_default_context
from time import sleep
from typing import Any

import httpx
import pytest
from psycopg.rows import dict_row

from salesforce_elt import stations
from salesforce_elt.batches import Counts
from salesforce_elt.environment import ANALYST
from salesforce_elt.errors import ServerUnavailable, SyncError
from salesforce_elt.hashing import Salt
from salesforce_elt.objects import STANDARD_SET
from salesforce_elt.report import Report
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.login import ClientCredentials, log_in
from salesforce_elt.settings import OrgSettings
from salesforce_elt.stations import Site
from salesforce_elt.warehouse.connection import connect
from salesforce_elt.warehouse.names import warehouse_name
from simulator.server import RunningOrg

INCLUDE = Path(__file__).resolve().parents[1] / "include"
ORG = "demo"
REAL_SECONDS = 0.02
VERSION = "62.0"
AUTHORITIES = create_default_context()  # read once: it takes as long as a station


@dataclass
class Desk:
    """A simulated org, a warehouse, and the syncs between them."""

    org: RunningOrg
    warehouse_url: str
    settings: OrgSettings
    salt: str = "a salt of the tests, long enough to be one"
    waits: list[float] = field(default_factory=list)
    numbers: Any = field(default_factory=lambda: count(1))
    requested: RunRequest = field(default_factory=lambda: RunRequest(ORG, "", ""))
    version: str = VERSION
    now: Callable[[], datetime] | None = None  # our own clock, where it is another than the org's

    @property
    def site(self) -> Site:
        """Where the sync takes place; waiting moves the org's clock on and takes no time."""
        return Site(self.settings, self.warehouse_url, self.client, self.wait, INCLUDE,
                    read_salt=lambda: Salt.of(self.salt), now=self.now or self.org.org.clock.now,
                    analyst=ANALYST)

    def client(self) -> SalesforceClient:
        """A client that logs in as the org's integration user."""
        keys = self.org.credentials
        login = ClientCredentials(self.org.url, keys.consumer_key, keys.consumer_secret)
        http = httpx.Client(verify=AUTHORITIES)
        return SalesforceClient(
            lambda _: log_in(login, http=http, now=self.org.org.clock.now),
            http=http,
            pause=self.wait,
            share=self.settings.quota.share,
            version=self.version,
        )

    def wait(self, seconds: float) -> None:
        """Notes a wait and lets the org's time pass; its Bulk jobs need a little of ours too."""
        self.waits.append(seconds)
        sleep(min(seconds, REAL_SECONDS))
        self.org.org.clock.advance(timedelta(seconds=seconds))

    def configured(self, **changes: Any) -> "Desk":
        """The same desk with other settings."""
        values = {**self.settings.model_dump(), **changes}
        return replace(self, settings=OrgSettings.model_validate(values, strict=False))

    def with_an_empty_warehouse(self) -> "Desk":
        """The same org, and a warehouse that knows nothing of it."""
        name = f"test_{secrets.token_hex(6)}"
        with connect(self.warehouse_url) as admin:
            admin.execute(f"create database {name}")
        return replace(self, warehouse_url=f"{self.warehouse_url.rsplit('/', 1)[0]}/{name}")

    def administer(self, what: str, body: dict[str, Any]) -> None:
        """Something that only a simulated org's administrator can do: `faults`, `objects`, ..."""
        answer = httpx.post(
            f"{self.org.url}/simulator/{what}",
            json=body,
            headers={"Authorization": f"Bearer {self.org.credentials.admin_token}"},
            timeout=120,
            verify=AUTHORITIES,
        )
        assert answer.status_code == HTTPStatus.CREATED, answer.text

    def read(self, sobject: str, kind: str = "full") -> Counts:
        """Reads one object as a sync would, without what follows."""
        run = stations.start(self.site, self.request(kind))
        stations.make_plan(self.site, run)
        return stations.extract_object(self.site, run, sobject)

    def request(self, kind: str = "incremental", objects: Iterable[str] = ()) -> RunRequest:
        """A new run's request."""
        key = self.settings.key
        return RunRequest(key, f"{key}/run-{next(self.numbers):03d}", kind, tuple(objects))

    def sync(
        self, kind: str = "incremental", *, objects: Iterable[str] = (),
        between: Callable[[str, Run], None] = lambda station, run: None,
    ) -> Report:
        """One sync, as Airflow would run it; `between` is called before each station."""
        request = self.request(kind, objects)
        # As in Airflow: what went wrong is in the results, and the report follows.
        with suppress(SyncError):
            self._stations(request, between)
        return stations.finish(self.site, request)

    def fail_on(self, sobject: str, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
        """From now on the object's extract does not get an answer; `undo` ends it."""
        real = stations.extract

        def extract(tools: Any, run: Run, name: str) -> Any:
            if name == sobject:
                raise ServerUnavailable(f"Query {name}: no answer.")
            return real(tools, run, name)

        monkeypatch.setattr(stations, "extract", extract)
        return monkeypatch

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the warehouse."""
        with connect(self.warehouse_url) as conn:
            return conn.cursor(row_factory=dict_row).execute(query).fetchall()

    def execute(self, statement: str) -> None:
        """Something that a person does to the warehouse."""
        with connect(self.warehouse_url) as conn:
            conn.execute(statement)

    def value(self, query: str) -> Any:
        """The only value of a query."""
        ((value,),) = (row.values() for row in self.rows(query))
        return value

    def marts(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that analysts see of the org."""
        names = self.rows("select tablename from pg_tables where schemaname = 'marts' order by 1")
        return {
            one["tablename"]: self.rows(
                f"select * from marts.{one['tablename']} as m where org = '{self.settings.key}'"
                " order by m")
            for one in names
        }

    def differences(self) -> list[str]:
        """Where staging is not what the org has: record by record, field by field."""
        return [line for sobject in STANDARD_SET if sobject.source == "sobject"
                and sobject.is_everywhere for line in self.differences_of(sobject.name)]

    def differences_of(self, sobject: str) -> Iterator[str]:
        """Where staging is not what the org has of one object."""
        table = warehouse_name(sobject)
        rows = self.rows(f'select * from staging_{self.settings.key}."{table}"')
        staged = {row["id"]: row for row in rows}
        theirs = {row["Id"]: row for row in self.org.org.store.records(sobject)}
        live = {key for key, row in staged.items() if not row["_is_deleted"]}
        expected = {key for key, row in theirs.items() if not row.get("IsDeleted")}
        yield from (f"{sobject} {key} is only in staging" for key in sorted(live - expected))
        yield from (f"{sobject} {key} is only in the org" for key in sorted(expected - live))
        for key in sorted(live & expected):
            for field_name, value in theirs[key].items():
                ours = staged[key].get(warehouse_name(field_name))
                if _plain(value) != _plain(ours):
                    yield f"{sobject} {key} {field_name}: the org has {value!r}, we {ours!r}"

    def _stations(self, request: RunRequest, between: Callable[[str, Run], None]) -> None:
        run = stations.start(self.site, request)
        between("plan", run)
        for sobject in stations.make_plan(self.site, run):
            between(f"extract {sobject}", run)
            try:
                stations.extract_object(self.site, run, sobject)
            except SyncError:
                continue  # Airflow goes on with the other mapped tasks
        between("transform", run)
        if transformed := stations.transform_marts(self.site, run):
            between("audit", run)
            stations.audit_marts(self.site, run, transformed)
            between("publish", run)
            stations.publish_marts(self.site, run, transformed)


def _plain(value: Any) -> Any:
    """A value without the ways in which two sides write the same."""
    if value in ("", None):
        return None
    if isinstance(value, float | int | Decimal) and not isinstance(value, bool):
        return Decimal(str(value))
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    return value.isoformat() if isinstance(value, date | time) else value


def org_settings(**values: Any) -> OrgSettings:
    """An org's settings: no filters, a pipeline per sales process."""
    given = {"key": ORG, "connection": "salesforce_demo", "pipelines": {"mode": "split"}, **values}
    return OrgSettings.model_validate(given, strict=False)


def minimums(**values: str) -> dict[str, Decimal]:
    """Opportunity minimums, exactly."""
    return {name: Decimal(value) for name, value in values.items()}
