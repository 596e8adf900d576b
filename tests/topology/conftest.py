"""What the workers' installation has besides the project's own, installed once."""

import fcntl
import hashlib
import sys
from pathlib import Path

import pytest

from bench.environments import CLIENTS, NotInstalled, once
from salesforce_elt.environment import PROJECT

REQUIREMENTS = PROJECT / "requirements-celery.txt"


@pytest.fixture(scope="session")
def celery() -> Path:
    """The folder with the packages of requirements-celery.txt, to be put on the path."""
    version = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    folder = CLIENTS / f"celery-{version}"
    uv = Path(sys.executable).with_name("uv")
    install = [uv, "pip", "install", "--quiet", "--python", sys.executable, "--no-deps"]
    CLIENTS.mkdir(parents=True, exist_ok=True)
    try:
        # Files of tests may run beside each other.
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            once(folder, [*map(str, install), "--target", str(folder), "-r", str(REQUIREMENTS)])
    except (NotInstalled, FileNotFoundError) as error:
        pytest.skip(str(error))
    return folder
