"""Programs as processes of their own: how long they took, how much processor and memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

MEGABYTE = 1_000_000
KEPT_OF_A_COMPLAINT = 2_000
LOOK_SECONDS = 0.1


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
    """Run a program to its end.

    Raises ProgramFailed when it does not end well.
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
        )
        watch = Watch(process.pid)
        watch.start()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        complaint = err.read_text(errors="replace")[-KEPT_OF_A_COMPLAINT:]
        raise ProgramFailed(f"{Path(command[0]).name} ended with {process.returncode}: {complaint}")
    peak = max(watch.end(), usage.ru_maxrss * 1024) / MEGABYTE
    return Used(out.read_text(), seconds, usage.ru_utime + usage.ru_stime, peak)


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
