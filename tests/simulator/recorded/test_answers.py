"""Every recorded answer that stands alone: what brings it about here is answered alike."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.simulator.recorded.comparing import ERROR_KEYS, differences
from tests.simulator.recorded.declared import ANSWERS, CODES, MORE, SAME
from tests.simulator.recorded.material import piece
from tests.simulator.recorded.world import World


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_as_recorded(world: World, name: str) -> None:
    held = ANSWERS[name]
    recorded = piece(name, held.swap)
    for key in held.without:
        recorded.pop(key)
    answer = held.ask(world)
    assert answer.status_code == held.status, answer.text
    found = _body(answer)
    if held.how == SAME:
        assert found == recorded
    elif held.how == CODES:
        assert [_codes(entry) for entry in found] == [_codes(entry) for entry in recorded]
    else:
        assert list(differences(recorded, found, more=held.how == MORE)) == []


def _body(answer: requests.Response) -> Any:
    return answer.json() if answer.text else None


def _codes(entry: dict[str, Any]) -> tuple[set[str], list[str]]:
    return set(entry), [entry[key] for key in ERROR_KEYS if key in entry]
