"""The people of a generated org: roles, users with managers, queues."""

from __future__ import annotations

from collections.abc import Iterator

from simulator import seeds
from simulator.generated.plan import DAY, Plan, Record
from simulator.generated.words import FIRST_NAMES, LAST_NAMES, REGIONS

HEAD, VICE_PRESIDENT = "CEO", "VP Sales"
INACTIVE_SHARE = 0.08
QUEUES = (("Inbound Leads", "Inbound_Leads"), ("Renewals Desk", "Renewals_Desk"))
COMPANY_DOMAIN = "northwind-demo.example"
TEAM_ROLES = 2


def role_rows(plan: Plan) -> list[Record]:
    """The role hierarchy: one head, one vice president, a manager and reps for each region."""
    names = [(HEAD, None), (VICE_PRESIDENT, 0)]
    for number, region in enumerate(REGIONS):
        names += [(f"{region} Manager", 1), (f"{region} Rep", 2 + TEAM_ROLES * number)]
    access = {f"{name}AccessForAccountOwner": "Edit" for name in ("Opportunity", "Case", "Contact")}
    return [
        plan.saved(
            "UserRole",
            {
                "Id": plan.id("UserRole", number),
                "Name": name,
                "DeveloperName": name.replace(" ", "_"),
                "ParentRoleId": None if parent is None else plan.id("UserRole", parent),
                "PortalType": "None",
                **access,
                "LastModifiedDate": plan.first,
                "LastModifiedById": seeds.RUNNING_USER_ID,
                "SystemModstamp": plan.first,
            },
        )
        for number, (name, parent) in enumerate(names)
    ]


def user_rows(plan: Plan) -> Iterator[Record]:
    """The users: the vice president, one manager a region, and reps who report to them."""
    dice = plan.dice("users")
    managers = len(REGIONS)
    for number in range(plan.users):
        first, last = dice.one_of(FIRST_NAMES), dice.one_of(LAST_NAMES)
        address = f"{_ascii(first)}.{_ascii(last)}{number or ''}@{COMPANY_DOMAIN}".lower()
        is_rep = number > managers
        region = (number - 1) % managers
        role = 1 if number == 0 else 2 + TEAM_ROLES * region + is_rep
        given = {
            **seeds.user_defaults(),
            "Id": plan.id("User", number),
            "FirstName": first,
            "LastName": last,
            "Username": address,
            "Email": address,
            "IsActive": not (is_rep and dice.chance(INACTIVE_SHARE)),
            "UserRoleId": plan.id("UserRole", role),
            "ManagerId": _manager(plan, number, region),
            "Title": ("Account Executive" if is_rep else "Sales Manager"),
            "Department": "Sales",
            "EmployeeNumber": f"{number + 1:05d}",
        }
        joined = plan.first - dice.within(30, 900) * DAY
        yield plan.saved("User", given | plan.stamps(dice, joined, seeds.RUNNING_USER_ID))


def group_rows(plan: Plan) -> list[Record]:
    """The queues, and the group of all internal users that every org has."""
    named = [(name, developer, "Queue") for name, developer in QUEUES]
    named.append(("All Internal Users", "AllInternalUsers", "Organization"))
    return [
        plan.saved(
            "Group",
            seeds.stamped(
                {
                    "Id": plan.id("Group", number),
                    "Name": name,
                    "DeveloperName": developer,
                    "Type": kind,
                    "OwnerId": seeds.RUNNING_USER_ID,
                    "Email": f"{developer.replace('_', '-').lower()}@{COMPANY_DOMAIN}"
                    if kind == "Queue"
                    else None,
                },
                plan.first,
            ),
        )
        for number, (name, developer, kind) in enumerate(named)
    ]


def _manager(plan: Plan, number: int, region: int) -> str | None:
    if number == 0:
        return None
    return plan.id("User", 0 if number <= len(REGIONS) else region + 1)


def _ascii(name: str) -> str:
    folded = name.translate(str.maketrans("éèíáúñüöøåıłąńçÖŁŚ'", "eeiaunuooailanc_LS_"))
    return "".join(char for char in folded if char.isascii() and char.isalnum()) or "user"
