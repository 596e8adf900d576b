"""`make clean`: stop everything and remove the data of this copy."""

import os
import shutil
from collections.abc import Sequence

from desk import down
from desk.embedded import postgres_server
from desk.postgres import running_pid
from salesforce_elt.environment import HASH_SALT, Environment
from salesforce_elt.errors import SettingsInvalid

OURS = ("postgres", "airflow", "logs", "running", "simulated-org.json", "simulated-org",
        "org-alone.json", "org-alone", "clients", "permission-set", HASH_SALT)  # fmt: skip
LOCKS = ("postgres.*", "up.*")


def main(arguments: Sequence[str]) -> int:
    """Remove what this project made in ELT_HOME, and nothing else that may be there."""
    environment = Environment.read(os.environ)
    if not environment.home.exists():
        return 0
    down.main(arguments)
    if running_pid(postgres_server(environment)) is not None:
        raise SettingsInvalid(
            f"The embedded PostgreSQL of {environment.home} is in use by another command of this "
            "copy. Wait until that has ended, then run 'make clean' again."
        )
    paths = [environment.home / name for name in OURS]
    paths += [path for pattern in LOCKS for path in environment.home.glob(pattern)]
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if not any(environment.home.iterdir()):
        environment.home.rmdir()
    return 0
