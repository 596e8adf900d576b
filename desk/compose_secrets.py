"""
`make secrets`: every secret of docker-compose.yaml as a file that its owner alone may read.

What is there is kept, so it may run again at any time. Addresses are those of the compose file's
services; a test gives its own.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from desk.airflow import ADMIN, SECRET_BYTES
from desk.progress import say
from desk.secret_files import kept_secret, write_secret
from salesforce_elt.environment import PROJECT, Environment

FOLDER = PROJECT / "secrets"
# Docker hands a file to a service as it is on the disk, so services run as the files' owner. Root's
# own files would make that root: they are given to this account, which no machine has by itself.
UNPRIVILEGED = 50_000
OWNER_ONLY = 0o700


@dataclass(frozen=True)
class Addresses:
    """Where the services find each other, as host:port."""

    metadata: str = "metadata:5432"
    warehouse: str = "warehouse:5432"
    simulated_org: str = "simulated-org-database:5432"
    redis: str = "redis:6379"


def main(_arguments: Sequence[str]) -> int:
    """Make what is missing, and say where it is."""
    environment = Environment.read(os.environ)
    make_secrets(FOLDER, Addresses(), warehouse_url=environment.warehouse_url)
    owner = _own(FOLDER)
    _set_variable(PROJECT / ".env", name="SERVICES_UID", value=str(owner))
    say(f"The secrets are in {FOLDER}, readable by the account {owner} alone.")
    say(f"The UI's user is {ADMIN}, the password {_ui_password(FOLDER)}")
    say("\nNext: docker compose --profile warehouse up --detach   (docs/scaling.md)")
    return 0


def make_secrets(folder: Path, addresses: Addresses, *, warehouse_url: str = "") -> None:
    """Fill the folder; a warehouse of one's own replaces the URL of the one in the compose file."""
    folder.mkdir(mode=OWNER_ONLY, exist_ok=True)
    passwords = {name: _kept(folder / f"{name}_password") for name in _databases(addresses)}
    for name, new in _generated().items():
        kept_secret(folder / name, new=new)
    for name, text in _derived(folder, addresses, passwords=passwords).items():
        write_secret(folder / name, text)
    url = f"postgresql://elt:{passwords['warehouse']}@{addresses.warehouse}/warehouse"
    if warehouse_url:
        write_secret(folder / "warehouse_url", warehouse_url)
    else:
        kept_secret(folder / "warehouse_url", new=lambda: url)


def _databases(addresses: Addresses) -> Mapping[str, str]:
    return {
        "metadata": addresses.metadata,
        "warehouse": addresses.warehouse,
        "simulated_org": addresses.simulated_org,
    }


def _generated() -> Mapping[str, Callable[[], str]]:
    def long_key() -> str:
        return secrets.token_urlsafe(SECRET_BYTES)

    return {
        "fernet_key": lambda: Fernet.generate_key().decode(),
        "api_secret_key": long_key,
        "jwt_secret": long_key,
        "hash_salt": long_key,
        "redis_password": secrets.token_urlsafe,
        "ui_passwords": lambda: json.dumps({ADMIN: secrets.token_urlsafe(12)}),
    }


def _derived(
    folder: Path, addresses: Addresses, *, passwords: Mapping[str, str]
) -> Mapping[str, str]:
    metadata = f"postgresql+psycopg://airflow:{passwords['metadata']}@{addresses.metadata}/airflow"
    redis = _kept(folder / "redis_password")
    host, port = addresses.simulated_org.split(":")
    return {
        "metadata_url": metadata,
        "result_backend": f"db+{metadata}",
        "broker_url": f"redis://:{redis}@{addresses.redis}/0",
        # Nothing is kept on disk: what was queued and is lost, the scheduler queues again.
        "redis_conf": f'requirepass {redis}\nsave ""\nappendonly no\n',
        "simulated_org_pgpass": f"{host}:{port}:simulator:simulator:{passwords['simulated_org']}\n",
    }


def _kept(path: Path) -> str:
    return kept_secret(path)


def _own(folder: Path) -> int:
    owner = os.getuid() or UNPRIVILEGED
    if owner != os.getuid():
        for path in (folder, *folder.iterdir()):
            os.chown(path, owner, owner)
    return owner


def _set_variable(path: Path, *, name: str, value: str) -> None:
    """Compose reads this file; other variables in it are left as they are."""
    lines = path.read_text().splitlines() if path.exists() else []
    others = [line for line in lines if not line.startswith(f"{name}=")]
    path.write_text("\n".join([*others, f"{name}={value}"]) + "\n")


def _ui_password(folder: Path) -> str:
    password: str = json.loads((folder / "ui_passwords").read_text())[ADMIN]
    return password
