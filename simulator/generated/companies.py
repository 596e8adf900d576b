"""The market of a generated org: accounts, contacts, leads, campaigns, products, processes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from simulator import seeds
from simulator.catalog import SObject
from simulator.generated import words
from simulator.generated.people import QUEUES
from simulator.generated.plan import DAY, Plan, Record, chance, maybe
from simulator.processes import PROCESS_STAGES

RENAMED = {"Renewals": "Renewal"}
THOUSAND = Decimal(1000)


def account_rows(plan: Plan) -> Iterator[Record]:
    """The accounts: some belong to another, some have foreign names, many lack something."""
    dice = plan.dice("accounts")
    account = plan.sobjects["Account"]
    for number in range(plan.accounts):
        owner = plan.owner(dice.randrange(plan.users))
        parent = dice.randrange(number) if number and chance(dice, 0.1) else None
        given = {
            "Id": plan.id("Account", number),
            "Name": company_name(dice),
            "ParentId": None if parent is None else plan.id("Account", parent),
            "OwnerId": owner,
            "Type": maybe(dice, 0.8, picklist(account, "Type")),
            "Industry": maybe(dice, 0.9, picklist(account, "Industry")),
            "Rating": maybe(dice, 0.5, picklist(account, "Rating")),
            "AccountSource": maybe(dice, 0.6, picklist(account, "AccountSource")),
            "AnnualRevenue": _revenue(dice),
            "NumberOfEmployees": int(10 ** dice.uniform(0.7, 4.7)),
            "AccountNumber": f"{dice.randrange(10**6):06d}",
            "Phone": _phone(dice),
            "Website": f"https://www.{number:06d}.example",
            "Description": maybe(dice, 0.3, words.NOTES),
            "Region__c": dice.choice(words.REGIONS),
            **_address(dice, "Billing"),
        }
        opened = plan.first - dice.randrange(1, 700) * DAY
        yield plan.saved("Account", given | plan.stamps(dice, opened, owner))


def contact_rows(plan: Plan) -> Iterator[Record]:
    """The contacts, spread over the accounts; a few have no e-mail address."""
    dice = plan.dice("contacts")
    for number in range(plan.contacts):
        owner = plan.owner(dice.randrange(plan.users))
        account = plan.account_of_contact(number)
        colleagues = [contact for contact in plan.contacts_of(account) if contact < number]
        boss = maybe(dice, 0.3, colleagues) if colleagues else None
        given = {
            **_person(dice, number),
            "Id": plan.id("Contact", number),
            "AccountId": plan.id("Account", account),
            "ReportsToId": None if boss is None else plan.id("Contact", boss),
            "OwnerId": owner,
            "Department": maybe(dice, 0.6, words.DEPARTMENTS),
            "Title": maybe(dice, 0.9, words.TITLES),
            "MobilePhone": _phone(dice) if chance(dice, 0.4) else None,
            **_address(dice, "Mailing"),
        }
        opened = plan.first - dice.randrange(1, 700) * DAY
        yield plan.saved("Contact", given | plan.stamps(dice, opened, owner))


def lead_rows(plan: Plan) -> Iterator[Record]:
    """The leads; every third still belongs to a queue."""
    dice = plan.dice("leads")
    lead = plan.sobjects["Lead"]
    for number in range(plan.leads):
        owner = plan.owner(dice.randrange(plan.users))
        queue = plan.id("Group", dice.randrange(len(QUEUES)))
        given = {
            **_person(dice, number),
            "Id": plan.id("Lead", number),
            "OwnerId": queue if chance(dice, 0.33) else owner,
            "Company": company_name(dice),
            "Title": maybe(dice, 0.8, words.TITLES),
            "Status": dice.choice(["Open - Not Contacted", "Working - Contacted"]),
            "LeadSource": dice.choice(picklist(lead, "LeadSource")),
            "Industry": maybe(dice, 0.5, picklist(lead, "Industry")),
        }
        opened = plan.last - dice.randrange(1, 700) * DAY
        yield plan.saved("Lead", given | plan.stamps(dice, opened, owner))


def campaign_rows(plan: Plan) -> Iterator[Record]:
    """The campaigns, one after another through the years."""
    dice = plan.dice("campaigns")
    for number in range(plan.campaigns):
        start = plan.first + (plan.last - plan.first) * number / plan.campaigns
        given = {
            "Id": plan.id("Campaign", number),
            "Name": f"{dice.choice(words.CAMPAIGNS)} {start:%Y-%m}",
            "OwnerId": plan.owner(0),
            "Type": dice.choice(picklist(plan.sobjects["Campaign"], "Type")),
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


def company_name(dice: Random) -> str:
    """An invented company's name; one in fifty is not English."""
    if chance(dice, 0.02):
        return dice.choice(words.FOREIGN_COMPANIES)
    parts = (words.COMPANY_FIRST, words.COMPANY_SECOND, words.COMPANY_LAST)
    return " ".join(filter(None, (dice.choice(part) for part in parts)))


def picklist(sobject: SObject, name: str) -> list[str]:
    """The values that a picklist offers."""
    field = sobject.field(name)
    return [value.value for value in field.picklist if value.active] if field else []


def _person(dice: Random, number: int) -> Record:
    first, last = dice.choice(words.FIRST_NAMES), dice.choice(words.LAST_NAMES)
    return {
        "Salutation": maybe(dice, 0.4, ("Mr.", "Ms.", "Mrs.", "Dr.")),
        "FirstName": None if chance(dice, 0.02) else first,
        "LastName": last,
        "Email": f"person{number}@mail.example" if chance(dice, 0.92) else None,
        "Phone": _phone(dice) if chance(dice, 0.8) else None,
        "LeadSource": maybe(dice, 0.5, ("Web", "Phone Inquiry", "Partner Referral", "Other")),
    }


def _revenue(dice: Random) -> Decimal | None:
    return Decimal(int(10 ** dice.uniform(2, 6.5))) * THOUSAND if chance(dice, 0.85) else None


def _phone(dice: Random) -> str:
    return f"+1 ({dice.randrange(200, 999)}) 555-{dice.randrange(10_000):04d}"


def _address(dice: Random, prefix: str) -> Record:
    if chance(dice, 0.1):
        return {}
    city, state, code, country = dice.choice(words.PLACES)
    street = f"{dice.randrange(1, 999)} {dice.choice(words.STREETS)}"
    if chance(dice, 0.1):
        street += f"\nFloor {dice.randrange(2, 30)}"
    values = {"Street": street, "City": city, "State": state}
    values |= {"PostalCode": code, "Country": country}
    return {prefix + name: value for name, value in values.items()}
