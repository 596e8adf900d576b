"""
Rights that an administrator withdraws between two syncs, or in the middle of one.

The sync has everything nevertheless, or says what it lacks and why; what it was shown before stays.
When the right is given back, the next sync has everything.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import pytest

from simulator.org import Org
from tests.faults.conftest import Verdict, compare, sampled, told, wrong
from tests.faults.scene import Scene, found, sync

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@dataclass(frozen=True)
class Right:
    """How it is withdrawn, and what the results say of it."""

    withdraw: Callable[[Org], None]
    says: str


RIGHTS = {
    "to see accounts": Right(lambda org: org.permissions.hide("Account"), "Account"),
    "to see opportunities": Right(lambda org: org.permissions.hide("Opportunity"), "Opportunity"),
    "to see users": Right(lambda org: org.permissions.hide("User"), "User"),
    "to see a field that marts need": Right(
        lambda org: org.permissions.hide("Opportunity", "Amount"), "Amount"),
    "to see a field that they do not": Right(
        lambda org: org.permissions.hide("Opportunity", "NextStep"), "NextStep"),
    "to use the API": Right(lambda org: org.options.update({"api_enabled": False}), "API"),
    "to use the UI API": Right(
        lambda org: org.options.update({"ui_api_enabled": False}), "stages|UI API"),
}  # fmt: skip
STATIONS = ("start", "plan", "extract Account", "extract Opportunity", "transform")


@pytest.mark.parametrize(("right", "station"), sampled(product(RIGHTS, STATIONS), step=15))
def test_a_right_that_is_withdrawn(
    changed: Scene, verdict: Verdict, right: str, station: str
) -> None:
    org, withdrawn = changed.before.org.org, RIGHTS[right]
    with changed.trial() as desk:
        before = found(desk).marts
        try:
            report = sync(desk, tries=2, between=lambda now: (
                withdrawn.withdraw(org) if now == station else None))  # fmt: skip
            result = found(desk)
        finally:
            org.permissions.clear()
            org.options.reset()
        said = ""
        if report.status != "success" and result.marts != before:
            said = f"{report.status}, and the marts changed"
        if result != changed.expected and not re.search(withdrawn.says, told(report)):
            said = f"something lacks without a word of /{withdrawn.says}/ in {told(report)}"
        desk.wait(600)
        compare(changed, desk, verdict, said or wrong(sync(desk), survives=True))
