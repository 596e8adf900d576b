"""Which objects have permissions of their own, which follow another, which need a right (6.1)."""

from __future__ import annotations

from collections.abc import Mapping

from simulator.catalog.types import Field, SObject

PERMISSIONED = frozenset(
    {
        "Account",
        "Asset",
        "Campaign",
        "Case",
        "Contact",
        "Contract",
        "Lead",
        "Opportunity",
        "Pricebook2",
        "Product2",
    }
)
FOLLOWS: Mapping[str, str] = {
    "AccountHistory": "Account",
    "CampaignMember": "Campaign",
    "CaseHistory": "Case",
    "ContactHistory": "Contact",
    "LeadHistory": "Lead",
    "OpportunityContactRole": "Opportunity",
    "OpportunityFieldHistory": "Opportunity",
    "OpportunityHistory": "Opportunity",
    "OpportunityLineItem": "Opportunity",
    "PricebookEntry": "Pricebook2",
}
# objects with an owner whose org-wide default is "controlled by parent", and the field that links
CONTROLLED: Mapping[str, str] = {"Contact": "AccountId"}
# objects that exist only for users with one of these system permissions
NEEDED: Mapping[str, frozenset[str]] = {
    "Event": frozenset({"ActivitiesAccess"}),
    "LoginGeo": frozenset({"ManageUsers"}),
    "PermissionSetLicense": frozenset({"ViewSetup", "AssignPermissionSets"}),
    "PermissionSetLicenseAssign": frozenset({"ViewSetup", "AssignPermissionSets"}),
    "SetupAuditTrail": frozenset({"ViewSetup"}),
    "Task": frozenset({"ActivitiesAccess"}),
    "UserRole": frozenset({"ViewRoles"}),
}
# objects of which others' rows are seen only with one of these; the field says whose a row is
OWN_ROWS: Mapping[str, tuple[str, frozenset[str]]] = {
    "AuthSession": ("UsersId", frozenset({"ManageUsers"})),
    "LoginHistory": ("UserId", frozenset({"ManageUsers", "MonitorLoginHistory"})),
}
# objects whose rows are read only by a filter on one of these
FILTERED: Mapping[str, tuple[str, ...]] = {
    "UserEntityAccess": ("UserId", "EntityDefinitionId", "DurableId"),
    "UserFieldAccess": ("UserId", "EntityDefinitionId", "FieldDefinitionId", "DurableId"),
}


def governing(sobject: SObject) -> str | None:
    """The object whose permissions decide about this one; None where no such permission exists."""
    if sobject.custom or sobject.name in PERMISSIONED:
        return sobject.name
    return FOLLOWS.get(sobject.name)


def permissioned_field(sobject: SObject, field: Field) -> str | None:
    """The name by which a field is granted; the parts of an address go with the address."""
    if field.name == "Id" or governing(sobject) != sobject.name:
        return None
    whole = sobject.field(field.compound_field_name or "")
    granted = whole if whole is not None and whole.compound else field
    return f"{sobject.name}.{granted.name}" if granted.permissionable else None


def grantable_fields(sobject: SObject) -> list[str]:
    """The fields of an object that FieldPermissions can name."""
    names = {permissioned_field(sobject, field) for field in sobject.fields}
    return sorted(name for name in names if name is not None)
