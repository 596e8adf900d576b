"""What settings hide later is rewritten or removed in place, on real PostgreSQL."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from salesforce_elt import extracts, known_fields, parts
from salesforce_elt.errors import LeaseLost, SchemaDrift, SettingsInvalid
from salesforce_elt.extracts import Asking, Extract
from salesforce_elt.fields import column
from salesforce_elt.hashed import hashing_of
from salesforce_elt.hashing import Salt
from salesforce_elt.hiding import hide_fields
from salesforce_elt.parts import Page
from salesforce_elt.run import Run
from salesforce_elt.settings import ObjectSettings, OrgSettings
from salesforce_elt.warehouse import leases
from salesforce_elt.warehouse.columns import column_types
from salesforce_elt.warehouse.connection import connect
from salesforce_elt.warehouse.landing import Landing, load_page, open_landing
from salesforce_elt.warehouse.staging import StagingTable, ensure_table
from tests.clear_values import places_with, statistics_with

THING = StagingTable("acme", "Thing__c")
COLUMNS = [column("Id", "id"), column("Email__c", "email"), column("Pay__c", "currency")]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SALT = Salt.of("a salt of the tests, long enough to be one")
OTHER = Salt.of("another salt of the tests, long enough")
ADA, BOB, PAY = "ada@acme.com", "bob@acme.com", "98765.4321"
CLEAR = (ADA, BOB, PAY)


@pytest.fixture
def conn(warehouse):
    with connect(warehouse) as opened:
        ensure_table(opened, THING, COLUMNS)
        opened.execute(
            "insert into staging_acme.thing__c (id, email__c, pay__c) values (%s, %s, %s),"
            " ('2', %s, null), ('3', null, null)", ["1", ADA, PAY, BOB])
        opened.execute(
            "insert into staging_acme.thing__c__before (id, email__c, pay__c, _batch_id)"
            " values ('1', %s, %s, 70), ('1', %s, 1, 80)", [BOB, PAY, ADA])
        yield opened


@pytest.fixture
def run(conn):
    return new_run(conn)


@pytest.fixture
def hide(conn, run) -> Callable[..., None]:
    def carry_out(*, salt: Salt = SALT, of: Run = run, **fields: list[str]) -> None:
        settings = OrgSettings.model_validate(
            {"key": "acme", "connection": "sf", "objects": {"Thing__c": fields}}, strict=False)
        hide_fields(conn, of, settings=settings, read_salt=lambda: salt)

    return carry_out


def new_run(conn: psycopg.Connection, kind: str = "incremental") -> Run:
    (count,) = one(conn, "select count(*) from sync.runs")
    run_id = f"acme/{count}"
    fence = leases.take(conn, "acme", run_id=run_id)
    conn.execute(
        "insert into sync.runs (run_id, org, kind, status, fence, started_at)"
        " values (%s, 'acme', %s, 'running', %s, now())", [run_id, kind, fence])
    return Run("acme", run_id, fence, kind, NOON)


def begin(conn: psycopg.Connection, run: Run, *, is_beside: bool = False) -> Extract:
    asking = Asking("Thing__c", None, None, True, "rest", [one.field for one in COLUMNS],
                    is_beside=is_beside)
    return extracts.begin(conn, run, asking)


def one(conn: psycopg.Connection, query: str) -> Any:
    return conn.execute(query).fetchone()


def rows(conn: psycopg.Connection, query: str) -> list[tuple[Any, ...]]:
    return conn.execute(query).fetchall()


def test_what_is_hashed_later_is_rewritten_in_place_with_one_hash_for_one_value(conn, hide):
    assert set(places_with(conn, CLEAR)) == {
        "staging_acme.thing__c", "staging_acme.thing__c__before"}
    hide(hash_fields=["EMAIL__C", "pay__c"])
    assert rows(conn, "select id, email__c, pay__c from staging_acme.thing__c order by id") == [
        ("1", SALT.hash(ADA), SALT.hash(PAY)), ("2", SALT.hash(BOB), None), ("3", None, None)]
    assert rows(conn, "select email__c, pay__c from staging_acme.thing__c__before"
                " where _batch_id > 9 order by _batch_id") == [
        (SALT.hash(BOB), SALT.hash(PAY)), (SALT.hash(ADA), SALT.hash("1"))]
    assert places_with(conn, CLEAR) == []


def test_the_planners_notes_of_a_column_forget_its_values_too(conn, hide):
    for table in ("staging_acme.thing__c", "staging_acme.thing__c__before"):
        conn.execute(f"insert into {table} (id, email__c)"
                     " select 'n' || n, %s from generate_series(1, 50) as n", [ADA])
        conn.execute(f"analyze {table}")
    conn.execute("delete from staging_acme.thing__c__before")  # a publish does, and notes stay
    assert statistics_with(conn, [ADA]) == [
        "staging_acme.thing__c.email__c", "staging_acme.thing__c__before.email__c"]
    hide(hash_fields=["Email__c"])
    assert statistics_with(conn, [ADA]) == []


@pytest.mark.parametrize("table", ["staging_acme.contact", "staging_acme.contact__before"])
def test_a_column_that_marts_need_is_emptied_and_the_planner_forgets_it(conn, run, table):
    ensure_table(conn, StagingTable("acme", "Contact"), [COLUMNS[0], column("Email", "email")])
    conn.execute(f"insert into {table} (id, email)"
                 " select 'n' || n, %s from generate_series(1, 50) as n", [ADA])
    conn.execute(f"analyze {table}")
    settings = OrgSettings(key="acme", connection="sf",
                           objects={"Contact": ObjectSettings(exclude_fields=("EMAIL",))})
    hide_fields(conn, run, settings=settings, read_salt=lambda: SALT)
    assert [one for one in places_with(conn, [ADA]) if "contact" in one] == []
    assert statistics_with(conn, [ADA]) == []


@pytest.mark.parametrize("setting", ["exclude_fields", "hash_fields"])
def test_a_view_that_reads_what_is_to_be_hidden_is_named(conn, hide, setting):
    conn.execute("create view public.addresses as select email__c from staging_acme.thing__c")
    with pytest.raises(SchemaDrift, match=r"email__c.*view addresses.*Drop what") as caught:
        hide(**{setting: ["Email__c"]})
    assert ADA not in str(caught.value)
    conn.execute("drop view public.addresses")
    hide(**{setting: ["Email__c"]})
    assert places_with(conn, [ADA]) == []


def test_rows_with_a_value_become_a_batch_and_their_rows_before_are_hashes(conn, hide):
    hide(hash_fields=["Email__c"])
    ((batch, sobject),) = rows(conn, "select batch_id, sobject from sync.pending_batches")
    assert sobject == "Thing__c"
    of_batch = f"where _batch_id = {batch} order by id"
    assert rows(conn, f"select id from staging_acme.thing__c {of_batch}") == [("1",), ("2",)]
    assert rows(conn, f"select id, email__c from staging_acme.thing__c__before {of_batch}") == [
        ("1", SALT.hash(ADA)), ("2", SALT.hash(BOB))]


def test_hashing_twice_hashes_once(conn, hide):
    hide(hash_fields=["Email__c"])
    before = rows(conn, "select * from staging_acme.thing__c order by id")
    hide(hash_fields=["Email__c"])
    assert rows(conn, "select * from staging_acme.thing__c order by id") == before
    assert one(conn, "select count(*) from sync.pending_batches") == (1,)


def test_many_rows_are_rewritten_in_portions(conn, hide, monkeypatch):
    monkeypatch.setattr("salesforce_elt.hashed.ROWS_AT_ONCE", 7)
    conn.execute("insert into staging_acme.thing__c (id, email__c)"
                 " select 'n' || n, 'n' || n || '@acme.com' from generate_series(1, 100) as n")
    hide(hash_fields=["Email__c"])
    hashes = dict(rows(conn, "select id, email__c from staging_acme.thing__c where id like 'n%'"))
    assert hashes == {f"n{n}": SALT.hash(f"n{n}@acme.com") for n in range(1, 101)}


def test_what_is_excluded_later_is_in_no_table(conn, hide):
    hide(exclude_fields=["email__c", "PAY__C"])
    assert places_with(conn, CLEAR) == []
    assert not {"email__c", "pay__c"} & set(column_types(conn, THING.name))


@pytest.mark.parametrize("setting", ["exclude_fields", "hash_fields"])
@pytest.mark.parametrize("is_beside", [True, False])
def test_what_landed_of_an_unfinished_extract_is_dropped(conn, run, hide, setting, is_beside):
    landing = Landing(run, begin(conn, run, is_beside=is_beside), COLUMNS)
    open_landing(conn, landing)
    (part,) = parts.open_parts(conn, landing.extract.extract_id)
    load_page(conn, landing, part, number=1, page=Page(1, None, rows=[["4", ADA, PAY]]))
    place = "staging_acme.thing__c__loading" if is_beside else "landing.acme__1"
    assert place in places_with(conn, CLEAR)
    hide(of=new_run(conn), **{setting: ["Email__c", "Pay__c"]})
    assert places_with(conn, CLEAR) == []
    assert one(conn, "select state from sync.extracts") == ("abandoned",)


def test_an_unfinished_extract_of_other_fields_goes_on(conn, run, hide):
    extract = begin(conn, run)
    conn.execute("update sync.extracts set fields = '{Id}'")
    hide(hash_fields=["Email__c"])
    assert extracts.unfinished(conn, run, "Thing__c") == replace(extract, fields=["Id"])


def test_deltas_and_the_keys_of_failed_checks_are_forgotten(conn, run, hide):
    conn.execute("create table delta.acme__things as select %s::text as email", [ADA])
    conn.execute(
        "insert into sync.checks (run_id, org, mart, check_name, severity, is_passed,"
        " unexpected_count, unexpected_keys) values (%s, 'acme', 'things', 'c', 'critical', false,"
        " 1, %s)", [run.run_id, f'["{ADA}"]'])
    conn.execute("insert into sync.findings (run_id, org, severity, code, message)"
                 " values (%s, 'acme', 'error', 'CheckFailed', %s)", [run.run_id, ADA])
    conn.execute("update sync.runs set message = %s", [ADA])
    hide(hash_fields=["Email__c"])
    assert places_with(conn, CLEAR[:1]) == []
    assert one(conn, "select unexpected_count, unexpected_keys from sync.checks") == (1, [])


def test_hashes_that_are_not_wanted_any_more_are_removed_and_their_field_is_read_again(
    conn, run, hide
):
    hide(hash_fields=["Email__c"])
    for field in ("Id", "Email__c", "Pay__c"):
        conn.execute("insert into sync.fields values ('acme', 'Thing__c', %s, true)", [field])
    hide()
    assert places_with(conn, [SALT.hash(ADA), SALT.hash(BOB)]) == []
    known = known_fields.known_fields(conn, "acme", "Thing__c")
    assert [one.field for one in known if not one.is_complete] == ["Email__c"]
    assert one(conn, "select code, sobject, field from sync.findings") == (
        "field_not_hashed", "Thing__c", "email__c")
    assert hashing_of(conn, "acme", "Thing__c", read_salt=lambda: SALT) is None


def test_what_was_hashed_and_is_excluded_now_is_removed_without_being_read_again(conn, hide):
    hide(hash_fields=["Email__c"])
    hide(exclude_fields=["Email__c"])
    assert places_with(conn, [SALT.hash(ADA), SALT.hash(BOB)]) == []
    assert rows(conn, "select code from sync.findings") == []
    assert rows(conn, "select * from sync.hashed_columns") == []


def test_a_hashed_column_without_a_value_is_not_called_hashed_once_it_is_excluded(conn, run):
    ensure_table(conn, StagingTable("acme", "Contact"), [COLUMNS[0], column("Email", "email")])
    for fields in ({"hash_fields": ("Email",)}, {"exclude_fields": ("Email",)}):
        settings = OrgSettings(key="acme", connection="sf",
                               objects={"Contact": ObjectSettings(**fields)})
        hide_fields(conn, run, settings=settings, read_salt=lambda: SALT)
    assert rows(conn, "select * from sync.hashed_columns") == []
    assert rows(conn, "select code from sync.findings") == []


def test_another_salt_is_noticed_and_nothing_is_mixed(conn, hide):
    hide(hash_fields=["Email__c"])
    before = rows(conn, "select * from staging_acme.thing__c order by id")
    with pytest.raises(SettingsInvalid, match=r"the salt is not the one.*Thing__c.*Put the old"):
        hide(salt=OTHER, hash_fields=["Email__c", "Pay__c"])
    assert rows(conn, "select * from staging_acme.thing__c order by id") == before


def test_a_full_synchronization_may_change_the_salt_and_keeps_no_old_hash(conn, hide):
    hide(hash_fields=["Email__c"])
    hide(of=new_run(conn, kind="full"), salt=OTHER, hash_fields=["Email__c"])
    assert places_with(conn, [SALT.hash(ADA), SALT.hash(BOB)]) == []
    hide(of=new_run(conn), salt=OTHER, hash_fields=["Email__c"])


def test_a_full_synchronization_of_other_objects_may_not_change_the_salt(conn, hide):
    hide(hash_fields=["Email__c"])
    full = replace(new_run(conn, kind="full"), objects=("Account",))
    with pytest.raises(SettingsInvalid, match="the salt is not the one"):
        hide(of=full, salt=OTHER, hash_fields=["Email__c"])


def test_a_salt_that_hashed_nothing_that_is_left_may_change(conn, hide):
    hide(hash_fields=["Email__c"])
    hide(exclude_fields=["Email__c"])
    hide(salt=OTHER, hash_fields=["Pay__c"])
    assert rows(conn, "select pay__c from staging_acme.thing__c where id = '1'") == [
        (OTHER.hash(PAY),)]


def test_a_task_with_another_salt_than_the_plan_reads_nothing(conn, hide):
    hide(hash_fields=["Email__c"])
    with pytest.raises(SettingsInvalid, match=r"Thing__c would be hashed in two ways.*every"):
        hashing_of(conn, "acme", "Thing__c", read_salt=lambda: OTHER)


def test_the_salt_is_nowhere_in_the_warehouse(conn, hide):
    hide(hash_fields=["Email__c"])
    secret = SALT.secret.decode()
    assert places_with(conn, [secret, SALT.secret.hex()]) == []


def test_a_run_that_lost_the_org_hides_nothing(conn, run, hide):
    new_run(conn)
    with pytest.raises(LeaseLost):
        hide(of=run, hash_fields=["Email__c"])
    assert "staging_acme.thing__c" in places_with(conn, CLEAR)
