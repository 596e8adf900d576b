"""
Warehouses that earlier versions wrote, in `warehouses`, to be migrated by the tests.

    script_2026-11-22   the first version of the script that there was before migrations, and rows
    script_2026-11-26   one that asked for extracts in parts, under another name, and rows
    script              the last one, as syncs of two simulated orgs left it
    0003                the version of that number, likewise
"""

import gzip
import re
import secrets
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from desk.postgres import embedded_binaries
from salesforce_elt.warehouse.connection import connect, prepare
from salesforce_elt.warehouse.versions import known_versions, version_of
from simulator.changes import change_org
from tests.conftest import RunningServer
from tests.driver import Desk, org_settings

WAREHOUSES = Path(__file__).with_name("warehouses")
FIRST, IN_PARTS, LAST = "script_2026-11-22", "script_2026-11-26", "script"
NUMBERED = ("0003",)
# What is not SQL, or not known to PostgreSQL 15.
OF_THE_SESSION = re.compile(r"^(\\.*|SET .*|SELECT pg_catalog\.set_config.*|--.*)\n", re.M)
SIZE = 3

# The catalog of `sync`: columns, constraints and indexes.
SHAPE = """
select table_name || '.' || column_name, data_type || is_nullable || coalesce(column_default, '')
from information_schema.columns where table_schema = 'sync'
union all select conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
from pg_constraint where connamespace = 'sync'::regnamespace and contype <> 'n'
union all select indexname, indexdef from pg_indexes where schemaname = 'sync'
"""
TABLES = """
select format('%I.%I', table_schema, table_name), array_agg(quote_ident(column_name)::text)
from information_schema.columns
where table_schema = 'sync' or table_schema = 'marts' or table_schema like 'staging%'
group by 1
"""

Rows = dict[str, list[tuple[object, ...]]]


def restore(url: str, name: str) -> None:
    """Makes an empty database the warehouse that a version wrote."""
    rows_of_it = WAREHOUSES / f"{name}_rows.sql"
    with connect(url) as conn:
        conn.execute("set check_function_bodies = off")  # a function may come before its tables
        conn.execute(gzip.decompress((WAREHOUSES / f"{name}.sql.gz").read_bytes()))
        if rows_of_it.exists():
            conn.execute(rows_of_it.read_bytes())


@contextmanager
def database(server: RunningServer, *, template: str = "template1") -> Iterator[str]:
    """The URL of a database of its own."""
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(server.url("postgres"), autocommit=True) as admin:
        admin.execute(f"create database {name} template {template}")
        yield server.url(name)
        admin.execute(f"drop database {name} with (force)")


def take_steps(conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch, *, until: str) -> None:
    """Migrates as the code did that knew no later version."""
    earlier = tuple(one for one in known_versions() if one <= until)
    with monkeypatch.context() as patched:
        patched.setattr("salesforce_elt.warehouse.versions.known_versions", lambda: earlier)
        prepare(conn)
    assert version_of(conn) == until


def shape(conn: psycopg.Connection) -> set[tuple[str, str]]:
    """What tables there are in `sync`, and how they are made."""
    return set(conn.execute(SHAPE).fetchall())


def columns(conn: psycopg.Connection) -> dict[str, list[str]]:
    """The columns of every table of ours."""
    return dict(conn.execute(TABLES).fetchall())


def rows(conn: psycopg.Connection, tables: dict[str, list[str]]) -> Rows:
    """Every row of these tables, with these columns, in any order that stays."""
    return {
        table: conn.execute(f"select {', '.join(names)} from {table} order by ({', '.join(names)})"
                            "::text").fetchall()
        for table, names in tables.items()
    }


def two_orgs(generated_desk: Callable[..., Desk]) -> tuple[Desk, Desk]:
    """The orgs whose syncs are in the written warehouses; the same each time."""
    first, second = generated_desk(size=SIZE, seed=1), generated_desk(size=SIZE, seed=2)
    settings = org_settings(key="other", connection="salesforce_other")
    return first, replace(second, warehouse_url=first.warehouse_url, settings=settings)


def write(first: Desk, second: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Full syncs of two orgs, then a partial one of the first: something waits for the next."""
    assert first.sync("full").status == "success"
    assert second.sync("full").status == "success"
    change(first)
    broken = first.fail_on("Opportunity", monkeypatch)
    assert first.sync().status == "partial"
    broken.undo()


def change(desk: Desk) -> None:
    """An hour in which people work in the org; the same each time."""
    change_org(desk.org.org.store, 5, inserts=2, updates=4, deletes=1, owner_changes=2)
    desk.org.org.clock.advance(timedelta(hours=1))


def dump(url: str) -> str:
    """The warehouse as statements that any connection can execute."""
    command = [embedded_binaries() / "pg_dump", "--no-owner", "--no-privileges", "--no-comments",
               "--inserts", "--rows-per-insert=1000", url]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return re.sub(r"\n{2,}", "\n", OF_THE_SESSION.sub("", text))
