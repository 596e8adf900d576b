"""
A sync in a process of its own, which is killed: in its stations after the n-th thing that lasts,
or from outside.

What lasts is a commit in the warehouse, or an answer of Salesforce: between two of them a kill
leaves the same behind. The process is forked from one that has imported everything.
"""

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Any

import httpx
import psycopg
from psycopg.pq import TransactionStatus

from salesforce_elt import plan, stations
from salesforce_elt.environment import ANALYST
from salesforce_elt.errors import SyncError
from salesforce_elt.hashing import Salt
from salesforce_elt.run import Run, RunRequest
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.login import ClientCredentials, log_in
from salesforce_elt.settings import OrgSettings
from salesforce_elt.stations import Site
from salesforce_elt.warehouse import connection
from tests.driver import AUTHORITIES, INCLUDE, VERSION, Desk
from tests.faults.scene import Scene

LEAVES_NOTHING = ("SELECT", "SHOW", "SET", "BEGIN", "FETCH", "UPDATE 0", "DELETE 0", "INSERT 0 0")
DEEPER = 24  # so many more things last before a station in which a sync died dies again
PAUSE = 0.02  # seconds, whatever the sync would wait: its Bulk jobs need some


@dataclass
class Progress:
    """What Airflow would know of a run: its request, what stations returned, which are done."""

    request: RunRequest
    returned: dict[str, Any] = field(default_factory=dict)

    def once(self, file: Path, station: str, work: Callable[[], Any]) -> Any:
        """The station's result, of the try that ended; each end is kept in the file."""
        if station not in self.returned:
            self.returned[station] = work()
            unfinished = file.with_suffix(".unfinished")
            unfinished.write_bytes(pickle.dumps(self))
            unfinished.replace(file)
        return self.returned[station]


@dataclass(frozen=True)
class Victim:
    """
    A sync to be killed; `file` keeps its progress, `events` what lasted: a station, and a name.

    It dies in each station, or `only` in one, after the `kill_after`-th thing that lasts there, and
    where it has died before, `DEEPER` things later for each of those `deaths`.
    """

    settings: dict[str, Any]
    warehouse_url: str
    org_url: str
    keys: tuple[str, str]
    now: datetime
    request: RunRequest
    way: str
    file: Path
    kill_after: int | None = None
    deaths: tuple[str, ...] = ()
    only: str = ""
    is_audited: bool = True
    longest_sleep: str = connection.LONGEST_SLEEP

    @property
    def events(self) -> list[tuple[str, str]]:
        """What lasted so far: the station, and what it was."""
        path = self.file.with_suffix(".events")
        lines = path.read_text().splitlines() if path.exists() else []
        return [(station, event) for station, _, event in (line.partition(": ") for line in lines)]

    def deadly(self, station: str) -> int | None:
        """The number of the thing that lasts after which it dies in the station."""
        if self.kill_after is None or self.only not in ("", station):
            return None
        return self.kill_after + DEEPER * self.deaths.count(station)

    def site(self) -> Site:
        """Where it takes place; time stands still."""
        settings = OrgSettings.model_validate(self.settings, strict=False)
        return Site(settings, self.warehouse_url, self._client, lambda _: sleep(PAUSE), INCLUDE,
                    read_salt=lambda: Salt.of("a salt of the tests, long enough"),
                    now=lambda: self.now, analyst=ANALYST)  # fmt: skip

    def _client(self) -> SalesforceClient:
        http = httpx.Client(verify=AUTHORITIES)
        login = ClientCredentials(self.org_url, *self.keys)
        return SalesforceClient(
            lambda _: log_in(login, http=http, now=lambda: self.now),
            http=http, pause=lambda _: sleep(PAUSE), share=Decimal("0.75"),
            version=VERSION)  # fmt: skip


def victim_of(desk: Desk, scene: Scene, request: RunRequest, *, way: str, folder: Path) -> Victim:
    """A sync of the desk's org into its warehouse; its progress is kept in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = desk.org.credentials
    return Victim(
        desk.settings.model_dump(), desk.warehouse_url, desk.org.url,
        (keys.consumer_key, keys.consumer_secret), scene.now, request, way, folder / "progress",
    )  # fmt: skip


def prepare_processes() -> None:
    """Start the process that all others are forked from, and wait until it has imported all."""
    process = _process(do_nothing)
    process.start()
    process.join()


def started(victim: Victim) -> multiprocessing.process.BaseProcess:
    """The victim's process."""
    process = _process(live, victim)
    process.start()
    return process


def do_nothing() -> None:
    """What a process does that only has to be there."""


def _process(work: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "great_expectations"])
    return context.Process(target=work, args=arguments)


def live(victim: Victim) -> None:
    """Runs the sync's stations, from the first one that is not done, until the kill."""
    os.setpgrp()
    plan.BULK_CALLS = 10**6 if victim.way == "rest" else 0
    connection.LONGEST_SLEEP = victim.longest_sleep
    begin = _count_what_lasts(victim)
    progress = Progress(victim.request)
    if victim.file.exists():
        progress = pickle.loads(victim.file.read_bytes())  # our own
    site = victim.site()
    with suppress(SyncError):
        _stations(site, victim, progress, begin)
    begin("finish")
    stations.finish(site, victim.request)


def _stations(
    site: Site, victim: Victim, progress: Progress, begin: Callable[[str], None]
) -> None:
    def once(station: str, work: Callable[[], Any]) -> Any:
        begin(station)
        return progress.once(victim.file, station, work)

    run: Run = once("start", lambda: stations.start(site, victim.request))
    for name in once("plan", lambda: stations.make_plan(site, run)):
        once(f"extract {name}", lambda name=name: stations.extract_object(site, run, name))
    transformed = once("transform", lambda: stations.transform_marts(site, run))
    if transformed:
        if victim.is_audited:
            once("audit", lambda: stations.audit_marts(site, run, transformed))
        once("publish", lambda: stations.publish_marts(site, run, transformed))


def _count_what_lasts(victim: Victim) -> Callable[[str], None]:
    """Counts every commit and every answer from now on, and dies after the deadly one; returns
    what is called when a station begins."""
    lock, events = Lock(), victim.file.with_suffix(".events").open("a", buffering=1)
    station, number = "", count(1)

    def begin(name: str) -> None:
        nonlocal station, number
        with lock:
            station, number = name, count(1)

    def lasted(name: str) -> None:
        with lock:
            events.write(f"{station}: {name}\n")
            if next(number) == victim.deadly(station):
                os.kill(os.getpid(), signal.SIGKILL)

    _after(psycopg.Cursor, "execute", lambda cursor, *_, **__: _statement(cursor, lasted))
    _after(psycopg.Transaction, "__exit__",
           lambda ended, *_, **__: _commit(ended.connection, lasted))
    _after(httpx.Client, "send", lambda _, request, **__: lasted(
        f"{request.method} {request.url.path}"))  # fmt: skip
    return begin


def _after(owner: type, name: str, then: Callable[..., None]) -> None:
    real = getattr(owner, name)

    def wrapper(self: Any, *arguments: Any, **options: Any) -> Any:
        result = real(self, *arguments, **options)
        then(self, *arguments, **options)
        return result

    setattr(owner, name, wrapper)


def _statement(cursor: psycopg.Cursor, lasted: Callable[[str], None]) -> None:
    said = cursor.statusmessage or ""
    if not said.startswith(LEAVES_NOTHING) and _is_idle(cursor.connection):
        lasted(said)


def _commit(conn: psycopg.Connection, lasted: Callable[[str], None]) -> None:
    if _is_idle(conn):
        lasted("COMMIT")


def _is_idle(conn: psycopg.Connection) -> bool:
    return conn.info.transaction_status == TransactionStatus.IDLE
