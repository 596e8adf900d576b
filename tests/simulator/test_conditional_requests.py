"""A client that has the newest version already gets none, or is kept from writing over it (2.1)."""

from __future__ import annotations

from datetime import timedelta

import pytest
import requests

from simulator.clock import Clock
from tests.simulator.conftest import Client

LONG_AGO = "Sat, 01 Jan 2000 00:00:01 GMT"
DESCRIBES = ("/sobjects", "/sobjects/Account/describe")


def ask(client: Client, path: str, **headers: str) -> requests.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.call("GET", path, headers=named)


@pytest.mark.parametrize("path", DESCRIBES)
def test_a_describe_that_is_unchanged_is_not_sent_again(client: Client, path: str) -> None:
    first = ask(client, path)
    again = ask(client, path, If_Modified_Since=first.headers["Last-Modified"])
    assert (again.status_code, again.text) == (304, "")
    assert again.headers["ETag"] == first.headers["ETag"]
    assert ask(client, path, If_Modified_Since=LONG_AGO).status_code == 200


def test_a_new_field_changes_the_describe_and_its_date(client: Client, clock: Clock) -> None:
    path = "/sobjects/Account/describe"
    first = ask(client, path)
    clock.advance(timedelta(minutes=1))
    field = {"object": "Account", "field": "Added__c string 20"}
    assert client.admin("POST", "fields", json=field).status_code < 300
    again = ask(client, path, If_Modified_Since=first.headers["Last-Modified"])
    assert again.status_code == 200
    assert again.headers["ETag"] != first.headers["ETag"]
    assert again.headers["Last-Modified"] > first.headers["Last-Modified"]


def test_a_permission_changes_the_describe_too(client: Client, clock: Clock) -> None:
    path = "/sobjects/Lead/describe"
    first = ask(client, path)
    clock.advance(timedelta(minutes=1))
    client.running.org.permissions.hide("Lead", "Industry")
    again = ask(client, path, If_Modified_Since=first.headers["Last-Modified"])
    client.running.org.permissions.clear()
    assert again.status_code == 200


def test_a_row_that_is_unchanged_is_not_sent_again(client: Client, clock: Clock) -> None:
    path = f"/sobjects/Contact/{client.create('Contact', LastName='Read')}"
    first = ask(client, path)
    assert ask(client, path, If_Modified_Since=first.headers["Last-Modified"]).status_code == 304
    clock.advance(timedelta(minutes=1))
    client.call("PATCH", path, json={"Title": "CEO"})
    again = ask(client, path, If_Modified_Since=first.headers["Last-Modified"])
    assert (again.status_code, again.json()["Title"]) == (200, "CEO")


def test_an_account_is_recognised_by_its_etag(client: Client, clock: Clock) -> None:
    """api.md 2.1: rows of accounts alone have one."""
    path = f"/sobjects/Account/{client.create('Account', Name='Tagged')}"
    tag = ask(client, path).headers["ETag"]
    assert ask(client, path, If_None_Match=tag).status_code == 304
    assert ask(client, path, If_None_Match='"other"').status_code == 200
    contact = client.create("Contact", LastName="Untagged")
    assert "ETag" not in ask(client, f"/sobjects/Contact/{contact}").headers


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"Site": "x"}), ("DELETE", None)])
def test_a_row_that_somebody_has_changed_is_not_written_over(
    client: Client, clock: Clock, method: str, body: dict[str, str] | None
) -> None:
    path = f"/sobjects/Account/{client.create('Account', Name='Shared')}"
    first = ask(client, path)
    clock.advance(timedelta(minutes=1))
    client.call("PATCH", path, json={"Site": "theirs"})
    for condition, value in (
        ("If-Match", first.headers["ETag"]),
        ("If-Unmodified-Since", first.headers["Last-Modified"]),
    ):
        refused = client.call(method, path, json=body, headers={condition: value})
        assert (refused.status_code, refused.json()[0]["errorCode"]) == (412, "PRECONDITION_FAILED")
    assert client.get(path).json()["Site"] == "theirs"
    current = {"If-Match": client.get(path).headers["ETag"]}
    assert client.call(method, path, json=body, headers=current).status_code == 204


@pytest.mark.parametrize("moment", ["yesterday", "Sat, 99 Jan 2000 00:00:01 GMT", ""])
def test_a_date_that_is_none_is_no_condition(client: Client, moment: str) -> None:
    assert ask(client, "/sobjects", If_Modified_Since=moment).status_code == 200
