"""
What Salesforce grants by the object, by the field, and by a system permission: as data.

Sources: the Object Reference ("Special Access Rules" of each object), "View All and Modify All
Permissions Overview" and "Control Access to Activities" in Salesforce Help, recorded describes
(`permissionable`), and the messages with which deployments are refused. (U) marks what none of
them confirms.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SystemPermission:
    """A right that is not tied to one object: its name in metadata, on the page, and its use."""

    name: str
    label: str
    needed_for: str


ACTIVITIES = SystemPermission("ActivitiesAccess", "Access Activities", "tasks and events")
ROLES = SystemPermission("ViewRoles", "View Roles and Role Hierarchy", "roles")
SYSTEM_PERMISSIONS = (
    ACTIVITIES,
    SystemPermission("ApiEnabled", "API Enabled", "every request"),
    SystemPermission("ViewAllUsers", "View All Users", "the owners of records"),
    ROLES,
    # Cannot be granted without ViewRoles. It shows the org's configuration, and changes nothing.
    SystemPermission(
        "ViewSetup",
        "View Setup and Configuration",
        "all of the org's quotas, its licences, and what its permission sets grant",
    ),
)
LOGIN_HISTORY = SystemPermission(
    "MonitorLoginHistory", "Monitor Login History", "the logins of other users"
)
# Asked for only when the settings name the object.
SYSTEM_PERMISSION_OF = {"LoginHistory": LOGIN_HISTORY}

# Every system permission that may ever be in the file; none of them changes anything.
READING = frozenset(one.name for one in (*SYSTEM_PERMISSIONS, *SYSTEM_PERMISSION_OF.values()))

# Objects that only a system permission shows; they have no object permissions.
SHOWN_BY: Mapping[str, SystemPermission] = {
    "Task": ACTIVITIES,
    "Event": ACTIVITIES,
    "UserRole": ROLES,
    **SYSTEM_PERMISSION_OF,
}
# What only a right to change users shows, so that it is never granted here.
NEVER_GRANTED = frozenset({"AuthSession", "LoginGeo"})

# Whoever may use the API reads them: setup objects and the like.
OPEN = frozenset(
    {
        "BusinessProcess",
        "CurrencyType",
        "DatedConversionRate",
        "Group",
        "GroupMember",
        "OpportunityStage",
        "Organization",
        "PermissionSetLicense",
        "PermissionSetLicenseAssign",
        "Period",
        "Profile",
        "RecordType",
        "SetupAuditTrail",
        "TaskPriority",
        "TaskStatus",
        "User",
        "UserLicense",
    }
)

# Standard objects with object permissions of their own. There are more (U); one that is missing
# here is left out of the file with a remark, for a name that has none makes a deployment fail.
OWN = frozenset(
    {
        "Account",
        "Asset",
        "Campaign",
        "Case",
        "Contact",
        "Contract",
        "Idea",
        "Lead",
        "Opportunity",
        "Order",
        "Pricebook2",
        "Product2",
        "Quote",
        "Solution",
    }
)
# Standard objects that are seen with another one. Their histories, feeds and shares are as well.
FOLLOWS: Mapping[str, str] = {
    "AccountContactRole": "Account",
    "AccountTeamMember": "Account",
    "CampaignMember": "Campaign",
    "CaseComment": "Case",
    "OpportunityCompetitor": "Opportunity",
    "OpportunityContactRole": "Opportunity",
    "OpportunityFieldHistory": "Opportunity",
    "OpportunityHistory": "Opportunity",
    "OpportunityLineItem": "Opportunity",
    "OpportunityTeamMember": "Opportunity",
    "OrderItem": "Order",
    "PricebookEntry": "Pricebook2",
    "QuoteLineItem": "Quote",
}
BESIDE_A_RECORD = ("History", "Feed", "Share")
CUSTOM = ("__c", "__x", "__b")  # objects, external objects, big objects

# Where sharing would hide records of which the marts are made.
SEEN_WHOLE = frozenset({"Account", "Contact", "Opportunity"})

# Fields that marts read and that are permissionable in every recorded describe: granted even when
# no describe shows them, for a hidden field is in none. An address is granted as a whole.
# Task is like Event (U).
ALWAYS_GRANTED: Mapping[str, tuple[str, ...]] = {
    "Account": ("BillingAddress", "Industry", "ParentId", "Type"),
    "Contact": ("AccountId", "Email", "Phone", "Title"),
    "Event": ("WhatId", "WhoId"),
    "Opportunity": ("AccountId", "Amount", "Probability", "Type"),
    "Task": ("WhatId", "WhoId"),
}


def governing(sobject: str) -> str | None:
    """The object whose object permissions decide about this one; None where there is none."""
    for suffix in BESIDE_A_RECORD:
        if sobject.endswith(f"__{suffix}"):
            return f"{sobject.removesuffix(suffix)}c"
        if sobject.endswith(suffix) and sobject.removesuffix(suffix) in OWN:
            return sobject.removesuffix(suffix)
    if sobject in OWN or sobject.endswith(CUSTOM):
        return sobject
    return FOLLOWS.get(sobject)


def has_field_permissions(sobject: str) -> bool:
    """Whether single fields of the object can be granted or hidden."""
    return governing(sobject) == sobject or sobject in {"Event", "Task", "User"}
