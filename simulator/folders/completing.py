"""Makes a folder's records whole: defaults, derived values, stamps, history, the org's own rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from simulator import seeds
from simulator.catalog import SObject
from simulator.derived import OrgFacts, Save, default_values, derive, history_row
from simulator.folders.dating import Timeline, timeline
from simulator.ids import new_id
from simulator.numbers import formatted_number
from simulator.rollups import count_campaigns, describe_members
from simulator.stages import DEFAULT_STAGES, Stage, stage_called

Record = dict[str, Any]
Records = dict[str, list[Record]]
Given = Mapping[str, Sequence[Record]]

ACTIVE_UNLESS_SAID = frozenset({"BusinessProcess", "Product2", "RecordType", "User"})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Who is asked for by another record's dates or account comes first.
ORDER = ("User", "Account", "Campaign", "Contact", "Lead", "Opportunity")


@dataclass(frozen=True)
class Completing:
    """What completing a record needs to know."""

    sobjects: Mapping[str, SObject]
    times: Timeline
    facts: OrgFacts
    created: dict[str, datetime]


def complete(given: Given, sobjects: Mapping[str, SObject], *, now: datetime, pod: str) -> Records:
    """The records that an org holds after these were saved in it, with what it had before."""
    times = timeline((record for rows in given.values() for record in rows), now)
    stages = stages_of(given)
    accounts = _accounts(given)
    facts = OrgFacts(stages, now=times.last, account_of=accounts.get)
    work = Completing(sobjects, times, facts, created={})
    names = sorted(given, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    result = {name: [_whole(name, record, work) for record in given[name]] for name in names}
    for name, rows in result.items():
        _number(sobjects[name], rows)
    _add_history(result, sobjects["OpportunityHistory"].key_prefix, pod)
    describe_members(result)
    count_campaigns(result)
    return result


def _number(sobject: SObject, rows: Sequence[Record]) -> None:
    """Give rows that bring none the next numbers of their auto-number fields."""
    for field in sobject.stored_fields:
        if field.auto_number:
            for number, row in enumerate(rows, start=1):
                if row.get(field.name) is None:
                    row[field.name] = formatted_number(field, number)


def stages_of(given: Given) -> dict[str, Stage]:
    """The org's stages by name: the folder's own or the default ones, and those that it uses."""
    listed = given.get("OpportunityStage")
    stages = [seeds.stage_of(row) for row in listed] if listed else list(DEFAULT_STAGES)
    by_name = {stage.api_name: stage for stage in stages}
    for opportunity in given.get("Opportunity", ()):
        name = opportunity.get("StageName")
        if name and name not in by_name:
            by_name[name] = stage_called(name)
    return by_name


def _accounts(given: Given) -> dict[str, str | None]:
    """The account that each account, contact and opportunity belongs to."""
    accounts: dict[str, str | None] = {row["Id"]: row["Id"] for row in given.get("Account", ())}
    for name in ("Contact", "Opportunity"):
        accounts |= {row["Id"]: row.get("AccountId") for row in given.get(name, ())}
    return accounts


def _whole(name: str, given: Record, work: Completing) -> Record:
    sobject = work.sobjects[name]
    record = {**default_values(sobject), **_defaults(sobject, given), **given}
    parents = [work.created.get(value) for value in given.values() if isinstance(value, str)]
    born = max(filter(None, parents), default=EPOCH)
    record |= work.times.stamps(name, given, born)
    work.created[record["Id"]] = record["CreatedDate"]
    if name == "Task":
        record.setdefault("CompletedDateTime", record["LastModifiedDate"])
    known = {field: value for field, value in given.items() if value is not None}
    record |= derive(name, Save(record, given=given.keys()), work.facts) | known
    return {
        field.name: record[field.name] for field in sobject.stored_fields if field.name in record
    }


def _defaults(sobject: SObject, given: Record) -> Record:
    owned = {"CreatedById": seeds.RUNNING_USER_ID, "LastModifiedById": seeds.RUNNING_USER_ID}
    if sobject.field("OwnerId"):
        owned["OwnerId"] = seeds.RUNNING_USER_ID
    named = _NAMED.get(sobject.name)
    active = {"IsActive": True} if sobject.name in ACTIVE_UNLESS_SAID else {}
    return {**owned, **active, **(named(given) if named else {})}


def _user(given: Record) -> Record:
    username = given.get("Username") or f"{given['Id'].lower()}@simulated.example"
    return {**seeds.user_defaults(), "Username": username, "Email": username}


def _role(given: Record) -> Record:
    access = ("Opportunity", "Case", "Contact")
    edit = {f"{name}AccessForAccountOwner": "Edit" for name in access}
    return {**edit, **_developer_name(given), "PortalType": "None"}


def _developer_name(given: Record) -> Record:
    name = given.get("Name") or ""
    return {"DeveloperName": "".join(char if char.isalnum() else "_" for char in name)}


def _stage(given: Record) -> Record:
    stage = seeds.stage_of(given)
    return {
        "MasterLabel": stage.api_name,
        "IsActive": True,
        "ForecastCategory": stage.forecast_category,
        "ForecastCategoryName": stage.forecast_category_name,
        "DefaultProbability": stage.default_probability,
    }


_NAMED: Mapping[str, Callable[[Record], Record]] = {
    "Group": _developer_name,
    "OpportunityStage": _stage,
    "Organization": lambda _: {"FiscalYearStartMonth": 1},
    "RecordType": _developer_name,
    "User": _user,
    "UserRole": _role,
}


def _add_history(result: Records, prefix: str, pod: str) -> None:
    if not result.get("OpportunityHistory"):
        opportunities = result.get("Opportunity", [])
        result["OpportunityHistory"] = list(_first_history(opportunities, prefix, pod))


def _first_history(opportunities: Sequence[Record], prefix: str, pod: str) -> Iterator[Record]:
    for number, opportunity in enumerate(opportunities, start=1):
        created = {
            "Id": new_id(prefix, number, pod),
            "CreatedDate": opportunity["CreatedDate"],
            "CreatedById": opportunity["CreatedById"],
            "SystemModstamp": opportunity["CreatedDate"],
        }
        yield history_row(opportunity, None) | created
