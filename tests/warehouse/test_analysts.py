"""The role of analysts reads marts and sync results, and nothing else."""

import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier

import psycopg
import pytest
from psycopg import sql

from salesforce_elt.analysts import RESULTS, ROLE_MISSING
from salesforce_elt.furnishing import SIDE_BY_SIDE
from tests.warehouse.small_org import SmallOrg, create_staging, settings_of
from tests.warehouse.test_publish import tables

DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def role(connection_18: psycopg.Connection) -> Iterator[str]:
    """The name of a role that is not there, and is not there afterwards."""
    name = f"analyst_{secrets.token_hex(4)}"
    yield name
    connection_18.rollback()
    if connection_18.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone():
        connection_18.execute(f"drop owned by {name}")
        connection_18.execute(f"drop role {name}")
    connection_18.commit()


@pytest.fixture
def synced(org_18: SmallOrg, role: str) -> SmallOrg:
    """An org that is synced, with an account."""
    org_18.analyst = role
    org_18.stage("Account", {"id": "0011", "name": "Acme"})
    org_18.sync()
    return org_18


@contextmanager
def analyst(org: SmallOrg) -> Iterator[psycopg.Connection]:
    """The org's connection, as somebody who has the role alone."""
    with org.conn.transaction(force_rollback=True):
        org.conn.execute(f"set local role {org.analyst}")
        yield org.conn


def test_analysts_read_every_mart_and_view(synced: SmallOrg) -> None:
    with analyst(synced) as conn:
        for name in (*synced.models.marts, "days_in_stage"):
            conn.execute(sql.SQL("select * from {}").format(sql.Identifier("marts", name)))
        conn.execute("select * from marts.pipeline_daily('2024-01-01', '2024-02-01')")


@pytest.mark.parametrize("table", ["runs", "run_marts", "checks", "findings", "run_exclusions"])
def test_analysts_read_the_sync_results(synced: SmallOrg, table: str) -> None:
    with analyst(synced) as conn:
        conn.execute(sql.SQL("select * from {}").format(sql.Identifier("sync", table)))


@pytest.mark.parametrize("statement", [
    "select * from staging_acme.account", "select * from sync.pending_batches",
    "select * from sync.salts", "select * from sync.leases", "create table delta.mine (x int)",
    "create table marts.mine (x int)", "create table landing.mine (x int)",
    "delete from marts.companies", "insert into marts.companies (org) values ('x')",
    "update marts.companies set company_name = ''", "truncate marts.companies",
    "update sync.runs set status = 'success'",
])
def test_analysts_do_nothing_else(synced: SmallOrg, statement: str) -> None:
    with analyst(synced) as conn, pytest.raises(DENIED, match="permission denied"):
        conn.execute(statement.encode())


# Whatever there is, also what nobody thought of when the list above was written.
TOUCHED = """
select n.nspname || '.' || c.relname || ' ' || wanted.privilege
from pg_class as c inner join pg_namespace as n on c.relnamespace = n.oid
cross join unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references',
    'trigger']) as wanted (privilege)
where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname !~ '^(pg_|information_schema)'
and has_table_privilege(%(role)s, c.oid, wanted.privilege)
and not (wanted.privilege = 'select'
    and (n.nspname = 'marts' or (n.nspname = 'sync' and c.relname = any(%(results)s))))
"""


@pytest.mark.faults
def test_analysts_may_touch_no_table_but_marts_and_results(synced: SmallOrg, role: str) -> None:
    told = {"role": role, "results": list(RESULTS)}
    assert synced.conn.execute(TOUCHED, told).fetchall() == []
    synced.conn.execute(f"grant select on staging_acme.account to {role}")
    assert synced.conn.execute(TOUCHED, told).fetchall() == [("staging_acme.account select",)]
    synced.conn.rollback()


@pytest.mark.faults
def test_the_role_has_no_right_over_the_server_and_no_way_to_one(synced: SmallOrg, role) -> None:
    (rights,) = synced.rows(
        "select rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls as any,"
        f" (select count(*) from pg_auth_members where member = r.oid) as roles,"
        " (select count(*) from pg_namespace as n where n.nspname !~ '^pg_'"
        " and has_schema_privilege(r.oid, n.oid, 'create')) as schemas,"
        " (select count(*) from pg_proc as p inner join pg_namespace as n on p.pronamespace = n.oid"
        " where p.prosecdef and n.nspname !~ '^(pg_|information_schema)') as loans"
        f" from pg_roles as r where rolname = '{role}'")
    assert rights == {"any": False, "roles": 0, "schemas": 0, "loans": 0}


@pytest.mark.faults
@pytest.mark.parametrize("statement", [
    "select pg_read_file('/etc/passwd')", "copy marts.companies to program 'id'",
    "copy marts.companies to '/tmp/companies'", "create schema mine", "alter system set x = 1",
    "select * from pg_authid", "create role ann superuser", "create function f() returns int"
    " language sql as 'select 1'", "drop table marts.companies", "drop schema marts cascade",
    "alter table marts.companies owner to current_user", "comment on table marts.companies is 'x'",
    "lock table marts.companies in access exclusive mode",
])
def test_analysts_reach_neither_the_server_nor_the_tables_themselves(
    synced: SmallOrg, statement: str
) -> None:
    with analyst(synced) as conn, pytest.raises(psycopg.Error) as refused:
        conn.execute(statement.encode())
    assert refused.value.sqlstate in ("42501", "25001")


def test_a_delta_is_nothing_for_analysts(synced: SmallOrg) -> None:
    synced.stage("Account", {"id": "0012"})
    synced.transform(synced.start_run())
    with analyst(synced) as conn, pytest.raises(DENIED, match="permission denied for schema delta"):
        conn.execute('select * from delta."acme__companies"')


def test_the_role_does_not_log_in_by_itself(synced: SmallOrg, role: str) -> None:
    found = synced.rows(f"select rolcanlogin from pg_roles where rolname = '{role}'")
    assert found == [{"rolcanlogin": False}]


@pytest.mark.parametrize("relation", ["companies", "days_in_stage"])
def test_what_is_made_again_is_readable_at_once(synced: SmallOrg, relation: str) -> None:
    synced.conn.execute(
        "drop table marts.companies; drop view marts.days_in_stage; drop table marts.opportunities")
    synced.conn.commit()
    synced.sync()
    with analyst(synced) as conn:
        conn.execute(sql.SQL("select * from {}").format(sql.Identifier("marts", relation)))


def test_a_role_that_was_made_later_is_granted_by_a_sync_in_which_nothing_changed(
    synced: SmallOrg,
) -> None:
    synced.conn.execute(f"drop owned by {synced.analyst}")
    synced.conn.commit()
    synced.sync()
    with analyst(synced) as conn:
        assert conn.execute("select company_name from marts.companies").fetchall() == [("Acme",)]


@pytest.fixture
def humble(org_18: SmallOrg, role: str) -> Iterator[SmallOrg]:
    """A sync whose own user may not make roles."""
    user = f"elt_{secrets.token_hex(4)}"
    owned = [f"{schema}.{table}" for schema in ("sync", "staging_acme")
             for table in tables(org_18, schema)]
    org_18.conn.execute(f"create role {user} nosuperuser")
    org_18.conn.execute(
        f"grant all on database {org_18.conn.info.dbname} to {user};"
        f"grant all on all tables in schema sync, staging_acme to {user};"
        f"grant all on all sequences in schema sync to {user};"
        f"alter schema staging_acme owner to {user}; alter schema sync owner to {user};"
        f"alter schema marts owner to {user}; alter schema delta owner to {user}")
    for table in owned:
        org_18.conn.execute(f"alter table {table} owner to {user}")
    org_18.conn.execute(f"set role {user}")
    org_18.conn.commit()
    org_18.analyst = role
    yield org_18
    org_18.conn.rollback()
    org_18.conn.execute("reset role")
    org_18.conn.execute(f"drop owned by {user} cascade; drop role {user}")
    org_18.conn.commit()


@pytest.fixture
def their_role(humble: SmallOrg) -> Iterator[str]:
    """A role on the loader's server, whose owner keeps a table and a schema there too."""
    theirs = f"theirs_{secrets.token_hex(4)}"
    user = humble.rows("select current_user as name")[0]["name"]
    humble.conn.execute(
        f"reset role; create schema theirs; create table theirs.payroll (id int);"
        f"create table public.theirs (id int); create role {theirs}; set role {user}")
    humble.conn.commit()
    yield theirs
    humble.conn.rollback()
    humble.conn.execute(f"reset role; drop role {theirs}; set role {user}")
    humble.conn.commit()


@pytest.mark.faults
@pytest.mark.parametrize("rights", ["nosuperuser", "createrole"])
@pytest.mark.parametrize("statement", [
    "drop table public.theirs", "truncate public.theirs", "drop schema theirs cascade",
    "drop table theirs.payroll", "select * from theirs.payroll", "drop role {role}",
    "alter role {role} superuser", "drop database {database}", "create role mine superuser",
    "alter system set fsync = off", "copy (select 1) to program 'id'", "drop owned by {role}",
    "select pg_read_file('/etc/passwd')", "alter table public.theirs owner to current_user",
    "grant pg_execute_server_program to current_user", "grant {role} to current_user",
    "alter role {role} password 'mine'",
])
def test_the_loader_harms_nothing_that_it_did_not_make(
    humble: SmallOrg, their_role: str, statement: str, rights: str
) -> None:
    """Neither a plain owner nor one that may make roles, as the servers that come with this have
    it: from PostgreSQL 16 on that right is over one's own roles (docs/scaling.md on 15)."""
    text = statement.format(role=their_role, database=humble.conn.info.dbname)
    user = humble.rows("select current_user as name")[0]["name"]
    humble.conn.execute(f"reset role; alter role {user} {rights}; set role {user}")
    humble.conn.commit()
    humble.conn.autocommit = True
    try:
        with pytest.raises(DENIED):
            humble.conn.execute(text.encode())
    finally:
        humble.conn.autocommit = False


def missing(org: SmallOrg) -> list[str]:
    """The findings of the last run about the role."""
    return [row["message"] for row in org.rows(
        f"select message from sync.findings where code = '{ROLE_MISSING}'"
        f" and severity = 'warning' and run_id = '{org.key}-{org.runs}'")]


def test_where_roles_may_not_be_made_each_sync_says_what_to_run_and_goes_on(
    humble: SmallOrg, role: str
) -> None:
    for _ in range(2):
        assert humble.sync()["pipelines"].row_count == 1
        (message,) = missing(humble)
        assert f'Have an administrator of the server run: create role "{role}" nologin;' in message


def test_a_role_that_somebody_else_made_is_granted_what_analysts_read(
    humble: SmallOrg, role: str
) -> None:
    humble.sync()
    humble.conn.execute(f"reset role; create role {role} nologin")
    humble.sync()
    assert missing(humble) == []
    with analyst(humble) as conn:
        assert conn.execute("select pipeline_id from marts.pipelines").fetchall() == [("default",)]


def test_orgs_that_publish_for_the_first_time_at_once_do_not_disturb_each_other(
    org_18: SmallOrg, role: str, warehouse_18: str
) -> None:
    orgs, start = [f"org{number}" for number in range(4)], Barrier(4)
    for key in orgs:
        create_staging(org_18.conn, key)

    def first_sync(key: str) -> int:
        with psycopg.connect(warehouse_18) as conn:
            org = replace(org_18, conn=conn, key=key, settings=settings_of(key), analyst=role)
            run = org.start_run()
            transformed = org.transform(run)
            conn.commit()
            start.wait(timeout=60)
            return org.publish(run, transformed)["pipelines"].row_count

    with ThreadPoolExecutor(len(orgs)) as pool:
        assert list(pool.map(first_sync, orgs)) == [1, 1, 1, 1]


@pytest.fixture
def impatient(synced: SmallOrg, warehouse_18: str) -> Iterator[SmallOrg]:
    """The org while another one publishes, with a publish that does not wait for it."""
    synced.conn.execute("set lock_timeout to '1s'")
    synced.conn.commit()
    with psycopg.connect(warehouse_18) as other:
        other.execute(SIDE_BY_SIDE)
        yield synced


def test_publishes_of_rows_alone_go_side_by_side(impatient: SmallOrg) -> None:
    impatient.stage("Account", {"id": "0012"})
    assert impatient.sync()["companies"].row_count == 2


def test_a_publish_that_makes_a_mart_has_the_marts_for_itself(impatient: SmallOrg) -> None:
    impatient.conn.execute("drop table marts.companies")
    impatient.conn.commit()
    with pytest.raises(psycopg.errors.LockNotAvailable):
        impatient.sync()
