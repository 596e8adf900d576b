"""
Races: two syncs of an org at once, a sync that sleeps while another one overtakes it, an old run
that somebody clears, changes in the middle.

Whoever was overtaken writes nothing. After the next sync the warehouse has everything, once.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from time import sleep

import psutil
import pytest

from salesforce_elt import stations
from salesforce_elt.errors import LeaseLost
from salesforce_elt.warehouse import landing, leases
from tests.driver import Desk
from tests.faults.conftest import Verdict, sampled, told, wrong
from tests.faults.scene import Scene, found, leftovers, sync
from tests.faults.victim import Victim, started, victim_of

pytestmark = [pytest.mark.faults, pytest.mark.slow]

KINDS = ("full", "incremental", "reconcile")
OTHERWISE = """
select count(*) from (
    select to_jsonb(mart) - 'org' as row from marts.{mart} as mart where org = 'demo'
    except all select to_jsonb(mart) - 'org' from marts.{mart} as mart where org = 'twin'
) as others
"""
OVERLAPS = """
select count(*) from sync.runs as a inner join sync.runs as b on a.fence < b.fence
and a.started_at < b.finished_at and b.started_at < a.finished_at
where a.run_id <> b.run_id
"""
SLEEP, LONGEST_WAIT = "3s", timedelta(seconds=6)  # instead of minutes
LOOK = 0.005  # seconds between looks at what a process in another one's way has reached


@pytest.mark.parametrize(
    ("first", "second", "way"), sampled(product(KINDS, KINDS, ("rest", "bulk")), step=9)
)
def test_two_syncs_at_once(
    changed: Scene, verdict: Verdict, read_by, tmp_path: Path, first: str, second: str, way: str
) -> None:
    """As when a DAG is triggered while its run of another kind is at work."""
    with changed.trial() as desk:
        read_by(way)
        both = [_victim(desk, changed, way, tmp_path, kind=kind) for kind in (first, second)]
        _run_at_once(both)
        assert desk.value(OVERLAPS) == 1
        said = _wrong_winner(desk)
        lost = changed.lost(found(desk))  # already before the next sync, which would mend it
        _compare(changed, desk, verdict, lost=lost, said=said)


def test_two_orgs_with_one_connection(changed: Scene, verdict: Verdict) -> None:
    """They share a session, and nothing else: read at the same time, each has everything."""
    with changed.trial() as desk, ThreadPoolExecutor(2) as threads:
        twin = desk.configured(key="twin")
        syncs = threads.submit(sync, desk), threads.submit(sync, twin, "full")
        said = "".join(wrong(one.result(), survives=True) for one in syncs)
        lost = len(desk.differences()) + len(twin.differences())
        names = [row["tablename"] for row in desk.rows(
            "select tablename from pg_tables where schemaname = 'marts'")]  # fmt: skip
        differ = sum(desk.value(OTHERWISE.format(mart=name)) for name in names)
        assert len(names) > 1
        verdict(2, lost=lost, doubled=differ, wrong=said)


@pytest.mark.parametrize("way", ["rest", "bulk"])
def test_one_run_by_two_schedulers(
    changed: Scene, verdict: Verdict, read_by, tmp_path: Path, way: str
) -> None:
    """Every task of a run is at work twice, as when a scheduler takes a living one for dead."""
    with changed.trial() as desk:
        read_by(way)
        one = _victim(desk, changed, way, tmp_path)
        for name in "ab":
            (tmp_path / name).mkdir()
        _run_at_once([replace(one, file=tmp_path / name / "p") for name in "ab"])
        _compare(changed, desk, verdict)


@pytest.mark.parametrize(
    ("way", "after"), sampled(product(("rest", "bulk"), range(10, 150, 20)), step=7)
)
def test_a_zombie_that_wakes(
    changed: Scene, verdict: Verdict, read_by, monkeypatch, tmp_path: Path, way: str, after: int
) -> None:
    """A sync sleeps after so much that lasts, the next one takes the org over, and it wakes.

    Where it sleeps in a transaction, the next one waits until PostgreSQL has ended that, or says
    which session it waits for: PostgreSQL does not count a client's sleep between the messages of
    one statement.
    """
    for module in (leases, landing):
        monkeypatch.setattr(module, "LONGEST_WAIT", LONGEST_WAIT)
    with changed.trial() as desk:
        read_by(way)
        victim = replace(_victim(desk, changed, way, tmp_path), longest_sleep=SLEEP)
        process = started(victim)
        while process.is_alive() and len(victim.events) < after:
            sleep(LOOK)
        asleep = psutil.Process(process.pid)
        asleep.suspend()
        while asleep.status() != psutil.STATUS_STOPPED:
            sleep(LOOK)
        report = sync(desk, tries=2)
        is_told = "is in use for more than" in told(report)
        said = "" if is_told else wrong(report, survives=True)
        before = found(desk)
        asleep.resume()
        process.join()
        if not is_told and found(desk) != before:
            said = said or "the sleeper wrote when it woke"
        _compare(changed, desk, verdict, said=said)


def test_an_old_run_that_is_cleared_as_a_whole(changed: Scene, verdict: Verdict) -> None:
    """It is the newest then, and takes the org."""
    with changed.trial() as desk:
        request = desk.request()
        stations.start(desk.site, request)
        assert sync(desk).status == "success"
        stations.start(desk.site, request)
        _compare(changed, desk, verdict)


@pytest.mark.parametrize("station", ["plan", "transform", "audit", "publish"])
def test_an_old_run_whose_tasks_are_cleared(changed: Scene, verdict: Verdict, station: str) -> None:
    """Somebody clears a task of a run that newer ones have followed: it writes nothing."""
    with changed.trial() as desk:
        site, request = desk.site, desk.request()
        old = stations.start(site, request)
        for name in stations.make_plan(site, old):
            stations.extract_object(site, old, name)
        transformed = stations.transform_marts(site, old)
        assert transformed is not None
        assert sync(desk).status == "success"
        cleared = {
            "plan": lambda: stations.make_plan(site, old),
            "transform": lambda: stations.transform_marts(site, old),
            "audit": lambda: stations.audit_marts(site, old, transformed),
            "publish": lambda: stations.publish_marts(site, old, transformed),
        }
        with pytest.raises(LeaseLost):
            cleared[station]()
        stations.finish(site, request)
        _compare(changed, desk, verdict)


def test_old_extracts_that_are_cleared(changed: Scene, verdict: Verdict) -> None:
    """One that had not ended is refused, one that had ended finds nothing to do."""
    with changed.trial() as desk:
        site, request = desk.site, desk.request()
        old = stations.start(site, request)
        done, waiting, *_ = stations.make_plan(site, old)
        stations.extract_object(site, old, done)
        assert sync(desk).status == "success"
        before = found(desk)
        stations.extract_object(site, old, done)
        with pytest.raises(LeaseLost):
            stations.extract_object(site, old, waiting)
        assert found(desk) == before
        stations.finish(site, request)
        _compare(changed, desk, verdict)


@pytest.mark.parametrize(
    "station", sampled([("extract Opportunity",), ("plan",), ("transform",), ("publish",)], step=4)
)
def test_settings_that_change_in_the_middle(changed: Scene, verdict: Verdict, station: str) -> None:
    """A run keeps those that it began with; the next one has the new ones, then the old again."""
    with changed.trial() as desk:
        other = desk.configured(pipelines={"mode": "one"})

        def change(now: str) -> None:
            if now == station:
                desk.settings = other.settings

        settings = desk.settings
        assert sync(desk, between=change).status == "success"
        assert changed.lost(found(desk)) == 0
        assert sync(desk).status == "success"
        assert desk.value("select count(*) from marts.pipelines") == 1
        desk.settings = settings
        _compare(changed, desk, verdict)


@pytest.mark.parametrize("kind", sampled([("incremental",), ("full",), ("reconcile",)], step=3))
def test_an_org_that_changes_in_the_middle(generated_desk, verdict: Verdict, kind: str) -> None:
    """What changes before each station is there after the next sync at the latest."""
    desk: Desk = generated_desk(size=6)
    desk.sync("full")
    desk.wait(3600)
    store = desk.org.org.store

    def work(station: str) -> None:
        desk.wait(5)
        one, *_ = (row["Id"] for row in store.records("Account"))
        store.update("Account", one, {"Name": f"Before {station}"})
        store.insert("Contact", {"LastName": station, "AccountId": one})

    first = sync(desk, kind, between=work, is_audited=True)
    desk.wait(3600)
    after = sync(desk, is_audited=True)
    wrong = "" if first.status == after.status == "success" else f"{first.status}, {after.status}"
    verdict(lost=len(desk.differences()), wrong=wrong)


def _victim(
    desk: Desk, scene: Scene, way: str, folder: Path, *, kind: str = "incremental"
) -> Victim:
    request = desk.request(kind)
    return victim_of(desk, scene, request, way=way, folder=folder / request.run_id)


def _run_at_once(victims: Sequence[Victim]) -> None:
    """To their ends; none of them ends by an error that nobody expects."""
    processes = [started(one) for one in victims]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * len(victims)


def _wrong_winner(desk: Desk) -> str:
    """The run that took the org last has everything; one that was overtaken says so."""
    *overtaken, last = desk.rows("select status, message from sync.runs where run_id in"
                                 " (select run_id from sync.runs order by fence desc limit 2)"
                                 " order by fence")  # fmt: skip
    if last["status"] != "success":
        return f"the last one is {last['status']}: {last['message']}"
    silent = [one for one in overtaken if one["status"] == "running"]
    return f"overtaken, and without a word of it: {silent}" if silent else ""


def _compare(
    scene: Scene, desk: Desk, verdict: Verdict, *, lost: int = 0, said: str = ""
) -> None:
    """After the next sync; `lost` and `said` are what was wrong before it."""
    report = sync(desk)
    result, left = found(desk), leftovers(desk)
    said = said or wrong(report, survives=True)
    said = said or (f"{left} tables of landing and delta are left" if left else "")
    verdict(lost=lost + scene.lost(result), doubled=scene.doubled(result), wrong=said)
