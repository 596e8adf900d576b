"""jsforce, the client of most JavaScript tools: its logins, REST, Bulk 1.0 and Bulk 2.0."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.server import RunningOrg
from tests.simulator.clients.conftest import COUNT, PROGRAMS, Run, lines

pytestmark = pytest.mark.slow
CLIENT = "jsforce@3.10.16"


def test_it_logs_in_three_ways_and_reads_by_every_api(
    node_client: Callable[[str], Path],
    run: Run,
    org: RunningOrg,
    keys: str,
    options: Callable[..., None],
) -> None:
    options(soap_login=True, password_login=True)
    modules = node_client(CLIENT)
    since = org.org.clock.stamp().strftime("%Y-%m-%dT%H:%M:%SZ")
    program = PROGRAMS / "jsforce_reads.js"
    done = run("node", program, since, NODE_PATH=str(modules), ORG_KEYS=keys)
    assert lines(done.stdout) == [
        {
            "logins": dict.fromkeys(("soap", "password", "clientCredentials"), COUNT),
            "fieldKeys": 57,
            "hasAccount": True,
            "paged": COUNT,
            "changed": ["Ng", 'O"Neil, Jr.', "Über"],
            "bulk1": COUNT,
            "bulk2": COUNT,
            "user": org.credentials.username,
        }
    ]
