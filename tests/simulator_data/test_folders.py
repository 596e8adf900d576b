"""What loading an org folder does to its rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from simulator import seeds
from simulator.catalog import Field, standard_catalog
from simulator.folders import Prepared, load_folder, prepare
from simulator.ids import is_id
from simulator.store import Store

from .conftest import NOW

Folder = Callable[..., Path]
CATALOG = standard_catalog()
OPPORTUNITIES = "Id,Name,StageName,CloseDate,AccountId\no,Deal,Prospecting,2025-06-30,a\n"
HOSTILE = [
    "NA",
    "null",
    "007",
    "1E02",
    "true",
    " padded ",
    "tab\there",
    "two\nlines",
    "cr\r\nlf",
    'say "hi", twice',
    "'; drop table account; --",
    "<script>alert(1)</script>",
    "\u202eright to left\u202c",
    "zero\u200bwidth",
    "Ω≈ç√∫ 社會科學院 🚀",
    "\\N",
    "\\.",
]


def loaded(folder: Path) -> Prepared:
    return prepare(folder, CATALOG, now=NOW)


def only(prepared: Prepared, sobject: str) -> dict[str, Any]:
    (record,) = prepared.records[sobject]
    return record


def added(prepared: Prepared) -> dict[str, Field]:
    return {addition.field.name: addition.field for addition in prepared.additions}


def quoted(values: list[str]) -> str:
    return "".join('"' + value.replace('"', '""') + '"\n' for value in values)


def test_rows_get_real_ids_and_references_follow(folder: Folder) -> None:
    records = loaded(folder(Account="Id,Name\na,Acme\n", Opportunity=OPPORTUNITIES)).records
    (account,), (opportunity,) = records["Account"], records["Opportunity"]
    assert is_id(account["Id"])
    assert account["Id"].startswith("001")
    assert opportunity["AccountId"] == account["Id"]


def test_a_real_id_stays(folder: Folder) -> None:
    prepared = loaded(folder(Account="Id,Name\n0016g000007WEfsAAG,Acme\n"))
    assert only(prepared, "Account")["Id"] == "0016g000007WEfsAAG"


def test_a_key_that_looks_like_a_short_id_is_a_key(folder: Folder) -> None:
    prepared = loaded(folder(Account="Id,Name\nOpportunityRef1,Acme\n"))
    assert only(prepared, "Account")["Id"].startswith("001")


def test_a_file_without_an_id_column_is_loaded(folder: Folder) -> None:
    prepared = loaded(folder(Account="Name\nAcme\nBeta\n"))
    assert len({record["Id"] for record in prepared.records["Account"]}) == 2


def test_loading_again_gives_the_same(folder: Folder) -> None:
    target = folder(Account="Id,Name\na,Acme\n", Opportunity=OPPORTUNITIES)
    assert loaded(target) == loaded(target)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_survives_byte_for_byte(folder: Folder, text: str) -> None:
    prepared = loaded(folder(Account="Name\n" + quoted([text])))
    assert only(prepared, "Account")["Name"] == text


def test_every_hostile_text_comes_back_from_the_org(store: Store, folder: Folder) -> None:
    load_folder(store, folder(Account="Name\n" + quoted(HOSTILE)))
    names = {record["Name"] for record in store.records("Account")}
    assert names == set(HOSTILE)


def test_values_have_the_type_of_their_field(folder: Folder) -> None:
    header = "Id,Name,StageName,CloseDate,Amount,Probability,IsPrivate,CreatedDate"
    row = "o,Deal,Prospecting,2025-06-30,0.10,12.5,TRUE,2025-01-02T03:04:05.678+02:00"
    record = only(loaded(folder(Opportunity=f"{header}\n{row}\n")), "Opportunity")
    assert (record["Amount"], record["Probability"]) == (Decimal("0.10"), Decimal("12.5"))
    assert (record["CloseDate"], record["IsPrivate"]) == (date(2025, 6, 30), True)
    assert record["CreatedDate"] == datetime(2025, 1, 2, 1, 4, 5, tzinfo=UTC)


def test_an_empty_value_is_null_and_not_a_default(folder: Folder) -> None:
    prepared = loaded(folder(Campaign="Id,Name,Type\nc,Fair,\n"))
    assert only(prepared, "Campaign")["Type"] is None


def test_a_column_that_is_left_out_gets_its_default(folder: Folder) -> None:
    prepared = loaded(folder(Lead="LastName,Company\nKing,Acme\n"))
    assert only(prepared, "Lead")["Status"] == "Open - Not Contacted"


@pytest.mark.parametrize(
    ("values", "type_name"),
    [
        (["true", "false"], "boolean"),
        (["1", "-2.50"], "double"),
        (["2025-01-31"], "date"),
        (["2025-01-31T00:00:00.000Z"], "datetime"),
        (["007"], "string"),
        (["1E02"], "string"),
        (["true", "maybe"], "string"),
        (["two\nlines"], "textarea"),
        (["x" * 256], "textarea"),
        ([], "string"),
    ],
)
def test_a_custom_field_has_the_type_that_its_values_show(
    folder: Folder, values: list[str], type_name: str
) -> None:
    rows = [f'Acme,"{value}"\n' for value in values] or ["Acme,\n"]
    prepared = loaded(folder(Account="Name,Odd__c\n" + "".join(rows)))
    field = added(prepared)["Odd__c"]
    assert (field.type, field.custom) == (type_name, True)


def test_a_custom_field_is_a_lookup_when_all_its_values_are_rows(folder: Folder) -> None:
    contacts = "LastName,Sponsor__c\nKing,a\nQueen,\n"
    prepared = loaded(folder(Account="Id,Name\na,Acme\n", Contact=contacts))
    field = added(prepared)["Sponsor__c"]
    assert (field.reference_to, field.relationship_name) == (("Account",), "Sponsor__r")
    sponsor = prepared.records["Contact"][0]["Sponsor__c"]
    assert sponsor == prepared.records["Account"][0]["Id"]


def test_a_custom_field_is_text_when_one_of_its_values_is_no_row(folder: Folder) -> None:
    contacts = "LastName,Sponsor__c\nKing,a\nQueen,b\n"
    prepared = loaded(folder(Account="Id,Name\na,Acme\n", Contact=contacts))
    assert added(prepared)["Sponsor__c"].type == "string"
    assert prepared.records["Contact"][0]["Sponsor__c"] == "a"


def test_stages_that_the_folder_uses_become_stages_of_the_org(store: Store, folder: Folder) -> None:
    load_folder(store, folder(Opportunity="Name,StageName,CloseDate\nGift,Posted,2025-01-31\n"))
    stages = {row["ApiName"]: row["IsWon"] for row in store.records("OpportunityStage")}
    (gift,) = store.records("Opportunity")
    assert stages["Posted"] is True
    assert stages["Prospecting"] is False
    assert (gift["IsClosed"], gift["IsWon"]) == (True, True)


def test_stages_that_the_folder_lists_mean_what_it_says(folder: Folder) -> None:
    stages = (
        "ApiName,DefaultProbability,IsClosed,IsWon,ForecastCategory\nDone,100,true,true,Closed\n"
    )
    deals = "Name,StageName,CloseDate\nDeal,Done,2025-01-31\n"
    prepared = loaded(folder(OpportunityStage=stages, Opportunity=deals))
    assert prepared.stages == []
    assert only(prepared, "Opportunity")["IsWon"] is True


def test_new_stages_and_types_are_offered_by_their_picklists(folder: Folder) -> None:
    deals = "Name,StageName,CloseDate,Type\nGift,Posted,2025-01-31,Grant\n"
    fields = added(loaded(folder(Opportunity=deals)))
    assert [value.value for value in fields["StageName"].picklist][-1] == "Posted"
    assert [value.value for value in fields["Type"].picklist][-1] == "Grant"


def test_every_org_has_a_running_user_who_owns_what_names_no_owner(
    store: Store, folder: Folder
) -> None:
    load_folder(store, folder(Account="Name\nAcme\n"))
    (account,), (user,) = store.records("Account"), store.records("User")
    assert account["OwnerId"] == user["Id"] == seeds.RUNNING_USER_ID
    assert (user["Name"], user["IsActive"]) == ("Integration User", True)
    assert user["ProfileId"] == seeds.ADMINISTRATOR_PROFILE_ID


def test_every_org_has_one_organization(store: Store, folder: Folder) -> None:
    load_folder(store, folder(Account="Name\nAcme\n"))
    assert [row["Id"] for row in store.records("Organization")] == [seeds.ORGANIZATION_ID]


def test_an_opportunity_has_one_history_row_from_its_creation(folder: Folder) -> None:
    prepared = loaded(folder(Account="Id,Name\na,Acme\n", Opportunity=OPPORTUNITIES))
    opportunity, row = only(prepared, "Opportunity"), only(prepared, "OpportunityHistory")
    assert row["OpportunityId"] == opportunity["Id"]
    assert (row["StageName"], row["CreatedDate"]) == ("Prospecting", opportunity["CreatedDate"])


def test_an_old_event_is_archived_and_belongs_to_an_account(folder: Folder) -> None:
    events = "Subject,StartDateTime,EndDateTime,WhatId\n"
    events += "Visit,2024-01-10T09:00:00Z,2024-01-10T10:30:00Z,a\n"
    prepared = loaded(folder(Account="Id,Name\na,Acme\n", Event=events))
    event = only(prepared, "Event")
    assert (event["IsArchived"], event["DurationInMinutes"]) == (True, 90)
    assert event["AccountId"] == only(prepared, "Account")["Id"]


def test_a_campaign_counts_its_members_and_their_gifts(folder: Folder) -> None:
    prepared = loaded(
        folder(
            Contact="Id,LastName,MailingCity\np,King,Zürich\n",
            Campaign="Id,Name\nc,Fair\n",
            CampaignMember="CampaignId,ContactId,Status\nc,p,Responded\n",
            Opportunity="Name,StageName,CloseDate,Amount,CampaignId\nG,Posted,2025-01-31,5,c\n",
        )
    )
    campaign, member = only(prepared, "Campaign"), only(prepared, "CampaignMember")
    assert (campaign["NumberOfContacts"], campaign["NumberOfResponses"]) == (1, 1)
    assert campaign["AmountWonOpportunities"] == 5
    assert (member["LastName"], member["City"], member["Type"]) == ("King", "Zürich", "Contact")


def test_stamps_lie_in_the_past_and_in_order(folder: Folder) -> None:
    contacts = "LastName\n" + "".join(f"King{n}\n" for n in range(50))
    deals = "Name,StageName,CloseDate\n"
    deals += "".join(f"D{n},Prospecting,2026-0{n % 9 + 1}-15\n" for n in range(50))
    records = loaded(folder(Contact=contacts, Opportunity=deals)).records
    for record in (*records["Contact"], *records["Opportunity"]):
        assert record["CreatedDate"] <= record["LastModifiedDate"] <= record["SystemModstamp"]
        assert record["SystemModstamp"] <= NOW - timedelta(days=1)
    assert len({record["SystemModstamp"] for record in records["Contact"]}) > 40


def test_dates_that_the_data_gives_stay(folder: Folder) -> None:
    header = "Name,CreatedDate,LastModifiedDate,SystemModstamp"
    row = "Acme,2026-03-05T10:00:00Z,2026-03-05T10:10:00Z,2026-03-05T10:20:00Z"
    account = only(loaded(folder(Account=f"{header}\n{row}\n")), "Account")
    assert account["CreatedDate"] == NOW - timedelta(minutes=30)
    assert account["SystemModstamp"] == NOW - timedelta(minutes=10)


def test_an_opportunity_is_created_before_it_closes(folder: Folder) -> None:
    deals = "Name,StageName,CloseDate\nDeal,Closed Won,2020-02-29\n"
    record = only(loaded(folder(Opportunity=deals)), "Opportunity")
    assert record["CreatedDate"].date() < date(2020, 2, 29)


def test_what_the_org_derives_is_not_asked_of_the_folder(folder: Folder) -> None:
    users = "FirstName,LastName\nAda,King\n"
    (user,) = loaded(folder(User=users)).records["User"]
    assert (user["Name"], user["IsActive"], user["UserType"]) == ("Ada King", True, "Standard")
    assert user["Username"] == user["Email"]
    assert user["ProfileId"] == seeds.STANDARD_PROFILE_ID
