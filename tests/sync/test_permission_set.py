"""The permission set, granted in a simulated org to a user who may do nothing else."""

from xml.etree import ElementTree

import httpx
import pytest

from salesforce_elt.permission_files import NAMESPACE, permission_set_xml
from salesforce_elt.permission_gaps import lacking, read_held
from salesforce_elt.permission_set import (
    NAME,
    PermissionSet,
    permission_set,
    read_describes,
)
from tests.driver import Desk

MINIMUM = "Minimum Access - API Only Integrations"
INVOICES = {"Invoice__c": {"exclude_fields": ["Secret__c"]}}
FIELDS = ["Amount__c currency 16,2", "Secret__c string 40",
          "Account__c reference to=Account children=Invoices__r"]  # fmt: skip


@pytest.fixture
def desk(generated_desk) -> Desk:
    made = generated_desk(size=10).configured(objects=INVOICES)
    made.administer("objects", {"name": "Invoice__c", "fields": FIELDS})
    made.wait(60)
    return made


def administer(desk: Desk, what: str, body: dict) -> None:
    answer = httpx.post(
        f"{desk.org.url}/simulator/permissions/{what}", json=body, timeout=120,
        headers={"Authorization": f"Bearer {desk.org.credentials.admin_token}"})  # fmt: skip
    assert answer.is_success, answer.text


def wanted(desk: Desk) -> PermissionSet:
    return permission_set(desk.settings, read_describes(desk.client(), desk.settings))


def deploy(desk: Desk, xml: str) -> None:
    """Grants what the file says and nothing else, as a deployment and an assignment would."""
    administer(desk, "profile", {"profile": MINIMUM})
    root = ElementTree.fromstring(xml)
    rights: dict[str, list[str]] = {}
    fields: dict[str, list[str]] = {}
    for one in root.iter(f"{{{NAMESPACE}}}objectPermissions"):
        sees_all = text(one, "viewAllRecords") == "true"
        rights[text(one, "object")] = ["Read", *(["ViewAllRecords"] if sees_all else [])]
    for one in root.iter(f"{{{NAMESPACE}}}fieldPermissions"):
        sobject, _, name = text(one, "field").partition(".")
        fields.setdefault(sobject, []).append(name)
    system = [text(one, "name") for one in root.iter(f"{{{NAMESPACE}}}userPermissions")]
    administer(desk, "grant", {"permission_set": NAME, "system": system})
    for sobject, names in rights.items():
        administer(desk, "grant", {"permission_set": NAME, "object": sobject, "rights": names,
                                   "fields": fields.get(sobject, [])})  # fmt: skip


def text(element: ElementTree.Element, name: str) -> str:
    found = element.findtext(f"{{{NAMESPACE}}}{name}")
    assert found is not None
    return found


def lacks(desk: Desk, granted: PermissionSet) -> set[tuple[str | None, str | None, str]]:
    describes = read_describes(desk.client(), desk.settings)
    held = read_held(desk.client(), granted)
    return {(one.sobject, one.field, one.right) for one in lacking(granted, describes, held)}


def test_a_user_with_the_permission_set_alone_syncs_everything(desk):
    granted = wanted(desk)  # as an administrator sees the org
    deploy(desk, permission_set_xml(granted))
    assert lacks(desk, granted) == set()
    report = desk.sync("full")
    assert report.status == "success"
    hidden = [one for one in report.findings if one["code"] in ("object_hidden", "field_hidden")]
    assert hidden == []
    assert desk.value("select count(*) from marts.opportunities") > 0
    assert desk.value("select count(*) from marts.activities") > 0


def test_an_excluded_field_is_not_even_shown_to_the_user(desk):
    deploy(desk, permission_set_xml(wanted(desk)))
    shown = read_describes(desk.client(), desk.settings)["Invoice__c"].body["fields"]
    names = {one["name"] for one in shown}
    assert ("Amount__c" in names, "Secret__c" in names) == (True, False)


def test_a_file_made_by_a_user_without_rights_has_what_the_marts_need(desk):
    administer(desk, "profile", {"profile": MINIMUM})
    deploy(desk, permission_set_xml(wanted(desk)))
    report = desk.sync("full")
    assert report.status == "success"
    assert [one for one in report.findings if one["code"] == "object_hidden"] == []
    assert [one for one in report.findings if one["code"] == "field_hidden"] == []


def test_without_the_permission_set_findings_and_lacks_name_what_is_missing(desk):
    granted = wanted(desk)
    administer(desk, "profile", {"profile": MINIMUM})
    found = lacks(desk, granted)
    report = desk.sync("full")
    assert report.status != "success"
    hidden = {one["sobject"] for one in report.findings if one["code"] == "object_hidden"}
    assert {"Account", "Contact", "Opportunity", "Invoice__c", "Task", "UserRole"} <= hidden
    assert {("Account", None, "Read"), ("Opportunity", None, "Read"), ("Invoice__c", None, "Read"),
            (None, None, "Access Activities"), (None, None, "View All Users"),
            (None, None, "View Roles and Role Hierarchy")} <= found  # fmt: skip


def test_a_field_and_a_view_all_that_were_withdrawn_are_named(desk):
    granted = wanted(desk)
    deploy(desk, permission_set_xml(granted))
    administer(desk, "withdraw", {"permission_set": NAME, "object": "Account",
                                  "fields": ["Industry"]})  # fmt: skip
    administer(desk, "withdraw", {"permission_set": NAME, "object": "Contact",
                                  "rights": ["ViewAllRecords"]})  # fmt: skip
    assert lacks(desk, granted) == {
        ("Account", "Industry", "Read Access"), ("Contact", None, "View All Records")}  # fmt: skip
