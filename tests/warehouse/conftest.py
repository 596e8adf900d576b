"""Orgs in a fresh warehouse, whose staging rows the test writes itself."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from salesforce_elt.models import Models, load_models
from tests.warehouse.small_org import (
    ORG,
    PROJECT,
    SmallOrg,
    create_staging,
    new_org,
    settings_of,
)


@pytest.fixture(scope="session")
def models() -> Models:
    """The project's own models."""
    return load_models(PROJECT / "include")


@pytest.fixture
def org(connection: psycopg.Connection, models: Models) -> SmallOrg:
    """An empty org with every staging table, on each PostgreSQL."""
    return new_org(connection, models)


@pytest.fixture
def org_18(connection_18: psycopg.Connection, models: Models) -> SmallOrg:
    """An empty org with every staging table, on PostgreSQL 18."""
    return new_org(connection_18, models)


@pytest.fixture
def other_org(org_18: SmallOrg) -> SmallOrg:
    """A second org in the same warehouse."""
    other = replace(org_18, key="other", settings=settings_of("other"))
    create_staging(org_18.conn, other.key)
    return other


@pytest.fixture(scope="module")
def staged_connection(postgres_server: Any) -> Iterator[psycopg.Connection]:
    """One connection for many tests that roll back, with the staging tables of an empty org."""
    name = "model_cases"
    with psycopg.connect(postgres_server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template with_sync_schema")
        url, options = postgres_server.url(name), "-c timezone=UTC -c jit=off"
        with psycopg.connect(url, options=options) as conn:
            create_staging(conn, ORG)
            yield conn
        admin.execute(f"drop database {name} with (force)")
