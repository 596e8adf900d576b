"""An org for the tests of a module, a client that knows nothing but HTTP, and recordings."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from simulator.clock import Clock
from simulator.server import RunningOrg, Setting, running_org
from tests.conftest import RunningServer

NOW = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
VERSION = "60.0"
WIRE = Path(__file__).resolve().parents[3] / "shared/salesforce/wire"
PATIENCE_SECONDS = 120


@dataclass
class Client:
    """Speaks to an org as any HTTP client would."""

    running: RunningOrg
    version: str = VERSION
    http: requests.Session = field(default_factory=requests.Session)

    @property
    def data(self) -> str:
        """The base of the data resources."""
        return f"{self.running.url}/services/data/v{self.version}"

    def login(self) -> Client:
        """Log in by client credentials."""
        keys = self.running.credentials
        answer = requests.post(
            f"{self.running.url}/services/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(keys.consumer_key, keys.consumer_secret),
            timeout=PATIENCE_SECONDS,
        )
        self.http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return self

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        """Any request, relative to the data resources unless it begins at the root."""
        base = self.running.url if path.startswith("/services") else self.data
        return self.http.request(method, base + path, timeout=PATIENCE_SECONDS, **options)

    def get(self, path: str, **params: Any) -> requests.Response:
        """A GET with parameters."""
        return self.call("GET", path, params=params)

    def query(self, soql: str, *, all_rows: bool = False) -> requests.Response:
        """The first page of a query."""
        return self.get("/queryAll" if all_rows else "/query", q=soql)

    def records(self, soql: str, *, all_rows: bool = False) -> list[dict[str, Any]]:
        """All records of a query that must work, without their attributes."""
        body = self.query(soql, all_rows=all_rows).json()
        found = body["records"]
        while "nextRecordsUrl" in body:
            body = self.get(body["nextRecordsUrl"]).json()
            found += body["records"]
        return [{k: v for k, v in row.items() if k != "attributes"} for row in found]

    def create(self, sobject: str, **values: Any) -> str:
        """The Id of a new record."""
        answer = self.call("POST", f"/sobjects/{sobject}", json=values)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def bulk(self, soql: str, **options: Any) -> str:
        """The Id of a query job that has ended."""
        body = {"operation": "query", "query": soql, **options}
        job_id = str(self.call("POST", "/jobs/query", json=body).json()["id"])
        self.wait(job_id)
        return job_id

    def wait(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended."""
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            job: dict[str, Any] = self.get(f"/jobs/query/{job_id}").json()
            if job["state"] in ("JobComplete", "Failed", "Aborted"):
                return job
            time.sleep(0.02)
        raise AssertionError(f"job {job_id} has not ended")

    def admin(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request of the simulator's administrator."""
        token = self.running.credentials.admin_token
        return requests.request(
            method,
            f"{self.running.url}/simulator/{path}",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE_SECONDS,
            **options,
        )


@pytest.fixture(scope="module")
def new_org(
    postgres_server_18: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., RunningOrg]]:
    """Makes orgs, each in a database of its own, on their first day unless told otherwise."""
    with ExitStack() as stack:

        def make(**changes: Any) -> RunningOrg:
            name = f"org_{secrets.token_hex(6)}"
            url = postgres_server_18.url("postgres")
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"create database {name}")
            setting = Setting(
                **{"clock": Clock(NOW), "data_dir": tmp_path_factory.mktemp("org"), **changes}
            )
            return stack.enter_context(running_org(postgres_server_18.url(name), setting))

        yield make


@pytest.fixture(scope="module")
def org(new_org: Callable[..., RunningOrg]) -> RunningOrg:
    """An org on its first day, shared by the tests of a module."""
    return new_org()


@pytest.fixture(scope="module")
def client(org: RunningOrg) -> Client:
    """Somebody logged in to that org."""
    return Client(org).login()


@pytest.fixture
def options(org: RunningOrg) -> Iterator[Callable[..., None]]:
    """Sets switches of the org for one test."""
    yield lambda **values: org.org.options.update(values)
    org.org.options.reset()


@pytest.fixture
def clock(org: RunningOrg) -> Iterator[Clock]:
    """The org's clock, set back after the test."""
    yield org.org.clock
    org.org.clock.set(NOW)


@pytest.fixture(scope="session")
def recording() -> Callable[[str], Any]:
    """A recorded answer of the real API as JSON; the test skips where there are none."""

    def find(name: str) -> Any:
        if not WIRE.is_dir():
            pytest.skip("the recorded answers are not beside this checkout (../shared)")
        return json.loads((WIRE / name).read_text("utf-8-sig"))

    return find
