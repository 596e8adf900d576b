"""One org for the recordings of a module, set up as theirs were."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.simulator.conftest import Client
from tests.simulator.recorded.material import folder
from tests.simulator.recorded.world import World, make_world


@pytest.fixture(scope="module")
def made(client: Client) -> World:
    if not folder().is_dir():
        pytest.skip("the recorded answers are not beside this checkout (../shared)")
    return make_world(client)


@pytest.fixture
def world(made: World, options: Callable[..., None]) -> World:
    """The org with its switches as they were, and a session."""
    made.client.login()
    return made.with_options(options)
