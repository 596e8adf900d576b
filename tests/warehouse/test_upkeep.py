"""Housekeeping removes what is old or left over, and nothing that a sync needs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from salesforce_elt import stations, upkeep
from salesforce_elt.errors import LeaseLost
from salesforce_elt.report import read_report
from salesforce_elt.run import Run
from salesforce_elt.settings import OrgSettings, Retention
from salesforce_elt.stations import Site
from salesforce_elt.upkeep import is_due, tidy
from salesforce_elt.warehouse import leases
from tests.warehouse.test_merge import conn, csv_page, land, new_run, run, sync, thing

__all__ = ["conn", "run"]

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RETENTION = Retention(results_days=400, details_days=35)
OF_A_RUN = ("run_objects", "run_quotas", "run_marts", "run_exclusions", "checks", "findings",
            "run_reads", "proofs", "api_usage", "extracts")


@pytest.fixture
def today(conn) -> Run:
    """The sync that has just ended, a success."""
    return ended(conn, NOW)


def ended(conn, at: datetime, kind: str = "incremental", *, status: str = "success",
          org: str = "acme") -> Run:
    """A sync that is over, and holds the org's lease if it is the newest."""
    made = new_run(conn, at, kind)
    conn.execute("update sync.runs set status = %s, finished_at = %s, planned_at = %s, org = %s"
                 " where run_id = %s", [status, at, at, org, made.run_id])
    return made


def aged(conn, days: int, **which) -> Run:
    """A sync so many days ago, then the newest one again, which holds the lease."""
    return ended(conn, NOW - days * DAY, **which)


def with_everything(conn, run: Run) -> Run:
    """The run with a row in every table of its results."""
    for statement in (
        "run_objects (run_id, org, sobject, way, until, status, fields) values"
        " ({run}, 'acme', 'Account', 'nothing', now(), 'success', '{{Id,Name}}'),"
        " ({run}, 'acme', 'Contact', 'rest', now(), 'success', '{{Id,Name}}')",
        "run_quotas (run_id, org, quota) values ({run}, 'acme', 'DailyApiRequests')",
        "run_marts (run_id, org, mart) values ({run}, 'acme', 'companies')",
        "run_exclusions values ({run}, 'acme', 'type_not_selected', 3)",
        "checks (run_id, org, mart, check_name, severity, is_passed) values"
        " ({run}, 'acme', 'companies', 'holds', 'critical', true),"
        " ({run}, 'acme', 'companies', 'fails', 'warning', false)",
        "findings (run_id, org, severity, code, message) values ({run}, 'acme', 'info', 'a', 'b')",
        "run_reads (run_id, org, sobject, way, planned, api_calls, status) values"
        " ({run}, 'acme', 'Account', 'rest', 1, 1, 'success')",
        "proofs (run_id, org, sobject) values ({run}, 'acme', 'Account')",
        "api_usage (run_id, org, station, calls) values ({run}, 'acme', 'plan', 3)",
        "extracts (org, sobject, until, fields, state, run_id, created_at) values"
        " ('acme', 'Account', now(), '{{Id}}', 'merged', {run}, {at})",
    ):
        text = psycopg.sql.SQL("insert into sync." + statement)
        conn.execute(text.format(run=run.run_id, at=run.until))
    return run


def left(conn, table: str = "runs", run: Run | None = None) -> int:
    where = f" where run_id = '{run.run_id}'" if run else ""
    return int(conn.execute(f"select count(*) from sync.{table}{where}").fetchone()[0])


def is_kept(conn, run: Run) -> bool:
    return left(conn, "runs", run) == 1


def tables(conn, schema: str) -> list[str]:
    found = conn.execute("select tablename from pg_tables where schemaname = %s order by 1",
                         [schema])
    return [name for (name,) in found]


def test_results_go_after_their_days_with_all_that_belongs_to_them(conn):
    old, young = with_everything(conn, aged(conn, 401)), aged(conn, 399)
    assert all(left(conn, table, old) for table in OF_A_RUN)
    removed = tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert removed["syncs"] == 1
    assert (is_kept(conn, old), is_kept(conn, young)) == (False, True)
    assert {table: left(conn, table, old) for table in OF_A_RUN} == dict.fromkeys(OF_A_RUN, 0)


def test_the_newest_sync_of_each_outcome_and_kind_stays_however_old_it_is(conn):
    success = aged(conn, 900)
    reconciled = aged(conn, 901, kind="reconcile")
    deferred = aged(conn, 902, kind="full", status="deferred")
    replaced = aged(conn, 903, kind="full", status="deferred")
    tidy(conn, ended(conn, NOW, status="failed"), retention=RETENTION)
    assert [is_kept(conn, one) for one in (success, reconciled, deferred)] == [True] * 3
    assert not is_kept(conn, replaced)


def test_a_sync_whose_extract_is_not_merged_stays_with_the_pages_that_came(conn):
    begun = aged(conn, 500, status="failed")
    landing = land(conn, begun, csv_page([thing(1)]))
    aged(conn, 499, status="failed")
    tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert is_kept(conn, begun)
    assert left(conn, "extract_pages") == 1
    assert conn.execute("select to_regclass(%s) is not null",
                        [landing.table.as_string(conn)]).fetchone() == (True,)


def test_a_sync_whose_batch_waits_to_be_published_stays_with_the_rows_before(conn, run):
    sync(conn, run, thing(1))
    conn.execute("delete from sync.pending_batches")
    old = aged(conn, 500, status="partial")
    sync(conn, old, thing(1, "b"))
    aged(conn, 499, status="partial")
    removed = tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert is_kept(conn, old)
    assert "rows before changes that are published" not in removed
    assert conn.execute("select count(*) from staging_acme.thing__c__before").fetchone() == (1,)


def test_rows_before_changes_that_are_published_go(conn, run):
    sync(conn, run, thing(1))
    sync(conn, new_run(conn, NOW - DAY), thing(1, "b"))
    conn.execute("delete from sync.pending_batches")
    removed = tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert removed["rows before changes that are published"] == 1


def test_a_sync_that_runs_is_left_alone(conn):
    running = aged(conn, 500, status="running")
    tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert is_kept(conn, running)


def test_another_orgs_results_are_left_to_its_own_syncs(conn):
    others = [aged(conn, days, org="other") for days in (500, 501)]
    tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert all(is_kept(conn, one) for one in others)


def test_details_that_say_little_go_earlier_and_the_rest_of_the_results_stays(conn, today):
    old = with_everything(conn, aged(conn, 36))
    with_everything(conn, young := aged(conn, 34))
    newest = ended(conn, NOW + timedelta(minutes=1))
    tidy(conn, newest, retention=RETENTION)
    assert [left(conn, table, old) for table in OF_A_RUN] == [1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    (kept,) = conn.execute("select sobject, fields from sync.run_objects where run_id = %s",
                           [old.run_id])
    assert kept == ("Contact", [])
    (check,) = conn.execute("select check_name from sync.checks where run_id = %s", [old.run_id])
    assert check == ("fails",)
    assert [left(conn, table, young) for table in OF_A_RUN] == [2, 1, 1, 1, 2, 1, 1, 1, 1, 1]


def test_incidents_that_are_over_go_with_the_results_of_their_time(conn, today):
    for number, closed in enumerate((NOW - 401 * DAY, NOW - 399 * DAY, None)):
        conn.execute(
            "insert into sync.incidents (org, occasion, code, about, message, kind, run_id,"
            " opened_at, seen_at, closed_at) values ('acme', 'failed', %s, '', '', 'full', 'r',"
            " %s, %s, %s)", [f"c{number}", NOW - 500 * DAY, NOW - 500 * DAY, closed])
    tidy(conn, today, retention=RETENTION)
    codes = conn.execute("select code from sync.incidents order by code").fetchall()
    assert codes == [("c1",), ("c2",)]


def test_tables_that_no_extract_fills_any_more_go(conn, run):
    open_landing = land(conn, run, csv_page([thing(1)]), is_full=False)
    for name in ("landing.acme__999999", "landing.acme__x__1", "landing.other__999999",
                 "staging_acme.thing__c__loading"):
        conn.execute(f"create table {name} (id text)")
    removed = tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert removed["landing tables"] == removed["tables of broken-off whole reads"] == 1
    assert tables(conn, "landing") == sorted([
        f"acme__{open_landing.extract.extract_id}", "acme__x__1", "other__999999"])
    assert tables(conn, "staging_acme") == ["thing__c", "thing__c__before"]


def test_the_table_of_a_whole_read_that_goes_on_stays(conn, run):
    land(conn, run, csv_page([thing(1)]))
    tidy(conn, ended(conn, NOW), retention=RETENTION)
    assert "thing__c__loading" in tables(conn, "staging_acme")


@pytest.mark.parametrize(("status", "stays"), [("success", False), ("failed", True)])
def test_deltas_stay_while_cleared_tasks_might_publish_them(conn, status, stays):
    conn.execute("create table delta.acme__companies (id text)")
    tidy(conn, ended(conn, NOW, status=status), retention=RETENTION)
    assert ("acme__companies" in tables(conn, "delta")) is stays


def test_nothing_is_removed_for_a_sync_that_lost_the_org(conn):
    old, lost = aged(conn, 500), ended(conn, NOW)
    leases.take(conn, "acme", run_id="acme/newer")
    aged(conn, 450)
    with pytest.raises(LeaseLost):
        tidy(conn, lost, retention=RETENTION)
    assert is_kept(conn, old)
    assert is_due(conn, "acme", now=NOW)


def test_what_is_removed_when_a_newer_sync_takes_the_org_stays_removed(conn, monkeypatch):
    for days in range(500, 505):
        aged(conn, days)
    today, hold, asked = ended(conn, NOW), leases.hold, []

    def held(*arguments) -> None:
        asked.append(arguments)
        if len(asked) == 3:
            leases.take(conn, "acme", run_id="acme/newer")
        hold(*arguments)

    monkeypatch.setattr(upkeep, "MOST_RUNS", 1)
    monkeypatch.setattr(leases, "hold", held)
    with pytest.raises(LeaseLost):
        tidy(conn, today, retention=RETENTION)
    assert left(conn) == 4


def test_results_of_any_number_are_removed_in_small_transactions(conn, monkeypatch):
    for days in range(500, 505):
        with_everything(conn, aged(conn, days))
    monkeypatch.setattr(upkeep, "MOST_RUNS", 2)
    monkeypatch.setattr(upkeep, "MOST_ROWS", 1)
    assert tidy(conn, ended(conn, NOW), retention=RETENTION)["syncs"] == 5


def test_tidying_up_again_finds_nothing(conn, today):
    with_everything(conn, aged(conn, 401))
    newest = ended(conn, NOW + timedelta(minutes=1))
    assert tidy(conn, newest, retention=RETENTION)
    assert tidy(conn, newest, retention=RETENTION) == {}


def test_it_is_done_once_a_day(conn, today):
    assert is_due(conn, "acme", now=NOW)
    tidy(conn, today, retention=RETENTION)
    assert not is_due(conn, "acme", now=NOW.replace(hour=23))
    assert is_due(conn, "acme", now=NOW.replace(hour=1) + DAY)
    assert is_due(conn, "other", now=NOW)


def site_of(url: str) -> Site:
    def unused(*arguments):
        raise AssertionError("housekeeping asks nobody")

    return Site(OrgSettings(key="acme", connection="sf"), url, unused, unused, Path("include"),
                unused, unused, "analyst")


def test_an_error_of_housekeeping_is_a_finding_and_the_sync_stays_what_it_was(
    conn, today, warehouse, monkeypatch, caplog
):
    def broken(*arguments, **options):
        raise psycopg.errors.DiskFull("no space left on the device")

    monkeypatch.setattr(upkeep, "tidy", broken)
    told = stations.tidy(site_of(warehouse), read_report(conn, today.run_id))
    assert told.status == "success"
    (finding,) = told.findings
    assert (finding["code"], finding["severity"]) == ("housekeeping_failed", "warning")
    assert "PostgreSQL says DiskFull. The next sync tries again" in finding["message"]
    assert "no space left" in caplog.text


def test_a_sync_that_lost_the_org_leaves_housekeeping_to_the_newer_one(conn, today, warehouse):
    leases.take(conn, "acme", run_id="acme/newer")
    told = stations.tidy(site_of(warehouse), read_report(conn, today.run_id))
    assert told.findings == []
    assert is_due(conn, "acme", now=NOW)


def test_the_end_of_a_sync_tidies_up_by_the_orgs_settings(conn, warehouse):
    old = aged(conn, 100)
    aged(conn, 99)
    today = ended(conn, NOW)
    site = site_of(warehouse)
    stations.tidy(site, read_report(conn, today.run_id))
    assert is_kept(conn, old)
    conn.execute("delete from sync.upkeep")
    settings = site.settings.model_copy(update={"retention": Retention(results_days=90)})
    stations.tidy(replace(site, settings=settings), read_report(conn, today.run_id))
    assert not is_kept(conn, old)
