"""An org whose schema, permissions and setup change between two syncs."""

import pytest

from tests.driver import Desk


@pytest.fixture
def desk(generated_desk) -> Desk:
    return generated_desk(size=5)


def ids(desk: Desk, sobject: str) -> list[str]:
    return [one["Id"] for one in desk.org.org.store.records(sobject)]


def test_a_field_that_becomes_visible_is_filled_for_old_records_too(desk):
    desk.org.org.permissions.hide("Opportunity", "Amount")
    desk.sync("full")
    desk.org.org.permissions.show("Opportunity", "Amount")
    desk.wait(3600)
    report = desk.sync()
    assert report.status == "success"
    assert [(one["code"], one["sobject"]) for one in report.findings] == [
        ("field_added", "Opportunity")]
    assert desk.differences() == []


def test_what_changed_while_a_field_was_hidden_is_not_stale_when_it_is_shown_again(desk):
    desk.sync("full")
    desk.org.org.permissions.hide("Opportunity", "Amount")
    desk.wait(3600)
    desk.org.org.store.update("Opportunity", ids(desk, "Opportunity")[0], {"Amount": 4711})
    desk.wait(3600)
    desk.sync()
    desk.org.org.permissions.show("Opportunity", "Amount")
    desk.wait(3600)
    desk.sync()
    assert desk.differences() == []


def test_a_setup_object_whose_last_record_goes_is_empty(desk):
    desk.sync("full")
    desk.wait(3600)
    for record in ids(desk, "Group"):
        desk.org.org.store.hard_delete("Group", record)
    assert desk.sync().status == "success"
    assert desk.value("select count(*) from staging_demo.group where not _is_deleted") == 0


def test_excluded_fields_are_excluded_in_any_case(desk):
    desk.configured(objects={"Contact": {"exclude_fields": ["birthdate"]}}).sync("full")
    query = "select count(*) from information_schema.columns where column_name = 'birthdate'"
    assert desk.value(query) == 0


def test_an_excluded_field_that_the_org_does_not_show_is_a_finding(desk):
    settings = {"Contact": {"exclude_fields": ["Emial__c"]}}
    report = desk.configured(objects=settings).sync("full")
    assert [(one["code"], one["field"]) for one in report.findings] == [
        ("field_unknown", "Emial__c")]


def test_a_field_that_is_excluded_later_is_in_no_table_any_more(desk):
    desk.sync("full")
    assert desk.value("select count(phone) from marts.contacts") > 0
    desk.wait(3600)
    report = desk.configured(objects={"Contact": {"exclude_fields": ["Phone", "Title"]}}).sync()
    assert report.status == "success"
    assert report.findings == []
    for table in ("staging_demo.contact", "staging_demo.contact__before", "marts.contacts"):
        assert desk.value(f"select count(phone) from {table}") == 0


def test_an_object_that_is_hidden_later_makes_the_sync_partial_and_says_which(desk):
    desk.sync("full")
    desk.org.org.permissions.hide("Event")
    desk.wait(3600)
    report = desk.sync()
    assert report.status == "partial"
    assert "Event did not reach the end of this sync's window" in report.run["message"]


def test_a_type_that_cannot_be_widened_stops_that_object_alone(desk):
    """Somebody's view holds the column as it is."""
    desk.sync("full")
    for table in ("opportunity", "opportunity__before"):
        desk.execute(f"alter table staging_demo.{table} alter column description type date"
                     " using null")
    desk.execute("create view public.held as select description from staging_demo.opportunity")
    desk.wait(3600)
    contact = ids(desk, "Contact")[0]
    desk.org.org.store.update("Contact", contact, {"LastName": "Arrived"})
    desk.wait(3600)
    report = desk.sync()
    assert report.status == "partial"
    assert {("SchemaDrift", "Opportunity")} <= {
        (one["code"], one["sobject"]) for one in report.findings}
    query = f"select last_name from staging_demo.contact where id = '{contact}'"
    assert desk.value(query) == "Arrived"
    desk.execute("drop view public.held")
    assert desk.sync().status == "success"


def test_an_object_that_no_mart_reads_and_that_vanishes_stops_itself_alone(desk):
    desk.sync("full")
    roles = desk.value("select count(*) from staging_demo.user_role")
    desk.org.org.permissions.hide("UserRole")
    desk.wait(3600)
    report = desk.sync()
    assert report.status == "success"
    assert [(one["code"], one["sobject"]) for one in report.findings] == [
        ("object_hidden", "UserRole")]
    assert "stay as they were" in report.findings[0]["message"]
    assert desk.value("select count(*) from staging_demo.user_role") == roles


def test_a_new_record_types_stages_are_read_even_when_their_first_read_failed(desk, monkeypatch):
    desk.sync("full")
    store = desk.org.org.store
    desk.wait(3600)
    process = ids(desk, "BusinessProcess")[0]
    store.insert("RecordType", {
        "Name": "New", "DeveloperName": "New", "SobjectType": "Opportunity", "IsActive": True,
        "BusinessProcessId": process})
    desk.wait(60)
    desk.org.org.options.update({"used_api_requests": 0})
    failing = desk.fail_on("RecordTypeStage", monkeypatch)
    assert desk.sync().status == "partial"
    failing.undo()
    desk.wait(60)
    assert desk.sync().status == "success"
    rebuilt = desk.with_an_empty_warehouse()
    rebuilt.sync("full")
    assert desk.marts() == rebuilt.marts()


def test_a_number_in_a_column_that_became_text_is_written_in_one_way(generated_desk, read_by):
    """Rule 14, and promise 2: REST says 90000000.0 where Bulk says 9.0E7."""
    desk = generated_desk(size=5)
    desk.sync("full")
    for table in ("account", "account__before"):
        desk.execute(f"alter table staging_demo.{table} alter column annual_revenue type text")
    record_id = next(one["Id"] for one in desk.org.org.store.records("Account"))
    written = []
    for way in ("rest", "bulk"):
        read_by(way)
        desk.wait(3600)
        values = {"AnnualRevenue": 90_000_000, "Description": f"Read by {way}"}
        desk.org.org.store.update("Account", record_id, values)
        desk.wait(60)
        desk.sync()
        written += desk.rows("select annual_revenue, description from staging_demo.account"
                             f" where id = '{record_id}'")
    assert [one["annual_revenue"] for one in written] == ["90000000", "90000000"]
    assert written[1]["description"] == "Read by bulk"
