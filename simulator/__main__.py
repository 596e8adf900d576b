"""``python -m simulator``: a Salesforce org on this machine, until it is told to stop."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from simulator.admin.filling import fill_empty, fill_generated
from simulator.credentials import read_or_generate
from simulator.folders import OrgFolderInvalid, load_folder
from simulator.server import HOST, Fill, SecurePorts, SecureUrls, Setting, running_org

DEFAULT_SEED = 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the org that the arguments describe; 2 when its data cannot be loaded."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    url = f"http://{HOST}:{given.port}"
    setting = Setting(
        credentials=read_or_generate(given.credentials, instance_url=url),
        data_dir=given.data_dir,
        secure=_secure(given),
        fill=_fill(given),
        host=given.host,
    )
    try:
        with running_org(given.database_url, port=given.port, setting=setting) as running:
            print(f"simulated org at {running.url}", flush=True)
            if running.secure:
                _say_secure(running.secure)
            stop.wait()
    except OrgFolderInvalid as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _say_secure(secure: SecureUrls) -> None:
    print(f"over TLS at {secure.url}, trusting {secure.authority}", flush=True)
    print(f"as Salesforce's own hosts through the proxy {secure.proxy_url}", flush=True)


def _secure(given: argparse.Namespace) -> SecurePorts | None:
    if given.tls_port is None and given.proxy_port is None:
        return None
    return SecurePorts(tls=given.tls_port or 0, proxy=given.proxy_port or 0)


def _fill(given: argparse.Namespace) -> Fill:
    if given.folder is not None:
        folder: Path = given.folder
        return lambda org: load_folder(org.store, folder)
    if given.size is not None:
        size, seed = int(given.size), int(given.seed)
        return lambda org: fill_generated(org, size, seed)
    return fill_empty


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default=HOST, help=f"where to listen; default: {HOST}")
    parser.add_argument("--database-url", required=True, help="a PostgreSQL database of its own")
    parser.add_argument("--credentials", type=Path, required=True, help="made when missing")
    parser.add_argument("--data-dir", type=Path, help="for result files; default: temporary")
    parser.add_argument("--tls-port", type=int, help="https as well; 0 takes a free port")
    parser.add_argument("--proxy-port", type=int, help="a CONNECT proxy for Salesforce's hosts")
    filled = parser.add_mutually_exclusive_group()
    filled.add_argument("--folder", type=Path, help="an org folder to load into an empty org")
    filled.add_argument("--size", type=int, help="how many opportunities to generate")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    return parser


if __name__ == "__main__":
    sys.exit(main())
