"""Histories are fed by changes: field history and roll-ups (api.md 5.1, 5.9)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from simulator.clock import Clock
from tests.simulator.conftest import Client


def opportunity(client: Client, **values: Any) -> str:
    given = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": "2026-05-01", **values}
    return client.create("Opportunity", **given)


def history(client: Client, record_id: str) -> list[dict[str, Any]]:
    return client.records(
        "SELECT Field, DataType, OldValue, NewValue FROM OpportunityFieldHistory "
        f"WHERE OpportunityId = '{record_id}' ORDER BY Id"
    )


def row(field: str, kind: str, old: object = None, new: object = None) -> dict[str, Any]:
    return {"Field": field, "DataType": kind, "OldValue": old, "NewValue": new}


def change(client: Client, sobject: str, record_id: str, **values: Any) -> None:
    answer = client.call("PATCH", f"/sobjects/{sobject}/{record_id}", json=values)
    assert answer.status_code == 204, answer.text


def test_a_new_record_begins_its_history(client: Client) -> None:
    assert history(client, opportunity(client)) == [row("created", "Text")]


def test_a_change_of_a_tracked_field_is_written_with_both_values(client: Client) -> None:
    record = opportunity(client, Amount=100)
    change(client, "Opportunity", record, Amount=250.5, Type="New Customer")
    assert history(client, record)[1:] == [row("Amount", "Currency", 100.0, 250.5)]


def test_long_text_leaves_no_values(client: Client) -> None:
    record = opportunity(client)
    change(client, "Opportunity", record, Description="long " * 100)
    assert history(client, record)[1:] == [row("Description", "MultiLineText")]


@pytest.mark.parametrize(("names", "count"), [(True, 2), (False, 1)])
def test_a_changed_owner_is_written_by_name_and_id(
    client: Client, options: Callable[..., None], names: bool, count: int
) -> None:
    options(history_lookup_names=names)
    values = {"LastName": "New", "Username": f"new{count}@sim.example", "IsActive": True}
    user = client.running.org.store.insert("User", values)
    record = opportunity(client)
    change(client, "Opportunity", record, OwnerId=user)
    rows = history(client, record)[1:]
    assert [found["Field"] for found in rows] == ["Owner"] * count
    assert (rows[-1]["DataType"], rows[-1]["NewValue"]) == ("EntityId", user)


def test_history_is_read_by_bulk(client: Client) -> None:
    record = opportunity(client, Amount=1)
    change(client, "Opportunity", record, Amount=2)
    soql = f"SELECT Field, NewValue FROM OpportunityFieldHistory WHERE OpportunityId = '{record}'"
    text = client.get(f"/jobs/query/{client.bulk(soql)}/results").text
    assert '"Amount","2.0"' in text


def test_the_values_of_history_cannot_be_filtered(client: Client) -> None:
    answer = client.query("SELECT Id FROM OpportunityFieldHistory WHERE OldValue = 'x'").json()
    assert answer[0]["errorCode"] == "INVALID_FIELD"


def test_history_goes_with_its_record(client: Client) -> None:
    record = opportunity(client)
    client.call("DELETE", f"/sobjects/Opportunity/{record}")
    assert history(client, record) == []


def product(client: Client, price: float) -> str:
    item = client.create("Product2", Name="Widget", ProductCode="W-1", IsActive=True)
    book = client.records("SELECT Id FROM Pricebook2 WHERE IsStandard = true")[0]["Id"]
    return client.create(
        "PricebookEntry", Pricebook2Id=book, Product2Id=item, UnitPrice=price, IsActive=True
    )


def amounts(client: Client, record_id: str) -> dict[str, Any]:
    fields = "Amount, ExpectedRevenue, HasOpportunityLineItem, TotalOpportunityQuantity"
    soql = f"SELECT {fields} FROM Opportunity WHERE Id = '{record_id}'"
    return client.records(soql)[0]


def test_line_items_make_the_amount_of_an_opportunity(client: Client, clock: Clock) -> None:
    record, entry = opportunity(client, Amount=5), product(client, 20)
    lines = [
        client.create(
            "OpportunityLineItem", OpportunityId=record, PricebookEntryId=entry, Quantity=quantity
        )
        for quantity in (2, 3)
    ]
    change(client, "OpportunityLineItem", lines[0], Discount=50)
    assert amounts(client, record) == {
        "Amount": 80.0,
        "ExpectedRevenue": 8.0,
        "HasOpportunityLineItem": True,
        "TotalOpportunityQuantity": 5.0,
    }
    client.call("DELETE", f"/sobjects/OpportunityLineItem/{lines[1]}")
    assert amounts(client, record)["Amount"] == 20.0


def test_a_roll_up_moves_the_stamp_and_not_the_modification(client: Client, clock: Clock) -> None:
    campaign = client.create("Campaign", Name="Fair")
    clock.advance(timedelta(minutes=5))
    opportunity(client, CampaignId=campaign, Amount=40)
    found = client.records(
        "SELECT NumberOfOpportunities, AmountAllOpportunities, NumberOfWonOpportunities, "
        f"LastModifiedDate, SystemModstamp FROM Campaign WHERE Id = '{campaign}'"
    )[0]
    assert found.pop("SystemModstamp") > found.pop("LastModifiedDate")
    assert list(found.values()) == [1, 40.0, 0]


def test_a_campaign_counts_members_and_responses(client: Client) -> None:
    campaign = client.create("Campaign", Name="Talk")
    contact = client.create("Contact", LastName="King")
    member = client.create("CampaignMember", CampaignId=campaign, ContactId=contact, Status="Sent")
    change(client, "CampaignMember", member, Status="Responded")
    fields = "NumberOfContacts, NumberOfLeads, NumberOfResponses"
    soql = f"SELECT {fields} FROM Campaign WHERE Id = '{campaign}'"
    assert client.records(soql) == [
        {"NumberOfContacts": 1, "NumberOfLeads": 0, "NumberOfResponses": 1}
    ]
