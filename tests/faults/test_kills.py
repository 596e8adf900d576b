"""
Kills: a sync dies after each thing that lasts, or at any moment, and is run again.

It is run again as Airflow does (the same run goes on with the station that died), or by the next
run, and may die again. Then the warehouse is as if nothing had happened, no Bulk job was bought
twice, and no table is left over.
"""

import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from random import Random

import pytest

from tests.driver import Desk
from tests.faults.conftest import SCENES, Verdict, sampled
from tests.faults.scene import Scene, found, leftovers, sync
from tests.faults.victim import Victim, prepare_processes, started, victim_of

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SHARES = 48  # trials of what lasts, each of every so many-th of it
# Every n-th of these is tried: of an incremental sync by Bulk, each thing that lasts.
STEPS = {
    ("changed", "bulk"): 1, ("changed", "rest"): 12,
    ("unread", "bulk"): 48, ("unread", "rest"): 48,
    ("reconciled", "bulk"): 48, ("reconciled", "rest"): 48,
}  # fmt: skip
MOMENTS, RANDOM_TRIALS = 9, 24  # so many random moments at least, in each of so many trials
MOST_LIVES = 100
LONGEST_LIFE = 0.6  # of what an undisturbed sync takes: each of its stations may come to its end
RUN, OF_RUN = "demo/victim", "select {} from sync.runs where run_id = '{}'"
WAYS = ("rest", "bulk")
BOUGHT = "POST /services/data/v62.0/jobs/query"


@dataclass(frozen=True)
class Undisturbed:
    """What lasts in a sync that nobody kills, how long it takes, and how many jobs it makes."""

    events: list[str]
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
    for place, number in enumerate(range(1 + share, len(whole.events) + 1, SHARES)):
        with scene.trial() as desk:
            victim = _victim(desk, scene, way, tmp_path / f"{number}")
            if not _is_killed(replace(victim, kill_after=number)):
                continue  # fewer things lasted than in its like: no kill that was survived
            _judge(scene, desk, victim, whole, total, is_same_run=(share + place) % 2 == 0)
    assert total.tried, "nothing was killed"
    verdict(total.tried, lost=total.lost, doubled=total.doubled, wrong=total.wrong)


@pytest.mark.exhaustive
@pytest.mark.parametrize(
    ("scene_name", "way", "trial"),
    [(SCENES[one % 3], WAYS[one % 2], one) for one in range(RANDOM_TRIALS)],
)
def test_a_sync_that_dies_again_and_again(
    scene: Scene, verdict: Verdict, tmp_path: Path, read_by, way: str, trial: int,
    undisturbed: Callable[[Scene, str], Undisturbed],
) -> None:  # fmt: skip
    """At random moments, until it is through: as one run, or as others that take over."""
    read_by(way)
    whole = undisturbed(scene, way)
    random, total, chains = Random(trial), Sum(), count()
    mode = trial // (len(SCENES) * len(WAYS)) % 4  # so that each scene and way meets each
    while total.tried < MOMENTS:
        with scene.trial() as desk:
            victim = _victim(desk, scene, way, tmp_path / f"{next(chains)}")
            victim = replace(victim, is_audited=mode == 0)
            lives = _lives(victim, random, longest=whole.seconds * LONGEST_LIFE,
                           is_taken_over=mode == 1)  # fmt: skip
            total.tried += lives.kills
            if mode != 1 and lives.bought > whole.jobs + lives.gaps:
                total.wrong = f"{lives.bought} jobs instead of {whole.jobs} + {lives.gaps}"
            _compare(scene, desk, total, lives.run_id, f"after {lives}")
    verdict(total.tried, lost=total.lost, doubled=total.doubled, wrong=total.wrong)


@dataclass
class Lives:
    """How often a sync died; the jobs that it bought, and how many of them it could not note."""

    run_id: str
    kills: int = 0
    bought: int = 0
    gaps: int = 0


def _lives(victim: Victim, random: Random, *, longest: float, is_taken_over: bool) -> Lives:
    """Has it die and go on, until it is through; or has another run take over."""
    lives = Lives(victim.request.run_id)
    for number in range(MOST_LIVES):
        events = len(victim.events)
        process = started(victim)
        process.join(longest * random.random())
        process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            assert process.exitcode == 0
            lives.bought += victim.events.count(BOUGHT)
            return lives
        lives.kills += len(victim.events) > events  # who had done nothing yet was not disturbed
        lives.gaps += victim.events[events:][-1:] == [BOUGHT]  # promise 6: it was not noted yet
        if is_taken_over and random.random() < 1 / 2:
            lives.run_id = f"{RUN}-{number}"
            victim = replace(
                victim, request=replace(victim.request, run_id=lives.run_id),
                file=victim.file.with_name(f"progress-{number}"),
            )  # fmt: skip
    pytest.fail(f"it was not through after {MOST_LIVES} lives")


def _judge(
    scene: Scene, desk: Desk, victim: Victim, whole: Undisturbed, total: Sum, *, is_same_run: bool
) -> None:
    """Run it again, and compare."""
    events, jobs = victim.events, _jobs(desk)
    total.tried += 1
    run_id = RUN
    if is_same_run:
        _run(replace(victim, is_audited=False))
        bought = _jobs(desk) - jobs + events.count(BOUGHT)
        is_the_gap = events[-1:] == [BOUGHT]  # promise 6: our note of it had not been written
        if bought > whole.jobs + is_the_gap:
            total.wrong = f"{bought} jobs instead of {whole.jobs} after {events[-3:]}"
    else:
        run_id = str(sync(desk, scene.kind).run["run_id"])
    after = f"after {len(events)}: {events[-3:]}, the same run: {is_same_run}"
    _compare(scene, desk, total, run_id, after)


def _compare(scene: Scene, desk: Desk, total: Sum, run_id: str, after: str) -> None:
    """What the run that went on made of it, held against an undisturbed one."""
    result, status = found(desk), desk.value(OF_RUN.format("status", run_id))
    total.lost += scene.lost(result)
    total.doubled += scene.doubled(result)
    if status != "success" or leftovers(desk):
        message = desk.value(OF_RUN.format("message", run_id))
        total.wrong += f"{status}, {leftovers(desk)} leftovers, {after}: {message}"


def _undisturbed(scene: Scene, way: str, folder: Path) -> Undisturbed:
    with scene.trial() as desk:
        victim, jobs = _victim(desk, scene, way, folder), _jobs(desk)
        _run(victim)
        assert (scene.lost(found(desk)), leftovers(desk)) == (0, 0)
        return Undisturbed(victim.events, _seconds(desk), _jobs(desk) - jobs)


def _seconds(desk: Desk) -> float:
    return float(desk.value("select extract(epoch from finished_at - started_at) from sync.runs"
                            f" where run_id = '{RUN}'"))


def _victim(desk: Desk, scene: Scene, way: str, folder: Path) -> Victim:
    request = replace(desk.request(scene.kind), run_id=RUN)
    return victim_of(desk, scene, request, way=way, folder=folder)


def _run(victim: Victim) -> None:
    """To its end."""
    process = started(victim)
    process.join()
    assert process.exitcode == 0


def _is_killed(victim: Victim) -> bool:
    """To the thing that lasts after which it is killed, if there are so many."""
    process = started(victim)
    process.join()
    if process.exitcode == 0:
        assert len(victim.events) < (victim.kill_after or 0)
        return False
    assert process.exitcode == -signal.SIGKILL
    return True


def _jobs(desk: Desk) -> int:
    return desk.org.org.usage.used("DailyBulkV2QueryJobs")
