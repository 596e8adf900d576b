"""What saving works out for what is sold, asked and attached: price books, cases, files."""

from __future__ import annotations

import base64
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.derived import OrgFacts, Save

CENT, HUNDRED = Decimal("0.01"), Decimal(100)
CLOSED_CASE_STATUSES = frozenset({"Closed"})
_PERSON_PARTS = {"Phone": "Phone", "Mobile": "MobilePhone", "Email": "Email", "Fax": "Fax"}


def price_book_entry(save: Save, org: OrgFacts) -> dict[str, Any]:
    """An entry is called as its product is."""
    product = org.record_of("Product2", save["Product2Id"]) or {}
    return {"Name": product.get("Name"), "ProductCode": product.get("ProductCode")}


def attachment(save: Save, org: OrgFacts) -> dict[str, Any]:
    """A file is as long as its bytes, not as the text that carries them."""
    return {"BodyLength": len(base64.b64decode(save["Body"] or ""))}


def line_item(save: Save, org: OrgFacts) -> dict[str, Any]:
    """A line takes what it does not say from the price book and is worth price times quantity."""
    entry = org.record_of("PricebookEntry", save["PricebookEntryId"]) or {}
    opportunity = org.record_of("Opportunity", save["OpportunityId"]) or {}
    price, quantity = save["UnitPrice"], save["Quantity"]
    if price is None and save["TotalPrice"] is not None and quantity:
        price = (Decimal(save["TotalPrice"]) / Decimal(quantity)).quantize(CENT, ROUND_HALF_UP)
    price = entry.get("UnitPrice") if price is None else price
    names = filter(None, (opportunity.get("Name"), entry.get("Name")))
    return {
        "Name": " ".join(names) or None,
        "ProductCode": entry.get("ProductCode"),
        "Product2Id": save["Product2Id"] or entry.get("Product2Id"),
        "ListPrice": entry.get("UnitPrice"),
        "UnitPrice": price,
        **_worth(price, quantity, save["Discount"]),
    }


def case(save: Save, org: OrgFacts) -> dict[str, Any]:
    """A case is closed by its status and shows how its contact is reached."""
    contact = org.record_of("Contact", save["ContactId"]) or {}
    closed = save["Status"] in CLOSED_CASE_STATUSES
    shown = {f"Contact{name}": contact.get(field) for name, field in _PERSON_PARTS.items()}
    return {
        **shown,
        "AccountId": save["AccountId"] or contact.get("AccountId"),
        "IsClosed": closed,
        "ClosedDate": (save["ClosedDate"] or org.now) if closed else None,
    }


def _worth(price: Any, quantity: Any, discount: Any) -> dict[str, Any]:
    if price is None or quantity is None:
        return {}
    subtotal = (Decimal(price) * Decimal(quantity)).quantize(CENT, ROUND_HALF_UP)
    part = 1 - Decimal(discount or 0) / HUNDRED
    return {"Subtotal": subtotal, "TotalPrice": (subtotal * part).quantize(CENT, ROUND_HALF_UP)}
