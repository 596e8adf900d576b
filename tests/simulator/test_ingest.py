"""Bulk 2.0 ingest: records in by CSV, one answer a row (api.md 3.8)."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
import zlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from simple_salesforce.api import Salesforce

from simulator.clock import Clock
from simulator.ingest.job import IngestJob
from simulator.ingest.jobs import IngestJobs
from tests.simulator.conftest import PATIENCE_SECONDS, Client

Rows = list[dict[str, str]]
ROWS = b"Name\nPacked\n" * 50


@pytest.fixture(scope="module", autouse=True)
def _external_id(client: Client) -> None:
    body = {"object": "Account", "field": "Number__c string 20 unique idlookup external"}
    answer = client.admin("POST", "fields", json=body)
    assert answer.status_code == 201, answer.text


def job(client: Client, operation: str, sobject: str = "Account", **more: Any) -> str:
    body = {"operation": operation, "object": sobject, **more}
    answer = client.call("POST", "/jobs/ingest", json=body)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["id"])


def upload(
    client: Client, job_id: str, text: str | bytes, *, encoding: str | None = None
) -> requests.Response:
    headers = {"Content-Type": "text/csv", **({"Content-Encoding": encoding} if encoding else {})}
    path = f"/jobs/ingest/{job_id}/batches"
    data = text.encode() if isinstance(text, str) else text
    return client.call("PUT", path, data=data, headers=headers)


def finish(client: Client, job_id: str) -> dict[str, Any]:
    client.call("PATCH", f"/jobs/ingest/{job_id}", json={"state": "UploadComplete"})
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        found: dict[str, Any] = client.get(f"/jobs/ingest/{job_id}").json()
        if found["state"] in ("JobComplete", "Failed", "Aborted"):
            return found
        time.sleep(0.02)
    raise AssertionError("the job has not ended")


def run(client: Client, operation: str, text: str, **more: Any) -> tuple[dict[str, Any], str]:
    job_id = job(client, operation, **more)
    assert upload(client, job_id, text).status_code == 201
    return finish(client, job_id), job_id


def result(client: Client, job_id: str, kind: str) -> Rows:
    text = client.get(f"/jobs/ingest/{job_id}/{kind}").text
    return list(csv.DictReader(io.StringIO(text)))


def test_an_insert_answers_each_row(client: Client) -> None:
    text = 'Name,NumberOfEmployees,Description\n"Söder, Inc",12,"two\nlines"\n,5,no name\n'
    info, job_id = run(client, "insert", text)
    counts = (info["state"], info["numberRecordsProcessed"], info["numberRecordsFailed"])
    assert counts == ("JobComplete", 2, 1)
    good = result(client, job_id, "successfulResults")
    assert (good[0]["sf__Created"], good[0]["Description"]) == ("true", "two\nlines")
    bad = result(client, job_id, "failedResults")[0]
    assert bad["sf__Error"] == (
        "REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --"
    )
    assert result(client, job_id, "unprocessedrecords") == []
    shown = client.get(f"/sobjects/Account/{good[0]['sf__Id']}").json()
    assert (shown["Name"], shown["NumberOfEmployees"]) == ("Söder, Inc", 12)


def test_an_empty_cell_keeps_and_a_mark_empties(client: Client) -> None:
    record = client.create("Account", Name="Keep", Phone="1", Website="w.example")
    run(client, "update", f"Id,Phone,Website,Name\n{record},,#N/A,New\n")
    shown = client.get(f"/sobjects/Account/{record}").json()
    assert (shown["Name"], shown["Phone"], shown["Website"]) == ("New", "1", None)


def test_an_upsert_creates_or_changes_by_the_external_id(client: Client) -> None:
    text = "Number__c,Name\nE1,First\nE2,Second\n"
    more = {"externalIdFieldName": "Number__c"}
    _, first = run(client, "upsert", text, **more)
    _, second = run(client, "upsert", text.replace("First", "Changed"), **more)
    created = [row["sf__Created"] for row in result(client, first, "successfulResults")]
    again = [row["sf__Created"] for row in result(client, second, "successfulResults")]
    assert (created, again) == (["true"] * 2, ["false"] * 2)
    soql = "SELECT Name FROM Account WHERE Number__c = 'E1'"
    assert client.records(soql) == [{"Name": "Changed"}]


def test_a_parent_is_named_by_its_external_id(client: Client) -> None:
    parent = client.create("Account", Name="Parent", Number__c="P1")
    text = "LastName,Account.Number__c\nKing,P1\nLost,P9\n"
    _, job_id = run(client, "insert", text, sobject="Contact")
    soql = "SELECT AccountId FROM Contact WHERE LastName = 'King'"
    assert client.records(soql) == [{"AccountId": parent}]
    error = result(client, job_id, "failedResults")[0]["sf__Error"]
    assert error.startswith("INVALID_FIELD:Foreign key external ID: p9 not found")


@pytest.mark.parametrize(("operation", "stays"), [("delete", 1), ("hardDelete", 0)])
def test_deleted_rows_go_to_the_bin_and_hard_deleted_ones_do_not(
    client: Client, operation: str, stays: int
) -> None:
    record = client.create("Account", Name="Gone")
    info, _ = run(client, operation, f"Id\n{record}\n")
    assert (info["state"], info["numberRecordsFailed"]) == ("JobComplete", 0)
    soql = f"SELECT Id FROM Account WHERE Id = '{record}'"
    assert client.records(soql) == []
    assert len(client.records(soql, all_rows=True)) == stays


def test_a_column_that_is_no_field_fails_the_job(client: Client) -> None:
    info, _ = run(client, "insert", "Name,Nonsense\nA,B\n")
    message = "InvalidBatch : Field name not found : Nonsense"
    assert (info["state"], info["errorMessage"]) == ("Failed", message)


def test_a_job_that_breaks_for_whatever_reason_ends_and_is_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("simulator.ingest.resources.load_row", broken)
    info, job_id = run(client, "insert", "Name\nA\n")
    assert (info["state"], info["errorMessage"]) == ("Failed", "InternalServerError : retry")
    assert job_id in caplog.text
    assert "out of order" in caplog.text


def test_files_of_an_earlier_job_of_the_same_id_do_not_count(tmp_path: Path) -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    new = IngestJob("7500", "insert", "Account", "0050", at, at, "60.0")
    (tmp_path / "7500.data").write_bytes(b"Name\nOld\n")
    (tmp_path / "7500.successfulResults").write_bytes(b"old")
    jobs = IngestJobs(tmp_path, Clock(at))
    jobs.add(new)
    jobs.upload(new, b"Name\nNew\n")
    assert (tmp_path / "7500.data").read_bytes() == b"Name\nNew\n"
    assert jobs.result(new, "successfulResults") == b""
    jobs.close()


def test_a_second_upload_is_refused_and_the_first_is_loaded(client: Client) -> None:
    job_id = job(client, "insert")
    assert upload(client, job_id, "Name\nFirst upload\n").status_code == 201
    again = upload(client, job_id, "Name\nSecond upload\n")
    error = again.json()[0]
    assert (again.status_code, error["errorCode"]) == (400, "INVALIDJOBSTATE")
    assert error["message"].startswith(f"Found multiple contents for job: <{job_id}>")
    finish(client, job_id)
    soql = "SELECT Name FROM Account WHERE Name LIKE '% upload'"
    assert client.records(soql) == [{"Name": "First upload"}]


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "identity"])
def test_an_upload_can_be_compressed(client: Client, encoding: str) -> None:
    packed = {"deflate": zlib.compress(ROWS), "identity": ROWS}.get(encoding, gzip.compress(ROWS))
    answer = upload(client, job(client, "insert"), packed, encoding=encoding)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("data", "encoding", "refusal"),
    [
        (gzip.compress(ROWS)[:-1], "gzip", (400, "INVALID_CONTENT_ENCODING")),
        (gzip.compress(ROWS)[:20], "gzip", (400, "INVALID_CONTENT_ENCODING")),
        (gzip.compress(ROWS) * 2, "gzip", (400, "INVALID_CONTENT_ENCODING")),
        (gzip.compress(ROWS) + b"more", "gzip", (400, "INVALID_CONTENT_ENCODING")),
        (zlib.compress(ROWS)[:-1], "deflate", (400, "INVALID_CONTENT_ENCODING")),
        (ROWS, "gzip", (400, "INVALID_CONTENT_ENCODING")),
        (ROWS, "br", (415, "UNSUPPORTED_MEDIA_TYPE")),
    ],
    ids=["no end", "half", "two members", "a tail", "no end of deflate", "plain", "unknown"],
)
def test_an_upload_that_cannot_be_unpacked_whole_is_refused(
    client: Client, data: bytes, encoding: str, refusal: tuple[int, str]
) -> None:
    answer = upload(client, job(client, "insert"), data, encoding=encoding)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == refusal


def test_a_job_that_is_closed_without_data_fails(client: Client) -> None:
    info = finish(client, job(client, "insert"))
    message = "InvalidBatch : The file has no header"
    assert (info["state"], info["errorMessage"]) == ("Failed", message)


def test_what_an_aborted_job_has_not_read_is_not_loaded(client: Client) -> None:
    job_id = job(client, "insert")
    upload(client, job_id, "Name\nNever\n")
    answer = client.call("PATCH", f"/jobs/ingest/{job_id}", json={"state": "Aborted"})
    assert answer.json()["state"] == "Aborted"
    assert client.records("SELECT Id FROM Account WHERE Name = 'Never'") == []
    assert client.call("DELETE", f"/jobs/ingest/{job_id}").status_code == 204
    assert client.get(f"/jobs/ingest/{job_id}").status_code == 404


def test_a_job_shows_where_its_data_goes_while_it_is_open(client: Client) -> None:
    job_id = job(client, "insert", columnDelimiter="TAB", lineEnding="CRLF")
    shown = client.get(f"/jobs/ingest/{job_id}").json()
    path = f"services/data/v60.0/jobs/ingest/{job_id}/batches"
    assert (shown["state"], shown["contentUrl"], shown["jobType"]) == ("Open", path, "V2Ingest")
    assert upload(client, job_id, "Name\tPhone\r\nTabbed\t7\r\n").status_code == 201
    finish(client, job_id)
    answer = client.get(f"/jobs/ingest/{job_id}/successfulResults").text
    assert answer.startswith('"sf__Id"\t"sf__Created"\t"Name"\t"Phone"\r\n')
    assert upload(client, job_id, "Name\nLate\n").json()[0]["errorCode"] == "INVALIDJOBSTATE"


def test_a_multipart_job_begins_at_once(client: Client) -> None:
    parts = {
        "job": (None, json.dumps({"object": "Account", "operation": "insert"}), "application/json"),
        "content": ("content", "Name\nMultipart\n", "text/csv"),
    }
    answer = client.call("POST", "/jobs/ingest", files=parts)
    assert (answer.status_code, answer.json()["state"]) == (200, "UploadComplete")
    info = finish(client, str(answer.json()["id"]))
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (1, 0)


def test_every_row_that_breaks_a_rule_says_which(client: Client) -> None:
    rule = {"kind": "validation", "object": "Account", "name": "long", "message": "Too long"}
    client.admin("POST", "rules", json={**rule, "formula": "LEN(Name) > 5"})
    info, job_id = run(client, "insert", "Name\nShort\nMuch longer\nOk\n")
    client.admin("DELETE", "rules/Account/long")
    assert (info["numberRecordsProcessed"], info["numberRecordsFailed"]) == (3, 1)
    error = result(client, job_id, "failedResults")[0]["sf__Error"]
    assert error == "FIELD_CUSTOM_VALIDATION_EXCEPTION:Too long: --"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"object": "Account", "operation": "merge"}, "API_ERROR"),
        ({"object": "Nothing", "operation": "insert"}, "INVALIDENTITY"),
        ({"object": "Account", "operation": "upsert"}, "INVALIDJOB"),
        ({"object": "Account", "operation": "insert", "lineEnding": "CR"}, "API_ERROR"),
    ],
)
def test_a_job_that_cannot_work_is_refused(client: Client, body: dict[str, Any], code: str) -> None:
    answer = client.call("POST", "/jobs/ingest", json=body)
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, code)


def test_simple_salesforce_loads_records_unchanged(client: Client) -> None:
    token = str(client.http.headers["Authorization"]).removeprefix("Bearer ")
    salesforce = Salesforce(instance_url=client.running.url, session_id=token, version="60.0")
    salesforce.base_url = f"{client.running.url}/services/data/v60.0/"
    salesforce.bulk2_url = f"{client.running.url}/services/data/v60.0/jobs/"
    found = salesforce.bulk2.Account.insert(records=[{"Name": "By client"}, {"Name": "Again"}])
    assert (found[0]["numberRecordsProcessed"], found[0]["numberRecordsFailed"]) == (2, 0)
