"""
Kills: a sync dies after things that last, or at any moment, and is run again, until it is through.

It is run again as Airflow does (the same run goes on with the station that died), or by the next
run. Then the warehouse is as if nothing had happened, no run has bought a Bulk job twice, and no
table is left over.
"""

import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.driver import VERSION, Desk
from tests.faults.conftest import SCENES, Verdict, sampled
from tests.faults.scene import Scene, found, leftovers
from tests.faults.victim import DEEPER, Victim, prepare_processes, started, victim_of

pytestmark = [pytest.mark.faults, pytest.mark.slow]

# The same run goes on: a sync dies in each station after its n-th thing that lasts. Every so
# many-th n is tried: of an incremental sync by Bulk, each.
STEPS = {
    ("changed", "bulk"): 1, ("changed", "rest"): 12,
    ("unread", "bulk"): 12, ("unread", "rest"): 12,
    ("reconciled", "bulk"): 12, ("reconciled", "rest"): 12,
}  # fmt: skip
# Another run takes over from one that died in a station after its n-th thing that lasts: of an
# incremental sync by Bulk after each of these, of the five others after some. A job is bought by
# the fourth thing.
TAKEN_OVER = {
    "start": (1, 5), "plan": range(1, 57, 8), "extract Opportunity": (4, *range(1, 24, 2)),
    "extract OpportunityHistory": (6, 12), "transform": (1, 2, 3), "audit": (1,), "publish": (1,),
    "finish": (1, 2),
}  # fmt: skip
SOME_TAKEN_OVER = {"plan": (33,), "extract Opportunity": (4,), "transform": (2,), "publish": (1,)}
FEWER = 4  # things may last in a station than in its like: its Bulk job was looked at more often
MOMENTS, RANDOM_TRIALS = 12, 18  # so many random moments in each of so many trials
MOST_LIVES = 100
# Of what an undisturbed sync takes, with its audit and without: each station may come to its end.
LONGEST_LIFE = {True: 1.0, False: 0.45}
RUN, OF_RUN = "demo/victim", "select {} from sync.runs where run_id = '{}'"
WAYS = ("rest", "bulk")
Event = tuple[str, str]  # the station, and what lasted
BOUGHT = f"POST /services/data/v{VERSION}/jobs/query"


@dataclass(frozen=True)
class Undisturbed:
    """How long a sync takes that nobody kills, how many Bulk jobs it makes, and how much lasts in
    each of its stations."""

    seconds: float
    jobs: int
    lasting: Counter[str]


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


@pytest.mark.parametrize(
    ("scene_name", "way", "first"),
    sampled(((*one, first) for one, step in STEPS.items() for first in range(1, DEEPER + 1, step)),
            step=11),
)  # fmt: skip
def test_a_sync_that_dies_after_what_lasts(
    scene: Scene, verdict: Verdict, tmp_path: Path, read_by, way: str, first: int,
    undisturbed: Callable[[Scene, str], Undisturbed],
) -> None:  # fmt: skip
    """In each station where so many things last, and again `DEEPER` things later: the same run goes
    on."""
    read_by(way)
    whole, total = undisturbed(scene, way), Sum()
    with scene.trial() as desk:
        victim = replace(_victim(desk, scene, way, tmp_path), kill_after=first)
        lives = _lives(desk, victim)
        _judge(scene, desk, lives, whole, total)
    long = {name for name, many in whole.lasting.items() if many >= first + FEWER}
    assert long <= {station for station, _ in lives.deaths}
    verdict(total.tried, lost=total.lost, doubled=total.doubled, wrong=total.wrong)


def _takeovers() -> Iterator[tuple[str, str, str, int]]:
    for (scene, way), step in STEPS.items():
        for station, numbers in (TAKEN_OVER if step == 1 else SOME_TAKEN_OVER).items():
            yield from ((scene, way, station, number) for number in numbers)


@pytest.mark.parametrize(
    ("scene_name", "way", "station", "number"), sampled(_takeovers(), step=13)
)
def test_a_sync_that_dies_and_is_taken_over(
    scene: Scene, verdict: Verdict, tmp_path: Path, read_by, way: str, station: str, number: int,
    undisturbed: Callable[[Scene, str], Undisturbed],
) -> None:  # fmt: skip
    """By the next run, which nobody kills."""
    read_by(way)
    whole, total = undisturbed(scene, way), Sum()
    with scene.trial() as desk:
        victim = _victim(desk, scene, way, tmp_path)
        victim = replace(
            victim, kill_after=number, only=station, is_audited=station == "audit")  # fmt: skip
        lives = _lives(desk, victim, is_taken_over=lambda: True, most=1)
        _judge(scene, desk, lives, whole, total)
    assert [one for one, _ in lives.deaths] == [station]
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
    """At random moments, until it is through: with the audit, as others that take over, and again
    an incremental sync."""
    read_by(way)
    whole, total = undisturbed(scene, way), Sum()
    random, chains = Random(trial), count()
    turn = trial // len(STEPS)
    is_audited, may_be_taken_over = turn == 0, turn == 1
    while total.tried < MOMENTS:
        with scene.trial() as desk:
            victim = _victim(desk, scene, way, tmp_path / f"{next(chains)}")
            lives = _lives(
                desk,
                replace(victim, is_audited=is_audited),
                longest=lambda: whole.seconds * LONGEST_LIFE[is_audited] * random.random(),
                is_taken_over=lambda: may_be_taken_over and random.random() < 1 / 2,
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
    desk: Desk, victim: Victim, *, longest: Callable[[], float | None] = lambda: None,
    is_taken_over: Callable[[], bool] = lambda: False, most: int = MOST_LIVES,
) -> Lives:  # fmt: skip
    """Has it die, so many times at most and after so many seconds at the latest, and go on as the
    same run, or as another one that takes over later, until it is through."""
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
        if is_taken_over():
            lives.bought += _bought(victim)
            lives.runs.append(f"{RUN}-{number}")
            desk.wait(60)
            victim = replace(
                victim, request=replace(victim.request, run_id=lives.runs[-1]),
                file=victim.file.with_name(f"progress-{number}"), now=desk.org.org.clock.now(),
                kill_after=None,
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
    if lives.bought > whole.jobs * len(lives.runs) + gaps:
        total.wrong += f"{lives.bought} jobs instead of {whole.jobs} + {gaps} after {lives}"
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
        assert _bought(victim) == _jobs(desk) - jobs
        lasting = Counter(station for station, _ in victim.events)
        return Undisturbed(_seconds(desk), _bought(victim), lasting)


def _seconds(desk: Desk) -> float:
    return float(desk.value("select extract(epoch from finished_at - started_at) from sync.runs"
                            f" where run_id = '{RUN}'"))


def _victim(desk: Desk, scene: Scene, way: str, folder: Path) -> Victim:
    request = replace(desk.request(scene.kind), run_id=RUN)
    return victim_of(desk, scene, request, way=way, folder=folder)


def _jobs(desk: Desk) -> int:
    return desk.org.org.usage.used("DailyBulkV2QueryJobs")
