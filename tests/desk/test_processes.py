"""Programs stop together, with everything that they started."""

import sys
from pathlib import Path

import pytest

from desk.processes import Program, processes, running, stop, wait_until
from salesforce_elt.errors import WarehouseUnavailable

# A child that leaves its parent's process group and outlives it, as Airflow's tasks do.
DAEMON = """
import os, pathlib, sys, time
if os.fork():
    sys.exit()
os.setpgid(0, 0)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""
STUBBORN = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(60)
"""


def _program(tmp_path: Path, code: str) -> Program:
    command = [sys.executable, "-c", code, str(tmp_path / "ready")]
    return Program("program", command, variables={}, home=tmp_path)


def test_a_child_that_outlives_its_parent_is_stopped_too(tmp_path: Path) -> None:
    with running(_program(tmp_path, DAEMON)) as started:
        started.process.wait()
        while not (tmp_path / "ready").exists():
            assert processes([started.session])
        assert processes([started.session])
    assert not processes([started.session])


def test_a_program_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    with running(_program(tmp_path, STUBBORN)) as started:
        wait_until((tmp_path / "ready").exists, [started], seconds=10)
        stop([started.session], patience=0.05)
        assert not processes([started.session])


def test_a_program_that_ends_too_early_is_an_error_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = _program(tmp_path, "print('no such folder'); raise SystemExit(3)")
    with (
        running(program) as started,
        pytest.raises(WarehouseUnavailable, match=r"ended with 3\.[\s\S]*no such folder"),
    ):
        wait_until(lambda: False, [started], seconds=10)


def test_a_program_that_is_never_ready_is_an_error(tmp_path: Path) -> None:
    program = _program(tmp_path, "import time; time.sleep(60)")
    with (
        running(program) as started,
        pytest.raises(WarehouseUnavailable, match="is not ready after 0 seconds"),
    ):
        wait_until(lambda: False, [started], seconds=0)
