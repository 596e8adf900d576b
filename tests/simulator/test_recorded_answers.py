"""Whole recorded exchanges of the real API, held against the org (wire/INDEX.md)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import requests

from simulator.server import RunningOrg
from tests.simulator.conftest import WIRE, Client

Recording = Callable[[str], Any]
FIXED = (
    "Strict-Transport-Security",
    "X-Content-Type-Options",
    "X-XSS-Protection",
    "X-Robots-Tag",
    "Cache-Control",
    "Content-Type",
    "Vary",
)
LOGIN = """<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"><se:Header/><se:Body>
<login xmlns="urn:partner.soap.sforce.com"><username>{0}</username><password>{1}</password></login>
</se:Body></se:Envelope>"""


def tags(xml: str) -> list[str]:
    return re.findall(r"<([\w:]+)", xml)


def soap_login(org: RunningOrg, password: str) -> requests.Response:
    body = LOGIN.format(org.credentials.username, password)
    return requests.post(f"{org.url}/services/Soap/u/42.0", data=body, timeout=20)


def exchanges(recording: Recording, method: str, status: int) -> list[dict[str, Any]]:
    every = recording("grouparoo/exchanges.json") + recording("grouparoo/query_exchanges.json")
    return [e for e in every if (e["method"], e["status"]) == (method, status)]


def test_a_query_answers_with_the_recorded_headers(client: Client, recording: Recording) -> None:
    """wire/grouparoo/query_exchanges.json."""
    recorded = dict(recording("grouparoo/query_exchanges.json")[0]["headers"])
    found = client.query("SELECT Id FROM Account").headers
    assert {name: found[name] for name in FIXED} == {name: recorded[name] for name in FIXED}


@pytest.mark.parametrize("sobject", ["Account", "Contact", "Lead"])
def test_a_row_has_values_of_the_recorded_types(
    client: Client, recording: Recording, sobject: str
) -> None:
    """wire/grouparoo/exchanges.json, GET of a row: what both have set is of the same type."""
    names = {"Account": {"Name": "Smith"}, "Contact": {"LastName": "Smith"}}
    record_id = client.create(sobject, **names.get(sobject, {"LastName": "Smith", "Company": "S"}))
    row = client.get(f"/sobjects/{sobject}/{record_id}").json()
    recorded = [
        json.loads(exchange["resp"])
        for exchange in exchanges(recording, "GET", 200)
        if f"/sobjects/{sobject}/" in exchange["path"]
    ]
    both = [(row[k], old[k]) for old in recorded for k in old if row.get(k) and old[k]]
    assert recorded
    assert all(type(new) is type(old) for new, old in both)


@pytest.mark.parametrize(("method", "status"), [("POST", 200), ("PATCH", 200), ("DELETE", 200)])
def test_a_collection_answers_in_the_recorded_shape(
    client: Client, recording: Recording, method: str, status: int
) -> None:
    """wire/grouparoo/exchanges.json: an array of id, success, errors."""
    shapes = {
        tuple(sorted(result))
        for exchange in exchanges(recording, method, status)
        if exchange["path"].endswith("/composite/sobjects")
        for result in json.loads(exchange["resp"])
    }
    record = {"attributes": {"type": "Account"}, "Name": "Smith"}
    if method == "POST":
        answer = client.call(
            "POST", "/composite/sobjects", json={"records": [record, {**record, "Name": None}]}
        )
    else:
        ids = [client.create("Account", Name="Smith"), "001SimAAAAAAAAA"]
        body = {"records": [{**record, "id": record_id} for record_id in ids]}
        answer = client.call(
            method, "/composite/sobjects", json=body, params={"ids": ",".join(ids)}
        )
    assert {tuple(sorted(result)) for result in answer.json()} >= shapes


def test_a_soap_login_has_the_recorded_elements_in_their_order(
    org: RunningOrg, recording: Recording, options: Callable[..., None]
) -> None:
    """wire/grouparoo/exchanges.json, api.md 1.1."""
    options(soap_login=True)
    recorded = next(e for e in exchanges(recording, "POST", 200) if "Soap" in e["path"])
    answer = soap_login(org, org.credentials.password + org.credentials.security_token)
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert tags(answer.text) == tags(recorded["resp"])


def test_a_refused_soap_login_answers_as_recorded(
    org: RunningOrg, recording: Recording, options: Callable[..., None]
) -> None:
    """wire/simple_salesforce/soap_login_fault.xml: 500, sf:exceptionCode, sf:exceptionMessage."""
    recording("docs_examples/oauth_errors.json")
    options(soap_login=True)
    recorded = (WIRE / "simple_salesforce/soap_login_fault.xml").read_text("utf-8")
    answer = soap_login(org, "wrong")
    assert (answer.status_code, answer.text.strip()) == (500, recorded.strip())


def test_soap_login_is_no_part_of_newer_versions(
    org: RunningOrg, options: Callable[..., None]
) -> None:
    """api.md 1.0: gone since v65."""
    options(soap_login=True)
    body = LOGIN.format("x", "y")
    answer = requests.post(f"{org.url}/services/Soap/u/65.0", data=body, timeout=20)
    assert "UNSUPPORTED_API_VERSION" in answer.text


def test_a_refused_change_answers_as_recorded(client: Client, recording: Recording) -> None:
    """wire/restforce/write_error_response.json."""
    recorded = recording("restforce/write_error_response.json")[0]
    record_id = client.create("Account", Name="Smith")
    found = client.call("PATCH", f"/sobjects/Account/{record_id}", json={"foo": 1}).json()[0]
    assert found["errorCode"] == recorded["errorCode"]
    assert found["message"] == recorded["message"].replace("Bar", "Account")


def test_an_unknown_external_id_answers_as_recorded(client: Client, recording: Recording) -> None:
    """wire/restforce/sobject_find_error_response.json."""
    recorded = recording("restforce/sobject_find_error_response.json")
    assert client.get("/sobjects/Account/23foo").json() == recorded


def test_a_prettily_printed_query_has_the_recorded_text(
    client: Client, recording: Recording
) -> None:
    """wire/restforce/query_empty_response.json, api.md 2.0: X-PrettyPrint."""
    recorded = recording("restforce/query_empty_response.json")
    headers = {"X-PrettyPrint": "1"}
    params = {"q": "SELECT Id FROM Account WHERE Name = 'nobody'"}
    answer = client.call("GET", "/query", params=params, headers=headers)
    assert answer.json() == recorded
    assert answer.text == '{\n  "totalSize" : 0,\n  "done" : true,\n  "records" : [ ]\n}'


def test_header_names_are_written_as_recorded(client: Client, recording: Recording) -> None:
    """Airbyte's source compares them with their capitals."""
    recorded = set(dict(recording("grouparoo/query_exchanges.json")[0]["headers"]))
    by_name = {name.lower(): name for name in recorded}
    sent = set(client.query("SELECT Id FROM User").headers)
    server = {"transfer-encoding", "content-length", "connection"}
    shared = {name for name in sent if name.lower() in by_name} - server
    assert {"Content-Type", "Sforce-Limit-Info"} <= shared
    assert shared <= recorded
