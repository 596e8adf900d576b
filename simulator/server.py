"""Runs an org: an HTTP server in a thread of its own, on the loopback address if not told else."""

from __future__ import annotations

import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import uvicorn
from starlette.applications import Starlette

from simulator.admin.filling import fill_empty, install
from simulator.bulk.resources import runnable
from simulator.bulk_first.resources import worker
from simulator.clock import Clock
from simulator.credentials import Credentials, generate_credentials
from simulator.faults.wire import WatchedProtocol
from simulator.folders import OrgFolderInvalid
from simulator.org import Org
from simulator.resources import server
from simulator.store import Store
from simulator.tls.authority import server_context, tls_files
from simulator.tls.proxy import connect_proxy
from simulator.web.app import application

HOST = "127.0.0.1"
SHUTDOWN_SECONDS = 2
# longer than clients wait between two polls (simple-salesforce: 5 s): a server that hangs up just
# as they ask again would have them meet a closed connection
KEEP_ALIVE_SECONDS = 60
Fill = Callable[[Org], object]


@dataclass(frozen=True)
class RunningOrg:
    """An org that answers at ``url`` to those who have its credentials."""

    url: str
    credentials: Credentials
    org: Org
    secure: SecureUrls | None = None


@dataclass(frozen=True)
class SecureUrls:
    """Where an org answers over TLS, which proxy leads Salesforce's hosts there, whom to trust."""

    url: str
    proxy_url: str
    authority: Path


@dataclass(frozen=True)
class SecurePorts:
    """The ports for TLS and for the CONNECT proxy; 0 takes a free one."""

    tls: int = 0
    proxy: int = 0


@dataclass(frozen=True)
class Setting:
    """How an org is run: with whose keys, by which clock, what fills it at first; `host` is the
    address that it listens on."""

    credentials: Credentials | None = None
    clock: Clock | None = None
    data_dir: Path | None = None
    schema: str = "org"
    secure: SecurePorts | None = None
    fill: Fill = fill_empty
    host: str = HOST


class _Server(uvicorn.Server):
    """A server that runs in a thread: signals belong to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextmanager
def running_org(
    database_url: str,
    setting: Setting | None = None,
    *,
    port: int = 0,
    clock: Clock | None = None,
) -> Iterator[RunningOrg]:
    """An org over this database, running until the block ends; port 0 takes a free one.

    What an earlier run left in the database is taken over; otherwise the org is filled anew.
    """
    setting = setting or Setting()
    with (
        tempfile.TemporaryDirectory(prefix="simulated-org-") as temporary,
        _listening(port, host=setting.host) as listener,
    ):
        url = f"http://{HOST}:{listener.getsockname()[1]}"
        credentials = (setting.credentials or generate_credentials()).at(url)
        store = Store(database_url, clock or setting.clock or Clock(), setting.schema)
        org = Org(store, credentials, setting.data_dir or Path(temporary))
        try:
            _open(org, setting)
            app = application(server(org))
            with _serving(app, listener), _secured(app, org, setting=setting) as secure:
                yield RunningOrg(url, credentials, org, secure)
        finally:
            org.faults.clear()
            org.bulk.close()
            org.batches.close()
            org.ingest.close()
            store.close()


def _open(org: Org, setting: Setting) -> None:
    if not org.store.sobjects:
        install(org)
        try:
            setting.fill(org)
        except OrgFolderInvalid:
            org.store.install({})
            raise
    org.bulk.restore(lambda job: runnable(org, job))
    org.batches.restore(worker(org))


@contextmanager
def _listening(port: int, *, host: str) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(128)
        yield listener


@contextmanager
def _secured(app: Starlette, org: Org, *, setting: Setting) -> Iterator[SecureUrls | None]:
    """The same org over TLS, and the proxy, if they are wanted."""
    ports, host = setting.secure, setting.host
    if ports is None:
        yield None
        return
    files = tls_files(org.data_dir / "tls", org.clock.wall())
    with _listening(ports.tls, host=host) as tls, _listening(ports.proxy, host=host) as proxy:
        tls_port, proxy_port = tls.getsockname()[1], proxy.getsockname()[1]
        with _serving(app, tls, context=server_context(files)), connect_proxy(proxy, tls_port):
            yield SecureUrls(
                f"https://{HOST}:{tls_port}", f"http://{HOST}:{proxy_port}", files.authority
            )


@contextmanager
def _serving(
    app: Starlette, listener: socket.socket, *, context: ssl.SSLContext | None = None
) -> Iterator[None]:
    config = uvicorn.Config(
        app,
        http=WatchedProtocol,
        proxy_headers=False,
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        ssl_context_factory=None if context is None else lambda *_: context,
    )
    runner = _Server(config)
    thread = Thread(target=runner.run, kwargs={"sockets": [listener]}, name="org", daemon=True)
    thread.start()
    try:
        yield
    finally:
        runner.should_exit = True
        thread.join()
