"""Fields of type base64: a place in records, bytes at that place, nothing in Bulk (api.md 2.3)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.simulator.conftest import Client

CONTENT = bytes(range(256)) * 8


@pytest.fixture(scope="module")
def account(client: Client) -> str:
    return client.create("Account", Name="With files")


@pytest.fixture(scope="module")
def attachment(client: Client, account: str) -> str:
    return attach(client, account, "all.bin", ContentType="application/x-all")


def attach(client: Client, parent: str, name: str, **more: Any) -> str:
    body = base64.b64encode(CONTENT).decode()
    return client.create("Attachment", ParentId=parent, Name=name, Body=body, **more)


def test_a_record_tells_where_its_body_is(client: Client, attachment: str) -> None:
    path = f"/services/data/v{client.version}/sobjects/Attachment/{attachment}/Body"
    row = client.get(f"/sobjects/Attachment/{attachment}").json()
    found = client.records(
        f"SELECT Name, Body, BodyLength FROM Attachment WHERE Id = '{attachment}'"
    )
    assert (row["Body"], row["BodyLength"]) == (path, len(CONTENT))
    assert found == [{"Name": "all.bin", "Body": path, "BodyLength": len(CONTENT)}]


def test_the_body_is_fetched_as_bytes(client: Client, attachment: str) -> None:
    answer = client.get(f"/sobjects/Attachment/{attachment}/Body")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/x-all"


@pytest.mark.parametrize("kind", ["text/html\r\nX-Own: 1", "текст", "", "text"])
def test_a_type_that_is_none_reaches_no_header(client: Client, account: str, kind: str) -> None:
    file = attach(client, account, "odd.bin", ContentType=kind)
    answer = client.get(f"/sobjects/Attachment/{file}/Body")
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/octetstream"
    assert "X-Own" not in answer.headers


def test_a_page_holds_one_body(client: Client, account: str, attachment: str) -> None:
    """api.md 2.3."""
    attach(client, account, "another.bin")
    where = "FROM Attachment WHERE Name IN ('all.bin', 'another.bin')"
    assert len(client.query(f"SELECT Id, Body {where}").json()["records"]) == 1
    assert len(client.records(f"SELECT Id, Body {where}")) == 2
    assert len(client.query(f"SELECT Id, Name {where}").json()["records"]) == 2


@pytest.mark.parametrize("field", ["Body", "Name"])
def test_bulk_reads_no_attachment(client: Client, attachment: str, field: str) -> None:
    body = {"operation": "query", "query": f"SELECT Id, {field} FROM Attachment"}
    answer = client.call("POST", "/jobs/query", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALIDENTITY")
    assert "is not supported by the Bulk API" in answer.json()[0]["message"]


@pytest.mark.parametrize("sobject", ["TaskPriority", "TaskStatus"])
def test_bulk_reads_no_setup_lists(client: Client, sobject: str) -> None:
    """api.md 3.5."""
    body = {"operation": "query", "query": f"SELECT Id FROM {sobject}"}
    answer = client.call("POST", "/jobs/query", json=body)
    assert answer.json()[0]["errorCode"] == "INVALIDENTITY"
    assert client.records(f"SELECT COUNT(Id) n FROM {sobject}")[0]["n"] > 0


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Id FROM Attachment WHERE Body = 'x'", "INVALID_FIELD"),
        ("SELECT Id FROM Attachment ORDER BY Body", "MALFORMED_QUERY"),
        ("SELECT Body, COUNT(Id) FROM Attachment GROUP BY Body", "MALFORMED_QUERY"),
    ],
)
def test_a_body_is_neither_filtered_nor_sorted_nor_grouped(
    client: Client, soql: str, code: str
) -> None:
    assert client.query(soql).json()[0]["errorCode"] == code


def test_a_body_that_is_not_base64_is_refused(client: Client, account: str) -> None:
    values = {"ParentId": account, "Name": "broken", "Body": "not base64!"}
    answer = client.call("POST", "/sobjects/Attachment", json=values)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "JSON_PARSER_ERROR")


def test_a_describe_says_that_a_body_is_base64(client: Client) -> None:
    fields = client.get("/sobjects/Attachment/describe").json()["fields"]
    body = next(field for field in fields if field["name"] == "Body")
    shown = (body["type"], body["soapType"], body["filterable"], body["sortable"])
    assert shown == ("base64", "xsd:base64Binary", False, False)


def test_files_go_with_their_record(client: Client) -> None:
    parent = client.create("Account", Name="Going")
    file = attach(client, parent, "gone.bin")
    client.call("DELETE", f"/sobjects/Account/{parent}")
    assert client.get(f"/sobjects/Attachment/{file}").status_code == 404
    assert client.get(f"/sobjects/Attachment/{file}/Body").status_code == 404


def test_a_file_without_a_body_of_its_own_field_is_asked_by_its_external_id(client: Client) -> None:
    """The same path names external Ids: what is no body is looked up as one."""
    answer = client.get("/sobjects/Attachment/Name/all.bin")
    assert answer.json()[0]["message"].startswith("Provided external ID field does not exist")
