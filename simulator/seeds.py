"""What every org has before anybody adds a record: itself, profiles, its running user, stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from zlib import crc32

from simulator.catalog import SObject
from simulator.derived import default_values, full_name
from simulator.ids import new_id
from simulator.setup_rows import setup_rows
from simulator.stages import DEFAULT_STAGES, Stage

Record = dict[str, Any]
Records = dict[str, list[Record]]

ORGANIZATION_ID = new_id("00D", 1)
ADMINISTRATOR_PROFILE_ID = new_id("00e", 1)
STANDARD_PROFILE_ID = new_id("00e", 2)
MINIMUM_PROFILE_ID = new_id("00e", 3)
RUNNING_USER_ID = new_id("005", 1)
RUNNING_USERNAME = "integration@simulated.example"

_LOCALE: Mapping[str, Any] = {
    "TimeZoneSidKey": "America/Los_Angeles",
    "LanguageLocaleKey": "en_US",
}
_PERMISSIONS = (
    "ActivitiesAccess",
    "ApiEnabled",
    "CustomizeApplication",
    "EditEvent",
    "EditTask",
    "ExportReport",
    "ManageUsers",
    "ModifyAllData",
    "RunReports",
    "ViewAllData",
    "ViewAllUsers",
    "ViewRoles",
    "ViewSetup",
)
_OF_EVERYBODY = ("ActivitiesAccess", "ApiEnabled", "RunReports", "ViewRoles")


class Org(Protocol):
    """What seeding asks of an org."""

    @property
    def sobjects(self) -> Mapping[str, SObject]: ...

    def load(self, sobject: str, records: Iterable[Mapping[str, Any]]) -> int: ...

    def records(
        self, sobject: str, *, ids: Iterable[str] | None = None
    ) -> Iterable[Mapping[str, Any]]: ...


def seed_org(org: Org, at: datetime, stages: Iterable[Stage] = DEFAULT_STAGES) -> dict[str, int]:
    """Add what every org has, as of that time, where the org lacks it; how many by object."""
    loaded = {}
    for name, rows in own_rows(org.sobjects, at, stages).items():
        # An org is one organization, whatever its Id.
        wanted = None if name == "Organization" else [row["Id"] for row in rows]
        have = {record["Id"] for record in org.records(name, ids=wanted)}
        missing = [row for row in rows if row["Id"] not in have]
        loaded[name] = org.load(name, [] if have and wanted is None else missing)
    return loaded


def own_rows(
    sobjects: Mapping[str, SObject], at: datetime, stages: Iterable[Stage] = DEFAULT_STAGES
) -> Records:
    """The records that every org has, by object."""
    setup = setup_rows(sobjects, at, user_id=RUNNING_USER_ID)
    rows: Records = {
        "Organization": [organization(at)],
        "Profile": profiles(at),
        "User": [running_user(at)],
        "OpportunityStage": stage_rows(stages, at),
        **{n: [stamped(row, at) for row in rows] for n, rows in setup.items()},
    }
    return {
        name: [_fitting(sobjects[name], row) for row in records] for name, records in rows.items()
    }


def _fitting(sobject: SObject, row: Record) -> Record:
    """The row with the object's defaults, and with no stamp that the object does not have."""
    whole = {**default_values(sobject), **row}
    return {field.name: whole[field.name] for field in sobject.stored_fields if field.name in whole}


def stamped(record: Mapping[str, Any], at: datetime) -> Record:
    """The record as the running user created it at that time."""
    return {
        "CreatedDate": at,
        "CreatedById": RUNNING_USER_ID,
        "LastModifiedDate": at,
        "LastModifiedById": RUNNING_USER_ID,
        "SystemModstamp": at,
        **record,
    }


def organization(at: datetime) -> Record:
    """The org's own row."""
    row = {
        **_LOCALE,
        "Id": ORGANIZATION_ID,
        "Name": "Simulated Org",
        "Country": "US",
        "DefaultLocaleSidKey": "en_US",
        "FiscalYearStartMonth": 1,
        "OrganizationType": "Developer Edition",
        "InstanceName": "SIM1",
        "IsSandbox": False,
        "DefaultAccountAccess": "Edit",
        "DefaultContactAccess": "ControlledByParent",
        "DefaultOpportunityAccess": "Edit",
        "DefaultLeadAccess": "ReadEditTransfer",
        "UiSkin": "Theme3",
    }
    return stamped(row, at)


def profiles(at: datetime) -> list[Record]:
    """The profiles of administrators, of everybody else, and of programs that are granted all."""
    granted = {f"Permissions{name}": True for name in _PERMISSIONS}
    administrator = {
        "Id": ADMINISTRATOR_PROFILE_ID,
        "Name": "System Administrator",
        "UserLicenseId": new_id("100", 1),
        "UserType": "Standard",
        **granted,
    }
    standard = {
        "Id": STANDARD_PROFILE_ID,
        "Name": "Standard User",
        "UserLicenseId": new_id("100", 1),
        "UserType": "Standard",
        **{f"Permissions{name}": True for name in _OF_EVERYBODY},
    }
    minimum = {
        **standard,
        **{f"Permissions{name}": name == "ApiEnabled" for name in _OF_EVERYBODY},
        "Id": MINIMUM_PROFILE_ID,
        "Name": "Minimum Access - API Only Integrations",
    }
    return [stamped(profile, at) for profile in (administrator, standard, minimum)]


def running_user(at: datetime) -> Record:
    """The user that programs log in as, and to whom records belong that name no owner."""
    row = {
        **user_defaults(),
        "Id": RUNNING_USER_ID,
        "Username": RUNNING_USERNAME,
        "Email": RUNNING_USERNAME,
        "FirstName": "Integration",
        "LastName": "User",
        "Alias": "integr",
        "CommunityNickname": "integration",
        "ProfileId": ADMINISTRATOR_PROFILE_ID,
    }
    return stamped(row | {"Name": full_name(row)}, at)


def user_defaults() -> Record:
    """What a user has where nobody says otherwise."""
    return {
        **_LOCALE,
        "IsActive": True,
        "ProfileId": STANDARD_PROFILE_ID,
        "LocaleSidKey": "en_US",
        "EmailEncodingKey": "UTF-8",
        "DigestFrequency": "D",
        "DefaultGroupNotificationFrequency": "N",
        "UserType": "Standard",
    }


def stage_rows(stages: Iterable[Stage], at: datetime) -> list[Record]:
    """The OpportunityStage rows of these stages, in their order."""
    return [
        stamped(
            {
                "Id": new_id("01J", crc32(stage.api_name.encode())),
                "MasterLabel": stage.api_name,
                "ApiName": stage.api_name,
                "IsActive": True,
                "SortOrder": number,
                "IsClosed": stage.is_closed,
                "IsWon": stage.is_won,
                "ForecastCategory": stage.forecast_category,
                "ForecastCategoryName": stage.forecast_category_name,
                "DefaultProbability": stage.default_probability,
            },
            at,
        )
        for number, stage in enumerate(stages, start=1)
    ]


def stage_of(row: Mapping[str, Any]) -> Stage:
    """The stage that an OpportunityStage row describes."""
    return Stage(
        api_name=row["ApiName"],
        default_probability=row.get("DefaultProbability") or Decimal(0),
        forecast_category=row.get("ForecastCategory") or "Pipeline",
        is_closed=bool(row.get("IsClosed")),
        is_won=bool(row.get("IsWon")),
    )
