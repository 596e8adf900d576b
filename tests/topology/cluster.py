"""
The services of docker-compose.yaml as processes of one machine.

Commands, variables and health checks are the file's own. Only what containers bring is put in
their place: paths, host names, and a home for each.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from desk.compose_secrets import Addresses, make_secrets
from desk.postgres import PostgresServer, create, embedded_binaries, free_port, start, stop
from desk.processes import Program, Started, running
from salesforce_elt.environment import PROJECT
from tests.conftest import HASTE
from tests.topology.compose_file import programs, services

HOST = "127.0.0.1"
DATABASES = {
    "metadata": "metadata",
    "warehouse": "warehouse",
    "simulated-org-database": "simulated_org",
}
WORKERS = ("worker-1", "worker-2")


@dataclass(frozen=True)
class Ports:
    """Where the services listen; every one takes free ports."""

    api: int = field(default_factory=free_port)
    redis: int = field(default_factory=free_port)
    org: int = field(default_factory=free_port)
    org_tls: int = field(default_factory=free_port)
    databases: Mapping[str, int] = field(
        default_factory=lambda: {name: free_port() for name in DATABASES}
    )

    def addresses(self) -> Addresses:
        """The same for the secrets that hold an address."""
        metadata, warehouse, org = (f"{HOST}:{port}" for port in self.databases.values())
        return Addresses(metadata, warehouse, org, redis=f"{HOST}:{self.redis}")


@dataclass(frozen=True)
class Cluster:
    """Where the processes live: `home` has a folder for each, and the secrets of all."""

    home: Path
    celery: Path
    changes: Mapping[str, str]
    ports: Ports = field(default_factory=Ports)

    @property
    def secrets(self) -> Path:
        """The folder that `make secrets` would have filled."""
        return self.home / "secrets"

    @property
    def api(self) -> str:
        """Where the API server answers."""
        return f"http://{HOST}:{self.ports.api}"

    @property
    def org(self) -> Path:
        """What the simulated org keeps on disk."""
        return self.home / "simulated-org"

    def secret(self, name: str) -> str:
        """One of the secrets."""
        return (self.secrets / name).read_text()

    def program(self, service: str, *, host: str = "", more: Sequence[str] = ()) -> Program:
        """A service as a process; `host` names it where there are several of its kind."""
        said = services()[service]
        command = [self._here(word, host or service) for word in said["command"]]
        return Program(
            name=host or service,
            command=[*_installed(command), *more],
            variables=self.variables(service, host=host or service),
            home=self.home,
        )

    def variables(self, service: str, *, host: str) -> dict[str, str]:
        """A service's variables, and what its image would set."""
        said = services()[service].get("environment", {})
        own = self.home / host
        for folder in (own / "tmp", own / "airflow"):
            folder.mkdir(parents=True, exist_ok=True)
        paths = [self.celery, PROJECT / "plugins", PROJECT]
        return {
            **{name: self._here(str(value), host) for name, value in said.items()},
            **self.changes,
            "AIRFLOW_HOME": str(own / "airflow"),
            "AIRFLOW__API__HOST": HOST,
            "AIRFLOW__API__PORT": str(self.ports.api),
            "AIRFLOW__CORE__HOSTNAME_CALLABLE": "tests.topology.machines.hostname",
            "ELT_TEST_HOST": host,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "NO_PROXY": HOST,
            "no_proxy": HOST,
            # Containers run as somebody else.
            "C_FORCE_ROOT": "1",
        }

    def health(self, service: str, *, host: str = "") -> subprocess.CompletedProcess[str]:
        """What the service's health check says."""
        host = host or service
        command = [self._here(word, host) for word in programs(service)]
        return subprocess.run(
            _installed(command),
            env={**os.environ, **self.variables(service, host=host)},
            capture_output=True,
            text=True,
            check=False,
        )

    def _here(self, text: str, host: str) -> str:
        places = self._places(host)
        # At once: what was put in place may hold what another place is called.
        called = "|".join(map(re.escape, places))
        return re.sub(called, lambda found: places[found.group()], text)

    def _places(self, host: str) -> Mapping[str, str]:
        return {
            "/run/secrets": str(self.secrets),
            "/opt/salesforce-elt": str(PROJECT),
            "/opt/airflow": str(self.home / host / "airflow"),
            "/var/log/airflow": str(self.home / "task-logs"),
            "/var/lib/simulated-org": str(self.org),
            "/tmp/": f"{self.home / host / 'tmp'}/",
            "https://simulated-org.my.salesforce.com:8443": f"https://{HOST}:{self.ports.org_tls}",
            "@simulated-org-database:5432": f"@{self.ports.addresses().simulated_org}",
            "http://api-server:8080": self.api,
            "http://127.0.0.1:8080": self.api,
            "http://127.0.0.1:8099": f"http://{HOST}:{self.ports.org}",
            "--host=0.0.0.0": f"--host={HOST}",
            "--port=8099": f"--port={self.ports.org}",
            "--tls-port=8443": f"--tls-port={self.ports.org_tls}",
            "redis-cli": f"redis-cli -h {HOST} -p {self.ports.redis}",
            "$(hostname)": host,
        }


@contextmanager
def databases(cluster: Cluster) -> Iterator[None]:
    """The PostgreSQL servers, each with the database and the owner that its service makes."""
    make_secrets(cluster.secrets, cluster.ports.addresses())
    with ExitStack() as stack:
        for service, secret in DATABASES.items():
            server = PostgresServer(cluster.home / service, settings=HASTE)
            password = cluster.secret(f"{secret}_password")
            create(server, password=password)
            start(server, port=cluster.ports.databases[service])
            stack.callback(stop, server)
            _make_database(cluster, service, password=password)
        yield


def _make_database(cluster: Cluster, service: str, *, password: str) -> None:
    path = os.pathsep.join([str(embedded_binaries()), os.environ["PATH"]])
    port = cluster.ports.databases[service]
    said = services()[service]["environment"]
    subprocess.run(
        ["sh", PROJECT / "deploy/database.sh"],
        env={**os.environ, "PATH": path, "PGHOST": HOST, "PGPORT": str(port),
             "PGPASSWORD": password, "POSTGRES_PASSWORD": password, "POSTGRES_USER": "postgres",
             "OWNER": said["OWNER"], "DATABASE": said["DATABASE"]},
        check=True,
    )  # fmt: skip


@contextmanager
def queue(cluster: Cluster) -> Iterator[Started]:
    """Redis, on the loopback address."""
    more = ["--port", str(cluster.ports.redis), "--bind", HOST]
    with running(cluster.program("redis", more=more)) as started:
        yield started


def _installed(command: Sequence[str]) -> list[str]:
    """Programs of the image, found in this installation and in the packages of Celery."""
    program, *arguments = command
    if program == "airflow":
        return [sys.executable, "-m", program, *arguments]
    return [sys.executable if program == "python" else program, *arguments]
