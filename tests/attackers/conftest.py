"""An org in which everything that people may name is named by an attacker."""

import csv
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from simulator.admin.filling import replace_by_folder
from tests.attackers.hostile import PAYLOADS, compositions
from tests.desks import desk_of, generated_desk, new_desk, org_folder
from tests.driver import Desk, minimums
from tests.simulator.conftest import new_org

__all__ = ["desk_of", "generated_desk", "new_desk", "new_org", "org_folder"]

Row = Mapping[str, object]
COMPOSED, SEED = 100, 8
# A settings file refuses control characters.
WRITABLE = tuple(text for text in PAYLOADS.values() if text.isprintable())


@pytest.fixture(scope="module")
def attacked(new_desk, tmp_path_factory) -> Desk:
    """The org, and a warehouse with a table of someone else's, before any sync."""
    folder = tmp_path_factory.mktemp("hostile")
    for sobject, rows in hostile_org().items():
        write(folder / f"{sobject}.csv", list(rows))
    desk = new_desk(lambda org: replace_by_folder(org, folder))
    desk.execute("create table public.canary (id int); insert into public.canary values (1)")
    return desk.configured(**named_in_settings())


def named_in_settings() -> dict[str, object]:
    """Settings that name what an attacker named, as far as a settings file can hold it."""
    return {
        "opportunity_types": WRITABLE,
        "opportunity_minimums": minimums(amount="50"),
        "pipelines": {"mode": "split", "sales_processes": WRITABLE},
        "members": {"overrides": {"x'or'1'='1@evil.example": "{{7*7}}@evil.example"}},
    }


def hostile_org() -> dict[str, Iterable[Row]]:
    """Rows by object: each payload names a record of each kind, and fills its texts."""
    texts = list(PAYLOADS.values())
    numbered = list(enumerate(texts))
    return {
        "User": [{"Id": f"u{n}", "FirstName": text[:40], "LastName": text,
                  "Email": f"u{n}@evil.example", "Username": f"u{n}@evil.example",
                  "IsActive": "true", "Title": text} for n, text in numbered],
        "BusinessProcess": [{"Id": f"bp{n}", "Name": text, "TableEnumOrId": "Opportunity",
                             "IsActive": "true"} for n, text in numbered],
        "RecordType": [{"Id": f"rt{n}", "Name": text, "DeveloperName": f"Rt_{n}",
                        "SobjectType": "Opportunity", "BusinessProcessId": f"bp{n}",
                        "IsActive": "true"} for n, text in numbered],
        "Account": [{"Id": f"a{n}", "Name": text, "OwnerId": f"u{n % len(texts)}",
                     "Industry": text, "BillingStreet": text, "Evil__c": text}
                    for n, text in enumerate([*texts, *compositions(COMPOSED, SEED)])],
        "Contact": [{"Id": f"c{n}", "LastName": text, "Title": text, "Email": f"c{n}@evil.example",
                     "AccountId": f"a{n}", "OwnerId": f"u{n}"} for n, text in numbered],
        "Opportunity": [{"Id": f"o{n}", "Name": text, "AccountId": f"a{n}", "OwnerId": f"u{n}",
                         "RecordTypeId": f"rt{n}", "StageName": text, "Type": text,
                         "Amount": n * 10, "CloseDate": "2026-03-01",
                         "CreatedDate": "2026-01-01T00:00:00.000Z"} for n, text in numbered],
        "Task": [{"Id": f"t{n}", "Subject": text, "WhatId": f"a{n}", "OwnerId": f"u{n}",
                  "ActivityDate": "2026-03-01", "Status": "Completed", "Priority": "Normal"}
                 for n, text in numbered],
    }


def write(file: Path, rows: list[Row]) -> None:
    """A file of an org folder."""
    with file.open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
