"""
What goes wrong at Salesforce or on the way there, at every place of a sync.

Once, it is survived: the sync is a success and has everything. For as long as it lasts, the sync
says so: its status is not success, its results name the cause, and the marts are as they were. When
it has passed, the next sync has everything. No trial asks, or waits, without an end.
"""

import re

import pytest

from salesforce_elt.report import Report
from tests.driver import Desk
from tests.faults.conftest import Verdict
from tests.faults.matrix import Fault, Place, cases
from tests.faults.scene import Scene, found, sync

pytestmark = [pytest.mark.faults, pytest.mark.slow]

MOST_CALLS = 400  # for a sync of a dozen: four tries of a task, each with four of a request
LONGEST_WAIT = 4 * 3600.0  # seconds, of the org's clock


def _cases() -> list[object]:
    """Of each fault one trial is a part of every run of the tests, at another place each."""
    every = list(cases())
    names = list(dict.fromkeys(fault.name for _, fault, _ in every))
    values = []
    for number, name in enumerate(names):
        own = [one for one in every if one[1].name == name]
        sample = own[number * 7 % len(own)]
        for place, fault, always in own:
            label = f"{place.name}: {name}, {'always' if always else 'once'}"
            marks = [] if (place, fault, always) == sample else [pytest.mark.exhaustive]
            values.append(pytest.param(place, fault, always, id=label, marks=marks))
    return values


@pytest.mark.parametrize(("place", "fault", "always"), _cases())
def test_a_fault(
    changed: Scene, read_by, verdict: Verdict, place: Place, fault: Fault, always: bool
) -> None:
    read_by(place.way)
    with changed.trial() as desk:
        times = None if always else 1
        values = {"kind": fault.kind, "times": times, **fault.values}
        desk.administer("faults", {**values, **place.pattern})
        report = sync(desk)
        assert desk.org.org.faults.fired(), "nothing was hit"
        right = fault.always if always and place.is_needed else fault.once
        wrong = _wrong(changed, desk, report, fault=fault, right=right)
        if report.status != "success":
            desk.org.org.faults.clear()
            desk.wait(600)
            after = sync(desk)
            wrong = wrong or ("" if after.status == "success" else f"then {_told(after)}")
        result = found(desk)
        verdict(lost=changed.lost(result), doubled=changed.doubled(result), wrong=wrong)


def _wrong(scene: Scene, desk: Desk, report: Report, *, fault: Fault, right: str) -> str:
    """What is not as it should be, in words."""
    now = found(desk)
    if report.run["api_calls"] > MOST_CALLS or sum(desk.waits) > LONGEST_WAIT:
        return f"{report.run['api_calls']} calls, waited {sum(desk.waits):.0f} s"
    if report.status == "success" and scene.lost(now) + scene.doubled(now):
        return f"success with {scene.lost(now)} lost and {scene.doubled(now)} doubled"
    if report.status not in right:
        return f"{_told(report)}"
    if report.status != "success" and not re.search(fault.says, _told(report)):
        return f"no word of /{fault.says}/ in {_told(report)}"
    return ""


def _told(report: Report) -> str:
    """Everything that the results say."""
    rows = (*report.findings, *report.errors, *report.objects)
    said = [report.status, report.run["message"] or "", *(row["message"] or "" for row in rows)]
    return " | ".join(text for text in said if text)
