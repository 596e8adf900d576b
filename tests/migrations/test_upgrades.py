"""After an upgrade syncs go on where the version before stopped; marts are computed anew."""

from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
from psycopg import sql

from salesforce_elt.models import load_models
from salesforce_elt.warehouse.connection import prepare
from tests.driver import Desk, org_settings
from tests.migrations.written import LAST, change, columns, restore, rows, two_orgs
from tests.warehouse.small_org import PROJECT, SmallOrg

FILES_OF_MARTS = """
select relname, pg_relation_filenode(c.oid) from pg_class as c
where relnamespace = 'marts'::regnamespace and relkind in ('r', 'i') order by 1
"""


def staged(conn: psycopg.Connection, key: str) -> SmallOrg:
    """What the version before left of an org, with the settings that it had."""
    settings = org_settings(key=key, connection=f"salesforce_{key}")
    return SmallOrg(conn, load_models(PROJECT / "include"), settings, key=key)


@pytest.fixture
def org(old: psycopg.Connection) -> SmallOrg:
    """The second org of the old warehouse; nobody asks Salesforce for it."""
    return staged(old, "other")


def test_a_migration_does_not_touch_marts(old: psycopg.Connection) -> None:
    """Not even those that the new version computes otherwise: they stand until the next publish."""
    old.execute("alter table marts.companies drop column industry, add column was_once text")
    marts = {name: found for name, found in columns(old).items() if name.startswith("marts.")}
    before, files = rows(old, marts), old.execute(FILES_OF_MARTS).fetchall()
    prepare(old)
    assert len(before["marts.companies"]) > 0
    assert rows(old, marts) == before
    assert {one: columns(old)[one] for one in marts} == marts
    assert old.execute(FILES_OF_MARTS).fetchall() == files


def test_marts_of_an_earlier_version_are_computed_anew_from_staging(org: SmallOrg) -> None:
    org.conn.execute("alter table marts.companies drop column industry, add column was_once text")
    org.conn.execute("update marts.companies set company_name = 'as it was'")
    org.conn.execute("update sync.fingerprints set fingerprint ="
                     " jsonb_set(fingerprint::jsonb, '{model}', '\"of before\"')")
    others = org.conn.execute(
        "select count(*) from marts.companies where org = 'demo' and company_name = 'as it was'")
    (of_another_org,) = next(others)
    prepare(org.conn)
    counts = org.sync()
    assert {one.reason.split(";")[0] for one in counts.values()} == {"model changed"}
    assert org.published() == org.computed()
    assert "was_once" not in org.mart("companies")[0]
    waiting = sql.SQL("select company_name from marts.companies where org = 'demo'")
    assert org.rows(waiting) == [{"company_name": "as it was"}] * of_another_org  # its own sync


def test_what_waited_to_be_published_is_published(old: psycopg.Connection) -> None:
    """The last sync of the first org was partial: its opportunities did not come."""
    org = staged(old, "demo")
    prepare(old)
    (waiting,) = next(old.execute("select count(*) from sync.pending_batches where org = 'demo'"))
    assert waiting > 0
    org.sync()
    assert org.published() == org.computed()
    left = org.rows("select org from sync.pending_batches")
    assert {one["org"] for one in left} <= {"other"}


@pytest.mark.slow
def test_syncs_go_on_where_the_version_before_stopped(
    generated_desk: Callable[..., Desk],
) -> None:
    _, org = two_orgs(generated_desk)
    restore(org.warehouse_url, LAST)
    org.org.org.clock.advance(timedelta(hours=3))  # when the version before was at work
    change(org)
    report = org.sync()
    assert report.status == "success", report.run["message"]
    read = {one["sobject"]: one["fetched"] for one in report.objects}
    assert read["Opportunity"] > 0
    assert read["Account"] == 0 < org.value("select count(*) from staging_other.account")
    assert org.differences() == []
    anew = org.with_an_empty_warehouse()
    assert anew.sync("full").status == "success"
    assert org.marts() == anew.marts()
