"""Hostile requests are refused in Salesforce's form, never with a stack trace."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.conftest import Client

WORDS = [
    "SELECT",
    "Id",
    "Name",
    "FROM",
    "Account",
    "WHERE",
    "(",
    ")",
    ",",
    "=",
    "'x'",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "NULL",
    "5",
    "COUNT",
    ".",
    "GROUP BY",
    "LIMIT",
    "2020-01-01",
    "--",
    "%s",
    "ORDER BY",
    "TODAY",
    "Owner.Name",
    "LAST_N_DAYS:9",
]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(words=st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_row_of_words_is_answered_or_refused(client: Client, words: list[str]) -> None:
    answer = client.query(" ".join(["SELECT", *words]))
    assert answer.status_code in (200, 400)
    assert isinstance(answer.json(), dict | list)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=st.text(max_size=60))
def test_any_text_in_quotes_finds_records_or_nothing(client: Client, text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace("'", "\\'").encode("utf-8", "replace").decode()
    answer = client.query(f"SELECT Id FROM Account WHERE Name = '{quoted}' OR Name LIKE '{quoted}'")
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize(
    "soql",
    [
        "SELECT Id FROM Account WHERE Name = '\\u0000'",
        "SELECT Id FROM Account WHERE Name = '%s'",
        "SELECT Id FROM Account WHERE Name = '%(x)s' AND Name LIKE '%%'",
        'SELECT "Id" FROM Account',
        "SELECT Id FROM Account; DROP TABLE Account",
        "SELECT Id FROM org_state.sobject",
        "SELECT Id FROM Account WHERE NumberOfEmployees = 1e400",
        "SELECT Id FROM Account WHERE NumberOfEmployees = 99999999999999999999",
        "SELECT Id FROM Account WHERE CreatedDate = 9999-99-99T99:99:99Z",
        "SELECT Id FROM Account WHERE CreatedDate = LAST_N_YEARS:9999",
        "SELECT Id FROM Account LIMIT 99999999999999999999999",
        "SELECT Id FROM Account OFFSET 99999999999999999999999",
        "SELECT " + ",".join(["Owner." * 9 + "Name"] * 5) + " FROM Account",
    ],
)
def test_a_statement_with_tricks_is_answered_or_refused(client: Client, soql: str) -> None:
    answer = client.query(soql)
    assert answer.status_code in (200, 400), answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b'{"Name":NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a":1e999999}'],
)
@pytest.mark.parametrize(
    "path",
    ["/sobjects/Account", "/composite", "/composite/batch", "/composite/sobjects", "/jobs/query"],
)
def test_a_body_that_is_no_request_is_refused(client: Client, path: str, body: bytes) -> None:
    answer = client.call("POST", path, data=body)
    assert answer.status_code == 400
    assert "errorCode" in answer.json()[0]


@pytest.mark.parametrize(
    "path",
    [
        "/sobjects/../../../etc/passwd",
        "/sobjects/%2e%2e/x",
        "/jobs/query/..%2f..",
        "/query/01g/../x",
        "/sobjects/Account/'--",
    ],
)
def test_a_path_with_tricks_leads_nowhere(client: Client, path: str) -> None:
    assert client.get(path).status_code in (400, 404)


def test_a_uri_that_is_too_long_is_refused(client: Client) -> None:
    """api.md 2.5: 16,384 bytes."""
    fields = ",".join(["Name"] * 4_000)
    assert client.query(f"SELECT {fields} FROM Account").status_code == 414


def test_a_compressed_body_is_read_and_a_bomb_is_not(client: Client) -> None:
    packed = gzip.compress(b'{"Name":"Packed"}')
    bomb = gzip.compress(b" " * 60_000_000)
    headers = {"Content-Encoding": "gzip"}
    assert client.call("POST", "/sobjects/Account", data=packed, headers=headers).status_code == 201
    assert client.call("POST", "/sobjects/Account", data=bomb, headers=headers).status_code == 413


def test_xml_with_entities_is_refused(client: Client) -> None:
    client.running.org.options.update({"soap_login": True})
    body = '<!DOCTYPE x [<!ENTITY a "aaaa">]><login><username>&a;</username></login>'
    answer = client.call("POST", "/services/Soap/u/59.0", data=body)
    client.running.org.options.reset()
    assert (answer.status_code, "sf:exceptionCode" in answer.text) == (500, True)
