"""An org with many accounts, and faults that end with the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.simulator.conftest import Client

Arm = Callable[..., dict[str, Any]]
COUNT = "SELECT COUNT() FROM Account"
NAMES = "SELECT Id, Name FROM Account ORDER BY Name"
MANY = 1_201


@pytest.fixture(scope="module")
def client(client: Client) -> Client:
    for begin in range(0, MANY, 200):
        names = [f"Account {n:04}\nof two lines" for n in range(begin, min(begin + 200, MANY))]
        records = [{"attributes": {"type": "Account"}, "Name": name} for name in names]
        done = client.call("POST", "/composite/sobjects", json={"records": records}).json()
        assert all(result["success"] for result in done)
    return client


@pytest.fixture(autouse=True)
def disarmed(client: Client) -> Iterator[None]:
    yield
    client.admin("DELETE", "faults")
    client.login()


@pytest.fixture
def arm(client: Client) -> Arm:
    def arming(kind: str, **values: Any) -> dict[str, Any]:
        answer = client.admin("POST", "faults", json={"kind": kind, **values})
        assert answer.status_code == 201, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return arming
