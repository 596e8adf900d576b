"""Strangers' clients, unchanged: what they are told is a proxy, whom to trust, and a login.

Clients that are not among the project's own packages live in folders of their own beside the
project's data, are installed there once, and their tests skip with the reason where they cannot be.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from bench.environments import CLIENTS, NotInstalled, once, python_programs
from simulator.server import RunningOrg, SecurePorts

COUNT = 2_100
RUN_SECONDS = 300
PROGRAMS = Path(__file__).resolve().parent / "programs"
T = TypeVar("T")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def org(new_org: Callable[..., RunningOrg]) -> RunningOrg:
    """An org over TLS with more accounts than one page holds, the last of them and some people new.

    What clients that go on where they were read again is what bears the newest stamp.
    """
    running = new_org(secure=SecurePorts())
    with running.org.store.transaction() as work:
        for number in range(COUNT - 1):
            work.insert("Account", {"Name": f"Account {number:05}"})
    running.org.clock.advance(timedelta(minutes=1))
    with running.org.store.transaction() as work:
        work.insert("Account", {"Name": f"Account {COUNT - 1:05}"})
        for name in ("Ng", "Über", 'O"Neil, Jr.'):
            work.insert("Contact", {"LastName": name})
    return running


@pytest.fixture(scope="module")
def variables(org: RunningOrg) -> dict[str, str]:
    """What clients are told of the way to Salesforce, by the names that they know."""
    assert org.secure is not None
    authority = str(org.secure.authority)
    names = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
    proxies = dict.fromkeys(("HTTPS_PROXY", "https_proxy"), org.secure.proxy_url)
    return {**proxies, **dict.fromkeys(names, authority), "NO_PROXY": "", "no_proxy": ""}


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str]) -> None:
    """The same for a client in this process."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def run(variables: dict[str, str]) -> Run:
    """Runs a client as a program of its own; it has to end well, and says what it said."""

    def start(*command: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [str(part) for part in command],
            env={**os.environ, **variables, **more},
            capture_output=True,
            text=True,
            timeout=RUN_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-5000:]}"
        return done

    return start


@pytest.fixture
def keys(org: RunningOrg) -> str:
    """The org's credentials for a program, as JSON."""
    return json.dumps({**vars(org.credentials), "instance_url": ""})


@pytest.fixture(scope="session")
def python_client() -> Callable[[str], Path]:
    """The folder of the programs of a Python client, installed with its exact version."""

    return lambda requirement: _or_skip(lambda: python_programs(requirement))


@pytest.fixture(scope="session")
def node_client() -> Callable[[str], Path]:
    """The folder with a Node client's modules, installed with its exact version."""

    def install(package: str) -> Path:
        if shutil.which("npm") is None or shutil.which("node") is None:
            pytest.skip("npm or node is not installed")
        folder = CLIENTS / package.replace("@", "-")
        quietly = ["--no-fund", "--no-audit", "--ignore-scripts", "--loglevel=error"]
        command = ["npm", "install", *quietly, "--prefix", str(folder), package]
        _or_skip(lambda: once(folder, command))
        return folder / "node_modules"

    return install


def _or_skip(install: Callable[[], T]) -> T:
    try:
        return install()
    except NotInstalled as error:
        pytest.skip(str(error))


def lines(text: str) -> list[dict[str, Any]]:
    """The JSON objects of an output with one a line; other lines are a client's chatter."""
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


@pytest.fixture
def refresh_token(org: RunningOrg) -> str:
    """What a user gets who has once allowed a tool to read the org (the web server flow)."""
    assert org.secure is not None
    known, host = org.credentials, "https://acme.my.salesforce.com/services/oauth2"
    app = {"client_id": known.consumer_key, "redirect_uri": "http://localhost/callback"}
    with requests.Session() as browser:
        browser.trust_env, browser.verify = False, str(org.secure.authority)
        browser.proxies = {"https": org.secure.proxy_url}
        asked = {**app, "response_type": "code"}
        sent_back = browser.get(
            f"{host}/authorize", params=asked, allow_redirects=False, timeout=RUN_SECONDS
        )
        code = parse_qs(urlsplit(sent_back.headers["Location"]).query)["code"][0]
        form = {**app, "client_secret": known.consumer_secret, "code": code}
        answer = browser.post(
            f"{host}/token",
            data={**form, "grant_type": "authorization_code"},
            timeout=RUN_SECONDS,
        )
    return str(answer.json()["refresh_token"])
