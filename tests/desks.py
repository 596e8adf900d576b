"""A simulated org and a warehouse for each test that asks for a desk."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

import httpx
import psycopg
import pytest

from salesforce_elt import plan
from simulator.admin.filling import replace_by_folder, replace_by_generated
from simulator.clock import Clock
from simulator.server import Fill, Setting, running_org
from tests.conftest import RunningServer
from tests.driver import Desk, org_settings

ORGS = Path(__file__).resolve().parents[2] / "shared" / "data" / "orgs"
NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def org_folder() -> Callable[[str], Path]:
    """The folder of a real org; the test skips where it is not."""

    def find(name: str) -> Path:
        if not (ORGS / name).is_dir():
            pytest.skip(f"the real org {name} is not beside this checkout (../shared/data/orgs)")
        return ORGS / name

    return find


@contextmanager
def desks(
    server: RunningServer, folders: pytest.TempPathFactory
) -> Iterator[Callable[[Fill], Desk]]:
    """Makes desks, until the block ends: a simulated org and an empty warehouse each."""
    with ExitStack() as stack:

        def make(fill: Fill) -> Desk:
            org_url, warehouse_url = (_database(server) for _ in range(2))
            setting = Setting(data_dir=folders.mktemp("org"), fill=fill)
            org = stack.enter_context(running_org(org_url, clock=Clock(NOW), setting=setting))
            return Desk(org, warehouse_url, org_settings())

        yield make


@pytest.fixture(scope="module")
def new_desk(
    postgres_server_18: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Fill], Desk]]:
    """Makes desks for the tests of a file."""
    with desks(postgres_server_18, tmp_path_factory) as make:
        yield make


@pytest.fixture(scope="module")
def desk_of(new_desk, org_folder) -> Callable[[str], Desk]:
    """A desk whose org has a real org's records."""

    def make(name: str) -> Desk:
        folder = org_folder(name)
        return new_desk(lambda org: replace_by_folder(org, folder))

    return make


@pytest.fixture(scope="module")
def generated_desk(new_desk) -> Callable[..., Desk]:
    """A desk whose org was generated."""

    def make(size: int = 40, seed: int = 1) -> Desk:
        return new_desk(lambda org: replace_by_generated(org, size, seed))

    return make


@contextmanager
def borrowed(org: Desk) -> Iterator[Desk]:
    """A shared org with an empty warehouse; afterwards it has no faults and its usual options."""
    faults, options = org.org.org.faults, org.org.org.options
    usual = dict(options)
    try:
        yield org.with_an_empty_warehouse()
    finally:
        faults.clear()
        options.update(usual)


@pytest.fixture
def read_by(monkeypatch) -> Callable[[str], None]:
    """Makes the plan choose REST or Bulk for whatever has records to read."""

    def choose(way: str) -> None:
        monkeypatch.setattr(plan, "BULK_CALLS", 10**6 if way == "rest" else 0)

    return choose


@contextmanager
def requests_noted() -> Iterator[list[str]]:
    """Every request that leaves us meanwhile: method, path with query, body."""
    requests: list[str] = []
    real = httpx.Client.send

    def send(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        body = request.read().decode()
        requests.append(f"{request.method} {unquote_plus(request.url.raw_path.decode())} {body}")
        return real(self, request, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", send)
        yield requests


@pytest.fixture
def sent() -> Iterator[list[str]]:
    """Every request that leaves us from now on: method, path with query, body."""
    with requests_noted() as requests:
        yield requests


def _database(server: RunningServer) -> str:
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name}")
    return server.url(name)
