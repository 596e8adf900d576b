"""What trials share."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from threading import Lock
from weakref import WeakSet

import psycopg
import pytest

from salesforce_elt.report import Report
from simulator.admin.filling import replace_by_generated
from tests.conftest import RunningServer
from tests.desks import desks, generated_desk, new_desk, org_folder, read_by
from tests.driver import Desk
from tests.faults.matrix import Fault, Place
from tests.faults.scene import Scene, changed_scene, found, unread_scene

__all__ = ["generated_desk", "new_desk", "org_folder", "read_by"]

SIZE = 12  # opportunities
SCENES = ("changed", "unread", "reconciled")
Verdict = Callable[..., None]


def sampled(every: Iterable[Sequence[object]], *, step: int) -> list[object]:
    """Cases, of which one in so many is a part of every run of the tests."""
    return [
        pytest.param(*one, marks=[] if number % step == 0 else [pytest.mark.exhaustive])
        for number, one in enumerate(every)
    ]


@pytest.fixture(scope="session")
def small_desk(
    postgres_server_18: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Desk]]:
    """Makes desks with some opportunities, for the scenes of all trials of a worker."""
    with desks(postgres_server_18, tmp_path_factory) as make:
        yield lambda: make(lambda org: replace_by_generated(org, SIZE, 1))


@pytest.fixture(scope="session")
def changed(small_desk: Callable[[], Desk]) -> Scene:
    """An org that was read, and has changed since."""
    return changed_scene(small_desk())


@pytest.fixture(scope="session")
def unread(small_desk: Callable[[], Desk]) -> Scene:
    """An org that was never read."""
    return unread_scene(small_desk())


@pytest.fixture(scope="session")
def reconciled(small_desk: Callable[[], Desk]) -> Scene:
    """The same, followed by a reconcile."""
    return changed_scene(small_desk(), kind="reconcile")


@pytest.fixture
def scene(request: pytest.FixtureRequest, scene_name: str) -> Scene:
    """The scene that a trial's parameter names."""
    found: Scene = request.getfixturevalue(scene_name)
    return found


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


def during_a_copy(
    monkeypatch: pytest.MonkeyPatch, number: int, do: Callable[[], None], *,
    is_meant: Callable[[], bool] = lambda: True,
) -> list[int]:  # fmt: skip
    """Has something done in the middle of the n-th COPY of a sync that is meant; the list that is
    returned has its number then."""
    counted, done, lock = count(1), [], Lock()
    real = {name: getattr(psycopg.Copy, name) for name in ("write", "write_row")}
    begun: WeakSet[psycopg.Copy] = WeakSet()

    def before(copy: psycopg.Copy) -> None:
        with lock:
            is_new = copy not in begun
            begun.add(copy)
            is_now = is_new and is_meant() and next(counted) == number
            done.extend([number] * is_now)
        if is_now:
            do()

    def write(self: psycopg.Copy, data: object) -> None:
        before(self)
        real["write"](self, data)

    def write_row(self: psycopg.Copy, row: object) -> None:
        before(self)
        real["write_row"](self, row)

    monkeypatch.setattr(psycopg.Copy, "write", write)
    monkeypatch.setattr(psycopg.Copy, "write_row", write_row)
    return done


def told(report: Report) -> str:
    """Everything that a sync's results say."""
    rows = (*report.findings, *report.objects)
    said = [report.status, report.run["message"] or "", *(row["message"] or "" for row in rows)]
    return " | ".join(text for text in said if text)


def compare(scene: Scene, desk: Desk, verdict: Verdict, said: str, *, tried: int = 1) -> None:
    """The verdict by what the trial's warehouse holds, and by what was said to be wrong."""
    result = found(desk)
    verdict(tried, lost=scene.lost(result), doubled=scene.doubled(result), wrong=said)
