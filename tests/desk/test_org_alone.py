"""`make org`: the simulated org alone, for any client."""

import json
import random
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from desk.embedded import postgres_server
from desk.postgres import is_free, running_pid
from salesforce_elt.environment import PROJECT, Environment
from tests.desk.conftest import Command, desk_command, desk_variables

pytestmark = [pytest.mark.server, pytest.mark.slow]
NAMES = "/services/data/v60.0/query?q=SELECT+Id+FROM+Opportunity+ORDER+BY+Id"
PATIENCE_SECONDS = 120
# below those that systems hand out by themselves, so that nothing takes a neighbour meanwhile
PORTS = range(20_000, 30_000)


@pytest.fixture(scope="module")
def environment(environment: Environment) -> Environment:
    """The copy of the other tests, with a port whose two neighbours are free as well."""
    for port in random.sample(PORTS, k=100):
        if all(is_free(one) for one in (port, port + 1, port + 2)):
            return replace(environment, simulator_port=port)
    raise AssertionError("no three free ports in a row")


@pytest.fixture
def desk(environment: Environment) -> Command:
    """Run `python -m desk` in that copy."""
    return lambda *arguments: desk_command(environment, *arguments)


@contextmanager
def org_alone(environment: Environment, *arguments: str) -> Iterator[dict[str, str]]:
    """`make org` until the block ends: what it tells, by the names that it gives things."""
    process = subprocess.Popen(
        [sys.executable, "-m", "desk", "org_alone", *arguments],
        env=desk_variables(environment),
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = ""
    for line in process.stdout or []:
        printed += line
        if "Ctrl-C stops the org" in line:
            break
    told = dict(re.findall(r"^ +(instance URL|with TLS|credentials) +(\S+)", printed, re.MULTILINE))
    told |= dict(re.findall(r"export (\w+)='?([^'\n]+)'?", printed))
    try:
        assert told, printed
        yield told
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0


def opportunities(url: str, keys: dict[str, str], **way: object) -> list[str]:
    """The Ids of all opportunities, as a stranger reads them."""
    answer = requests.post(
        f"{url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(keys["consumer_key"], keys["consumer_secret"]),
        timeout=PATIENCE_SECONDS,
        **way,
    ).json()
    headers = {"Authorization": f"Bearer {answer['access_token']}"}
    found = requests.get(
        answer["instance_url"] + NAMES, headers=headers, timeout=PATIENCE_SECONDS, **way
    )
    return [row["Id"] for row in found.json()["records"]]


def test_it_answers_as_it_says_and_keeps_its_records(environment: Environment) -> None:
    with org_alone(environment, "", "7", "3") as told:
        keys = json.loads(Path(told["credentials"]).read_text("utf-8"))
        plain = opportunities(told["instance URL"], keys)
        by_tls = opportunities(told["with TLS"], keys, verify=told["SSL_CERT_FILE"])
        by_proxy = opportunities(
            "https://acme.my.salesforce.com",
            keys,
            verify=told["REQUESTS_CA_BUNDLE"],
            proxies={"https": told["HTTPS_PROXY"]},
        )
    assert (len(plain), by_tls, by_proxy) == (7, plain, plain)
    with org_alone(environment) as told:
        assert opportunities(told["instance URL"], keys) == plain
    assert running_pid(postgres_server(environment)) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", "many", ""), "N is 'many'"),
        (("", "", "-1"), "SEED is '-1'"),
        (("/nowhere/at/all", "", ""), "/nowhere/at/all"),
    ],
)
def test_what_cannot_be_is_explained(desk: Command, arguments: tuple[str, ...], words: str) -> None:
    done = desk("org_alone", *arguments)
    assert (done.returncode, words in done.stderr) == (1, True)
    assert "Traceback" not in done.stderr
