"""The databases that the other tests stand on."""

import psycopg

from tests.conftest import RunningServer


def test_a_fresh_warehouse_holds_the_sync_schema(connection: psycopg.Connection) -> None:
    assert connection.execute("select count(*) from sync.runs").fetchone() == (0,)


def test_the_server_is_of_the_version_that_the_test_asked_for(
    postgres_server: RunningServer,
) -> None:
    with psycopg.connect(postgres_server.url("postgres")) as connection:
        assert connection.info.server_version // 10000 == int(postgres_server.version)


def test_a_fresh_database_is_empty(database_url_18: str) -> None:
    with psycopg.connect(database_url_18) as connection:
        count = connection.execute(
            "select count(*) from pg_namespace where nspname = 'sync'"
        ).fetchone()
    assert count == (0,)
