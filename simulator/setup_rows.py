"""What the setup of every org holds beside its users and stages: statuses, licences, currencies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from simulator.ids import new_id

Record = dict[str, Any]

CORPORATE_CURRENCY = "USD"
STANDARD_PRICE_BOOK_ID = new_id("01s", 1)
SALESFORCE_LICENSE_ID = new_id("100", 1)
_STATUSES = (
    ("Not Started", False),
    ("In Progress", False),
    ("Completed", True),
    ("Waiting on someone else", False),
    ("Deferred", False),
)
_PRIORITIES = (("High", True), ("Normal", False), ("Low", False))
# key, label, how many, whether programs may have it
_LICENSES = (
    ("CRMUserPsl", "CRM User", 25, False),
    ("SalesUserPsl", "Sales User", 25, False),
    ("SalesforceAPIIntegrationPsl", "Salesforce API Integration", 5, True),
)
_CURRENCIES = (("USD", "1"), ("EUR", "0.92"), ("GBP", "0.79"), ("JPY", "151.5"))


def setup_rows(sobjects: Iterable[str], at: datetime, *, user_id: str) -> dict[str, list[Record]]:
    """These rows by object, without stamps, for the objects that the org has."""
    made = {
        "TaskStatus": _listed("01K", _STATUSES, "IsClosed", default="Not Started"),
        "TaskPriority": _listed("01P", _PRIORITIES, "IsHighPriority", default="Normal"),
        "UserLicense": [_license(at)],
        "PermissionSetLicense": [
            _permission_set_license(number, *row) for number, row in enumerate(_LICENSES, start=1)
        ],
        "PermissionSetLicenseAssign": [_assigned_license(user_id)],
        "Pricebook2": [_standard_price_book()],
        "CurrencyType": [_currency(n, *row) for n, row in enumerate(_CURRENCIES, start=1)],
    }
    known = set(sobjects)
    return {name: rows for name, rows in made.items() if name in known}


def _listed(
    prefix: str, values: Iterable[tuple[str, bool]], flag: str, *, default: str
) -> list[Record]:
    return [
        {
            "Id": new_id(prefix, number),
            "MasterLabel": name,
            "ApiName": name,
            "SortOrder": number,
            "IsDefault": name == default,
            flag: flagged,
        }
        for number, (name, flagged) in enumerate(values, start=1)
    ]


def _license(at: datetime) -> Record:
    return {
        "Id": SALESFORCE_LICENSE_ID,
        "LicenseDefinitionKey": "SFDC",
        "Name": "Salesforce",
        "MasterLabel": "Salesforce",
        "Status": "Active",
        "TotalLicenses": 25,
        "UsedLicenses": 1,
        "UsedLicensesLastUpdated": at,
    }


def _permission_set_license(number: int, key: str, label: str, total: int, free: bool) -> Record:
    return {
        "Id": new_id("0PL", number),
        "DeveloperName": key,
        "Language": "en_US",
        "MasterLabel": label,
        "PermissionSetLicenseKey": key,
        "TotalLicenses": total,
        "Status": "Active",
        "UsedLicenses": 0,
        "MigratableLicenses": 0,
        "IsAvailableForIntegrations": free,
        "MaximumPermissionsApiEnabled": True,
    }


def _assigned_license(user_id: str) -> Record:
    return {
        "Id": new_id("2LA", 1),
        "PermissionSetLicenseId": new_id("0PL", len(_LICENSES)),
        "AssigneeId": user_id,
    }


def _standard_price_book() -> Record:
    names: Mapping[str, Any] = {"Name": "Standard Price Book", "IsStandard": True, "IsActive": True}
    return {"Id": STANDARD_PRICE_BOOK_ID, **names}


def _currency(number: int, code: str, rate: str) -> Record:
    return {
        "Id": new_id("01L", number),
        "IsoCode": code,
        "ConversionRate": Decimal(rate),
        "DecimalPlaces": 0 if code == "JPY" else 2,
        "IsActive": True,
        "IsCorporate": code == CORPORATE_CURRENCY,
    }
