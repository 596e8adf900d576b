"""Whatever a parser is given, it reads or refuses it by the project's own error, and comes to an
end: the member directory, the headers of marts, the trigger form, and what Salesforce answers."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from salesforce_elt.errors import SettingsInvalid, StopError, SyncError
from salesforce_elt.fields import Column, owners, shape
from salesforce_elt.headers import read_header
from salesforce_elt.members import read_directory
from salesforce_elt.parts import Page
from salesforce_elt.row_path import rewritten_page
from salesforce_elt.salesforce.bulk import BulkSource, Question
from salesforce_elt.salesforce.by_id import read_by_id
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import ask
from salesforce_elt.salesforce.describes import Schema, read_schema
from salesforce_elt.salesforce.limits import told
from salesforce_elt.salesforce.login import ClientCredentials, SoapLogin, Token, log_in
from salesforce_elt.salesforce.query import RestSource
from salesforce_elt.salesforce.whoami import whoami
from salesforce_elt.settings import Settings, chosen
from tests.attackers.hostile import PAYLOADS
from tests.bad_input.fuzzing import read_or_refused

pytestmark = pytest.mark.faults

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
fuzzed = settings(derandomize=True, max_examples=80, deadline=None)
hostile = st.sampled_from([*PAYLOADS.values()])
texts = st.text(max_size=20) | hostile


# What people write.

HEADER = ["member_id", "member_name", "email", "is_active", "weekly_capacity_hours"]
members = st.lists(st.lists(texts | st.sampled_from(["true", "40", "a@b.c", "NaN", "1e999", ""]),
                            max_size=6), max_size=5)


@fuzzed
@given(st.lists(st.sampled_from(HEADER) | texts, max_size=6) | st.just(HEADER), members,
       st.booleans())
def test_a_member_directory_is_read_or_refused(tmp_path_factory, header, rows, is_cut) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    content = text.getvalue().encode("utf-8", "surrogatepass")
    file = tmp_path_factory.getbasetemp() / "members.csv"
    file.write_bytes(content[: len(content) // 2] if is_cut else content)
    read_or_refused(lambda: read_directory(file), SettingsInvalid)


lines = st.sampled_from(["-- One row per x.", "-- key: a", "-- key: a, b", "-- recomputed by: a",
                         "-- affected by: t (id)", "--   · u.c (t.d) · v (all)", "-- indexes: a",
                         "-- key:", "--", "select 1", ""]) | texts.map(lambda one: f"-- {one}")


@fuzzed
@given(st.lists(lines, max_size=8).map("\n".join))
def test_the_header_of_a_mart_is_read_or_refused(text: str) -> None:
    read_or_refused(lambda: read_header(Path("marts/x.sql"), text), StopError)


SETTINGS = Settings.model_validate(
    {"orgs": {"acme": {"key": "acme", "connection": "c"}}}, strict=False)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts
    | st.sampled_from(["full", "acme", "Account"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@fuzzed
@given(st.dictionaries(st.sampled_from(["kind", "orgs", "objects"]) | texts, anything, max_size=4))
def test_a_trigger_form_is_read_or_refused(params: dict[str, Any]) -> None:
    read_or_refused(lambda: chosen(SETTINGS, params), SettingsInvalid)


# What Salesforce answers.

NAMES = ("totalSize", "done", "records", "nextRecordsUrl", "compositeResponse", "httpStatusCode",
         "referenceId", "body", "fields", "name", "type", "referenceTo", "replicateable", "state",
         "id", "numberRecordsProcessed", "resultPages", "resultUrl", "identity", "deletedRecords",
         "latestDateCovered", "Id", "attributes", "version", "access_token", "instance_url",
         "errorCode", "message", "DailyApiRequests", "Max", "Remaining", "filterable", "calculated",
         "apiVersion", "errorMessage", "error", "childRelationships", "childSObject", "field",
         "cascadeDelete")  # fmt: skip
numbers = st.integers(-1, 3) | st.sampled_from([10**20, 0.5])
values = st.one_of(
    st.none(), st.booleans(), numbers, hostile,
    st.sampled_from(["JobComplete", "Failed", "/services/data/v62.0/x", "@evil.example", "r0",
                     "https://acme.my.salesforce.com", "Account", "reference", "62.0",
                     "2026-03-01T12:00:00.000+0000", "001000000000001AAA"]))
answers = st.recursive(values, lambda inner: st.lists(inner, max_size=3)
                       | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6), max_leaves=12)
QUERY = {"totalSize": 1, "done": True, "records": [{"attributes": {}, "Id": "001000000000001AAA"}]}
DESCRIBE = {
    "name": "Account", "replicateable": True,
    "fields": [{"name": "Id", "type": "id", "filterable": True, "calculated": False,
                "referenceTo": []}],
    "childRelationships": [{"cascadeDelete": True, "childSObject": "Contact",
                            "field": "AccountId"}]}


def composite(*bodies: Any) -> dict[str, Any]:
    return {"compositeResponse": [
        {"referenceId": f"r{number}", "httpStatusCode": 200, "body": body}
        for number, body in enumerate(bodies)]}


JOB = {"id": "750000000000001AAA", "state": "JobComplete", "numberRecordsProcessed": 1,
       "apiVersion": 62.0}
GOOD = (QUERY, DESCRIBE, composite(QUERY, QUERY), composite(DESCRIBE, {}), JOB,
        {**JOB, "state": "Failed"}, {"identity": "https://x/id/00D/005000000000001AAA"},
        {**QUERY, "done": False, "nextRecordsUrl": "/services/data/v62.0/query/x"},
        {"resultPages": [{"resultUrl": "/x"}], "nextRecordsUrl": "/y", "done": False},
        {"access_token": "t", "instance_url": "https://acme.my.salesforce.com"},
        [{"version": "62.0"}])


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A right answer with another value somewhere, or without something."""
    thing = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    place = thing
    while isinstance(place, dict | list) and place:
        key = draw(st.sampled_from(sorted(place) if isinstance(place, dict) else
                                   list(range(len(place)))))
        if not isinstance(place[key], dict | list) or draw(st.booleans()):
            if isinstance(place, dict) and draw(st.booleans()):
                del place[key]
            else:
                place[key] = draw(answers)
            break
        place = place[key]
    return thing


class Impatient(Exception):
    """More requests than any answer is worth."""


def client(bodies: list[Any]) -> SalesforceClient:
    """A client of an org that answers with these, the last one for ever."""
    waiting, asked = list(bodies), []

    def server(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        if len(asked) > 100:
            raise Impatient
        body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        return httpx.Response(200, content=json.dumps(body), headers={
            "Date": "Sun, 01 Mar 2026 12:00:00 GMT", "Sforce-Limit-Info": "api-usage=1/100"})

    return SalesforceClient(lambda _: Token("t", "https://acme.my.salesforce.com", "62.0"),
                            http=httpx.Client(transport=httpx.MockTransport(server)),
                            pause=lambda _: None, share=Decimal(1))


def rows(source: RestSource) -> list[Any]:
    found = []
    for page in source.pages({}):
        with page.open() as opened:
            found += list(opened.rows or ())
    return [*found, source.expected()]


def bulk(one: SalesforceClient) -> list[Any]:
    source = BulkSource(one, Question("SELECT Id FROM Account", "Account"),
                        note_job=lambda _: None, pause=lambda _: None)
    return [source._wait(), source._listed()]


def shaped(schema: Schema) -> Any:
    found = schema.describes["Account"].body
    return shape(found), owners([found])


READERS = {
    "a query": lambda one: rows(RestSource(one, soql="SELECT Id", fields=["Id"], asked="Query")),
    "records by Id": lambda one: read_by_id(one, "Account", ["001000000000001AAA"], fields=["Id"]),
    "several questions": lambda one: ask(one, {"a": "/x", "b": "/y"}, asked="Ask"),
    "describes": lambda one: shaped(read_schema(one, ("Account",), deleted={})),
    "deletes": lambda one: read_schema(one, ("Account",), deleted={"Account": (NOON, NOON)}),
    "a Bulk job": bulk,
    "quotas": lambda one: told(one.get("/limits", asked="Limits"), share=Decimal(1)),
    "who one is": whoami,
}


@pytest.mark.parametrize("reader", sorted(READERS))
@fuzzed
@given(bodies=st.lists(damaged() | answers | st.sampled_from(GOOD), min_size=1, max_size=3))
def test_an_answer_in_json_is_read_or_refused(reader: str, bodies: list[Any]) -> None:
    read_or_refused(lambda: READERS[reader](client(bodies)), SyncError)


@fuzzed
@given(damaged() | answers, damaged() | answers, st.sampled_from([200, 302, 400, 401, 503]))
def test_an_answer_to_a_login_is_a_session_or_refused(body: Any, versions: Any, status) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(status, content=json.dumps(body))
        return httpx.Response(200, content=json.dumps(versions))

    http = httpx.Client(transport=httpx.MockTransport(server))
    login = ClientCredentials("https://acme.my.salesforce.com", "key", "secret")
    read_or_refused(lambda: log_in(login, http=http, now=lambda: NOON), SyncError)


xml = st.lists(st.sampled_from(["<r>", "</r>", "<sessionId>s</sessionId>", "<serverUrl>", "&amp;",
                                "https://acme.my.salesforce.com", "</serverUrl>", "<!DOCTYPE r>",
                                "&a;", "<?xml version='1.0' encoding='x'?>", "<![CDATA[", "]]>"])
               | texts, max_size=10).map("".join)


@fuzzed
@given(xml)
def test_an_answer_to_a_soap_login_is_a_session_or_refused(text: str) -> None:
    def server(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            return httpx.Response(200, content=text.encode("utf-8", "replace"))
        return httpx.Response(200, json=[{"version": "62.0"}])

    http = httpx.Client(transport=httpx.MockTransport(server))
    login = SoapLogin("https://acme.my.salesforce.com", "etl@acme.com", "secret")
    read_or_refused(lambda: log_in(login, http=http, now=lambda: NOON), SyncError)


COLUMNS = (Column("Id", "id", "text"), Column("Name", "name", "text"))
csv_text = st.lists(st.sampled_from(['"Id"', '"Name"', ",", "\n", "\r\n", '"', '""', "\0", "\ufeff",
                                     '"001"', "x"]) | texts, max_size=14).map("".join)
csv_bytes = csv_text.map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=40)


@fuzzed
@given(csv_bytes | csv_bytes.map(lambda text: b'"Id","Name"\n' + text), st.integers(1, 7))
def test_a_page_of_bulk_is_rows_or_refused(content: bytes, size: int) -> None:
    chunks = [content[at : at + size] for at in range(0, len(content), size)]
    page = Page(1, None, csv=iter(chunks))
    read_or_refused(lambda: list(rewritten_page(page, COLUMNS, {"name": lambda one: one}).rows),
                    SyncError)


