"""
Kills: a sync dies after things that last, or at any moment, and is run again, until it is through.

It is run again as Airflow does (the same run goes on with the station that died), or by the next
run. Then the warehouse is as if nothing had happened, no Bulk job was bought twice, and no table is
left over.
"""

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.driver import Desk
from tests.faults.conftest import SCENES, Verdict, sampled
from tests.faults.scene import Scene, found, leftovers
from tests.faults.victim import DEEPER, Victim, prepare_processes, started, victim_of

pytestmark = [pytest.mark.faults, pytest.mark.slow]

# A trial's sync dies in each station after its n-th thing that lasts. Every so many-th n is tried:
# of an incremental sync by Bulk, each.
STEPS = {
    ("changed", "bulk"): 1, ("changed", "rest"): 12,
    ("unread", "bulk"): 12, ("unread", "rest"): 12,
    ("reconciled", "bulk"): 12, ("reconciled", "rest"): 12,
}  # fmt: skip
# The stations after whose deaths another run takes over, where one does: of the extracts two, since
# each takeover reads everything again.
TAKEN_OVER = {"start", "plan", "extract Opportunity", "extract OpportunityHistory", "transform",
              "audit", "publish", "finish"}  # fmt: skip
MOMENTS, RANDOM_TRIALS = 12, 18  # so many random moments in each of so many trials
MOST_LIVES = 100
# Of what an undisturbed sync takes, with its audit and without: each station may come to its end.
LONGEST_LIFE = {True: 0.6, False: 0.45}
RUN, OF_RUN = "demo/victim", "select {} from sync.runs where run_id = '{}'"
WAYS = ("rest", "bulk")
Event = tuple[str, str]  # the station, and what lasted
BOUGHT = "POST /services/data/v62.0/jobs/query"


@dataclass(frozen=True)
class Undisturbed:
    """How long a sync takes that nobody kills, and how many Bulk jobs it makes."""

    seconds: float
    jobs: int


@pytest.fixture(scope="session")
def undisturbed(
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[Scene, str], Undisturbed]:
    """What a scene's sync is when nobody kills it, by its way; found out once."""
    known: dict[tuple[int, str], Undisturbed] = {}
    prepare_processes()  # or the first one would seem to take long

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


def _of_what_lasts() -> Iterator[tuple[str, str, int, bool]]:
    """Scene, way, the first n, and whether others take over: of the very first things both."""
    for (scene, way), step in STEPS.items():
        for first in range(1, DEEPER + 1, step):
            yield from ((scene, way, first, is_other) for is_other in
                        ((False, True) if first == 1 else (first % 2 == 0,)))  # fmt: skip


@pytest.mark.parametrize(
    ("scene_name", "way", "first", "is_taken_over"), sampled(_of_what_lasts(), step=25)
)
def test_a_sync_that_dies_after_what_lasts(
    scene: Scene, verdict: Verdict, tmp_path: Path, read_by, way: str, first: int,
    is_taken_over: bool, undisturbed: Callable[[Scene, str], Undisturbed],
) -> None:  # fmt: skip
    """In each of its stations, as often as so many things last there."""
    read_by(way)
    whole, total = undisturbed(scene, way), Sum()
    with scene.trial() as desk:
        victim = replace(_victim(desk, scene, way, tmp_path), kill_after=first)
        lives = _lives(
            victim,
            longest=lambda: None,
            is_taken_over=lambda station: is_taken_over and station in TAKEN_OVER,
        )
        _judge(scene, desk, lives, whole, total)
    assert total.tried, "nothing was killed"
    verdict(total.tried, lost=total.lost, doubled=total.doubled, wrong=total.wrong)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("scene_name", "way", "trial"),
    [(SCENES[one % 3] if one < 2 * len(STEPS) else "changed", WAYS[one % 2], one)
     for one in range(RANDOM_TRIALS)],
)
def test_a_sync_that_dies_again_and_again(
    scene: Scene, verdict: Verdict, tmp_path: Path, read_by, way: str, trial: int,
    undisturbed: Callable[[Scene, str], Undisturbed],
) -> None:  # fmt: skip
    """At random moments, until it is through: as one run, or as others that take over."""
    read_by(way)
    whole, total = undisturbed(scene, way), Sum()
    random, chains = Random(trial), count()
    turn = trial // len(STEPS)  # so that each scene and way meets each of two
    is_audited, may_be_taken_over = turn == 0, turn == 1
    while total.tried < MOMENTS:
        with scene.trial() as desk:
            victim = _victim(desk, scene, way, tmp_path / f"{next(chains)}")
            lives = _lives(
                replace(victim, is_audited=is_audited),
                longest=lambda: whole.seconds * LONGEST_LIFE[is_audited] * random.random(),
                is_taken_over=lambda _: may_be_taken_over and random.random() < 1 / 2,
                most=MOMENTS - total.tried,
            )
            _judge(scene, desk, lives, whole, total)
    verdict(total.tried, lost=total.lost, doubled=total.doubled, wrong=total.wrong)


@dataclass
class Lives:
    """The runs of a sync that died and went on, where it died, and how many jobs it bought."""

    runs: list[str]
    deaths: list[Event] = field(default_factory=list)
    bought: int = 0


def _lives(
    victim: Victim, *, longest: Callable[[], float | None], is_taken_over: Callable[[str], bool],
    most: int = MOST_LIVES,
) -> Lives:  # fmt: skip
    """Has it die, so many times at most and after so many seconds at the latest, and go on as the
    same run or as another one that takes over, until it is through."""
    lives = Lives([victim.request.run_id])
    for number in range(MOST_LIVES):
        before = len(victim.events)
        if _comes_to_its_end(victim, longest() if len(lives.deaths) < most else None):
            lives.bought += _bought(victim)
            return lives
        if len(victim.events) == before:
            continue  # who had done nothing yet was not disturbed
        lives.deaths.append(victim.events[-1])
        victim = replace(victim, deaths=tuple(station for station, _ in lives.deaths))
        if is_taken_over(victim.deaths[-1]):
            lives.bought += _bought(victim)
            lives.runs.append(f"{RUN}-{number}")
            victim = replace(
                victim, request=replace(victim.request, run_id=lives.runs[-1]),
                file=victim.file.with_name(f"progress-{number}"),
            )  # fmt: skip
    pytest.fail(f"it was not through after {MOST_LIVES} lives")


def _comes_to_its_end(victim: Victim, longest: float | None) -> bool:
    """Whether it ends by itself; else it is dead."""
    process = started(victim)
    process.join(longest)
    process.kill()
    process.join()
    assert process.exitcode in {0, -signal.SIGKILL}
    return process.exitcode == 0


def _bought(victim: Victim) -> int:
    return sum(event == BOUGHT for _, event in victim.events)


def _judge(scene: Scene, desk: Desk, lives: Lives, whole: Undisturbed, total: Sum) -> None:
    """What came of it, held against an undisturbed sync."""
    total.tried += len(lives.deaths)
    gaps = sum(event == BOUGHT for _, event in lives.deaths)  # promise 6: it was not noted yet
    if lives.runs == [RUN] and lives.bought > whole.jobs + gaps:
        total.wrong += f"{lives.bought} jobs instead of {whole.jobs} + {gaps} after {lives.deaths}"
    _compare(scene, desk, total, lives)


def _compare(scene: Scene, desk: Desk, total: Sum, lives: Lives) -> None:
    result, status = found(desk), desk.value(OF_RUN.format("status", lives.runs[-1]))
    total.lost += scene.lost(result)
    total.doubled += scene.doubled(result)
    if status != "success" or leftovers(desk):
        message = desk.value(OF_RUN.format("message", lives.runs[-1]))
        total.wrong += f"{status}, {leftovers(desk)} leftovers after {lives}: {message}"


def _undisturbed(scene: Scene, way: str, folder: Path) -> Undisturbed:
    with scene.trial() as desk:
        victim, jobs = _victim(desk, scene, way, folder), _jobs(desk)
        assert _comes_to_its_end(victim, None)
        assert (scene.lost(found(desk)), leftovers(desk)) == (0, 0)
        return Undisturbed(_seconds(desk), _jobs(desk) - jobs)


def _seconds(desk: Desk) -> float:
    return float(desk.value("select extract(epoch from finished_at - started_at) from sync.runs"
                            f" where run_id = '{RUN}'"))


def _victim(desk: Desk, scene: Scene, way: str, folder: Path) -> Victim:
    request = replace(desk.request(scene.kind), run_id=RUN)
    return victim_of(desk, scene, request, way=way, folder=folder)


def _jobs(desk: Desk) -> int:
    return desk.org.org.usage.used("DailyBulkV2QueryJobs")
