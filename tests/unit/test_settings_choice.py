"""What a person may choose in the trigger form, and what they read when it cannot be."""

from collections.abc import Mapping

import pytest

from salesforce_elt.errors import SettingsInvalid
from salesforce_elt.settings import Choice, ObjectSettings, OrgSettings, Settings, chosen

SETTINGS = Settings(
    orgs={
        "acme": OrgSettings(
            key="acme", connection="sf_acme", objects={"Invoice__c": ObjectSettings()}
        ),
        "beta": OrgSettings(key="beta", connection="sf_beta"),
    }
)


@pytest.mark.parametrize(
    "params", [{}, {"kind": None, "orgs": None, "objects": None}, {"orgs": [], "objects": []}]
)
def test_choosing_nothing_is_an_incremental_sync_of_everything(
    params: Mapping[str, object],
) -> None:
    assert chosen(SETTINGS, params) == Choice("incremental", orgs=("acme", "beta"), objects=())


def test_a_choice_keeps_its_order_and_names_everything_once() -> None:
    params = {"kind": "full", "orgs": ["beta", "beta"], "objects": ["Invoice__c", "Account"]}
    assert chosen(SETTINGS, params) == Choice(
        "full", orgs=("beta",), objects=("Invoice__c", "Account")
    )


@pytest.mark.parametrize(
    ("params", "problem"),
    [
        ({"kind": "Full"}, "kind is Full. Did you mean full?"),
        ({"kind": ["full"]}, "kind is ['full']."),
        ({"kind": 1}, "kind is 1. Known here: incremental, full"),
        ({"orgs": ["acne"]}, "orgs names acne. Did you mean acme?"),
        ({"orgs": ["zz"]}, "orgs names zz. Known here: acme, beta"),
        ({"orgs": "acme"}, "orgs is acme, but must be a list of names"),
        ({"orgs": [1]}, "orgs is [1], but must be a list of names"),
        ({"orgs": {"acme": 1}}, "orgs is {'acme': 1}, but must be a list of names"),
        ({"objects": ["Opportunty"]}, "objects names Opportunty. Did you mean Opportunity?"),
        ({"objects": ["account"]}, "objects names account. Did you mean Account?"),
        ({"objects": ["Invoices__c"]}, "objects names Invoices__c. Did you mean Invoice__c?"),
        ({"objects": ["'; drop table x"]}, "objects names '; drop table x. Known here: "),
        ({"objects": ["\x1b[31m"]}, "objects names \\u001b[31m. Known here: "),
        ({"org": ["acme"]}, "org is no field of the form. Did you mean orgs?"),
    ],
)
def test_a_wrong_choice_is_told_with_the_nearest_right_one(
    params: Mapping[str, object], problem: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        chosen(SETTINGS, params)
    assert f"\n  {problem}" in str(refused.value)


def test_all_wrong_choices_are_told_at_once() -> None:
    with pytest.raises(SettingsInvalid) as refused:
        chosen(SETTINGS, {"kind": "ful", "orgs": ["acne"], "objects": ["Tasks"]})
    assert str(refused.value).splitlines() == [
        "The trigger form has 3 wrong values; trigger again without:",
        "  kind is ful. Did you mean full?",
        "  orgs names acne. Did you mean acme?",
        "  objects names Tasks. Did you mean Task?",
    ]
