"""
Programs that run beside each other and stop together.

Each one leads a session of its own. What it starts stays in that session whatever becomes of its
parent, so asking for the session finds every process. A note in ELT_HOME says which sessions
there are and who supervises them, so that `make down` finds those whose supervisor was killed.
"""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from desk.postgres import is_free
from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable

SECONDS_BETWEEN_LOOKS = 0.2
LINES_TO_SHOW = 20


@dataclass(frozen=True)
class Program:
    """What to start, and for which copy of the project; `name` is also the name of its log."""

    name: str
    command: Sequence[str]
    variables: Mapping[str, str]
    home: Path

    @property
    def log(self) -> Path:
        """Takes everything that the program prints."""
        return self.home / "logs" / f"{self.name}.log"


@dataclass(frozen=True)
class Started:
    """A program that was started; its process id is also the id of its session."""

    program: Program
    process: subprocess.Popen[bytes]

    @property
    def session(self) -> int:
        """The session that holds everything the program starts."""
        return self.process.pid

    def is_running(self) -> bool:
        """Whether the program itself has not ended."""
        return self.process.poll() is None


@contextmanager
def running(program: Program) -> Iterator[Started]:
    """Run a program for as long as the block lasts; nothing of it is left behind."""
    with running_together([program]) as (started,):
        yield started


@contextmanager
def running_together(programs: Sequence[Program]) -> Iterator[list[Started]]:
    """Run programs for as long as the block lasts, and stop them all at the same time."""
    started: list[Started] = []
    try:
        started.extend(_start(program) for program in programs)
        yield started
    finally:
        stop([one.session for one in started])
        for one in started:
            _note(one).unlink()


def leftovers(home: Path) -> list[int]:
    """The sessions of a copy whose supervisor was killed before it could stop them."""
    left = []
    for note in _notes(home).glob("*"):
        (session, began), (supervisor, born) = json.loads(note.read_text()).items()
        if _born(int(supervisor)) == born:
            continue
        # A number is not given anew while its session has members, so a dead leader's is its own.
        if _born(int(session)) in (began, None) and processes([int(session)]):
            left.append(int(session))
        else:
            note.unlink()
    return left


def stop(sessions: Collection[int], *, patience: float = 1) -> None:
    """End every process of these sessions: first politely, in the end by force."""
    with _undisturbed():
        for number, leaders_only, seconds in (
            (signal.SIGTERM, True, 10),
            (signal.SIGTERM, False, 5),
            (signal.SIGKILL, False, 5),
        ):
            there = processes(sessions)
            told = [one for one in there if one.pid in sessions or not leaders_only]
            for process in told:
                _signal(process, number)
            if told:
                psutil.wait_procs(there, timeout=seconds * patience)
            if not processes(sessions):
                return


def processes(sessions: Collection[int]) -> list[psutil.Process]:
    """The processes of these sessions that have not ended."""
    found = []
    for process in psutil.process_iter():
        try:
            is_ours = os.getsid(process.pid) in sessions
            if is_ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return found


def wait_until(is_ready: Callable[[], bool], started: Sequence[Started], *, seconds: float) -> None:
    """Wait until programs are ready; if one ends, or time is up, that is an error."""
    deadline = time.monotonic() + seconds
    while not is_ready():
        require_running(started)
        if time.monotonic() > deadline:
            last = started[-1].program
            raise WarehouseUnavailable(
                f"'{last.name}' is not ready after {seconds:.0f} seconds. {_end_of(last.log)}"
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)


def wait_for_the_end(started: Started) -> None:
    """Wait until a program has done its work; one that could not do it is an error."""
    if started.process.wait() != 0:
        require_running([started])


def require_running(started: Sequence[Started]) -> None:
    """Refuse to go on when one of the programs has ended."""
    for one in started:
        if not one.is_running():
            program, code = one.program, one.process.returncode
            raise WarehouseUnavailable(
                f"'{program.name}' ended with {code}. {_end_of(program.log)}"
            )


def require_free_port(port: int, *, variable: str, what: str) -> None:
    """Refuse to start something on a port where somebody else listens already."""
    if not is_free(port):
        raise SettingsInvalid(
            f"{what} would listen on port {port}, but another program does already. Stop that one "
            f"('make down' if it is this copy's own), or choose another port with {variable}."
        )


def last_lines(log: Path) -> str:
    """The end of a log, for a message."""
    return "\n".join(log.read_text(errors="replace").strip().splitlines()[-LINES_TO_SHOW:])


def _start(program: Program) -> Started:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    with program.log.open("wb") as output:
        process = subprocess.Popen(
            program.command,
            env={**os.environ, **program.variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    started = Started(program, process)
    note = _note(started)
    note.parent.mkdir(exist_ok=True)
    note.write_text(json.dumps({pid: _born(pid) for pid in (process.pid, os.getpid())}))
    return started


def _note(started: Started) -> Path:
    return _notes(started.program.home) / str(started.session)


def _notes(home: Path) -> Path:
    return home / "running"


def _born(pid: int) -> float | None:
    try:
        return float(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


def _end_of(log: Path) -> str:
    return f"The end of {log}:\n{last_lines(log)}"


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


@contextmanager
def _undisturbed() -> Iterator[None]:
    # An impatient second Ctrl-C must not leave half of the processes behind.
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
