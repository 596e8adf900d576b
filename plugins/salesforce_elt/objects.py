"""
The SObjects that every org syncs, as data.

`needs` are the fields that the marts read. A staging table always has their columns, so that a
field which the org lacks or hides gives an empty column and a finding, never a broken model.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


def _typed(**fields_by_type: str) -> Mapping[str, str]:
    """Field names by type, the other way round: `string="Name Type"` -> {Name: string, ...}."""
    return {name: kind for kind, names in fields_by_type.items() for name in names.split()}


@dataclass(frozen=True)
class SObject:
    """An SObject to sync: its API name, the fields marts need (API name -> describe type)."""

    name: str
    needs: Mapping[str, str] = field(default_factory=dict)
    is_required: bool = False  # without it the marts would be wrong, not merely poorer
    is_setup: bool = False  # small, vanishes without a trace: read whole when it differs
    is_everywhere: bool = True  # False: only orgs with a feature have it (multi-currency)
    source: str = "sobject"  # or picklists: the UI API's stages per record type


# Not an SObject: which stages each record type has, which only the UI API tells.
STAGE_SETS = "RecordTypeStage"

# fmt: off
STANDARD_SET = (
    SObject("Organization", _typed(string="Name TimeZoneSidKey", boolean="IsSandbox"),
            is_setup=True),
    SObject("User", _typed(string="Name Email Username UserType", reference="ManagerId",
                           boolean="IsActive"), is_required=True),
    SObject("UserRole", _typed(string="Name", reference="ParentRoleId"), is_setup=True),
    SObject("Group", _typed(string="Name Type DeveloperName Email"), is_setup=True),
    SObject("RecordType", _typed(string="Name DeveloperName SobjectType", boolean="IsActive",
                                 reference="BusinessProcessId"), is_setup=True),
    SObject("BusinessProcess", _typed(string="Name TableEnumOrId", boolean="IsActive"),
            is_setup=True),
    SObject("OpportunityStage", _typed(string="MasterLabel ApiName ForecastCategoryName",
                                       boolean="IsActive IsClosed IsWon", int="SortOrder",
                                       percent="DefaultProbability"),
            is_required=True, is_setup=True),
    SObject(STAGE_SETS, _typed(reference="RecordTypeId", string="StageName",
                                      int="SortOrder"), is_setup=True, source="picklists"),
    SObject("Account", _typed(string="Name Type Industry BillingStreet BillingCity BillingState"
                                     " BillingPostalCode BillingCountry",
                              reference="ParentId OwnerId", datetime="CreatedDate"),
            is_required=True),
    SObject("Contact", _typed(string="FirstName LastName Name Email Phone Title",
                              reference="AccountId OwnerId", datetime="CreatedDate"),
            is_required=True),
    SObject("Opportunity", _typed(string="Name StageName Type ForecastCategoryName"
                                         " CurrencyIsoCode",
                                  reference="AccountId OwnerId RecordTypeId",
                                  currency="Amount", percent="Probability", date="CloseDate",
                                  boolean="IsClosed IsWon", datetime="CreatedDate"),
            is_required=True),
    SObject("OpportunityContactRole", _typed(reference="OpportunityId ContactId", string="Role",
                                             boolean="IsPrimary")),
    SObject("OpportunityHistory", _typed(reference="OpportunityId",
                                         string="StageName CurrencyIsoCode", currency="Amount",
                                         percent="Probability", date="CloseDate",
                                         datetime="CreatedDate")),
    SObject("Task", _typed(reference="WhoId WhatId AccountId OwnerId",
                           string="Subject Status TaskSubtype", date="ActivityDate",
                           boolean="IsClosed IsArchived", datetime="CreatedDate")),
    SObject("Event", _typed(reference="WhoId WhatId AccountId OwnerId", string="Subject",
                            date="ActivityDate", boolean="IsArchived",
                            datetime="StartDateTime EndDateTime CreatedDate")),
    SObject("CurrencyType", _typed(string="IsoCode", double="ConversionRate",
                                   boolean="IsCorporate IsActive"),
            is_setup=True, is_everywhere=False),
    SObject("DatedConversionRate", _typed(string="IsoCode", double="ConversionRate",
                                          date="StartDate"),
            is_setup=True, is_everywhere=False),
)
# fmt: on

# Fields that only some orgs have; missing ones are no finding.
OPTIONAL_FIELDS = frozenset(
    {
        ("Opportunity", "RecordTypeId"),  # absent from the describe until the org has record types
        ("Opportunity", "CurrencyIsoCode"),  # multi-currency orgs only
        ("OpportunityHistory", "CurrencyIsoCode"),
    }
)

# Standard fields that Salesforce changes without touching SystemModstamp, although they are no
# formulas: derived from other records, from logins or from today's date. That they do is observed,
# not documented; reading one too many costs a column. LastViewedDate and LastReferencedDate are
# what the reading user looked at, which is of no use to anyone else.
STAMPLESS_EVERYWHERE = ("LastActivityDate",)
STAMPLESS_FIELDS: Mapping[str, tuple[str, ...]] = {
    "User": ("LastLoginDate", "NumberOfFailedLogins"),
    "Opportunity": (
        "HasOpenActivity",
        "HasOverdueTask",
        "LastActivityInDays",
        "LastStageChangeInDays",
        "AgeInDays",
    ),
}


def objects_to_sync(configured: tuple[str, ...], only: tuple[str, ...] = ()) -> tuple[SObject, ...]:
    """The standard set and what the settings add, in order; `only` restricts it by API name."""
    standard = {sobject.name: sobject for sobject in STANDARD_SET}
    wanted = standard | {name: SObject(name) for name in configured if name not in standard}
    return tuple(sobject for name, sobject in wanted.items() if not only or name in only)


def is_setup(name: str) -> bool:
    """Whether an object is small and vanishes without a trace, so that it is read whole."""
    return any(sobject.is_setup for sobject in STANDARD_SET if sobject.name == name)
