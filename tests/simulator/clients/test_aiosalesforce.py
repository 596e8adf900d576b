"""aiosalesforce: httpx instead of requests, so it trusts and finds its way by other variables."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from simulator.server import RunningOrg
from tests.simulator.clients.conftest import COUNT, PROGRAMS, Run, lines

pytestmark = pytest.mark.slow
CLIENT = "aiosalesforce[jwt]==0.6.2"


def test_it_logs_in_three_ways_reads_all_and_writes_in_bulk(
    python_client: Callable[[str], Path],
    run: Run,
    org: RunningOrg,
    keys: str,
    options: Callable[..., None],
) -> None:
    options(soap_login=True)
    python = python_client(CLIENT) / "python"
    since = org.org.clock.stamp().strftime("%Y-%m-%dT%H:%M:%SZ")
    done = run(python, PROGRAMS / "aiosalesforce_reads.py", since, ORG_KEYS=keys)
    assert lines(done.stdout) == [
        {
            "read": {"SOAP": COUNT, "JWT": COUNT, "client credentials": COUNT},
            "requests": 100_000,
            "company": "人民",
            "written": 3,
            "refused": ["No company"],
            "changed": 4,
        }
    ]
