"""The objects and fields that an org starts with, and how they describe themselves.

``types`` says what an object is, ``objects/`` declares each one, ``reading`` reads the
declarations, ``describing`` answers a describe call.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from simulator.catalog.describing import RecordTypeInfo, describe, describe_global
from simulator.catalog.reading import read_field, read_object, read_picklists
from simulator.catalog.types import Field, PicklistValue, SObject

__all__ = [
    "Field",
    "PicklistValue",
    "RecordTypeInfo",
    "SObject",
    "currency_field",
    "describe",
    "describe_global",
    "record_type_field",
    "standard_catalog",
]

DECLARATIONS = Path(__file__).parent / "objects"
PICKLISTS = Path(__file__).parent / "picklists.txt"
MULTI_CURRENCY_OBJECTS = frozenset({"CurrencyType", "DatedConversionRate"})
HISTORIES = frozenset(
    {"AccountHistory", "CaseHistory", "ContactHistory", "LeadHistory", "OpportunityFieldHistory"}
)
# on these a currency is never empty; on others a describe says that it may be
ALWAYS_IN_A_CURRENCY = frozenset({"OpportunityHistory", "OpportunityLineItem", "User"})
WITHOUT_CURRENCY = (
    MULTI_CURRENCY_OBJECTS
    | HISTORIES
    | {
        "Attachment",
        "AuthSession",
        "BusinessProcess",
        "EntityDefinition",
        "FieldPermissions",
        "Group",
        "GroupMember",
        "LoginGeo",
        "LoginHistory",
        "ObjectPermissions",
        "OpportunityStage",
        "Organization",
        "PermissionSet",
        "PermissionSetAssignment",
        "PermissionSetLicense",
        "PermissionSetLicenseAssign",
        "Profile",
        "RecordType",
        "SetupAuditTrail",
        "TaskPriority",
        "TaskStatus",
        "Topic",
        "UserLicense",
        "UserEntityAccess",
        "UserFieldAccess",
        "UserPermissionAccess",
        "UserRole",
    }
)


def standard_catalog(*, multi_currency: bool = False) -> dict[str, SObject]:
    """The objects of a new org by name; a multi-currency one has a currency on every record."""
    declared = _declared()
    if multi_currency:
        return {name: _with_currency(sobject) for name, sobject in declared.items()}
    return {name: declared[name] for name in declared if name not in MULTI_CURRENCY_OBJECTS}


def record_type_field() -> Field:
    """``RecordTypeId``, which an object has only once the org has record types for it."""
    declared = "RecordTypeId reference always defaulted to=RecordType as=RecordType"
    return read_field(declared, {})


def currency_field() -> Field:
    """``CurrencyIsoCode``, which objects have only in a multi-currency org."""
    return _currency("CurrencyIsoCode", "Currency ISO Code")


def _currency(name: str, label: str) -> Field:
    declared = (
        f"{name} picklist 3 always defaulted restricted values=@currencies default=USD"
        f" label='{label}'"
    )
    return read_field(declared, read_picklists(PICKLISTS.read_text("utf-8")))


def _with_currency(sobject: SObject) -> SObject:
    if sobject.name in WITHOUT_CURRENCY:
        return sobject
    always = sobject.name in ALWAYS_IN_A_CURRENCY
    whole = sobject.with_field(replace(currency_field(), nillable=not always))
    if sobject.name != "User":
        return whole
    return whole.with_field(_currency("DefaultCurrencyIsoCode", "Default Currency ISO Code"))


@cache
def _declared() -> dict[str, SObject]:
    picklists = read_picklists(PICKLISTS.read_text("utf-8"))
    files = sorted(DECLARATIONS.glob("*.txt"))
    return {file.stem: read_object(file.read_text("utf-8"), picklists) for file in files}
