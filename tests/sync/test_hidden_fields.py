"""Fields that are excluded or hashed: in the clear nowhere, from the first sync or from a later."""

import logging
from collections.abc import Iterable
from dataclasses import replace

import pytest

from salesforce_elt import extract as extract_station
from salesforce_elt import stations
from salesforce_elt.hashing import Salt
from salesforce_elt.run import RunRequest
from salesforce_elt.warehouse.connection import connect
from tests.clear_values import places_with
from tests.driver import Desk

HASHED = {"Contact": {"hash_fields": ["email", "Phone", "Birthdate"]}}


class Killed(BaseException):
    """What a SIGKILL looks like from inside."""


@pytest.fixture
def desk(generated_desk) -> Desk:
    made = generated_desk(size=10)
    for number, record in enumerate(ids(made, "Contact")[:4]):
        made.org.org.store.update("Contact", record, {
            "Email": f'"quoted, {number}"@acme.com', "Phone": f"0012-{number}\r\n,x\ny",
            "Birthdate": f"19{number}7-03-09"})
    made.wait(60)
    return made


def ids(desk: Desk, sobject: str) -> list[str]:
    return [one["Id"] for one in desk.org.org.store.records(sobject)]


def clear(desk: Desk) -> list[str]:
    """The values of the hashed fields, in the forms in which the warehouse might show them."""
    contacts = desk.org.org.store.records("Contact")
    return sorted({str(one[name]) for one in contacts for name in ("Email", "Phone", "Birthdate")
                   if one.get(name)})


def emails(desk: Desk) -> list[str]:
    return [one["Email"] for one in desk.org.org.store.records("Contact") if one.get("Email")]


def shown(desk: Desk, texts: Iterable[str]) -> list[str]:
    with connect(desk.warehouse_url) as conn:
        return places_with(conn, texts)


def written(caplog, texts: Iterable[str]) -> list[str]:
    return [text for text in texts if text in caplog.text]


def change_a_contact(desk: Desk) -> None:
    desk.wait(3600)
    desk.org.org.store.update("Contact", ids(desk, "Contact")[0], {"Email": "new@example.org"})
    desk.wait(60)


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_hashed_fields_are_in_the_clear_nowhere(desk, way, read_by, caplog):
    caplog.set_level(logging.DEBUG)
    read_by(way)
    hashing = desk.configured(objects=HASHED)
    before = clear(desk)
    assert hashing.sync("full").status == "success"
    change_a_contact(desk)
    assert hashing.sync().status == "success"
    texts = [*before, *clear(desk), desk.salt]
    assert len(emails(desk)) > 3
    assert (shown(hashing, texts), written(caplog, texts)) == ([], [])
    salt = Salt.of(desk.salt)
    found = [one["email"] for one in hashing.rows("select email from marts.contacts")]
    assert {one for one in found if one} == {salt.hash(email) for email in emails(desk)}


def test_rest_and_bulk_give_the_same_hashes(desk, read_by):
    hashed = "select id, email, phone, birthdate from staging_demo.contact order by id"
    found = []
    for way in ("rest", "bulk"):
        read_by(way)
        other = desk.with_an_empty_warehouse().configured(objects=HASHED)
        assert other.sync("full").status == "success"
        assert shown(other, clear(desk)) == []
        found.append(other.rows(hashed))
    assert found[0] == found[1]
    assert any(row["birthdate"] for row in found[0])


def test_fields_that_are_hashed_later_are_rewritten_before_anything_is_read(desk, caplog):
    desk.sync("full")
    assert "marts.contacts" in shown(desk, clear(desk))
    desk.wait(3600)
    hashing = desk.configured(objects=HASHED)
    when_reading = []
    hashing.sync(between=lambda station, run: when_reading.extend(
        shown(hashing, clear(desk)) if station.startswith("extract") else ()))
    assert when_reading == []
    assert shown(hashing, [*clear(desk), desk.salt]) == []
    rebuilt = hashing.with_an_empty_warehouse()
    rebuilt.sync("full")
    assert hashing.marts() == rebuilt.marts()


def test_marts_that_followed_what_was_hidden_make_no_success_of_a_sync_that_was_killed(desk):
    desk.sync("full")
    desk.wait(3600)
    hashing, before = desk.configured(objects=HASHED), clear(desk)

    def end(station, run):
        if station == "transform":
            raise Killed

    with pytest.raises(Killed):
        hashing.sync(between=end)
    assert shown(hashing, before) == []
    (run,) = hashing.rows("select * from sync.runs where status = 'running'")
    report = stations.finish(hashing.site, RunRequest(run["org"], run["run_id"], run["kind"]))
    assert report.status == "failed"
    assert hashing.sync().status == "success"


def test_fields_that_are_hashed_later_leave_no_page_of_an_unfinished_extract(desk, monkeypatch):
    real = extract_station.merge

    def killed(conn, run, incoming, *, landed):
        if incoming.extract.sobject == "Contact":
            raise Killed
        return real(conn, run, incoming, landed=landed)

    with monkeypatch.context() as patch:
        patch.setattr(extract_station, "merge", killed)
        with pytest.raises(Killed):
            desk.sync("full")
    assert shown(desk, emails(desk)) != []
    hashing = desk.configured(objects=HASHED)
    assert hashing.sync().status == "success"
    assert shown(hashing, clear(desk)) == []


def test_a_field_that_is_no_longer_hashed_is_read_again_and_said_to_be(desk):
    desk.configured(objects=HASHED).sync("full")
    desk.wait(3600)
    report = desk.sync()
    assert report.status == "success"
    assert {(one["code"], one["field"]) for one in report.findings} >= {
        ("field_not_hashed", "email"), ("field_not_hashed", "birthdate")}
    assert desk.differences() == []
    assert desk.value("select count(email) from marts.contacts") == len(emails(desk))


def test_a_setup_object_whose_field_is_no_longer_hashed_is_read_again_though_it_is_the_same(desk):
    desk.configured(objects={"UserRole": {"hash_fields": ["Name"]}}).sync("full")
    desk.wait(3600)
    assert desk.sync().status == "success"
    assert desk.differences() == []


def test_another_salt_stops_an_incremental_sync_and_a_full_one_hashes_everything_anew(desk):
    hashing = desk.configured(objects=HASHED)
    hashing.sync("full")
    old = [Salt.of(desk.salt).hash(email) for email in emails(desk)]
    change_a_contact(desk)
    other = replace(hashing, salt="another salt of the tests, long enough")
    report = other.sync()
    assert report.status == "failed"
    assert "the salt is not the one by which Contact is hashed" in report.run["message"]
    assert other.sync("full").status == "success"
    assert shown(other, [*clear(desk), *old]) == []
    salt = Salt.of(other.salt)
    found = [one["email"] for one in other.rows("select email from marts.contacts")]
    assert {one for one in found if one} == {salt.hash(email) for email in emails(desk)}


def test_a_hashed_field_that_the_org_does_not_show_is_a_finding(desk):
    settings = {"Contact": {"hash_fields": ["Emial__c"]}}
    report = desk.configured(objects=settings).sync("full")
    assert [(one["code"], one["field"]) for one in report.findings] == [
        ("field_unknown", "Emial__c")]


def test_a_hidden_part_of_a_name_that_shows_in_the_whole_name_is_a_finding(desk):
    settings = {"Contact": {"hash_fields": ["LastName"], "exclude_fields": ["FirstName"]}}
    report = desk.configured(objects=settings).sync("full")
    assert {(one["code"], one["field"]) for one in report.findings} == {
        ("field_in_another", "FirstName"), ("field_in_another", "LastName")}
    assert "Hide Name too" in report.findings[0]["message"]


def test_a_hashed_field_that_changes_its_type_is_hashed_anew_for_all_records(desk):
    hashing = desk.configured(objects=HASHED)
    hashing.sync("full")
    with connect(desk.warehouse_url) as conn:
        conn.execute("update sync.hashed_columns set kind = 'boolean' where column_name = 'phone'")
        conn.execute("update staging_demo.contact set phone = 'old'")
    desk.wait(3600)
    report = hashing.sync()
    assert ("field_retyped", "Phone") in {(one["code"], one["field"]) for one in report.findings}
    assert shown(hashing, clear(desk)) == []
    assert hashing.value("select count(*) from staging_demo.contact where phone = 'old'") == 0
