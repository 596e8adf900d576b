"""What the tests of migrations stand on."""

from collections.abc import Iterator

import psycopg
import pytest

from salesforce_elt.warehouse.connection import connect
from tests.conftest import RunningServer
from tests.desks import generated_desk, new_desk
from tests.migrations.written import LAST, database, restore

__all__ = ["generated_desk", "new_desk"]


@pytest.fixture(scope="package")
def written(postgres_server_18: RunningServer) -> Iterator[str]:
    """The name of a database that the last version before migrations wrote."""
    with database(postgres_server_18) as url:
        restore(url, LAST)
        yield url.rsplit("/", 1)[1]


@pytest.fixture
def old_url(postgres_server_18: RunningServer, written: str) -> Iterator[str]:
    """The URL of a warehouse of its own that the last version before migrations wrote."""
    with database(postgres_server_18, template=written) as url:
        yield url


@pytest.fixture
def old(old_url: str) -> Iterator[psycopg.Connection]:
    """A connection to such a warehouse."""
    with connect(old_url) as conn:
        yield conn
