"""CumulusCI's cassettes, sent again from the first exchange to the last (wire/INDEX.md)."""

from __future__ import annotations

import json

import pytest

from tests.simulator.conftest import WIRE
from tests.simulator.recorded.comparing import differences
from tests.simulator.recorded.exchanges import (
    CUT_BY_HAND,
    UNUSABLE,
    WHOLE_ROW,
    Replay,
    of_cassette,
)
from tests.simulator.recorded.material import INTERACTIONS, text_of
from tests.simulator.recorded.world import World

FOLDER = WIRE / INTERACTIONS
CASSETTES = sorted(path.name for path in FOLDER.glob("*.json")) if FOLDER.is_dir() else []


@pytest.mark.parametrize("cassette", CASSETTES)
def test_a_cassette_is_answered_as_it_was_recorded(world: World, cassette: str) -> None:
    file = f"{INTERACTIONS}/{cassette}"
    replay = Replay(world, {"00D0xORGID00000000": world.ids["Organization"]})
    for number, entry in enumerate(json.loads(text_of(file))):
        if "request" not in entry or f"{file}#{number}" in UNUSABLE:
            continue
        exchange = of_cassette(entry)
        if exchange.reason() is not None:
            continue
        answer = replay.send(exchange)
        assert answer.status_code == exchange.status, (number, exchange.uri, answer.text[:500])
        recorded, found = json.loads(exchange.answer), answer.json()
        more = bool(CUT_BY_HAND.search(file) or WHOLE_ROW.search(exchange.uri))
        assert list(differences(recorded, found, more=more)) == [], (number, exchange.uri)
        replay.learn(recorded, found)
