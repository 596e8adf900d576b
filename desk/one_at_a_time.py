"""One `make up` per copy, known to `make down`."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from desk.processes import leftovers, processes, stop
from salesforce_elt.environment import Environment
from salesforce_elt.errors import SettingsInvalid, WarehouseUnavailable

SECONDS_TO_STOP = 120
SECONDS_BETWEEN_LOOKS = 0.2


@contextmanager
def only_one(environment: Environment) -> Iterator[None]:
    """Be the only `make up` of this copy; what a killed one left behind is stopped first."""
    environment.home.mkdir(parents=True, exist_ok=True)
    # The lock dies with its process, however that ends; a file alone would go stale.
    with _lock_file(environment).open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SettingsInvalid(
                f"make up is already running for {environment.home} (process "
                f"{_holder(environment)}). Use that one, stop it with 'make down', or start a "
                "second copy with other values of ELT_HOME, ELT_AIRFLOW_PORT and "
                "ELT_SIMULATOR_PORT."
            ) from None
        _lock_file(environment).write_text(str(os.getpid()))
        stop_leftovers(environment)
        yield


def stop_leftovers(environment: Environment) -> int:
    """Stop what a killed command left behind; return how many processes that were."""
    left = leftovers(environment.home)
    count = len(processes(left))
    stop(left)
    leftovers(environment.home)
    return count


def stop_supervisor(environment: Environment) -> bool:
    """Ask the running `make up` to stop everything and wait for it; False when there is none."""
    if not _is_held(_lock_file(environment)):
        return False
    pid = _holder(environment)
    psutil.Process(pid).terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    # Its end would be no sign: a process that nobody waits for stays as a zombie.
    while _is_held(_lock_file(environment)):
        if time.monotonic() > deadline:
            raise WarehouseUnavailable(
                f"make up (process {pid}) has not stopped after {SECONDS_TO_STOP} seconds. "
                f"End it with 'kill -9 {pid}', then run 'make down' again."
            )
        time.sleep(SECONDS_BETWEEN_LOOKS)
    return True


def _is_held(path: Path) -> bool:
    if not path.exists():
        return False
    with path.open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def _lock_file(environment: Environment) -> Path:
    return environment.home / "up.lock"


def _holder(environment: Environment) -> int:
    return int(_lock_file(environment).read_text())
