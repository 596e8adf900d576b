"""Deletes that left no trace, and what a proof finds: in the end staging is what the org is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from simulator.access.granting import set_profile
from simulator.seeds import STANDARD_PROFILE_ID
from tests.driver import Desk

RECORDS = 250


@pytest.fixture
def desk(generated_desk) -> Desk:
    """An org with accounts enough that a single missing one is few (rule 8), and older than the
    overlap of the windows."""
    made = generated_desk(size=12)
    with made.org.org.store.transaction() as work:
        for number in range(RECORDS):
            work.insert("Account", {"Name": f"Account {number}"})
    later(made)
    assert made.sync("full").status == "success"
    return made


def ids(desk: Desk, sobject: str = "Account") -> list[str]:
    return [one["Id"] for one in desk.org.org.store.records(sobject)]


def forget(desk: Desk, sobject: str, record_id: str) -> None:
    """The record is gone, and no API call tells that it ever was."""
    store = desk.org.org.store
    with store.connections.transaction() as connection:
        connection.execute(f'delete from "{store.schema}"."{sobject}" where "Id" = %s',
                           [record_id])


def later(desk: Desk, **span: float) -> None:
    desk.org.org.clock.advance(timedelta(**(span or {"hours": 1})))


def flags(desk: Desk, record_id: str, table: str = "account") -> dict[str, object]:
    (row,) = desk.rows(f"select _is_deleted, _deleted_by from staging_demo.{table}"
                       f" where id = '{record_id}'")
    return row


def found(report, code: str) -> list[str | None]:
    return [one["sobject"] for one in report.findings if one["code"] == code]


def proof(desk: Desk, sobject: str = "Account") -> dict[str, object]:
    (row,) = desk.rows(
        "select their_count, our_count, sampled, differing, repaired from sync.proofs"
        f" where sobject = '{sobject}' order by run_id desc limit 1")
    return row


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_a_delete_beyond_the_reach_of_getdeleted_is_found_by_comparing_ids(desk, way, read_by):
    read_by(way)
    gone = ids(desk)[7]
    later(desk)
    desk.org.org.store.hard_delete("Account", gone)
    later(desk, days=20)
    never = desk.configured(reconcile="never")
    report = never.sync()
    assert report.status == "success", report.run["message"]
    assert "Account" in found(report, "deletes_missed")
    assert flags(desk, gone) == {"_is_deleted": True, "_deleted_by": "vanished"}
    assert desk.value(f"select count(*) from marts.companies where company_id = '{gone}'") == 0
    later(desk)
    report = never.sync()
    assert found(report, "deletes_missed") == []
    assert report.run["api_calls"] <= 6


def test_more_deletes_than_getdeleted_tells_at_once_are_asked_for_in_halves(desk):
    for record_id in ids(desk)[:6]:
        later(desk, minutes=10)
        desk.org.org.store.hard_delete("Account", record_id)
    later(desk)
    desk.org.org.options.update({"replication_most_ids": 4})
    report = desk.sync()
    assert found(report, "deletes_missed") == []
    assert {flags(desk, one)["_deleted_by"] for one in ids_gone(desk)} == {"getDeleted"}
    assert len(ids_gone(desk)) == 6


def ids_gone(desk: Desk) -> list[str]:
    return [row["id"] for row in desk.rows("select id from staging_demo.account where _is_deleted")]


def test_a_purged_delete_log_and_a_purged_bin_are_made_up_for(desk):
    """api.md 2.4: the log is purged when it is too long; then INVALID_REPLICATION_DATE."""
    gone = ids(desk)[3]
    later(desk)
    desk.org.org.store.hard_delete("Account", gone)
    desk.org.org.options.update({"delete_log_capacity": 0})
    later(desk, hours=3)
    report = desk.sync()
    assert report.status == "success", report.run["message"]
    assert "Account" in found(report, "deletes_missed")
    assert flags(desk, gone) == {"_is_deleted": True, "_deleted_by": "vanished"}


def test_a_contact_role_that_was_deleted_directly_is_deleted(desk):
    """api.md 5.2: it does not reach the recycle bin."""
    role = ids(desk, "OpportunityContactRole")[0]
    later(desk)
    desk.org.org.store.delete("OpportunityContactRole", role)
    later(desk)
    desk.sync()
    assert flags(desk, role, "opportunity_contact_role")["_is_deleted"] is True


@pytest.mark.parametrize("hidden", [False, True])
def test_a_record_that_vanished_without_any_trace_is_found_by_a_reconcile(desk, hidden):
    """With a formula-like field shown, all records are read anyway; else only the counts differ."""
    if hidden:
        desk.org.org.permissions.hide("Account", "LastActivityDate")
    gone = ids(desk)[11]
    later(desk)
    forget(desk, "Account", gone)
    later(desk)
    assert desk.sync().status == "success"
    assert flags(desk, gone)["_is_deleted"] is False
    later(desk)
    report = desk.sync("reconcile")
    assert report.status == "success", report.run["message"]
    assert found(report, "deletes_untraced") == ["Account"]
    assert flags(desk, gone) == {"_is_deleted": True, "_deleted_by": "vanished"}
    assert desk.differences() == []


def test_an_object_that_tells_no_deletes_has_its_ids_compared_by_each_reconcile(desk):
    """api.md 7.1: getDeleted is for replicateable objects."""
    desk.org.org.permissions.hide("Account", "LastActivityDate")
    known = desk.org.org.store.sobjects
    known["Account"] = replace(known["Account"], replicateable=False)
    gone = ids(desk)[5]
    later(desk)
    desk.org.org.store.hard_delete("Account", gone)
    later(desk)
    report = desk.sync()
    assert [found(report, code) for code in ("deletes_missed", "deletes_unknown")] == [[], []]
    assert flags(desk, gone)["_is_deleted"] is False
    later(desk)
    desk.sync("reconcile")
    assert flags(desk, gone) == {"_is_deleted": True, "_deleted_by": "vanished"}
    (read,) = desk.rows("select * from sync.run_reads where sobject = 'Account'")
    assert (read["status"], read["is_compared"]) == ("success", True)


def test_records_that_a_sharing_rule_hides_are_not_deleted_and_the_grant_is_named(desk):
    later(desk)
    for record_id in ids(desk)[:50]:
        forget(desk, "Account", record_id)
    before = desk.marts()["companies"]
    later(desk)
    report = desk.sync("reconcile")
    assert report.status == "partial"
    assert "View All on Account" in report.run["message"]
    assert desk.marts()["companies"] == before


def test_one_missing_record_is_not_deleted_after_view_all_data_was_taken_away(desk):
    later(desk)
    forget(desk, "Account", ids(desk)[0])
    set_profile(desk.org.org.store, STANDARD_PROFILE_ID)
    before = desk.marts()["companies"]
    later(desk)
    report = desk.sync("reconcile")
    assert report.status == "partial"
    assert "had View All Data before and has it no more" in report.run["message"]
    assert desk.marts()["companies"] == before


def test_what_no_change_told_is_repaired_and_reported(desk):
    store = desk.org.org.store
    changed, added, back = ids(desk)[:3]
    later(desk)
    for record_id, values in ((changed, {"Name": "Never told"}), (added, {}), (back, {})):
        record = store.get("Account", record_id)
        stamp = record["SystemModstamp"] + timedelta(seconds=1)
        store.replace("Account", [{**record, **values, "SystemModstamp": stamp}])
    desk.execute(f"delete from staging_demo.account where id = '{added}'")
    desk.execute("update staging_demo.account set _is_deleted = true, _deleted_by = 'getDeleted',"
                 f" _deleted_at = now() + interval '1 year' where id = '{back}'")
    later(desk, hours=2)
    assert desk.sync().status == "success"
    assert len(desk.differences()) > 0
    later(desk)
    report = desk.sync("reconcile")
    assert report.status == "success", report.run["message"]
    assert found(report, "records_differed") == ["Account"]
    assert (proof(desk)["differing"], proof(desk)["repaired"]) == (3, 3)
    assert desk.differences() == []
    rebuilt = desk.with_an_empty_warehouse()
    rebuilt.sync("full")
    assert desk.marts() == rebuilt.marts()


def test_a_sample_finds_a_record_that_differs_though_the_counts_agree(desk):
    desk.org.org.permissions.hide("Account", "LastActivityDate")
    store = desk.org.org.store
    later(desk)
    for record_id in ids(desk):
        record = store.get("Account", record_id)
        stamp = record["SystemModstamp"] + timedelta(seconds=1)
        store.replace("Account", [{**record, "SystemModstamp": stamp, "Name": "Never told"}])
    later(desk, hours=2)
    report = desk.sync("reconcile")
    assert report.status == "success", report.run["message"]
    shown = proof(desk)
    assert (shown["sampled"], shown["differing"], shown["repaired"]) == (200, 200, 200)
    assert found(report, "records_differed") == ["Account"]


def test_a_proof_of_an_org_that_is_as_staging_says_finds_nothing_and_costs_few_calls(desk):
    later(desk)
    report = desk.sync("reconcile")
    assert report.status == "success", report.run["message"]
    assert report.findings == []
    shown = proof(desk)
    assert shown["their_count"] == shown["our_count"] == len(ids(desk))
    assert (shown["sampled"], shown["differing"], shown["repaired"]) == (200, 0, 0)
    reads = desk.value("select sum(api_calls) from sync.run_reads where status = 'success'")
    objects = desk.value("select count(*) from sync.proofs")
    assert report.run["api_calls"] <= 6 + 3 + objects + reads + 8


def test_what_changes_while_a_sync_reconciles_is_no_difference(desk):
    later(desk)
    first, second, third = ids(desk)[:3]

    def work(station: str, run: object) -> None:
        if station == "extract Account":
            desk.wait(5)
            desk.org.org.store.update("Account", first, {"Name": "Meanwhile"})
            desk.org.org.store.delete("Account", second)
            desk.org.org.store.hard_delete("Account", third)
            desk.org.org.store.insert("Account", {"Name": "New meanwhile"})
            desk.wait(300)

    report = desk.sync("reconcile", between=work)
    assert report.status == "success", report.run["message"]
    assert found(report, "records_differed") == []
    later(desk)
    assert desk.sync().status == "success"
    assert desk.differences() == []


def test_a_reconcile_of_one_object_leaves_the_others_alone(desk):
    later(desk)
    desk.sync("reconcile", objects=["Contact"])
    assert [row["sobject"] for row in desk.rows("select sobject from sync.proofs")] == ["Contact"]
