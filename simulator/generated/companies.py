"""The market of a generated org: accounts, contacts, leads, campaigns, products, processes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from simulator import seeds
from simulator.catalog import SObject
from simulator.generated import words
from simulator.generated.dice import Dice
from simulator.generated.people import QUEUES
from simulator.generated.plan import DAY, Plan, Record
from simulator.processes import PROCESS_STAGES

RENAMED = {"Renewals": "Renewal"}
THOUSAND = Decimal(1000)


def account_rows(plan: Plan, numbers: range) -> Iterator[Record]:
    """The accounts with these numbers: some belong to another, many lack something."""
    dice = plan.dice("accounts", numbers.start)
    account = plan.sobjects["Account"]
    for number in numbers:
        owner = plan.owner(dice.below(plan.users))
        parent = dice.below(number) if number and dice.chance(0.1) else None
        given = {
            "Id": plan.id("Account", number),
            "Name": company_name(dice),
            "ParentId": None if parent is None else plan.id("Account", parent),
            "OwnerId": owner,
            "Type": dice.maybe(0.8, picklist(account, "Type")),
            "Industry": dice.maybe(0.9, picklist(account, "Industry")),
            "Rating": dice.maybe(0.5, picklist(account, "Rating")),
            "AccountSource": dice.maybe(0.6, picklist(account, "AccountSource")),
            "AnnualRevenue": _revenue(dice),
            "NumberOfEmployees": int(10 ** dice.uniform(0.7, 4.7)),
            "AccountNumber": f"{dice.below(10**6):06d}",
            "Phone": _phone(dice),
            "Website": f"https://www.{number:06d}.example",
            "Description": dice.maybe(0.3, words.NOTES),
            "Region__c": dice.one_of(words.REGIONS),
            **_address(dice, "Billing"),
        }
        opened = plan.first - dice.within(1, 700) * DAY
        yield plan.saved("Account", given | plan.stamps(dice, opened, owner))


def contact_rows(plan: Plan, numbers: range) -> Iterator[Record]:
    """The contacts with these numbers, spread over the accounts; a few have no e-mail address."""
    dice = plan.dice("contacts", numbers.start)
    for number in numbers:
        owner = plan.owner(dice.below(plan.users))
        account = plan.account_of_contact(number)
        colleagues = range(account, number, plan.accounts)
        boss = dice.maybe(0.3, colleagues) if colleagues else None
        given = {
            **_person(dice, number),
            "Id": plan.id("Contact", number),
            "AccountId": plan.id("Account", account),
            "ReportsToId": None if boss is None else plan.id("Contact", boss),
            "OwnerId": owner,
            "Department": dice.maybe(0.6, words.DEPARTMENTS),
            "Title": dice.maybe(0.9, words.TITLES),
            "MobilePhone": _phone(dice) if dice.chance(0.4) else None,
            **_address(dice, "Mailing"),
        }
        opened = plan.first - dice.within(1, 700) * DAY
        yield plan.saved("Contact", given | plan.stamps(dice, opened, owner))


def lead_rows(plan: Plan, numbers: range) -> Iterator[Record]:
    """The leads with these numbers; every third still belongs to a queue."""
    dice = plan.dice("leads", numbers.start)
    lead = plan.sobjects["Lead"]
    for number in numbers:
        owner = plan.owner(dice.below(plan.users))
        queue = plan.id("Group", dice.below(len(QUEUES)))
        given = {
            **_person(dice, number),
            "Id": plan.id("Lead", number),
            "OwnerId": queue if dice.chance(0.33) else owner,
            "Company": company_name(dice),
            "Title": dice.maybe(0.8, words.TITLES),
            "Status": dice.one_of(["Open - Not Contacted", "Working - Contacted"]),
            "LeadSource": dice.one_of(picklist(lead, "LeadSource")),
            "Industry": dice.maybe(0.5, picklist(lead, "Industry")),
        }
        opened = plan.last - dice.within(1, 700) * DAY
        yield plan.saved("Lead", given | plan.stamps(dice, opened, owner))


def campaign_rows(plan: Plan) -> Iterator[Record]:
    """The campaigns, one after another through the years."""
    dice = plan.dice("campaigns")
    for number in range(plan.campaigns):
        start = plan.first + (plan.last - plan.first) * number / plan.campaigns
        given = {
            "Id": plan.id("Campaign", number),
            "Name": f"{dice.one_of(words.CAMPAIGNS)} {start:%Y-%m}",
            "OwnerId": plan.owner(0),
            "Type": dice.one_of(picklist(plan.sobjects["Campaign"], "Type")),
            "Status": "Completed" if number < plan.campaigns - 1 else "In Progress",
            "IsActive": number == plan.campaigns - 1,
            "StartDate": start.date(),
            "EndDate": (start + 30 * DAY).date(),
        }
        yield plan.saved("Campaign", given | plan.stamps(dice, start - 30 * DAY, plan.owner(0)))


def product_rows(plan: Plan) -> list[Record]:
    """What the org sells."""
    return [
        plan.saved(
            "Product2",
            seeds.stamped(
                {
                    "Id": plan.id("Product2", number),
                    "Name": name,
                    "Family": family,
                    "ProductCode": f"P-{number + 1:03d}",
                    "IsActive": True,
                },
                plan.first,
            ),
        )
        for number, (name, family) in enumerate(words.PRODUCTS)
    ]


def process_rows(plan: Plan) -> tuple[list[Record], list[Record]]:
    """The sales processes, and the record type through which opportunities reach each."""
    processes, record_types = [], []
    for number, name in enumerate(PROCESS_STAGES):
        process = {
            "Id": plan.id("BusinessProcess", number),
            "Name": name,
            "TableEnumOrId": "Opportunity",
            "IsActive": True,
        }
        record_type = {
            "Id": plan.id("RecordType", number),
            "Name": RENAMED.get(name, name),
            "DeveloperName": RENAMED.get(name, name).replace(" ", "_"),
            "SobjectType": "Opportunity",
            "BusinessProcessId": process["Id"],
            "IsActive": True,
        }
        processes.append(plan.saved("BusinessProcess", seeds.stamped(process, plan.first)))
        record_types.append(plan.saved("RecordType", seeds.stamped(record_type, plan.first)))
    return processes, record_types


def company_name(dice: Dice) -> str:
    """An invented company's name; one in fifty is not English."""
    if dice.chance(0.02):
        return dice.one_of(words.FOREIGN_COMPANIES)
    parts = (words.COMPANY_FIRST, words.COMPANY_SECOND, words.COMPANY_LAST)
    return " ".join(filter(None, (dice.one_of(part) for part in parts)))


def picklist(sobject: SObject, name: str) -> list[str]:
    """The values that a picklist offers."""
    field = sobject.field(name)
    return [value.value for value in field.picklist if value.active] if field else []


def _person(dice: Dice, number: int) -> Record:
    first, last = dice.one_of(words.FIRST_NAMES), dice.one_of(words.LAST_NAMES)
    return {
        "Salutation": dice.maybe(0.4, ("Mr.", "Ms.", "Mrs.", "Dr.")),
        "FirstName": None if dice.chance(0.02) else first,
        "LastName": last,
        "Email": f"person{number}@mail.example" if dice.chance(0.92) else None,
        "Phone": _phone(dice) if dice.chance(0.8) else None,
        "LeadSource": dice.maybe(0.5, ("Web", "Phone Inquiry", "Partner Referral", "Other")),
    }


def _revenue(dice: Dice) -> Decimal | None:
    return Decimal(int(10 ** dice.uniform(2, 6.5))) * THOUSAND if dice.chance(0.85) else None


def _phone(dice: Dice) -> str:
    return f"+1 ({dice.within(200, 999)}) 555-{dice.below(10_000):04d}"


def _address(dice: Dice, prefix: str) -> Record:
    if dice.chance(0.1):
        return {}
    city, state, code, country = dice.one_of(words.PLACES)
    street = f"{dice.within(1, 999)} {dice.one_of(words.STREETS)}"
    if dice.chance(0.1):
        street += f"\nFloor {dice.within(2, 30)}"
    values = {"Street": street, "City": city, "State": state}
    values |= {"PostalCode": code, "Country": country}
    return {prefix + name: value for name, value in values.items()}
