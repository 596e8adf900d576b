"""An org folder brings custom objects: declared beside the file, or typed by their values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

from simulator.folders import OrgFolderInvalid, load_folder
from simulator.store import Store

Folder = Callable[..., Path]
ACCOUNTS = "Id,Name\na,Acme\nb,Best\n"
INVOICES = "Id,Account__c,Amount__c,Due__c,At__c\n1,a,12.50,2025-01-31,\n2,b,7,2025-02-28,\n"
DECLARED = """# what an invoice is
Name string 80 name auto='INV-{000}'
Account__c reference cascade required to=Account children=Invoices__r
Amount__c currency 16,2
At__c time
Double__c currency 16,2 formula='Amount__c * 2'
"""


def test_without_a_declaration_values_show_the_types(store: Store, folder: Folder) -> None:
    texts = INVOICES.replace(",At__c", "").replace(",\n", "\n").replace("Id,", "Id,Name,")
    texts = texts.replace("\n1,", "\n1,One,").replace("\n2,", "\n2,Two,")
    counts = load_folder(store, folder(Account=ACCOUNTS, Invoice__c=texts))
    invoice = store.sobjects["Invoice__c"]
    types = {name: getattr(invoice.field(name), "type", None) for name in ("Amount__c", "Due__c")}
    link = invoice.field("Account__c")
    assert counts["Invoice__c"] == 2
    assert types == {"Amount__c": "double", "Due__c": "date"}
    assert link is not None
    assert (link.reference_to, link.relationship_name) == (("Account",), "Account__r")


def test_a_declaration_decides_where_there_is_one(store: Store, folder: Folder) -> None:
    target = folder(Account=ACCOUNTS, Invoice__c=INVOICES.replace("31,\n", "31,08:15:00.000Z\n"))
    (target / "Invoice__c.txt").write_text(DECLARED, "utf-8")
    load_folder(store, target)
    first = next(iter(store.records("Invoice__c")))
    shown = (first["Name"], first["Amount__c"], first["At__c"])
    assert shown == ("INV-001", Decimal("12.50"), time(8, 15))
    assert store.sobjects["Invoice__c"].key_prefix == "a00"


def test_numbers_go_on_after_those_of_the_folder(store: Store, folder: Folder) -> None:
    target = folder(Account=ACCOUNTS, Invoice__c=INVOICES)
    (target / "Invoice__c.txt").write_text(DECLARED, "utf-8")
    load_folder(store, target)
    account = next(iter(store.records("Account")))["Id"]
    record = store.get("Invoice__c", store.insert("Invoice__c", {"Account__c": account}))
    assert record is not None
    assert record["Name"] == "INV-003"


@pytest.mark.parametrize(
    ("declaration", "reason"),
    [
        ("Amount__c money", "Invoice__c.txt: the declaration cannot be read"),
        (DECLARED + "Due__c date formula='TODAY()'", "a formula is worked out, not loaded"),
    ],
)
def test_a_wrong_declaration_loads_nothing(
    store: Store, folder: Folder, declaration: str, reason: str
) -> None:
    target = folder(Account=ACCOUNTS, Invoice__c=INVOICES)
    (target / "Invoice__c.txt").write_text(declaration, "utf-8")
    with pytest.raises(OrgFolderInvalid, match=reason):
        load_folder(store, target)
    assert store.count("Account") == 0
