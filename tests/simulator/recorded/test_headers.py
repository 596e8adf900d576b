"""Grouparoo's exchanges, whose answers were recorded with their headers (wire/INDEX.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from tests.simulator.recorded.comparing import differences, normal
from tests.simulator.recorded.material import EXCHANGES, piece
from tests.simulator.recorded.world import World

FIRST, SECOND = EXCHANGES
# the connection's, or Salesforce's own cookies
NOT_COMPARED = {"Date", "Set-Cookie", "Transfer-Encoding", "Connection", "Content-Length"}
FORMS = {
    "Sforce-Limit-Info": r"api-usage=\d+/\d+",
    "ETag": r'"[\w+/=]+"',
    "Last-Modified": r"\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT",
}
# Fields of the recorded org that a new one has not: custom ones, and those of features.
OF_THE_OTHER_ORG = re.compile(r"\w+__c|IsPriorityRecord|IndividualId")
UNKNOWN = {"Account": "001SimAAAAAAAAA", "Contact": "003SimAAAAAAAAA", "Lead": "00QSimAAAAAAAAA"}
Ask = Callable[[World], requests.Response]


@dataclass(frozen=True)
class Held:
    """A recorded exchange, and the same request to this org."""

    ask: Ask
    is_row: bool = False


def records(method: str, *given: dict[str, Any]) -> Ask:
    def ask(world: World) -> requests.Response:
        whole = [
            {**one, **({"id": world.ids["Account"]} if method == "PATCH" else {})} for one in given
        ]
        body = {"allOrNone": False, "records": whole}
        return world.version("42.0").call(method, "/composite/sobjects", json=body)

    return ask


def row(sobject: str) -> Ask:
    return lambda world: world.version("42.0").get(f"/sobjects/{sobject}/{world.ids[sobject]}")


def no_row(sobject: str) -> Ask:
    return lambda world: world.version("42.0").get(f"/sobjects/{sobject}/{UNKNOWN[sobject]}")


def created(sobject: str, name: str) -> Ask:
    return lambda world: world.version("42.0").call(
        "POST", f"/sobjects/{sobject}", json={"Name": name}
    )


def found(soql: str) -> Ask:
    return lambda world: world.version("42.0").query(soql)


def three_removed(world: World) -> requests.Response:
    ids = [world.client.create("Account", Name="Gone") for _ in range(3)]
    return world.version("42.0").call(
        "DELETE", "/composite/sobjects", params={"ids": ",".join(ids)}
    )


SMITH = {"attributes": {"type": "Account"}, "Name": "Smith", "AccountNumber": "a@demo.com"}
HELD = {
    f"{FIRST}#1": Held(found("SELECT Id FROM Account WHERE Name = 'nobody'")),
    f"{FIRST}#2": Held(records("POST", SMITH)),
    f"{FIRST}#3": Held(row("Account"), is_row=True),
    f"{FIRST}#4": Held(records("PATCH", {**SMITH, "Site": "https://www.example.com"})),
    f"{FIRST}#5": Held(records("PATCH", SMITH, {**SMITH, "email_field__c": "badone"})),
    f"{FIRST}#6": Held(three_removed),
    f"{FIRST}#7": Held(no_row("Account")),
    f"{FIRST}#8": Held(row("Contact"), is_row=True),
    f"{FIRST}#9": Held(no_row("Contact")),
    f"{FIRST}#10": Held(records("POST", {**SMITH, "Name": None})),
    f"{FIRST}#11": Held(created("Topic", "(test) High Value2")),
    f"{FIRST}#12": Held(row("Lead"), is_row=True),
    f"{FIRST}#13": Held(no_row("Lead")),
    f"{FIRST}#14": Held(created("Campaign", "(test) High Value4")),
    f"{SECOND}#0": Held(found("SELECT Id FROM Account LIMIT 1")),
}


@pytest.mark.parametrize("name", HELD)
def test_an_exchange_is_answered_as_recorded(world: World, name: str) -> None:
    recorded, answer = piece(name), HELD[name].ask(world)
    assert answer.status_code == recorded["status"]
    assert list(differences(_body(name, recorded), answer.json(), more=HELD[name].is_row)) == []


def _body(name: str, recorded: dict[str, Any]) -> Any:
    body = json.loads(recorded["resp"])
    if not HELD[name].is_row:
        return body
    return {key: value for key, value in body.items() if not OF_THE_OTHER_ORG.fullmatch(key)}


@pytest.mark.parametrize("name", HELD)
def test_an_exchange_has_the_recorded_headers(world: World, name: str) -> None:
    recorded, answer = piece(name), HELD[name].ask(world)
    headers = {key: value for key, value in recorded["headers"] if key not in NOT_COMPARED}
    # with their capitals: some clients compare every letter
    own = dict(answer.raw.headers.items())
    assert headers.keys() - own.keys() == set()
    for key, value in headers.items():
        if key in FORMS:
            assert re.fullmatch(FORMS[key], own[key]), key
        else:
            assert normal(own[key]) == normal(value), key
