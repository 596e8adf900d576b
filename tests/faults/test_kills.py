"""
Kills: a sync dies after each thing that lasts, or at any moment, and is run again.

It is run again as Airflow does (the same run goes on with the station that died), or by the next
run. Then the warehouse is as if nothing had happened, no Bulk job was bought twice, and no table is
left over.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

import pytest

from tests.driver import Desk
from tests.faults.conftest import SCENES, Verdict, sampled
from tests.faults.scene import Scene, found, leftovers, sync
from tests.faults.victim import Victim, started, victim_of

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SHARES = 48  # trials of what lasts, each of every so many-th of it
# Every n-th of these is tried: of an incremental sync by Bulk, each thing that lasts.
STEPS = {
    ("changed", "bulk"): 1, ("changed", "rest"): 6,
    ("unread", "bulk"): 12, ("unread", "rest"): 12,
    ("reconciled", "bulk"): 12, ("reconciled", "rest"): 12,
}  # fmt: skip
MOMENTS = 4  # random moments of each of the trials of these
RANDOM_TRIALS = 24
BOUGHT = "POST /services/data/v62.0/jobs/query"


@dataclass(frozen=True)
class Undisturbed:
    """What lasts in a sync that nobody kills, how long it takes, and how many jobs it makes."""

    events: list[str]
    seconds: float
    jobs: int


@pytest.fixture(scope="module")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Scene, str], Undisturbed]:
    """What a scene's sync is when nobody kills it, by its way; found out once."""
    known: dict[tuple[int, str], Undisturbed] = {}

    def find(scene: Scene, way: str) -> Undisturbed:
        if (id(scene), way) not in known:
            folder = tmp_path_factory.mktemp("undisturbed")
            known[id(scene), way] = _undisturbed(scene, way, folder)
        return known[id(scene), way]

    return find


@dataclass
class Sum:
    """What the kills of a trial did."""

    tried: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: str = ""


@pytest.mark.parametrize(
    ("scene_name", "way", "share"),
    sampled(((*one, share) for one, step in STEPS.items() for share in range(0, SHARES, step)),
            step=200),
)  # fmt: skip
def test_a_sync_that_dies_after_what_lasts(
    scene: Scene, verdict: Verdict, tmp_path: Path, read_by, way: str, share: int,
    undisturbed: Callable[[Scene, str], Undisturbed],
) -> None:  # fmt: skip
    read_by(way)
    whole = undisturbed(scene, way)
    total = Sum()
    for number in range(1 + share, len(whole.events) + 1, SHARES):
        with scene.trial() as desk:
            victim = _victim(desk, scene, way, tmp_path / f"{number}")
            _run(replace(victim, kill_after=number), expected=-signal.SIGKILL)
            _judge(scene, desk, victim, whole, total, is_same_run=number // SHARES % 2 == 0)
    verdict(total.tried, lost=total.lost, doubled=total.doubled, wrong=total.wrong)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("scene_name", "way", "trial"),
    [(SCENES[one % 3], "bulk" if one % 2 else "rest", one) for one in range(RANDOM_TRIALS)],
)
def test_a_sync_that_dies_at_any_moment(
    scene: Scene, verdict: Verdict, tmp_path: Path, read_by, way: str, trial: int,
    undisturbed: Callable[[Scene, str], Undisturbed],
) -> None:  # fmt: skip
    read_by(way)
    whole = undisturbed(scene, way)
    random, total = Random(trial), Sum()
    for number in range(MOMENTS):
        with scene.trial() as desk:
            victim = _victim(desk, scene, way, tmp_path / f"{number}")
            process = started(victim)
            process.join(whole.seconds * random.random())
            process.kill()
            process.join()
            _judge(scene, desk, victim, whole, total, is_same_run=bool(number % 2))
            if process.exitcode != -signal.SIGKILL:
                total.tried -= 1  # it was faster than its like: no kill that was survived
    verdict(total.tried, lost=total.lost, doubled=total.doubled, wrong=total.wrong)


def _judge(
    scene: Scene, desk: Desk, victim: Victim, whole: Undisturbed, total: Sum, *, is_same_run: bool
) -> None:
    """Run it again, and compare."""
    events, jobs = victim.events, _jobs(desk)
    total.tried += 1
    if is_same_run:
        _run(replace(victim, is_audited=False), expected=0)
        bought = _jobs(desk) - jobs + sum(one == BOUGHT for one in events)
        is_the_gap = events[-1:] == [BOUGHT]  # promise 6: our note of it had not been written
        if bought > whole.jobs + is_the_gap:
            total.wrong = f"{bought} jobs instead of {whole.jobs} after {events[-3:]}"
        status = desk.value("select status from sync.runs where run_id = 'demo/victim'")
    else:
        status = sync(desk, scene.kind, is_audited=False).status
    result = found(desk)
    total.lost += scene.lost(result)
    total.doubled += scene.doubled(result)
    if status != "success" or leftovers(desk):
        after = f"after {len(events)}: {events[-3:]}, the same run: {is_same_run}"
        total.wrong = f"{status}, {leftovers(desk)} leftovers, {after}"


def _undisturbed(scene: Scene, way: str, folder: Path) -> Undisturbed:
    with scene.trial() as desk:
        victim = _victim(desk, scene, way, folder / "undisturbed")
        _run(victim, expected=0)  # the process that all are forked from starts with the first one
    with scene.trial() as desk:
        victim, jobs = _victim(desk, scene, way, folder / "again"), _jobs(desk)
        _run(victim, expected=0)
        assert (scene.lost(found(desk)), leftovers(desk)) == (0, 0)
        return Undisturbed(victim.events, _seconds(desk), _jobs(desk) - jobs)


def _seconds(desk: Desk) -> float:
    return float(desk.value("select extract(epoch from finished_at - started_at) from sync.runs"
                            " where run_id = 'demo/victim'"))


def _victim(desk: Desk, scene: Scene, way: str, folder: Path) -> Victim:
    request = replace(desk.request(scene.kind), run_id="demo/victim")
    return victim_of(desk, scene, request, way=way, folder=folder)


def _run(victim: Victim, *, expected: int) -> None:
    process = started(victim)
    process.join()
    assert process.exitcode == expected


def _jobs(desk: Desk) -> int:
    return desk.org.org.usage.used("DailyBulkV2QueryJobs")
