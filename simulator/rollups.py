"""What a campaign counts, and what a campaign member shows of the person it stands for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

Record = dict[str, Any]
Records = dict[str, list[Record]]

COPIED = (
    "Salutation",
    "Name",
    "FirstName",
    "LastName",
    "Title",
    "Email",
    "Phone",
    "Fax",
    "MobilePhone",
    "Description",
    "DoNotCall",
    "HasOptedOutOfEmail",
    "HasOptedOutOfFax",
    "LeadSource",
)
ADDRESS = ("Street", "City", "State", "PostalCode", "Country")


class CampaignTotals:
    """The members and opportunities of every campaign, counted as they come."""

    def __init__(self) -> None:
        self._totals: defaultdict[str, defaultdict[str, Any]] = defaultdict(_none_yet)

    def add_members(self, members: Iterable[Mapping[str, Any]]) -> None:
        """Count campaign members."""
        for member in members:
            totals = self._totals[member["CampaignId"]]
            kind = "NumberOfContacts" if member["Type"] == "Contact" else "NumberOfLeads"
            totals[kind] += 1
            totals["NumberOfResponses"] += member["HasResponded"]

    def add_opportunities(self, opportunities: Iterable[Mapping[str, Any]]) -> None:
        """Count opportunities, and those won among them."""
        for opportunity in opportunities:
            if opportunity.get("CampaignId"):
                totals = self._totals[opportunity["CampaignId"]]
                amount = opportunity.get("Amount") or Decimal(0)
                totals["NumberOfOpportunities"] += 1
                totals["AmountAllOpportunities"] += amount
                if opportunity["IsWon"]:
                    totals["NumberOfWonOpportunities"] += 1
                    totals["AmountWonOpportunities"] += amount

    def add(self, others: CampaignTotals) -> None:
        """Count what was counted elsewhere."""
        for campaign_id, counted in others._totals.items():
            totals = self._totals[campaign_id]
            for name, amount in counted.items():
                totals[name] += amount

    def of(self, campaign_id: str) -> Record:
        """The counts of one campaign."""
        return dict(self._totals.get(campaign_id, {}))


def _none_yet() -> defaultdict[str, Any]:
    return defaultdict(int)


def describe_members(records: Records) -> None:
    """Copy to each campaign member what it shows of its contact or lead."""
    people = {row["Id"]: row for name in ("Contact", "Lead") for row in records.get(name, ())}
    accounts = {row["Id"]: row.get("Name") for row in records.get("Account", ())}
    for member in records.get("CampaignMember", ()):
        person = people.get(member["LeadOrContactId"], {})
        prefix = "Mailing" if member["Type"] == "Contact" else ""
        member.update({name: person[name] for name in COPIED if name in person})
        member.update({name: person.get(prefix + name) for name in ADDRESS})
        member["CompanyOrAccount"] = person.get("Company") or accounts.get(person.get("AccountId"))
        member["LeadOrContactOwnerId"] = person.get("OwnerId")


def count_campaigns(records: Records) -> None:
    """Give each campaign the counts of its members and opportunities."""
    totals = CampaignTotals()
    totals.add_members(records.get("CampaignMember", ()))
    totals.add_opportunities(records.get("Opportunity", ()))
    for campaign in records.get("Campaign", ()):
        campaign.update(totals.of(campaign["Id"]))
