"""What trials share."""

from collections.abc import Callable, Iterable, Sequence

import pytest

from tests.desks import generated_desk, new_desk, org_folder, read_by
from tests.faults.scene import Scene, changed_scene, unread_scene

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
