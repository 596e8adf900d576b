"""tap-salesforce, Singer's: discovery, everything, then what changed, by REST and by Bulk 1.0."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from simulator.server import RunningOrg
from tests.simulator.clients.conftest import Run, lines

pytestmark = pytest.mark.slow
CLIENT = "tap-salesforce==2.8.1"
SELECTED = ("Account", "Contact")
CHOICE = {
    "selected": True,
    "replication-method": "INCREMENTAL",
    "replication-key": "SystemModstamp",
}
FEW = 10
NEXT_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Tap:
    """The tap with its configuration, as a scheduler would run it."""

    run: Run
    program: Path
    folder: Path

    def discover(self) -> dict[str, Any]:
        """The catalog of everything that the tap could read."""
        done = self.run(self.program, "--config", self.folder / "config.json", "--discover")
        catalog: dict[str, Any] = json.loads(done.stdout)
        return catalog

    def sync(self, state: dict[str, Any]) -> list[dict[str, Any]]:
        """What the tap writes when it runs after a run that ended in this state."""
        (self.folder / "state.json").write_text(json.dumps(state))
        files = {name: self.folder / f"{name}.json" for name in ("config", "properties", "state")}
        flags = [part for name, path in files.items() for part in (f"--{name}", path)]
        return lines(self.run(self.program, *flags).stdout)


@pytest.fixture(params=["REST", "BULK"])
def tap(
    request: pytest.FixtureRequest,
    python_client: Callable[[str], Path],
    run: Run,
    org: RunningOrg,
    refresh_token: str,
    tmp_path: Path,
) -> Tap:
    config = {
        "client_id": org.credentials.consumer_key,
        "client_secret": org.credentials.consumer_secret,
        "refresh_token": refresh_token,
        "start_date": "2020-01-01T00:00:00Z",
        "api_type": request.param,
        "select_fields_by_default": True,
    }
    (tmp_path / "config.json").write_text(json.dumps(config))
    return Tap(run, python_client(CLIENT) / "tap-salesforce", tmp_path)


def selected(catalog: dict[str, Any]) -> dict[str, Any]:
    """The catalog with a few streams chosen, as its user does it."""
    streams = [stream for stream in catalog["streams"] if stream["tap_stream_id"] in SELECTED]
    for stream in streams:
        for entry in stream["metadata"]:
            if entry["breadcrumb"] == []:
                entry["metadata"] |= CHOICE
    return {"streams": streams}


def test_it_finds_reads_and_goes_on_where_it_was(tap: Tap, org: RunningOrg) -> None:
    catalog = selected(tap.discover())
    assert {stream["tap_stream_id"] for stream in catalog["streams"]} == set(SELECTED)
    (tap.folder / "properties.json").write_text(json.dumps(catalog))
    messages = tap.sync({})
    counts = Counter(one["stream"] for one in messages if one["type"] == "RECORD")
    assert counts == {name: org.org.store.count(name) for name in SELECTED}
    state = [one["value"] for one in messages if one["type"] == "STATE"][-1]
    org.org.clock.advance(NEXT_DAY)
    changed = org.org.store.insert("Contact", {"LastName": "Later"})
    again = [one["record"]["Id"] for one in tap.sync(state) if one["type"] == "RECORD"]
    assert changed in again
    assert len(again) < FEW
