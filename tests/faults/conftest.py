"""What trials share."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from salesforce_elt.report import Report
from tests.desks import generated_desk, new_desk, org_folder, read_by
from tests.driver import Desk
from tests.faults.matrix import Fault, Place
from tests.faults.scene import Scene, changed_scene, found, unread_scene

__all__ = ["generated_desk", "new_desk", "org_folder", "read_by"]

SIZE = 12  # opportunities
Verdict = Callable[..., None]


def sampled(every: Iterable[Sequence[object]], *, step: int) -> list[object]:
    """Cases, of which one in so many is a part of every run of the tests."""
    return [
        pytest.param(*one, marks=[] if number % step == 0 else [pytest.mark.exhaustive])
        for number, one in enumerate(every)
    ]


@pytest.fixture(scope="module")
def changed(generated_desk) -> Scene:
    """An org that was read, and has changed since."""
    return changed_scene(generated_desk(size=SIZE))


@pytest.fixture(scope="module")
def unread(generated_desk) -> Scene:
    """An org that was never read."""
    return unread_scene(generated_desk(size=SIZE))


@pytest.fixture
def verdict(record_property: Callable[[str, object], None]) -> Verdict:
    """Notes what a trial found for the table, then insists that it is nothing."""

    def note(tried: int = 1, *, lost: int = 0, doubled: int = 0, wrong: str = "") -> None:
        record_property("tried", tried)
        record_property("records_lost", lost)
        record_property("records_doubled", doubled)
        record_property("wrong_statuses", int(bool(wrong)))
        assert (lost, doubled, wrong) == (0, 0, "")

    return note


def wrong(report: Report, *, survives: bool) -> str:
    """What is wrong with a sync's status, in words; empty when it is right."""
    if (report.status == "success") is survives:
        return ""
    return f"the status is {report.status}: {report.run['message']}"


def arm(desk: Desk, place: Place, fault: Fault, *, times: int | None) -> None:
    """From now on the place meets the fault, so many times or always."""
    values = {"kind": fault.kind, "times": times, **fault.values}
    desk.administer("faults", {**values, **place.pattern})


def told(report: Report) -> str:
    """Everything that a sync's results say."""
    rows = (*report.findings, *report.objects)
    said = [report.status, report.run["message"] or "", *(row["message"] or "" for row in rows)]
    return " | ".join(text for text in said if text)


def compare(scene: Scene, desk: Desk, verdict: Verdict, said: str, *, tried: int = 1) -> None:
    """The verdict by what the trial's warehouse holds, and by what was said to be wrong."""
    result = found(desk)
    verdict(tried, lost=scene.lost(result), doubled=scene.doubled(result), wrong=said)
