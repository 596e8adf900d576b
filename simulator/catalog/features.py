"""What an org has only with a feature switched on: currencies, person accounts."""

from __future__ import annotations

from dataclasses import replace

from simulator.catalog.reading import read_field
from simulator.catalog.types import Field, SObject

Catalog = dict[str, SObject]

_PERSON_FIELDS = (
    "IsPersonAccount boolean readonly label='Is Person Account'",
    "PersonContactId reference unset to=Contact label='Contact ID'",
    "FirstName string 40 person part=Name",
    "LastName string 80 person part=Name",
    "Salutation picklist 40 person part=Name values='Mr.; Ms.; Mrs.; Dr.; Prof.; Mx.'",
    "PersonEmail email label=Email",
    "PersonMobilePhone phone label=Mobile",
    "PersonHomePhone phone label='Home Phone'",
    "PersonTitle string 80 label=Title",
    "PersonDepartment string 80 label=Department",
    "PersonBirthdate date label=Birthdate",
    "PersonLeadSource picklist values='Web; Phone Inquiry; Partner Referral; Purchased List; Other'"
    " label='Lead Source'",
    "PersonHasOptedOutOfEmail boolean label='Email Opt Out'",
)
_OF_CONTACT = "IsPersonAccount boolean readonly label='Is Person Account'"
# A person account's fields, and those of the contact that stands for the same person.
SHADOWED = {
    "FirstName": "FirstName",
    "LastName": "LastName",
    "Salutation": "Salutation",
    "PersonEmail": "Email",
    "PersonMobilePhone": "MobilePhone",
    "PersonHomePhone": "HomePhone",
    "PersonTitle": "Title",
    "PersonDepartment": "Department",
    "PersonBirthdate": "Birthdate",
    "PersonLeadSource": "LeadSource",
    "PersonHasOptedOutOfEmail": "HasOptedOutOfEmail",
}


def with_person_accounts(catalog: Catalog) -> Catalog:
    """The objects of an org in which an account may be a person (api.md 5.5)."""
    account = catalog["Account"]
    for line in _PERSON_FIELDS:
        account = account.with_field(read_field(line, {}))
    name = account.field("Name")
    assert name is not None, "every account has a name"
    account = account.with_field(replace(name, nillable=True))
    contact = catalog["Contact"].with_field(read_field(_OF_CONTACT, {}))
    return {**catalog, "Account": _in_order(account, catalog["Account"]), "Contact": contact}


def _in_order(account: SObject, before: SObject) -> SObject:
    """The same fields in the order in which they were, new ones last."""
    names = [field.name for field in before.fields]

    def place(field: Field) -> int:
        return names.index(field.name) if field.name in names else len(names)

    return replace(account, fields=tuple(sorted(account.fields, key=place)))
