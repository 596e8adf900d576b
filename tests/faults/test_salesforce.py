"""
What goes wrong at Salesforce or on the way there, at every place of a sync.

Once, it is survived: the sync is a success and has everything. For as long as it lasts, the sync
says so: its status is not success, its results name the cause, and the marts are as they were. When
it has passed, the next sync has everything. No trial asks, or waits, without an end.
"""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import accumulate, count, product
from typing import Any

import httpx
import pytest

from salesforce_elt.report import Report
from tests.driver import Desk
from tests.faults.conftest import SCENES, Verdict, arm, sampled, told
from tests.faults.matrix import DATA, FAULTS, PLACES, Fault, Place, fitting, is_endless, rounds
from tests.faults.scene import Scene, found, sync

pytestmark = [pytest.mark.faults, pytest.mark.slow]

MOST_CALLS = 400  # for a sync of a dozen: four tries of a task, each with four of a request
LONGEST_WAIT = 4 * 3600.0  # seconds, of the org's clock


WAYS = ("rest", "bulk")
ROUNDS = [
    (name, way, number)
    for name in SCENES for way in WAYS for number in range(len(rounds(way, scene_name=name)))
]  # fmt: skip
NEEDED = [one for one in PLACES if one.is_needed]


@pytest.mark.parametrize(("scene_name", "way", "number"), sampled(ROUNDS, step=11))
def test_faults_that_pass(
    scene: Scene, scene_name: str, read_by, verdict: Verdict, way: str, number: int
) -> None:
    """One sync meets another fault at each of its places: once, or always if it does no harm."""
    read_by(way)
    met = rounds(way, scene_name=scene_name)[number]
    with scene.trial() as desk:
        # What never ends comes last, and later places before what they are a part of.
        for place, fault in sorted(met, key=lambda one: (is_endless(*one), -PLACES.index(one[0]))):
            arm(desk, place, fault, times=None if is_endless(place, fault) else 1)
        report = sync(desk, scene.kind)
        hit = {one.id for one in desk.org.org.faults.fired()}
        assert len(hit) == len(met), f"only {hit} of {met}"
        wrong = _excess(desk, report) or ("" if report.status == "success" else told(report))
        result = found(desk)
        verdict(len(met), lost=scene.lost(result), doubled=scene.doubled(result), wrong=wrong)


@pytest.mark.parametrize("place", sampled([(one,) for one in NEEDED], step=len(NEEDED)), ids=str)
def test_faults_that_stay(changed: Scene, read_by, verdict: Verdict, place: Place) -> None:
    """Sync after sync meets another one at the place, for as long as the sync lasts."""
    read_by(place.way)
    faults = [
        one for one in FAULTS
        if one.always != "success" and place in fitting(one, way=place.way)
    ]  # fmt: skip
    wrong = []
    with changed.trial() as desk:
        marts, secrets = found(desk).marts, _secrets(desk)
        for fault in faults:
            for times in (None,) if fault.once == "success" else (1, None):
                arm(desk, place, fault, times=times)
                report = sync(desk, tries=2)
                assert desk.org.org.faults.fired(), f"{fault.name}: nothing was hit"
                wrong.append(_wrong(desk, report, fault=fault))
                if found(desk).marts != marts:
                    wrong.append(f"{fault.name}: the marts changed")
                wrong += [f"{fault.name}: the results show the {name}"
                          for name, text in secrets.items() if text in told(report)]
                desk.org.org.faults.clear()
                desk.waits.clear()
                desk.wait(600)
        after = sync(desk)
        wrong.append("" if after.status == "success" else f"then {told(after)}")
        result = found(desk)
        verdict(len(faults), lost=changed.lost(result), doubled=changed.doubled(result),
                wrong="; ".join(filter(None, wrong)))  # fmt: skip


EVERY = 5  # so many requests lie between two that meet a fault: each is asked for again in peace
MOST_REQUESTS = 100  # of a sync of either way, and more


@pytest.mark.parametrize(
    ("way", "first"), sampled(product(WAYS, range(EVERY)), step=2 * EVERY - 1)
)
def test_a_session_that_ends_at_any_request(
    changed: Scene, read_by, verdict: Verdict, way: str, first: int
) -> None:
    """401 at every request of a sync in turn: at each fifth in one sync, from another first one on
    in the next."""
    read_by(way)
    with changed.trial() as desk:
        match = {"path": rf"{DATA}/."}
        for number in range(first, MOST_REQUESTS, EVERY):  # a fault does not count what others hit
            desk.administer("faults", {"kind": "expired_session", "match": match, "skip": number})
        report = sync(desk)
        hits = len(desk.org.org.faults.fired())
        assert hits >= report.run["api_calls"] // (EVERY + 2) > 0
        wrong = "" if report.status == "success" else told(report)
        result = found(desk)
        verdict(hits, lost=changed.lost(result), doubled=changed.doubled(result), wrong=wrong)


STALL = "a stall in the answer"
NETWORK = {
    "refused": (httpx.ConnectError("[Errno 111] Connection refused"), "no answer"),
    "no route": (httpx.ConnectTimeout("timed out"), "no answer"),
    "half open": (httpx.ReadTimeout("timed out"), "no answer"),
    STALL: (httpx.ReadTimeout("timed out"), "no answer|broke"),
    "broken": (httpx.RemoteProtocolError("Server disconnected"), "no answer"),
    "a strange certificate": (
        httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] unable to get local issuer"),
        "certificate",
    ),
}


SINGLES = frozenset(accumulate(range(EVERY, MOST_REQUESTS), initial=0))
OF_A_LOGIN = ("/token", "/services/data")


class _Stalling(httpx.SyncByteStream):
    """An answer whose head came, and of whose body nothing does."""

    def __init__(self, response: httpx.Response, error: httpx.HTTPError) -> None:
        self._real, self._error = response.stream, error

    def __iter__(self) -> Iterator[bytes]:
        yield b""
        raise self._error

    def close(self) -> None:
        self._real.close()


def _broken(
    monkeypatch: pytest.MonkeyPatch, name: str, is_hit: Callable[[int], bool]
) -> list[str]:
    """Has requests fail, by their number; the list that is returned has the paths of those."""
    error, real = NETWORK[name][0], httpx.Client.send
    counted, met = count(), []

    def send(self: httpx.Client, request: httpx.Request, **options: Any) -> httpx.Response:
        if not is_hit(next(counted)):
            return real(self, request, **options)
        met.append(request.url.path)
        if name != STALL:
            raise error
        response = real(self, request, **options)
        response.stream = _Stalling(response, error)
        return response

    monkeypatch.setattr(httpx.Client, "send", send)
    return met


@pytest.mark.parametrize(
    ("way", "name", "first", "always"),
    sampled(
        [(way, name, first, always)
         for always, places in ((False, range(EVERY - 1)), (True, (0, 4, 8, 16)))
         for place, first in enumerate(places)
         for turn, name in enumerate(NETWORK) for way in WAYS if (place + turn) % 2 == 0],
        step=9,
    ),
)
def test_a_network_that_fails(
    changed: Scene, verdict: Verdict, read_by, monkeypatch,
    way: str, name: str, first: int, always: bool,
) -> None:  # fmt: skip
    """
    From a request on nothing gets through, or single ones do not: with ever more between them, so
    that they are others at each try of a station.

    It is asked for again, but for a login whose host cannot show who it is: that stops the sync.
    """
    read_by(way)
    says = NETWORK[name][1]
    with changed.trial() as desk:
        met = _broken(monkeypatch, name, lambda place: (
            place >= first if always else place - first in SINGLES))
        report = sync(desk)
        monkeypatch.undo()
        assert met, "no request was hit"
        stopped = any(path.rstrip("/").endswith(OF_A_LOGIN) for path in met)
        is_mended = not always and not (says == "certificate" and stopped)
        wrong = "" if (report.status == "success") is is_mended else told(report)
        if not is_mended:
            wrong = wrong or ("" if re.search(says, told(report)) else f"no {says}")
            desk.wait(600)
            wrong = wrong or ("" if sync(desk).status == "success" else "then no success")
        result = found(desk)
        verdict(1 if always else len(met), lost=changed.lost(result),
                doubled=changed.doubled(result), wrong=wrong)  # fmt: skip


@pytest.mark.parametrize(
    ("station", "hours"),
    sampled(
        [*product(("start", "plan", "extract Account", "publish"), (30, -30)),
         ("plan", 1), ("plan", -1)],
        step=10,
    ),
)
def test_a_clock_that_jumps(generated_desk, verdict: Verdict, station: str, hours: int) -> None:
    """The org's clock is another one from a station on, and later the right one again."""
    desk: Desk = generated_desk(size=4)
    clock, store = desk.org.org.clock, desk.org.org.store
    jumps: list[timedelta] = []
    desk.now = lambda: clock.now() - sum(jumps, timedelta())
    assert sync(desk, "full").status == "success"

    def work(name: str) -> None:
        desk.wait(3600)
        for one in list(store.records("Account")):
            store.update("Account", one["Id"], {"Name": name})
        desk.wait(60)

    def jump(now: str) -> None:
        if now == station:
            jumps.append(timedelta(hours=hours))
            clock.advance(jumps[0])

    work("Before the jump")
    sync(desk, between=jump)
    clock.advance(-jumps.pop())
    work("After it")
    report = sync(desk, is_audited=True)
    wrong = "" if report.status == "success" else told(report)
    verdict(lost=len(desk.differences()), wrong=wrong)


def _secrets(desk: Desk) -> dict[str, str]:
    """What no result may show, whatever an answer says."""
    keys = desk.org.credentials
    return {"consumer's secret": keys.consumer_secret, "administrator's key": keys.admin_token}


def _excess(desk: Desk, report: Report) -> str:
    """What a sync asked or waited beyond its bounds, in words."""
    calls, waited = report.run["api_calls"], sum(desk.waits)
    if calls > MOST_CALLS or waited > LONGEST_WAIT:
        return f"{calls} calls, waited {waited:.0f} s"
    return ""


def _wrong(desk: Desk, report: Report, *, fault: Fault) -> str:
    """What is not as it should be of a sync whose fault stays, in words."""
    if excess := _excess(desk, report):
        return f"{fault.name}: {excess}"
    if report.status not in fault.always:
        return f"{fault.name}: {told(report)}"
    if not re.search(fault.says, told(report)):
        return f"{fault.name}: no word of /{fault.says}/ in {told(report)}"
    return ""
