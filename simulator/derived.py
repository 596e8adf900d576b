"""What Salesforce works out by itself when a record is saved; pure functions of the record.

``derive`` is asked at every save. The store keeps what it returns beside what the caller gave;
history rows come from ``history_row``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from simulator import products
from simulator.catalog.types import SObject
from simulator.stages import FORECAST_CATEGORIES, Stage

Values = dict[str, Any]

ARCHIVED_AFTER = timedelta(days=365)
CENT = Decimal("0.01")
CLOSED_TASK_STATUSES = frozenset({"Completed"})
RESPONDED_STATUSES = frozenset({"Responded"})
HISTORY_FIELDS = ("StageName", "Amount", "Probability", "CloseDate")
NOT_RECURRING = "0"


@dataclass(frozen=True)
class OrgFacts:
    """What a derivation may ask of the org: its stages, its time, whose account a record is."""

    stages: Mapping[str, Stage]
    now: datetime
    account_of: Callable[[str], str | None] = field(default=lambda _: None)
    fiscal_year_start_month: int = 1
    record_of: Callable[[str, str | None], Mapping[str, Any] | None] = field(
        default=lambda _sobject, _id: None
    )


@dataclass(frozen=True)
class Save:
    """A record about to be saved: its values, the fields the caller gave, how it was before."""

    record: Mapping[str, Any]
    given: Collection[str]
    before: Mapping[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self.record.get(name)

    def changes(self, name: str) -> bool:
        """Whether this save creates the record or changes that field."""
        return self.before is None or self.before.get(name) != self.record.get(name)


def default_values(sobject: SObject) -> Values:
    """What a new record holds where the caller gives nothing: switches off, picklist defaults."""
    defaults = {
        field.name: field.default_value
        for field in sobject.stored_fields
        if field.default_value is not None
    }
    switches = {field.name: False for field in sobject.stored_fields if field.type == "boolean"}
    counts = {
        field.name: Decimal(0) if field.type == "currency" else 0
        for field in sobject.stored_fields
        if field.type in ("int", "currency") and not field.nillable
    }
    return switches | counts | defaults


def derive(sobject: str, save: Save, org: OrgFacts) -> Values:
    """The values that saving this record sets, beside those that the caller gave."""
    rule = _RULES.get(sobject)
    return rule(save, org) if rule else {}


def history_row(opportunity: Mapping[str, Any], before: Mapping[str, Any] | None) -> Values:
    """The OpportunityHistory row that a save writes, but for its Id; ``{}`` where none is due."""
    if before is not None and all(before.get(n) == opportunity.get(n) for n in HISTORY_FIELDS):
        return {}
    copied = (*HISTORY_FIELDS, "ForecastCategory", "ExpectedRevenue", "IsDeleted")
    # only records of an org with several currencies have one
    money = {name: opportunity[name] for name in ("CurrencyIsoCode",) if name in opportunity}
    return {
        **{name: opportunity.get(name) for name in copied},
        **money,
        "OpportunityId": opportunity["Id"],
        "PrevAmount": before.get("Amount") if before else None,
        "PrevCloseDate": before.get("CloseDate") if before else None,
        "CreatedById": opportunity["LastModifiedById"],
        "CreatedDate": opportunity["LastModifiedDate"],
        "SystemModstamp": opportunity["LastModifiedDate"],
    }


def full_name(record: Mapping[str, Any]) -> str:
    """A person's name as the Name field shows it."""
    return " ".join(part for part in (record.get("FirstName"), record.get("LastName")) if part)


def is_archived(activity_date: date | None, *, closed: bool, today: date) -> bool:
    """Whether a background process has moved this activity out of ordinary queries."""
    return closed and activity_date is not None and activity_date <= today - ARCHIVED_AFTER


def fiscal_period(close_date: date, start_month: int = 1) -> tuple[int, int]:
    """The fiscal year, named after the calendar year it ends in, and quarter of a date."""
    month = (close_date.month - start_month) % 12
    ends_next_year = start_month > 1 and close_date.month >= start_month
    return close_date.year + ends_next_year, month // 3 + 1


def expected_revenue(amount: Decimal | None, probability: Decimal | None) -> Decimal | None:
    """What an opportunity is worth by its probability, to the cent; None without an amount."""
    if amount is None or probability is None:
        return None
    return (Decimal(amount) * Decimal(probability) / 100).quantize(CENT, ROUND_HALF_UP)


def _opportunity(save: Save, org: OrgFacts) -> Values:
    values: Values = {"PushCount": _push_count(save)}
    stage = org.stages.get(save["StageName"])
    if stage:
        values |= _stage_values(save, stage)
    if save.before is not None and save.changes("StageName"):
        values["LastStageChangeDate"] = org.now
    probability = values.get("Probability", save["Probability"])
    values["ExpectedRevenue"] = expected_revenue(save["Amount"], probability)
    if save["CloseDate"]:
        year, quarter = fiscal_period(save["CloseDate"], org.fiscal_year_start_month)
        values |= {"FiscalYear": year, "FiscalQuarter": quarter, "Fiscal": f"{year} {quarter}"}
    return values


def _stage_values(save: Save, stage: Stage) -> Values:
    values: Values = {"IsClosed": stage.is_closed, "IsWon": stage.is_won}
    moved = save.changes("StageName")
    if save["Probability"] is None or (moved and "Probability" not in save.given):
        values["Probability"] = stage.default_probability
    name = save["ForecastCategoryName"]
    if name is None or (moved and "ForecastCategoryName" not in save.given):
        name = stage.forecast_category_name
    categories = {label: category for category, label in FORECAST_CATEGORIES.items()}
    category = categories.get(name, stage.forecast_category)
    return values | {"ForecastCategoryName": name, "ForecastCategory": category}


def _push_count(save: Save) -> int:
    count = int(save["PushCount"] or 0)
    old = save.before.get("CloseDate") if save.before else None
    new = save["CloseDate"]
    if old and new and (new.year, new.month) > (old.year, old.month):
        count += 1
    return count


def _contact(save: Save, org: OrgFacts) -> Values:
    return {
        "Name": full_name(save.record),
        "IsEmailBounced": save["EmailBouncedReason"] is not None,
        **_photo(save, org),
    }


def _person(save: Save, org: OrgFacts) -> Values:
    return {"Name": full_name(save.record), **_photo(save, org)}


def _account_row(save: Save, org: OrgFacts) -> Values:
    if not save["LastName"]:
        return _photo(save, org)
    # only orgs with person accounts have the field
    return {"Name": full_name(save.record), "IsPersonAccount": True, **_photo(save, org)}


def _photo(save: Save, org: OrgFacts) -> Values:
    return {"PhotoUrl": f"/services/images/photo/{save['Id']}"} if save["Id"] else {}


def _user(save: Save, org: OrgFacts) -> Values:
    name = full_name(save.record)
    values: Values = {"Name": name, "UserType": save["UserType"] or "Standard"}
    if not save["Alias"]:
        values["Alias"] = f"{(save['FirstName'] or '')[:1]}{save['LastName'] or ''}".lower()[:8]
    if not save["CommunityNickname"]:
        values["CommunityNickname"] = str(save["Username"] or name).split("@")[0][:40]
    return values


def _task(save: Save, org: OrgFacts) -> Values:
    closed = save["Status"] in CLOSED_TASK_STATUSES
    done = save["CompletedDateTime"] or org.now
    return {
        "IsClosed": closed,
        "IsHighPriority": save["Priority"] == "High",
        "AccountId": _account(save, org),
        "CompletedDateTime": done if closed else None,
        "TaskSubtype": save["TaskSubtype"] or "Task",
        "IsArchived": is_archived(save["ActivityDate"], closed=closed, today=org.now.date()),
    }


def _event(save: Save, org: OrgFacts) -> Values:
    values: Values = {
        "AccountId": _account(save, org),
        "EventSubtype": save["EventSubtype"] or "Event",
        "GroupEventType": save["GroupEventType"] or NOT_RECURRING,
    }
    start = save["StartDateTime"] or save["ActivityDateTime"]
    day = start.date() if start else save["ActivityDate"]
    if start:
        end = _end(save, start)
        minutes = int((end - start).total_seconds() // 60)
        values |= {"StartDateTime": start, "ActivityDateTime": start, "EndDateTime": end}
        values |= {"DurationInMinutes": minutes, "EndDate": end.date()}
    values["ActivityDate"] = day
    return values | {"IsArchived": is_archived(day, closed=True, today=org.now.date())}


def _end(save: Save, start: datetime) -> datetime:
    end = save["EndDateTime"]
    moved = save.before is not None and "EndDateTime" not in save.given
    if isinstance(end, datetime) and not moved:
        return end
    return start + timedelta(minutes=save["DurationInMinutes"] or 0)


def _account(save: Save, org: OrgFacts) -> str | None:
    for related in (save["WhatId"], save["WhoId"]):
        account = org.account_of(related) if related else None
        if account:
            return account
    return None


def _campaign_member(save: Save, org: OrgFacts) -> Values:
    return {
        "HasResponded": save["Status"] in RESPONDED_STATUSES,
        "Type": "Contact" if save["ContactId"] else "Lead",
        "LeadOrContactId": save["ContactId"] or save["LeadId"],
    }


def _contact_role(save: Save, org: OrgFacts) -> Values:
    return {"IsPrimary": bool(save["IsPrimary"])}


_RULES: Mapping[str, Callable[[Save, OrgFacts], Values]] = {
    "Account": _account_row,
    "CampaignMember": _campaign_member,
    "Attachment": products.attachment,
    "Case": products.case,
    "Contact": _contact,
    "Event": _event,
    "Lead": _person,
    "Opportunity": _opportunity,
    "OpportunityContactRole": _contact_role,
    "OpportunityLineItem": products.line_item,
    "PricebookEntry": products.price_book_entry,
    "Task": _task,
    "User": _user,
}
