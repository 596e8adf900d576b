"""An org set up as those were from which the recordings come, and what its tests ask of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import requests

from simulator.catalog import record_type_field
from tests.simulator.conftest import PATIENCE_SECONDS, Client

ACCOUNTS, PAGE = 210, 200
WHIZBANG = (
    "Auto_Number__c string auto=A-{0}",
    "Checkbox_Label__c boolean",
    "Currency_Label__c currency 16,2",
    "Date_Label__c date",
    "DateTime_Label__c datetime",
    "OtherDateTime_Label__c datetime",
    "Email_Label__c email",
    "Number_Label__c double 16,2",
    "Percent_Label__c percent 5,2",
    "Phone_Label__c phone",
    "Picklist_Label__c picklist values='one; two'",
    "Picklist_Multiselect_Label__c multipicklist values='four; five; six'",
    "Text_Label__c string 80",
    "TextArea_Label__c textarea 255",
    "TextAreaLong_Label__c longtext",
    "TextAreaRich_Label__c html",
    "URL_Label__c url",
    "External_Field__c string 40 external",
    "ParentWhizbang__c reference to=Whizbang__c children=Whizbangs__r",
)
A_WHIZBANG: Mapping[str, Any] = {
    "Name": "My First Whizbang",
    "Checkbox_Label__c": True,
    "Currency_Label__c": 23,
    "Date_Label__c": "2010-01-01",
    "DateTime_Label__c": "2011-07-07T00:37:00.000+0000",
    "Email_Label__c": "danny@example.com",
    "Number_Label__c": 23,
    "Percent_Label__c": 33,
    "Phone_Label__c": "(415) 555-1212",
    "Picklist_Label__c": "one",
    "Picklist_Multiselect_Label__c": "four;six",
    "Text_Label__c": "some text",
    "TextArea_Label__c": "a text area",
    "TextAreaLong_Label__c": "a long text area",
    "TextAreaRich_Label__c": "Rich <strong>text</strong>",
    "URL_Label__c": "http://example.com",
    "External_Field__c": "1234",
}


@dataclass
class World:
    """A client of the org, the Ids of what is in it, and the org's switches."""

    client: Client
    options: Callable[..., None] = lambda **values: None
    ids: dict[str, str] = field(default_factory=dict)

    def version(self, number: str) -> Client:
        """The client with another version of the API."""
        return Client(self.client.running, version=number, http=self.client.http)

    def with_options(self, options: Callable[..., None]) -> World:
        """The same world with the switches of one test."""
        return replace(self, options=options)

    def token(self, **form: str) -> requests.Response:
        """What the token endpoint answers."""
        keys = self.client.running.credentials
        own = {"client_id": keys.consumer_key, "client_secret": keys.consumer_secret}
        url = f"{self.client.running.url}/services/oauth2/token"
        return requests.post(url, data={**own, **form}, timeout=PATIENCE_SECONDS)

    def soap(self, body: str, *, kind: str = "u", version: str = "59.0") -> requests.Response:
        """What the SOAP endpoint answers."""
        url = f"{self.client.running.url}/services/Soap/{kind}/{version}"
        headers = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": "login"}
        return requests.post(url, data=body.encode(), headers=headers, timeout=PATIENCE_SECONDS)


def make_world(client: Client) -> World:
    """Accounts, and one of everything else that the recordings show."""
    _declare(client)
    world = World(client)
    accounts = [
        {"Name": f"Account {n}", "attributes": {"type": "Account"}} for n in range(ACCOUNTS)
    ]
    for start in range(0, ACCOUNTS, PAGE):
        some = {"records": accounts[start : start + PAGE]}
        world.ids["Account"] = client.call("POST", "/composite/sobjects", json=some).json()[0]["id"]
    parent = world.ids["Account"]
    campaign = client.create("Campaign", Name="Campaign", IsActive=True)
    contact = client.create("Contact", LastName="Contact", Email="c@x.example", AccountId=parent)
    deal = {"Name": "Deal", "StageName": "Prospecting", "CloseDate": date(2026, 3, 1).isoformat()}
    world.ids |= {
        "Contact": contact,
        "Campaign": campaign,
        "Lead": client.create("Lead", LastName="Lead", Company="Company"),
        "Opportunity": client.create(
            "Opportunity", **deal, AccountId=parent, CampaignId=campaign, Amount=300
        ),
        "Task": client.create("Task", Subject="Task", Status="Not Started", WhatId=parent),
        "Event": client.create(
            "Event",
            Subject="Event",
            DurationInMinutes=60,
            ActivityDateTime="2026-03-01T10:00:00Z",
            WhoId=contact,
            WhatId=parent,
        ),
        "Organization": client.running.org.organization_id,
    }
    whizbang = client.create("Whizbang__c", **A_WHIZBANG)
    child = {**A_WHIZBANG, "Name": "Child Whizbang", "ParentWhizbang__c": whizbang}
    client.create("Whizbang__c", **{**child, "External_Field__c": "twice"})
    client.create("Whizbang__c", **{**A_WHIZBANG, "Name": "Other", "External_Field__c": "twice"})
    client.call("PATCH", f"/sobjects/Whizbang__c/{whizbang}", json={"ParentWhizbang__c": whizbang})
    world.ids["Whizbang__c"] = whizbang
    return world


def _declare(client: Client) -> None:
    body = {"name": "Whizbang__c", "fields": list(WHIZBANG)}
    answer = client.admin("POST", "objects", json=body)
    assert answer.status_code < 300, answer.text
    email = {"object": "Account", "field": "email_field__c email label=email_field"}
    assert client.admin("POST", "fields", json=email).status_code < 300
    store = client.running.org.store
    store.add_field("Account", record_type_field())
    names = {"Name": "Pytest", "DeveloperName": "PytestAccountRecordType", "IsActive": True}
    store.insert("RecordType", {**names, "SobjectType": "Account"})
