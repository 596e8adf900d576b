"""The hook of Airflow's own Salesforce provider, in a process of its own as a task is."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from simulator.auth.restrictions import read_range
from simulator.credentials import Credentials
from simulator.server import RunningOrg
from tests.simulator.clients.conftest import COUNT, PROGRAMS, Run, lines

pytestmark = pytest.mark.slow
Connection = dict[str, Any]


def with_app(keys: Credentials, **extra: str) -> Connection:
    return {"extra": {"consumer_key": keys.consumer_key, **extra}}


def with_user(keys: Credentials, password: str, **extra: str) -> Connection:
    return {"login": keys.username, "password": password, "extra": extra}


# as an administrator fills in the provider's form
CONNECTIONS: dict[str, Callable[[Credentials], Connection]] = {
    "client credentials": lambda keys: with_app(
        keys, consumer_secret=keys.consumer_secret, domain="acme.my"
    ),
    "JWT": lambda keys: {
        **with_app(keys, private_key=keys.private_key),
        "login": keys.username,
    },
    "SOAP with a security token": lambda keys: with_user(
        keys, keys.password, security_token=keys.security_token
    ),
    "SOAP from a trusted network": lambda keys: with_user(
        keys, keys.password, organization_id="00DSim000000001MAA"
    ),
    "password": lambda keys: {
        **with_app(keys, consumer_secret=keys.consumer_secret),
        "login": keys.username,
        "password": keys.password + keys.security_token,
    },
}


@pytest.fixture
def open_to_all(org: RunningOrg, options: Callable[..., None]) -> None:
    """An org that allows what new orgs refuse, and trusts this machine."""
    options(soap_login=True, password_login=True)
    org.org.logins.trusted_ranges = (read_range("127.0.0.1"),)


@pytest.mark.usefixtures("open_to_all")
@pytest.mark.parametrize("way", CONNECTIONS)
def test_the_provider_s_hook_reads_and_describes_with(
    way: str, run: Run, org: RunningOrg, tmp_path: Path
) -> None:
    connection = {"conn_type": "salesforce", **CONNECTIONS[way](org.credentials)}
    done = run(
        sys.executable,
        PROGRAMS / "airflow_hook.py",
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW_CONN_SALESFORCE_DEFAULT=json.dumps(connection),
    )
    answer = lines(done.stdout)[-1]
    assert answer.pop("connection")[0] is True
    assert answer == {"total": COUNT, "read": COUNT, "columns": ["id", "name"], "has_name": True}
