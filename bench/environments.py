"""Other people's programs, each installed once into a folder of its own beside this copy's data."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from salesforce_elt.environment import Environment

CLIENTS = Environment.read(os.environ).home.resolve() / "clients"
INSTALL_SECONDS = 900


class NotInstalled(Exception):
    """A program that cannot be had here; the message says why."""


def python_programs(*requirements: str, constraints: Path | None = None) -> Path:
    """The folder of the programs of these packages, installed from the index as they are.

    Raises NotInstalled.
    """
    folder = CLIENTS / requirements[0].replace("==", "-")
    uv = Path(sys.executable).with_name("uv")
    if not uv.exists():
        raise NotInstalled("uv is not installed beside this Python")
    pinned = ["--constraints", str(constraints)] if constraints else []
    once(
        folder,
        [str(uv), "venv", "--quiet", "--python", sys.executable, str(folder)],
        [str(uv), "pip", "install", "--quiet", "--python", str(folder), *pinned, *requirements],
    )
    return folder / "bin"


def once(folder: Path, *commands: Sequence[str]) -> None:
    """Run the commands that fill a folder, unless they have run to their end before.

    Raises NotInstalled.
    """
    complete = folder / ".complete"
    if complete.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            message = f"{folder.name} could not be installed in {INSTALL_SECONDS} s"
            raise NotInstalled(message) from None
        if done.returncode:
            reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise NotInstalled(f"{folder.name} could not be installed: {reason}")
    complete.touch()
