"""Programs as processes of their own: how long they took, how much processor and memory."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, Timer

import psutil

KILOBYTE, MEGABYTE = 1024, 1_000_000
KEPT_OF_A_COMPLAINT = 2_000
LOOK_SECONDS, LONGEST_SECONDS = 0.1, 7_200.0


class ProgramFailed(Exception):
    """A program that was to be measured ended badly; the end of what it said is the message."""


@dataclass(frozen=True)
class Used:
    """What a program said and used, with all the processes that it started."""

    output: str
    seconds: float
    cpu_seconds: float
    peak_memory_mb: float


def run(
    command: Sequence[str | Path], *, variables: Mapping[str, str], folder: Path, given: str = ""
) -> Used:
    """Run a program to its end; with its children it is gone when this returns.

    Raises ProgramFailed when it does not end well, or not within LONGEST_SECONDS.
    """
    out, err = folder / "stdout", folder / "stderr"
    (folder / "stdin").write_text(given)
    with out.open("w") as said, err.open("w") as complained, (folder / "stdin").open() as source:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **variables},
            stdin=source,
            stdout=said,
            stderr=complained,
            cwd=folder,
            start_new_session=True,
        )
        status, usage, held = _waited(process)
        seconds = time.monotonic() - began
    if status:
        complaint = err.read_text(errors="replace")[-KEPT_OF_A_COMPLAINT:]
        raise ProgramFailed(f"{Path(command[0]).name} ended with {status}: {complaint}")
    peak = max(held, usage.ru_maxrss * KILOBYTE) / MEGABYTE
    return Used(out.read_text(), seconds, usage.ru_utime + usage.ru_stime, peak)


def _waited(process: subprocess.Popen[bytes]) -> tuple[int, resource.struct_rusage, int]:
    """How a process ended, what it and its children used, and the most bytes they held at once."""
    watch, guard = Watch(process.pid), Timer(LONGEST_SECONDS, _kill, [process.pid])
    watch.start()
    guard.start()
    try:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    finally:
        guard.cancel()
        held = watch.end()
        _kill(process.pid)
    return process.returncode, usage, held


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


class Watch(Thread):
    """The most memory that a process and its children held together, looked at now and then."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid, self._ended, self._peak = pid, Event(), 0

    def run(self) -> None:
        """Look until it is over."""
        while not self._ended.wait(LOOK_SECONDS):
            self._peak = max(self._peak, _held(self._pid))

    def end(self) -> int:
        """No more looks; the bytes that were the most."""
        self._ended.set()
        self.join()
        return self._peak


def _held(pid: int) -> int:
    try:
        family = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.Error:
        return 0
    total = 0
    for process in family:
        try:
            total += process.memory_info().rss
        except psutil.Error:
            continue  # it has ended between two looks
    return total
