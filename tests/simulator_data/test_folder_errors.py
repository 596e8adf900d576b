"""Org folders that do not fit: each is refused with the place, the value and what to do."""

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.catalog import standard_catalog
from simulator.folders import OrgFolderInvalid, load_folder, prepare
from simulator.store import Store

from .conftest import NOW

CATALOG = standard_catalog()
OPPORTUNITY = "Id,Name,StageName,CloseDate"
REAL_ACCOUNT_ID = "0016g000007WEfsAAG"

BROKEN = {
    "an object that no org has": (
        {"Acount": "Id,Name\n1,Acme\n"},
        "Acount.csv: the org has no object Acount (nearest: Account). Name the file",
    ),
    "a standard field that the object lacks": (
        {"Account": "Id,Name,Industri\n1,Acme,Retail\n"},
        "Account.csv, field Industri: Account has no such field (nearest: Industry). Correct",
    ),
    "an address as a whole": (
        {"Account": "Id,Name,BillingAddress\n1,Acme,Main Street\n"},
        "Account.csv, field BillingAddress: Account has no such field",
    ),
    "record types that the folder does not bring": (
        {"Opportunity": f"{OPPORTUNITY},RecordTypeId\n1,A,Prospecting,2025-01-01,x\n"},
        "Opportunity.csv, field RecordTypeId: the org has no record type of Opportunity. Add Rec",
    ),
    "a reference to a row that is not there": (
        {"Account": "Id,Name\n1,Acme\n", "Contact": "Id,LastName,AccountId\n7,King,2\n"},
        "Contact.csv, line 2, field AccountId: '2' points to no row of Account.csv. Add that row",
    ),
    "a reference to an object without a file": (
        {"Contact": f"Id,LastName,AccountId\n7,King,{REAL_ACCOUNT_ID}\n"},
        f"Contact.csv, line 2, field AccountId: '{REAL_ACCOUNT_ID}' points to no row",
    ),
    "a reference that two rows answer to": (
        {
            "Contact": "Id,LastName\n1,King\n",
            "Lead": "Id,LastName,Company\n1,Queen,Acme\n",
            "Task": "Id,Subject,WhoId\n1,Call,1\n",
        },
        "Task.csv, line 2, field WhoId: '1' is the Id of a row in both Contact.csv and Lead.csv",
    ),
    "two rows with one Id": (
        {"Account": "Id,Name\n1,Acme\n1,Beta\n"},
        "Account.csv, line 3, field Id: '1' is the Id of another row too. Give every row",
    ),
    "an Id of another object": (
        {"Contact": f"Id,LastName\n{REAL_ACCOUNT_ID},King\n"},
        f"Contact.csv, line 2, field Id: '{REAL_ACCOUNT_ID}' is an Id of Account. Move the row",
    ),
    "a text that is too long": (
        {"Account": f"Id,Name,Site\n1,Acme,{'x' * 81}\n"},
        "does not fit: it has 81 characters where the field holds 80. Correct the value",
    ),
    "a number that is none": (
        {"Account": "Id,Name,AnnualRevenue\n1,Acme,lots\n"},
        "Account.csv, line 2, field AnnualRevenue: 'lots' does not fit: a number is written like",
    ),
    "a number that is not finite": (
        {"Account": "Id,Name,AnnualRevenue\n1,Acme,NaN\n"},
        "'NaN' does not fit: a number is written like 1234.56",
    ),
    "a fraction where a whole number is due": (
        {"Account": "Id,Name,NumberOfEmployees\n1,Acme,1.5\n"},
        "field NumberOfEmployees: '1.5' does not fit: the field holds a whole number",
    ),
    "a day that the calendar lacks": (
        {"Opportunity": f"{OPPORTUNITY}\n1,A,Prospecting,2025-02-30\n"},
        "Opportunity.csv, line 2, field CloseDate: '2025-02-30' does not fit: a date is written",
    ),
    "a time without its zone": (
        {"Account": "Id,Name,CreatedDate\n1,Acme,2025-01-01T00:00:00\n"},
        "field CreatedDate: '2025-01-01T00:00:00' does not fit: a date and time is written like",
    ),
    "a checkbox that is neither": (
        {"User": "Id,LastName,IsActive\n1,King,yes\n"},
        "User.csv, line 2, field IsActive: 'yes' does not fit: a checkbox is true or false",
    ),
    "a value that a restricted picklist lacks": (
        {"UserRole": "Id,Name,OpportunityAccessForAccountOwner\n1,Boss,All\n"},
        "'All' does not fit: the picklist is restricted to None, Read, Edit",
    ),
    "a required value that is missing": (
        {"Opportunity": "Id,Name,StageName,CloseDate\n1,A,,2025-01-01\n"},
        "Opportunity.csv, line 2, field StageName: the field is required, and the row has no",
    ),
    "a required column that is missing": (
        {"Contact": "Id,FirstName\n1,Ada\n"},
        "Contact.csv, line 2, field LastName: the field is required, and the row has no value",
    ),
    "a row with too many values": (
        {"Account": "Id,Name\n1,Acme,\n"},
        "Account.csv, line 2: the row has 3 values where the header has 2. Give one value",
    ),
    "a column that is named twice": (
        {"Account": "Id,Name,Name\n1,Acme,Beta\n"},
        "Account.csv, line 1: the header names 'Name' twice. Name every column once",
    ),
    "an empty file": ({"Account": ""}, "Account.csv, line 1: a column has no name. Name every"),
    "a quote that never ends": (
        {"Account": 'Id,Name\n1,"Acme\n'},
        "Account.csv, line 2: the file is not valid CSV (unexpected end of data). Quote",
    ),
    "a NUL character": (
        {"Account": "Id,Name\n1,Ac\0me\n"},
        "it holds a NUL character, which Salesforce does not store",
    ),
}


@pytest.mark.parametrize(("files", "message"), BROKEN.values(), ids=BROKEN)
def test_a_folder_is_refused_for(
    folder: Callable[..., Path], files: dict[str, str], message: str
) -> None:
    with pytest.raises(OrgFolderInvalid) as refused:
        prepare(folder(**files), CATALOG, now=NOW)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_line_of_a_problem_counts_the_line_breaks_inside_values(
    folder: Callable[..., Path],
) -> None:
    text = 'Id,Name,Description,AnnualRevenue\n1,Acme,"two\nlines",5\n2,Beta,,x\n'
    with pytest.raises(OrgFolderInvalid, match=r"^Account.csv, line 4, field AnnualRevenue: 'x'"):
        prepare(folder(Account=text), CATALOG, now=NOW)


def test_a_file_that_is_not_utf_8_is_refused(folder: Callable[..., Path]) -> None:
    target = folder(Account="Id,Name\n")
    (target / "Account.csv").write_bytes("Id,Name\n1,Müller\n".encode("latin-1"))
    with pytest.raises(OrgFolderInvalid, match=r"Account.csv: the file is not UTF-8 at byte 11"):
        prepare(target, CATALOG, now=NOW)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OrgFolderInvalid, match="is not a folder"):
        prepare(tmp_path / "nowhere", CATALOG, now=NOW)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OrgFolderInvalid, match="has no CSV file"):
        prepare(tmp_path, CATALOG, now=NOW)


def test_nothing_of_a_refused_folder_is_loaded(store: Store, folder: Callable[..., Path]) -> None:
    accounts = "Id,Name,Tier__c\n1,Acme,Gold\n"
    broken = folder(Account=accounts, Contact="Id,LastName,AccountId\n7,King,2\n")
    with pytest.raises(OrgFolderInvalid):
        load_folder(store, broken)
    assert store.count("Account") == store.count("User") == 0
    assert store.sobjects["Account"].field("Tier__c") is None


def test_a_folder_is_loaded_into_an_org_once(store: Store, folder: Callable[..., Path]) -> None:
    target = folder(Account="Id,Name\n1,Acme\n")
    load_folder(store, target)
    with pytest.raises(OrgFolderInvalid, match=r"Account.csv, field Id: the org has the record"):
        load_folder(store, target)
    assert store.count("Account") == 1
