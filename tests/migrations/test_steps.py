"""What each version left is there afterwards, and made as in a new warehouse."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from alembic.script import ScriptDirectory

from salesforce_elt.fields import column
from salesforce_elt.warehouse import migrating
from salesforce_elt.warehouse.connection import connect, prepare
from salesforce_elt.warehouse.staging import METADATA, StagingTable, ensure_table
from salesforce_elt.warehouse.versions import known_versions, version_of
from tests.conftest import RunningServer
from tests.migrations.written import (
    FIRST,
    IN_PARTS,
    LAST,
    NUMBERED,
    columns,
    database,
    restore,
    rows,
    shape,
    take_steps,
)

ACCOUNT = StagingTable("acme", "Account")
METADATA_COLUMNS = """
select column_name, data_type, is_nullable, column_default from information_schema.columns
where table_schema = %s and table_name = %s and column_name like '\\_%%' order by 1
"""


@pytest.fixture(params=[FIRST, IN_PARTS, LAST, *NUMBERED])
def written_by(
    request: pytest.FixtureRequest, postgres_server: RunningServer
) -> Iterator[psycopg.Connection]:
    """A warehouse that an earlier version wrote, on each PostgreSQL."""
    with database(postgres_server) as url, connect(url) as conn:
        restore(url, request.param)
        yield conn


@contextmanager
def migrated(url: str, name: str) -> Iterator[psycopg.Connection]:
    """What a version wrote, brought to this one."""
    restore(url, name)
    with connect(url) as conn:
        prepare(conn)
        yield conn


def test_a_warehouse_of_an_earlier_version_ends_as_a_new_one(
    written_by: psycopg.Connection, connection: psycopg.Connection
) -> None:
    prepare(written_by)
    assert shape(written_by) == shape(connection)
    assert version_of(written_by) == known_versions()[-1]


@pytest.mark.parametrize("version", known_versions())
def test_a_step_keeps_every_row_of_the_version_before(
    old: psycopg.Connection, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = known_versions()[: known_versions().index(version)]
    if before:
        take_steps(old, monkeypatch, until=before[-1])
    tables = columns(old)
    for gone in ("sync.schema_versions", "sync.alembic_version"):  # the mark itself
        tables.pop(gone, None)
    there = rows(old, tables)
    assert min(len(there[f"staging_{org}.opportunity"]) for org in ("demo", "other")) > 0
    assert len(there["sync.pending_batches"]) > 0
    take_steps(old, monkeypatch, until=version)
    assert rows(old, tables) == there


@pytest.mark.parametrize("name", NUMBERED)
def test_the_steps_after_a_version_keep_every_row_that_it_wrote(
    database_url_18: str, name: str
) -> None:
    restore(database_url_18, name)
    with connect(database_url_18) as conn:
        assert version_of(conn) == name
        tables = columns(conn)
        tables.pop("sync.alembic_version")
        there = rows(conn, tables)
        assert len(there["staging_demo.opportunity"]) > 0 < len(there["sync.pending_batches"])
        prepare(conn)
        assert rows(conn, tables) == there


def test_what_the_first_version_had_asked_for_is_asked_for_again(
    database_url_18: str,
) -> None:
    with migrated(database_url_18, FIRST) as conn:
        states = conn.execute("select org, state from sync.extracts order by extract_id")
        assert states.fetchall() == [("acme", "abandoned"), ("acme", "merged"),
                                     ("beta", "abandoned")]
        marks = conn.execute("select sobject, complete_until::text from sync.watermarks")
        assert marks.fetchall() == [("Account", "2026-03-01 10:00:00+00")]
        pending = conn.execute("select sobject, hidden from sync.pending_batches")
        assert pending.fetchall() == [("Account", [])]
        assert conn.execute("select id, name from staging_acme.account order by id").fetchall() == [
            ("001A", "NA"), ("001B", None)]


def test_the_next_extract_does_not_get_the_number_of_one_that_was(database_url_18: str) -> None:
    """Its landing table would have the name of one that may still be there."""
    with migrated(database_url_18, FIRST) as conn:
        number = conn.execute(
            "insert into sync.extracts (org, sobject, until, fields, state, run_id)"
            " values ('acme', 'Contact', now(), '{Id}', 'planned', 'acme/2') returning extract_id")
        assert number.fetchone() == (4,)


def test_a_mart_that_was_published_before_rows_were_counted_is_computed_once_more(
    database_url_18: str,
) -> None:
    with migrated(database_url_18, FIRST) as conn:
        assert conn.execute("select count(*) from sync.fingerprints").fetchone() == (0,)


def test_parts_that_were_asked_for_in_halves_are_known_by_the_new_name(
    database_url_18: str,
) -> None:
    with migrated(database_url_18, IN_PARTS) as conn:
        parts = conn.execute("select part, is_replaced from sync.extract_parts order by part")
        assert parts.fetchall() == [(1, True), (2, False)]
        pages = conn.execute("select part, row_count, first_id, total from sync.extract_pages")
        assert pages.fetchall() == [(2, 200, "001A", None)]


def test_staging_gets_the_metadata_that_it_lacks_in_every_org(old: psycopg.Connection) -> None:
    old.execute("create view public.accounts as select id, name from staging_demo.account")
    for table in ("staging_demo.account", "staging_demo.account__before", "staging_other.contact"):
        old.execute(f"alter table {table} drop column _is_deleted, drop column _deleted_at")
    kept = old.execute("select count(*) from staging_demo.account").fetchone()
    prepare(old)
    live = old.execute("select count(*) from staging_demo.account where not _is_deleted")
    assert live.fetchone() == kept
    whole = old.execute(METADATA_COLUMNS, ["staging_demo", "task"]).fetchall()
    for org, table in (("demo", "account"), ("demo", "account__before"), ("other", "contact")):
        assert old.execute(METADATA_COLUMNS, [f"staging_{org}", table]).fetchall() == whole


def test_what_is_nobodys_staging_is_left_alone(old: psycopg.Connection) -> None:
    old.execute("create schema staging_area")
    old.execute("create table staging_area.mine (_batch_id bigint)")
    old.execute("create table public.mine (_batch_id bigint)")
    old.execute("create table staging_demo.mine (id text)")
    prepare(old)
    found = old.execute("select table_schema, column_name from information_schema.columns"
                        " where table_name = 'mine' order by 1")
    assert found.fetchall() == [("public", "_batch_id"), ("staging_area", "_batch_id"),
                                ("staging_demo", "id")]


def test_migrated_staging_has_the_metadata_of_a_new_table(old: psycopg.Connection) -> None:
    """Whoever changes the metadata of new tables has to migrate those that there are."""
    prepare(old)
    ensure_table(old, ACCOUNT, [column("Id", "id"), column("Name", "string")])
    new = old.execute(METADATA_COLUMNS, ["staging_acme", "account"]).fetchall()
    assert {name for name, *_ in new} == {name for name, _ in METADATA}
    tables = old.execute("select table_schema, table_name from information_schema.columns"
                         " where table_schema in ('staging_demo', 'staging_other')"
                         " and column_name = '_batch_id'").fetchall()
    assert len(tables) > 40
    for table in tables:
        assert old.execute(METADATA_COLUMNS, table).fetchall() == new, table


def test_steps_are_one_chain_and_their_files_bear_their_numbers() -> None:
    script = ScriptDirectory(str(migrating.MIGRATIONS),
                             version_locations=[str(migrating.MIGRATIONS)])
    chain = [one.revision for one in script.walk_revisions()][::-1]
    assert tuple(chain) == known_versions()
    assert script.get_heads() == [chain[-1]]
