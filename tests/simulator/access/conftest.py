"""Each test begins with an org on its first day, whose user is an administrator."""

from __future__ import annotations

import pytest

from tests.simulator.conftest import Client


@pytest.fixture(autouse=True)
def administrator_again(client: Client) -> None:
    """A new org, and a session in it."""
    client.admin("POST", "empty")
    client.login()
