"""The hook of Airflow's own Salesforce provider, in a process of its own as a task is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from simulator.server import RunningOrg
from tests.simulator.clients.conftest import COUNT, PROGRAMS, Run, lines

pytestmark = pytest.mark.slow


def test_the_provider_s_hook_reads_and_describes(run: Run, org: RunningOrg, tmp_path: Path) -> None:
    keys = org.credentials
    extra = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}
    connection = {"conn_type": "salesforce", "extra": {**extra, "domain": "acme.my"}}
    done = run(
        sys.executable,
        PROGRAMS / "airflow_hook.py",
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW_CONN_SALESFORCE_DEFAULT=json.dumps(connection),
    )
    answer = lines(done.stdout)[-1]
    assert answer.pop("connection")[0] is True
    assert answer == {"total": COUNT, "read": COUNT, "columns": ["id", "name"], "has_name": True}
