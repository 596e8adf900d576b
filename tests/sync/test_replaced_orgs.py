"""A sandbox that was refreshed: the same connection, another org with some of the same Ids."""

from dataclasses import replace

import httpx
import pytest

from salesforce_elt.errors import OrgReplaced
from salesforce_elt.replaced_org import drop_landing
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.login import ClientCredentials, Token, log_in
from salesforce_elt.warehouse.connection import connect, prepare
from simulator.changes import change_org
from tests.driver import Desk


@pytest.fixture
def refreshed(generated_desk) -> Desk:
    """The warehouse holds an org; behind the connection is now another one."""
    old, new = generated_desk(size=15, seed=1), generated_desk(size=12, seed=1)
    assert old.sync("full").status == "success"
    change_org(new.org.org.store, 5, inserts=2, updates=4, deletes=1, owner_changes=2)
    # Simulated orgs all have one Id, so the warehouse is told that it came from another.
    old.execute("update sync.orgs set organization_id = '00D0000000other'")
    return replace(new, warehouse_url=old.warehouse_url, numbers=old.numbers)


def test_another_org_stops_the_sync_and_changes_nothing(refreshed: Desk) -> None:
    before, staged = refreshed.marts(), refreshed.rows("select * from staging_demo.account")
    report = refreshed.sync()
    assert report.status == "failed"
    assert "Full synchronization" in report.run["message"]
    assert "00D0000000other" in report.run["message"]
    assert report.run["api_calls"] == 1
    assert refreshed.sync("full", objects=["Account"]).status == "failed"  # that would mix them
    assert refreshed.marts() == before
    assert refreshed.rows("select * from staging_demo.account") == staged


def test_a_session_of_the_old_org_that_is_still_kept_does_not_hide_the_new_one(
    refreshed: Desk, monkeypatch
) -> None:
    """Salesforce refuses it, and the login that follows leads to the other org."""
    keys, logins = refreshed.org.credentials, iter(["00D0000000other"])
    before, staged = refreshed.marts(), refreshed.rows("select * from staging_demo.account")

    def client(desk: Desk) -> SalesforceClient:
        login = ClientCredentials(desk.org.url, keys.consumer_key, keys.consumer_secret)
        http = httpx.Client()

        def authenticate(_before: Token | None) -> Token:
            token = log_in(login, http=http, now=desk.org.org.clock.now)
            old = next(logins, "")
            return replace(token, access_token="dead", organization_id=old) if old else token

        return SalesforceClient(authenticate, http=http, pause=desk.wait)

    monkeypatch.setattr(Desk, "client", client)
    report = refreshed.sync()
    assert report.status == "failed"
    assert "Full synchronization" in report.run["message"]
    assert refreshed.marts() == before
    assert refreshed.rows("select * from staging_demo.account") == staged


def test_a_session_that_is_renewed_in_another_org_in_the_middle_stops_the_sync(
    refreshed: Desk
) -> None:
    client = refreshed.client()
    client.hold_to("00D0000000other")
    with pytest.raises(OrgReplaced):
        client.require_session()


def test_a_warehouse_that_did_not_keep_the_id_takes_it_from_staging(refreshed: Desk) -> None:
    refreshed.execute("delete from sync.orgs")
    refreshed.execute("update staging_demo.organization set id = '00D0000000otherAAA'")
    assert refreshed.sync().status == "failed"


def test_before_anything_was_read_the_host_may_be_corrected(generated_desk) -> None:
    desk = generated_desk(size=5)
    with connect(desk.warehouse_url) as conn:
        prepare(conn)
    desk.execute("insert into sync.orgs values ('demo', '00D0000000other', now())")
    assert desk.sync().status == "success"


def test_forgetting_an_org_leaves_those_whose_keys_begin_like_it(connection) -> None:
    connection.execute('create table landing."demo__1" (id text)')
    connection.execute('create table landing."demo__uat__1" (id text)')
    drop_landing(connection, "demo")
    left = connection.execute("select tablename from pg_tables where schemaname = 'landing'")
    assert left.fetchall() == [("demo__uat__1",)]


def test_a_full_sync_takes_the_new_org_and_nothing_of_the_old_is_left(refreshed: Desk) -> None:
    report = refreshed.sync("full")
    assert report.status == "success", report.run["message"]
    assert refreshed.differences() == []
    alone = refreshed.with_an_empty_warehouse()
    assert alone.sync("full").status == "success"
    assert refreshed.marts() == alone.marts()
    assert refreshed.value("select count(*) from sync.runs") == 2  # old results stay


def test_the_marts_stand_until_the_new_org_is_published(refreshed: Desk, monkeypatch) -> None:
    before = refreshed.marts()
    broken = refreshed.fail_on("Account", monkeypatch)
    assert refreshed.sync("full").status == "partial"
    assert refreshed.marts() == before
    broken.undo()
    assert refreshed.sync().status == "success"
    assert refreshed.differences() == []
