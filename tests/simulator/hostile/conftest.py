"""Two orgs in one database: what is asked of the one never tells of the other."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import psycopg
import pytest

from simulator.clock import Clock
from simulator.server import RunningOrg, Setting, running_org
from tests.conftest import RunningServer
from tests.simulator.conftest import NOW, Client
from tests.simulator.hostile.sending import SECRET


@pytest.fixture(scope="module")
def database(postgres_server_18: RunningServer) -> str:
    """A database for both."""
    name = f"orgs_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_server_18.url("postgres"), autocommit=True) as connection:
        connection.execute(f"create database {name}")
    return postgres_server_18.url(name)


@pytest.fixture(scope="module")
def neighbour(database: str) -> Iterator[RunningOrg]:
    """The org whose data nobody here may ever see."""
    with running_org(database, Setting(clock=Clock(NOW), schema="other")) as running:
        Client(running).login().create("Account", Name=SECRET)
        yield running


@pytest.fixture(scope="module")
def org(database: str, neighbour: RunningOrg) -> Iterator[RunningOrg]:
    """The org that is asked."""
    with running_org(database, Setting(clock=Clock(NOW))) as running:
        yield running


@pytest.fixture(scope="module")
def sandbox(new_org: Callable[..., RunningOrg]) -> Client:
    """An org that nobody else needs."""
    return Client(new_org())
