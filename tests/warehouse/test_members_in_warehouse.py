"""A member directory that is a table or a query of the warehouse: read, checked, never written."""

from decimal import Decimal

import psycopg
import pytest

from salesforce_elt import members_in_warehouse
from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.members import Member
from salesforce_elt.members_in_warehouse import read_from_warehouse
from salesforce_elt.settings.directory import DirectoryQuery, DirectoryTable
from salesforce_elt.settings.models import Members
from tests.warehouse.small_org import SmallOrg

PEOPLE = """
create schema hr;
create table hr.people (
    salary numeric, member_id text, member_name text, email text, is_active boolean,
    weekly_capacity_hours numeric);
insert into hr.people values (1, 'm1', 'Ann', 'ann@acme.example', true, 37.5),
    (2, 'm2', 'Ben', null, false, null);
create sequence hr.numbers;
create function hr.fails() returns text language plpgsql as
    $$ begin raise exception 'of a person: ann@acme.example'; end $$;
"""
ANN = "select 'm1' as member_id, 'Ann' as member_name, 'ann@acme.example' as email"


@pytest.fixture
def conn(connection: psycopg.Connection) -> psycopg.Connection:
    connection.execute(PEOPLE)
    connection.commit()
    return connection


def read(conn: psycopg.Connection, **source: str) -> list[Member]:
    """The members as a transform reads them: within a transaction that writes."""
    of_kind = DirectoryTable(**source) if "table" in source else DirectoryQuery(**source)
    with conn.transaction():
        found = read_from_warehouse(conn, "acme", of_kind)
        conn.execute("create table public.written_afterwards ()")
        conn.execute("drop table public.written_afterwards")
    return found


def test_a_table_is_a_directory_by_those_of_its_columns_that_a_directory_has(conn):
    assert sorted(read(conn, table="hr.people"), key=str) == [
        Member("m1", "Ann", "ann@acme.example", True, Decimal("37.5")),
        Member("m2", "Ben", None, False, None)]


def test_a_query_is_a_directory(conn):
    query = "with p as (select * from hr.people) select member_id, member_name, email from p; "
    assert [one.member_id for one in read(conn, query=query)] == ["m1", "m2"]


@pytest.mark.parametrize(("key", "text"), [
    ("7", "7"), ("'a'::varchar", "a"), ("7.50", "7.50"),
    ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
])
def test_ids_are_texts_whatever_their_type(conn, key, text):
    query = f"select {key} as member_id, 'Ann' as member_name, null as email"
    assert read(conn, query=query) == [Member(text, "Ann", None, True, None)]


def test_hours_of_a_floating_point_column_are_what_they_show(conn):
    query = ANN + ", 37.1::double precision as weekly_capacity_hours"
    assert read(conn, query=query)[0].weekly_capacity_hours == Decimal("37.1")


@pytest.mark.parametrize(("source", "says"), [
    ({"table": "hr.persons"}, r'relation "hr\.persons" does not exist'),
    ({"table": "staff.people"}, r'relation "staff\.people" does not exist'),
    ({"table": "sync.leases"}, r"\(sync\.leases\): the column member_id is missing"),
    ({"query": "select 'm1' as member_id, 'A' as member_name"}, "the column email is missing"),
    ({"query": "select 'm1' as member_id, name from hr.people"}, 'column "name" does not exist'),
    ({"query": ANN + ", true as is_actve"}, "there is no column 'is_actve'"),
    ({"query": ANN + ", 'b@acme.example' as email"}, "the column email is there twice"),
    ({"query": "selct 1"}, "PostgreSQL refuses it: syntax error at or near"),
    ({"query": "commit"}, "syntax error"),
    ({"query": f"{ANN}; drop table hr.people"}, "syntax error"),
    ({"query": f"{ANN}) as d; drop table hr.people; select * from ({ANN}"}, "multiple commands"),
    ({"query": "insert into hr.people values (1)"}, "syntax error"),
    ({"query": "with d as (delete from hr.people returning *) select * from d"},
     r"PostgreSQL refuses it: FeatureNotSupported \(0A000\)"),
    ({"query": ANN + ", nextval('hr.numbers') as weekly_capacity_hours"}, "it writes"),
    ({"query": ANN + ", hr.fails() as weekly_capacity_hours"}, r"RaiseException \(P0001\)"),
    ({"query": ANN.replace("'m1'", "'ann'::text::int")}, r"InvalidTextRepresentation \(22P02\)"),
    ({"query": ANN + ", 'yes' as is_active"}, r"row 1 \(m1\): is_active is 'yes'"),
    ({"query": ANN + ", 1 as is_active"}, "is_active is '1'. Write true or false"),
    ({"query": ANN + ", 169 as weekly_capacity_hours"}, "weekly_capacity_hours is '169'"),
    ({"query": ANN + ", 'NaN'::float8 as weekly_capacity_hours"}, "weekly_capacity_hours is 'nan'"),
    ({"query": ANN + ", interval '40 h' as weekly_capacity_hours"},
     r"row 1 \(m1\): weekly_capacity_hours is of a type that it cannot have"),
    ({"query": ANN.replace("'m1'", "null")}, "member_id is empty"),
    ({"query": ANN.replace("'Ann'", "' '")}, r"row 1 \(m1\): member_name is empty"),
    ({"query": f"{ANN} union all {ANN}"}, r"row 2 \(m1\): member_id is 'm1', which row 1 \(m1\) h"),
])
def test_what_is_no_directory_is_refused_in_words_and_the_transaction_goes_on(conn, source, says):
    with conn.transaction():
        with pytest.raises(SettingsInvalid, match=rf"^orgs\.acme\.members\.directory.*{says}") as e:
            read(conn, **source)
        assert "ann@acme" not in str(e.value)
        conn.execute("insert into hr.people (member_id) values ('m3')")
    assert conn.execute("select count(*), max(member_id) from hr.people").fetchone() == (3, "m3")


def test_a_table_that_the_role_may_not_read_is_refused(conn):
    conn.execute("create role reader; set role reader")
    with pytest.raises(SettingsInvalid, match="permission denied for schema hr"):
        read(conn, table="hr.people")
    conn.execute("reset role; drop role reader")


def test_a_query_that_takes_too_long_is_stopped_and_leaves_no_limit_behind(conn, monkeypatch):
    monkeypatch.setattr(members_in_warehouse, "TIMEOUT", 1)
    query = ANN + ", count(*) as weekly_capacity_hours from generate_series(1, 1e12)"
    with conn.transaction():
        with pytest.raises(SettingsInvalid, match="it was stopped after 1 seconds"):
            read(conn, query=query)
        assert conn.execute("show statement_timeout").fetchone() == ("0",)


def members(source: DirectoryTable) -> Members:
    return Members(directory=source)


def test_a_changed_table_recomputes_what_depends_on_the_directory(org_18: SmallOrg):
    org_18.conn.execute(PEOPLE)
    org_18.conn.commit()
    org_18.stage("User", {"id": "0051", "name": "Ann", "email": "ann@acme.example"})
    org_18.stage("Account", {"id": "0011", "owner_id": "0051"})
    org_18.sync(members=members(DirectoryTable("hr.people")))
    before = org_18.mart("companies")[0]["owner_member_id"]
    org_18.conn.execute("delete from hr.people where member_id = 'm1'")
    org_18.conn.commit()
    counts = org_18.sync()
    assert counts["companies"].reason == "settings changed: members.directory"
    assert (before, org_18.mart("companies")[0]["owner_member_id"]) == ("m1", "0051")


def test_a_directory_that_cannot_be_read_leaves_the_marts_as_they_were(org_18: SmallOrg):
    org_18.stage("Account", {"id": "0011", "name": "Old"})
    org_18.sync()
    org_18.stage("Account", {"id": "0011", "name": "New"})
    with pytest.raises(SettingsInvalid, match="does not exist"):
        org_18.sync(members=members(DirectoryTable("hr.people")))
    assert org_18.mart("companies")[0]["company_name"] == "Old"
