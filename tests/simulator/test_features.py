"""Features that an org has or has not: currencies, person accounts, automated processes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import Clock
from simulator.server import RunningOrg
from tests.simulator.conftest import NOW, Client


@pytest.fixture(scope="module")
def featured(new_org: Callable[..., RunningOrg]) -> Client:
    """Somebody logged in to an org with every feature."""
    running = new_org(clock=Clock(NOW))
    client = Client(running)
    client.admin("PATCH", "options", json={"multi_currency": True, "person_accounts": True})
    assert client.admin("POST", "empty").status_code == 204
    return client.login()


def person(client: Client, **values: Any) -> dict[str, Any]:
    record = client.create("Account", LastName="King", FirstName="Ada", **values)
    found: dict[str, Any] = client.get(f"/sobjects/Account/{record}").json()
    return found


def test_a_person_account_has_a_contact_that_is_the_same_person(featured: Client) -> None:
    account = person(featured, PersonEmail="ada@mail.example")
    contact = featured.get(f"/sobjects/Contact/{account['PersonContactId']}").json()
    assert (account["IsPersonAccount"], account["Name"]) == (True, "Ada King")
    shown = (contact["IsPersonAccount"], contact["AccountId"], contact["Email"])
    assert shown == (True, account["Id"], "ada@mail.example")


def test_the_contact_follows_its_person_account(featured: Client) -> None:
    account = person(featured)
    path = f"/sobjects/Account/{account['Id']}"
    featured.call("PATCH", path, json={"PersonTitle": "Countess", "LastName": "Lovelace"})
    contact = featured.get(f"/sobjects/Contact/{account['PersonContactId']}").json()
    assert (contact["Name"], contact["Title"]) == ("Ada Lovelace", "Countess")
    featured.call("DELETE", path)
    gone = featured.get(f"/sobjects/Contact/{account['PersonContactId']}")
    assert gone.json()[0]["errorCode"] == "ENTITY_IS_DELETED"


def test_other_accounts_still_need_a_name(featured: Client) -> None:
    record = featured.create("Account", Name="Company")
    assert featured.get(f"/sobjects/Account/{record}").json()["IsPersonAccount"] is False
    answer = featured.call("POST", "/sobjects/Account", json={"Phone": "1"})
    assert answer.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"


def test_without_the_feature_accounts_know_no_person(client: Client) -> None:
    answer = client.query("SELECT IsPersonAccount FROM Account").json()
    assert answer[0]["errorCode"] == "INVALID_FIELD"


def test_records_of_a_multi_currency_org_have_a_currency(featured: Client) -> None:
    deal = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01"}
    featured.create("Opportunity", **deal)
    featured.create("Opportunity", **deal, CurrencyIsoCode="EUR", Amount=92)
    soql = "SELECT CurrencyIsoCode, convertCurrency(Amount) FROM Opportunity ORDER BY Id"
    assert featured.records(soql) == [
        {"CurrencyIsoCode": "USD", "Amount": None},
        {"CurrencyIsoCode": "EUR", "Amount": 100.0},
    ]


def test_a_multi_currency_org_has_rates(featured: Client) -> None:
    soql = "SELECT IsoCode FROM CurrencyType WHERE IsCorporate = true"
    assert featured.records(soql) == [{"IsoCode": "USD"}]
    rate = {"IsoCode": "EUR", "StartDate": "2026-01-01", "ConversionRate": 0.9}
    record = featured.create("DatedConversionRate", **rate)
    shown = featured.get(f"/sobjects/DatedConversionRate/{record}").json()
    assert (shown["IsoCode"], shown["ConversionRate"]) == ("EUR", 0.9)


def test_with_one_currency_there_is_no_currency_field(client: Client) -> None:
    for soql in ("SELECT CurrencyIsoCode FROM Opportunity", "SELECT Id FROM CurrencyType"):
        assert client.query(soql).status_code == 400


def test_an_automated_process_moves_the_stamp_alone(client: Client, clock: Clock) -> None:
    record = client.create("Account", Name="Before")
    clock.advance(timedelta(minutes=3))
    body = {"ids": [record], "values": {"Name": "After"}}
    assert client.admin("POST", "records/Account/automate", json=body).status_code == 200
    shown = client.get(f"/sobjects/Account/{record}").json()
    assert shown["Name"] == "After"
    assert shown["SystemModstamp"] > shown["LastModifiedDate"] == shown["CreatedDate"]


@pytest.mark.parametrize(("lingers", "count"), [(True, 1), (False, 0)])
def test_a_purged_row_lingers_for_a_day_where_the_option_says_so(
    client: Client, clock: Clock, lingers: bool, count: int
) -> None:
    client.running.org.options.update({"purged_rows_linger": lingers})
    record = client.create("Account", Name="Purged")
    client.admin("POST", "records/Account/purge", json={"ids": [record]})
    soql = f"SELECT Id FROM Account WHERE Id = '{record}'"
    assert len(client.records(soql, all_rows=True)) == count
    clock.advance(timedelta(hours=25))
    client.login()
    assert client.records(soql, all_rows=True) == []
    clock.set(NOW)
    client.running.org.options.reset()
    client.login()


@pytest.mark.parametrize("name", ["TaskStatus", "TaskPriority", "UserLicense", "Pricebook2"])
def test_every_org_has_its_setup_rows(client: Client, name: str) -> None:
    assert client.records(f"SELECT Id FROM {name}") != []


def test_a_case_counts_and_closes(client: Client) -> None:
    contact = client.create("Contact", LastName="King", Email="k@mail.example")
    record = client.create("Case", Subject="Help", ContactId=contact)
    client.call("PATCH", f"/sobjects/Case/{record}", json={"Status": "Closed"})
    shown = client.get(f"/sobjects/Case/{record}").json()
    expected = ("00000001", True, "k@mail.example")
    assert (shown["CaseNumber"], shown["IsClosed"], shown["ContactEmail"]) == expected
    assert shown["ClosedDate"] is not None


def test_a_group_has_members(client: Client) -> None:
    group = client.create("Group", Name="Queue", Type="Queue")
    user = client.records("SELECT Id FROM User LIMIT 1")[0]["Id"]
    client.create("GroupMember", GroupId=group, UserOrGroupId=user)
    soql = f"SELECT UserOrGroupId FROM GroupMember WHERE GroupId = '{group}'"
    assert client.records(soql) == [{"UserOrGroupId": user}]
