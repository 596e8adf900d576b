"""Bad input: one paragraph that says what, where and what to do; nothing half-written."""

import logging
import re
from dataclasses import replace

import pytest

from tests.driver import Desk


@pytest.fixture
def desk(generated_desk) -> Desk:
    return generated_desk(size=5)


def with_credentials(desk: Desk, **changes: str) -> Desk:
    org = replace(desk.org, credentials=replace(desk.org.credentials, **changes))
    return replace(desk, org=org)


def tables_of(desk: Desk) -> list[str]:
    found = desk.rows("select schemaname || '.' || tablename as name from pg_tables"
                      " where schemaname in ('marts', 'landing', 'delta')")
    return [one["name"] for one in found]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"consumer_secret": "wrong"}, r"refused the login: invalid_client .*copy it again"),
        ({"consumer_key": "wrong"}, r"refused the login: invalid_client_id .*copy it again"),
    ],
)
def test_wrong_credentials_name_the_host_and_the_cure(desk, changes, says):
    report = with_credentials(desk, **changes).sync("full")
    assert report.status == "failed"
    assert_paragraph(report.run["message"], says)
    assert tables_of(desk) == []


def test_an_unreachable_host_is_named(desk):
    nobody = replace(desk, org=replace(desk.org, url="http://127.0.0.1:9"))
    report = nobody.sync("full")
    assert report.status == "failed"
    assert_paragraph(report.run["message"], r"Login at 127\.0\.0\.1:9: no answer .*Check the")


def test_a_required_object_that_is_hidden_blocks_the_publish_and_not_the_others(desk):
    desk.org.org.permissions.hide("Opportunity")
    report = desk.sync("full")
    assert report.status == "partial"
    assert re.search(r"Opportunity is not visible.*nothing is published.*View All on Opportunity",
                     report.run["message"])
    assert tables_of(desk) == []
    assert desk.value("select count(*) from staging_demo.account") > 0


def test_a_permission_that_is_withdrawn_leaves_the_marts_as_they_were(desk):
    desk.sync("full")
    before = desk.marts()
    desk.org.org.permissions.hide("Account")
    contact = next(desk.org.org.store.records("Contact"))["Id"]
    desk.wait(3600)
    desk.org.org.store.update("Contact", contact, {"LastName": "Arrived"})
    desk.wait(3600)
    assert desk.sync().status == "partial"
    assert desk.marts() == before
    query = f"select last_name from staging_demo.contact where id = '{contact}'"
    assert desk.value(query) == "Arrived"


def test_an_object_that_is_not_required_is_a_finding_and_blocks_nothing(desk):
    desk.org.org.permissions.hide("Event")
    report = desk.sync("full")
    assert report.status == "success"
    assert [(one["code"], one["sobject"]) for one in report.findings] == [
        ("object_hidden", "Event")]


def test_a_hidden_field_that_marts_need_is_a_finding_with_its_name(desk):
    desk.org.org.permissions.hide("Opportunity", "Amount")
    report = desk.sync("full")
    found = [(one["code"], one["sobject"], one["field"]) for one in report.findings]
    assert report.status == "success"
    assert found == [("field_hidden", "Opportunity", "Amount")]
    assert desk.value("select count(amount) from marts.opportunities") == 0


def test_a_field_that_is_hidden_later_keeps_its_last_values(desk):
    desk.sync("full")
    amounts = desk.value("select sum(amount) from staging_demo.opportunity")
    desk.org.org.permissions.hide("Opportunity", "Amount")
    desk.wait(3600)
    assert desk.sync().status == "success"
    assert desk.value("select sum(amount) from staging_demo.opportunity") == amounts


def test_an_org_without_record_types_has_the_default_pipeline(desk):
    """api.md 5.6: RecordTypeId is absent from the describe until the org has record types."""
    desk.org.org.permissions.hide("Opportunity", "RecordTypeId")
    report = desk.sync("full")
    assert report.findings == []
    assert desk.value("select distinct pipeline_id from marts.opportunities") == "default"


def test_an_object_of_the_settings_that_the_org_lacks_is_a_finding(desk):
    report = desk.configured(objects={"Invoice__c": {}}).sync("full")
    assert report.status == "success"
    assert [(one["code"], one["sobject"]) for one in report.findings] == [
        ("object_hidden", "Invoice__c")]


def test_without_a_salt_nothing_is_read_that_is_to_be_hashed(desk):
    hashing = replace(desk, salt="").configured(objects={"Contact": {"hash_fields": ["Email"]}})
    report = hashing.sync("full")
    assert report.status == "failed"
    assert_paragraph(report.run["message"],
                     r"objects\.Contact\.hash_fields: .*ELT_HASH_SALT.*Nothing was read")
    assert tables_of(desk) == []


@pytest.mark.parametrize("setting", ["exclude_fields", "hash_fields"])
def test_a_hidden_address_is_refused_because_its_parts_would_be_read(desk, setting):
    report = desk.configured(objects={"Account": {setting: ["billingaddress"]}}).sync("full")
    assert report.status == "failed"
    assert_paragraph(report.run["message"], rf"Account\.{setting} names .*BillingStreet,")
    assert tables_of(desk) == []


def test_excluded_fields_are_in_no_table(desk):
    desk.configured(objects={"Contact": {"exclude_fields": ["Birthdate"]}}).sync("full")
    query = "select count(*) from information_schema.columns where column_name = 'birthdate'"
    assert desk.value(query) == 0


def test_stages_that_the_ui_api_does_not_tell_are_a_finding_and_pipelines_show_those_in_use(desk):
    desk.org.org.options.update({"ui_api_enabled": False})
    report = desk.sync("full")
    assert report.status == "success"
    assert "stages_unknown" in {one["code"] for one in report.findings}
    assert desk.value("select count(*) from marts.pipeline_stages") > 0


def test_no_log_and_no_row_of_the_results_shows_a_secret(desk, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    shared = desk.client()
    with monkeypatch.context() as patch:
        patch.setattr(Desk, "client", lambda self: shared)
        desk.sync("full")
    with_credentials(desk, consumer_secret="wrong-secret").sync()
    written = caplog.text + str([desk.rows(f"select * from sync.{table}") for table in (
        "runs", "findings", "extracts", "run_objects", "leases")])
    secrets = (desk.org.credentials.consumer_secret, "wrong-secret", shared.token().access_token,
               desk.warehouse_url)
    assert "Account by rest" in written
    assert [secret for secret in secrets if secret in written] == []


def assert_paragraph(message: str, says: str) -> None:
    assert "\n" not in message
    assert len(message) < 600
    assert re.search(says, message)
