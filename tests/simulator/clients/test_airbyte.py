"""Airbyte's source: check, discovery, everything, then what changed; Bulk 2.0 where it can."""

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
CLIENT = "airbyte-source-salesforce==2.10.3"
SELECTED = ("Account", "Contact")
FEW = 10
LONG, LATER, A_MINUTE = timedelta(days=40), timedelta(hours=1), timedelta(minutes=1)


@dataclass(frozen=True)
class Source:
    """The connector with its configuration, as a platform runs it."""

    run: Run
    program: Path
    folder: Path
    org: RunningOrg
    refresh_token: str

    def call(self, command: str, **files: Any) -> list[dict[str, Any]]:
        """The messages of one command with these files."""
        flags: list[str | Path] = []
        for name, content in {"config": self.config(), **files}.items():
            path = self.folder / f"{name}.json"
            path.write_text(json.dumps(content))
            flags += [f"--{name}", path]
        return lines(self.run(self.program, command, *flags).stdout)

    def config(self) -> dict[str, Any]:
        """The configuration by which everything up to now is read."""
        now, keys = self.org.org.clock.now(), self.org.credentials
        begin, end = (now + distance for distance in (-LONG, A_MINUTE))
        return {
            "client_id": keys.consumer_key,
            "client_secret": keys.consumer_secret,
            "refresh_token": self.refresh_token,
            "start_date": begin.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end_date": end.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "lookback_window": "PT0S",
            "force_use_bulk_api": True,
            "auth_type": "Client",
        }


@pytest.fixture
def source(
    python_client: Callable[[str], Path],
    run: Run,
    org: RunningOrg,
    refresh_token: str,
    tmp_path: Path,
) -> Source:
    program = python_client(CLIENT) / "source-salesforce"
    return Source(run, program, tmp_path, org, refresh_token)


def chosen(streams: list[dict[str, Any]]) -> dict[str, Any]:
    """The catalog with a few streams, each read by what changed."""
    mode = {"sync_mode": "incremental", "destination_sync_mode": "append"}
    cursor = {"cursor_field": ["SystemModstamp"], "primary_key": [["Id"]]}
    found = [stream for stream in streams if stream["name"] in SELECTED]
    return {"streams": [{"stream": stream, **mode, **cursor} for stream in found]}


def of_kind(messages: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """The contents of the messages of one kind."""
    return [one[kind.lower()] for one in messages if one["type"] == kind]


def test_it_checks_finds_reads_and_goes_on_where_it_was(source: Source, org: RunningOrg) -> None:
    answers = [one for one in source.call("check") if one["type"] == "CONNECTION_STATUS"]
    assert [one["connectionStatus"]["status"] for one in answers] == ["SUCCEEDED"]
    catalog = chosen(of_kind(source.call("discover"), "CATALOG")[0]["streams"])
    assert [one["stream"]["name"] for one in catalog["streams"]] == list(SELECTED)
    messages = source.call("read", catalog=catalog)
    read = Counter(record["stream"] for record in of_kind(messages, "RECORD"))
    assert read == {name: org.org.store.count(name) for name in SELECTED}
    org.org.clock.advance(LATER)
    changed = org.org.store.insert("Contact", {"LastName": "Later"})
    state = list(
        {s["stream"]["stream_descriptor"]["name"]: s for s in of_kind(messages, "STATE")}.values()
    )
    again = of_kind(source.call("read", catalog=catalog, state=state), "RECORD")
    assert changed in [record["data"]["Id"] for record in again]
    assert len(again) < FEW
