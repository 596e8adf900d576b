"""Recorded exchanges sent again: the same request, with this org's Ids in the place of theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus

import requests

from tests.simulator.conftest import PATIENCE_SECONDS
from tests.simulator.recorded.comparing import ID
from tests.simulator.recorded.world import World

# Not replayed, by what the request is and why.
NOT_OFFERED = (
    (re.compile(r"/tooling/"), "the Tooling API is not offered"),
    (re.compile(r"/connect/"), "the Connect API is not offered"),
    (re.compile(r"/services/async/"), "Bulk 1.0: test_bulk_first_exchanges"),
)
# Not replayed, by name.
UNUSABLE = {
    "cumulusci/interactions/ManualEdit_TestCountSObjects.test_count_sobjects__network_errors.json#0":
        "a failure of the network, written by hand: a fault of kind status does it",
    "cumulusci/interactions/ManualEdit_test_describe_to_sql.json#0":
        "its request was cut by hand and is no JSON any more",
}  # fmt: skip
# An answer in which hands have left a part of a describe.
CUT_BY_HAND = re.compile(r"/ManualEdit")
# A row that is read whole has the fields of its org.
WHOLE_ROW = re.compile(r"/sobjects/\w+/\w{15,18}$")


@dataclass(frozen=True)
class Exchange:
    """What was asked and answered, in one form for both sources."""

    method: str
    uri: str
    body: str | None
    status: int
    answer: str
    headers: tuple[tuple[str, str], ...] = ()

    def reason(self) -> str | None:
        """Why it is not replayed, or None."""
        return next((why for pattern, why in NOT_OFFERED if pattern.search(self.uri)), None)


def of_cassette(entry: dict[str, Any]) -> Exchange:
    """An exchange of wire/cumulusci/interactions."""
    asked, answered = entry["request"], entry["response"]
    answer = answered["body"]
    return Exchange(
        asked["method"],
        asked["uri"].replace("https://orgname.my.salesforce.com", ""),
        asked.get("body"),
        answered["status"]["code"],
        answer if isinstance(answer, str) else json.dumps(answer),
    )


@dataclass
class Replay:
    """Sends exchanges of one recording in their order, and learns which Id stands for which."""

    world: World
    ids: dict[str, str] = field(default_factory=dict)

    def send(self, exchange: Exchange) -> requests.Response:
        """What the org answers to the recorded request."""
        body = None if exchange.body is None else self._own(exchange.body).encode()
        return self.world.client.http.request(
            exchange.method,
            self.world.client.running.url + self._own(unquote_plus(exchange.uri)),
            data=body,
            headers={"Content-Type": "application/json"},
            timeout=PATIENCE_SECONDS,
        )

    def learn(self, recorded: Any, found: Any) -> None:
        """Remember the Ids that stand in the same place."""
        self.ids |= dict(_pairs(recorded, found))

    def _own(self, text: str) -> str:
        text = text.replace("vxx.0", f"v{self.world.client.version}")
        return ID.sub(lambda match: self.ids.get(match.group(), match.group()), text)


def _pairs(recorded: Any, found: Any) -> Iterator[tuple[str, str]]:
    if isinstance(recorded, dict) and isinstance(found, dict):
        for key in recorded.keys() & found.keys():
            yield from _pairs(recorded[key], found[key])
    elif isinstance(recorded, list) and isinstance(found, list):
        for pair in zip(recorded, found, strict=False):
            yield from _pairs(*pair)
    elif all(isinstance(one, str) and ID.fullmatch(one) for one in (recorded, found)):
        yield recorded, found
