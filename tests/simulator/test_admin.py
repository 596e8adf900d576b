"""What only the simulator has: data, clock, switches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from simulator.options import DECLARED, Options, UnknownOption
from simulator.server import RunningOrg
from tests.simulator.conftest import NOW, Client

PACKAGE = Path(__file__).resolve().parents[2] / "simulator"


@pytest.fixture(autouse=True)
def reset(client: Client) -> Iterator[None]:
    yield
    client.running.org.options.reset()
    client.running.org.clock.set(NOW)


def test_the_administrator_needs_the_token(org: RunningOrg) -> None:
    answer = requests.get(f"{org.url}/simulator/state", timeout=120)
    assert answer.status_code == 403


def test_a_user_of_the_org_is_no_administrator(client: Client) -> None:
    answer = client.http.get(f"{client.running.url}/simulator/state", timeout=120)
    assert answer.status_code == 403


def test_a_generated_org_replaces_the_one_before(client: Client) -> None:
    client.create("Account", Name="Before")
    body = client.admin("POST", "generate", json={"size": 20, "seed": 1}).json()
    state = client.admin("GET", "state").json()
    assert body["generated"]["Opportunity"] == state["records"]["Opportunity"] == 20
    assert client.records("SELECT Id FROM Account WHERE Name = 'Before'") == []


def test_an_org_folder_is_loaded(client: Client, tmp_path: Path) -> None:
    (tmp_path / "Account.csv").write_text("Id,Name,Sector__c\n1,Acme,technolgy\n", "utf-8")
    body = client.admin("POST", "load", json={"folder": str(tmp_path)}).json()
    assert body["loaded"]["Account"] == 1
    assert client.records("SELECT Name, Sector__c FROM Account") == [
        {"Name": "Acme", "Sector__c": "technolgy"}
    ]


@pytest.mark.parametrize(
    ("path", "body", "takes"),
    [
        ("clock", {"advance": 90}, "['set', 'advance_seconds']"),
        ("load", {"folder": ".", "path": "."}, "['folder']"),
        ("generate", {"opportunities": -1}, "['size', 'seed']"),
        ("change", {"seed": 1, "update": 3}, "['seed', 'inserts', 'updates', "),
        ("hide", {"object": "Account", "fields": "Name"}, "['object', 'field']"),
        ("show", {"object": "Account", "fields": "Name"}, "['object', 'field']"),
        ("records/Account/delete", {"ids": [], "id": "1"}, "['ids']"),
        ("records/Account/merge", {"losers": [], "loser": "1"}, "['winner', 'losers']"),
        ("records/Account/automate", {"ids": [], "value": {}}, "['ids', 'values']"),
        ("objects", {"name": "Key__c", "field": "X__c double"}, "['name', 'fields', "),
        ("fields", {"object": "Account", "name": "X__c"}, "['object', 'field', "),
        ("rules", {"kind": "duplicate", "object": "Account", "field": "Name"}, "['kind', "),
        ("locks", {"ids": [], "minutes": 5}, "['ids', 'seconds']"),
        ("permissions/profile", {"name": "Standard User"}, "['profile']"),
        ("sharing", {"object": "Account", "private": True, "to": "all"}, "['object', 'private']"),
    ],
)
def test_a_key_that_would_be_overlooked_is_refused_and_nothing_happens(
    client: Client, path: str, body: dict[str, object], takes: str
) -> None:
    before = client.admin("GET", "state").json()
    answer = client.admin("POST", path, json=body)
    message = answer.json()[0]["message"]
    assert (answer.status_code, takes in message) == (400, True), message
    assert client.admin("GET", "state").json() == before


def test_a_folder_that_does_not_fit_changes_nothing(client: Client, tmp_path: Path) -> None:
    client.admin("POST", "empty")
    client.create("Account", Name="Stays")
    (tmp_path / "Contact.csv").write_text("Id,LastName,AccountId\n1,Ng,missing\n", "utf-8")
    answer = client.admin("POST", "load", json={"folder": str(tmp_path)})
    assert (answer.status_code, "missing" in answer.text) == (400, True)
    assert client.records("SELECT Name FROM Account") == [{"Name": "Stays"}]


def test_an_org_changes_the_same_way_for_the_same_seed(client: Client) -> None:
    counts = {"inserts": 2, "updates": 3, "deletes": 1, "owner_changes": 1}
    client.admin("POST", "generate", json={"size": 20, "seed": 1})
    first = client.admin("POST", "change", json={"seed": 7, **counts}).json()
    client.admin("POST", "generate", json={"size": 20, "seed": 1})
    second = client.admin("POST", "change", json={"seed": 7, **counts}).json()
    assert {kind: len(ids) for kind, ids in first.items()} == {
        "inserted": 2,
        "updated": 3,
        "deleted": 1,
        "owner_changed": 1,
        "record_type_changed": 0,
    }
    assert first["updated"] == second["updated"]


def test_the_clock_can_be_set_and_moved(client: Client) -> None:
    client.admin("POST", "clock", json={"set": "2026-04-01T00:00:00Z"})
    moved = client.admin("POST", "clock", json={"advance_seconds": 90}).json()
    assert moved["now"] == "2026-04-01T00:01:30+00:00"


def test_records_can_be_put_as_they_are_and_taken_out(client: Client) -> None:
    client.admin("POST", "empty")
    record_id = client.create("Account", Name="Now")
    row = next(r for r in client.admin("GET", "records/Account").json() if r["Id"] == record_id)
    past = {**row, "SystemModstamp": "2020-01-01T00:00:00.000+0000", "AnnualRevenue": "12.50"}
    assert client.admin("PUT", "records/Account", json=[past]).json() == {"loaded": 1}
    found = client.records("SELECT SystemModstamp, AnnualRevenue FROM Account")
    assert found == [{"SystemModstamp": "2020-01-01T00:00:00.000+0000", "AnnualRevenue": 12.5}]


def test_all_sessions_can_be_ended(client: Client) -> None:
    other = Client(client.running).login()
    client.admin("POST", "sessions/expire")
    ended = other.get("/limits").status_code
    client.login()
    assert ended == 401


def test_switches_are_listed_with_their_source_and_set(client: Client) -> None:
    listed = client.admin("GET", "options").json()
    client.admin("PATCH", "options", json={"bulk_validation": "failed_job"})
    values = {entry["name"]: entry["value"] for entry in client.admin("GET", "options").json()}
    assert [entry["name"] for entry in listed] == [option.name for option in DECLARED]
    assert all(entry["api.md"] and entry["meaning"] for entry in listed)
    assert values["bulk_validation"] == "failed_job"


@pytest.mark.parametrize(
    "values",
    [
        {"no_such_thing": True},
        {"bulk_validation": "sometimes"},
        {"query_batch_size": -1},
        {"soap_login": 1},
    ],
)
def test_a_switch_that_does_not_exist_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(UnknownOption):
        Options(values)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [option.name for option in DECLARED])
def test_every_declared_switch_switches_something(name: str) -> None:
    modules = [path for path in PACKAGE.rglob("*.py") if path.name != "options.py"]
    assert any(f'"{name}"' in path.read_text("utf-8") for path in modules)
