"""What the integration user lacks of the permission set, told by right and by click path."""

import json

import httpx
import pytest

from salesforce_elt.permission_gaps import Held, Lack, lacking, read_held
from salesforce_elt.permission_set import permission_set
from salesforce_elt.salesforce.composite import Answer
from tests.driver import org_settings
from tests.unit.described import HIDDEN, described, describes_of, field, plain
from tests.unit.test_client import client_of

SETTINGS = org_settings()
WANTED = permission_set(SETTINGS, describes_of(SETTINGS, Account=described(field("Site"))))
ALL = Held({one.name: True for one in WANTED.system},
           frozenset({"Account", "Contact", "Opportunity"}))  # fmt: skip
USER = "005000000000001AAA"


def shown(**answers: Answer) -> dict[str, Answer]:
    """An org that shows everything of the permission set, except as given."""
    fields = {name: described(*(field(one.partition(".")[2]) for one in WANTED.fields
                                if one.startswith(f"{name}.")))
              for name in {one.partition(".")[0] for one in WANTED.fields}}  # fmt: skip
    return describes_of(SETTINGS, **fields) | answers


def told(describes: dict[str, Answer], held: Held = ALL) -> list[tuple]:
    return [(one.sobject, one.field, one.right) for one in lacking(WANTED, describes, held)]


def test_nothing_is_lacking_where_everything_is_granted():
    assert lacking(WANTED, shown(), ALL) == ()


def test_a_hidden_object_lacks_read_and_its_fields_are_not_told_one_by_one():
    (lack,) = lacking(WANTED, shown(Account=HIDDEN), ALL)
    assert lack == Lack(
        "Account", None, "Read",
        "Setup > Permission Sets > Salesforce ELT > Object Settings > Account > Edit: tick Read,"
        " Save")  # fmt: skip


def test_a_hidden_field_lacks_read_access():
    without_site = shown(Account=described(
        *(field(one) for one in ("BillingAddress", "Industry", "ParentId", "Type"))))  # fmt: skip
    (lack,) = lacking(WANTED, without_site, ALL)
    assert (lack.sobject, lack.field, lack.right) == ("Account", "Site", "Read Access")
    assert "Object Settings > Account > Edit: tick Read Access beside Site" in lack.cure


def test_an_object_whose_sharing_may_hide_records_lacks_view_all_records():
    held = Held(ALL.system, frozenset({"Account", "Contact"}))
    assert told(shown(), held) == [("Opportunity", None, "View All Records")]


def test_what_the_user_may_not_ask_is_not_taken_to_be_missing():
    assert told(shown(), Held({}, None)) == []


def test_a_system_permission_that_is_not_granted_is_lacking():
    (lack,) = lacking(WANTED, shown(), Held(ALL.system | {"ViewAllUsers": False}, ALL.seen_whole))
    assert lack == Lack(
        None, None, "View All Users",
        "Setup > Permission Sets > Salesforce ELT > System Permissions > Edit: tick View All Users,"
        " Save")  # fmt: skip


@pytest.mark.parametrize(("sobject", "right"), [
    ("Task", "Access Activities"), ("UserRole", "View Roles and Role Hierarchy"),
])  # fmt: skip
def test_an_object_that_only_a_system_permission_shows_lacks_that_permission(sobject, right):
    assert told(shown(**{sobject: HIDDEN}), Held({}, None)) == [(None, None, right)]


class Org:
    """Tells whoever asks what they are granted, as far as it is asked and they may know."""

    def __init__(self, *, tells: tuple[str, ...], granted: tuple[str, ...], rows: Answer) -> None:
        self.tells, self.granted, self.rows = tells, granted, rows
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/composite"):
            return httpx.Response(200, json={"identity": f"https://login/id/00D/{USER}"})
        answers = [self.answer(one) for one in json.loads(request.content)["compositeRequest"]]
        return httpx.Response(200, json={"compositeResponse": answers})

    def answer(self, one: dict) -> dict:
        self.asked.append(one["url"])
        told = self.body(one["url"])
        return {"referenceId": one["referenceId"], "httpStatusCode": told.http_status,
                "body": told.body}  # fmt: skip

    def body(self, url: str) -> Answer:
        if url.endswith("/describe"):
            return described(*(field(f"Permissions{name}", "boolean") for name in self.tells))
        if "FROM+ObjectPermissions" in url:
            return self.rows
        row = {f"Permissions{name}": name in self.granted for name in self.tells}
        return Answer(200, {"records": [row]})


def rows(*names: str) -> Answer:
    return Answer(200, {"records": [{"SobjectType": name} for name in names]})


def held_of(tells: str, granted: str, found: Answer) -> tuple[Held, Org]:
    org = Org(tells=tuple(tells.split()), granted=tuple(granted.split()), rows=found)
    return read_held(client_of(org), WANTED), org


def test_the_rights_of_whoever_asks_are_read():
    held, org = held_of("ApiEnabled ViewRoles ViewAllData", "ApiEnabled", rows("Account"))
    assert held.system == {"ApiEnabled": True, "ViewRoles": False, "ViewAllData": False}
    assert held.seen_whole == {"Account"}
    assert any(USER in url for url in org.asked)


def test_a_permission_that_the_org_does_not_tell_of_is_not_asked_for():
    held, org = held_of("ApiEnabled", "ApiEnabled", rows())
    assert held.system == {"ApiEnabled": True}
    assert not any("PermissionsActivitiesAccess" in url for url in org.asked)


def test_who_may_view_all_data_sees_every_object_whole():
    held, _ = held_of("ViewAllData", "ViewAllData", rows())
    assert held.seen_whole == {one.sobject for one in WANTED.objects}


def test_who_may_not_view_setup_is_told_nothing_of_object_permissions():
    refused = Answer(400, [{"errorCode": "INVALID_TYPE", "message": "not supported"}])
    held, _ = held_of("ApiEnabled", "ApiEnabled", refused)
    assert held.seen_whole is None


def test_an_org_without_the_object_that_tells_is_asked_nothing_more():
    class Silent(Org):
        def body(self, url: str) -> Answer:
            return HIDDEN if url.endswith("/describe") else super().body(url)

    org = Silent(tells=(), granted=(), rows=rows("Contact"))
    held = read_held(client_of(org), WANTED)
    assert (held.system, held.seen_whole) == ({}, frozenset({"Contact"}))


def test_an_object_that_was_not_described_is_not_judged():
    without = {name: one for name, one in shown().items() if name != "Contact"}
    assert told(without) == []
    assert told(without | {"Contact": plain()}) != []
