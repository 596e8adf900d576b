"""Bulk 1.0 for queries, as its clients use it (clients.md 9, wire/cumulusci)."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

from simulator.server import Setting, running_org
from tests.simulator.conftest import PATIENCE_SECONDS, Client

NAMESPACE = "{http://www.force.com/2009/06/asyncapi/dataload}"
NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
SOQL = (
    "SELECT Id, Name, AnnualRevenue, CreatedDate, Phone, Owner.Name FROM Account ORDER BY Name DESC"
)
BATCHES = "TestSelect.test_select_similarity_select_and_insert_strategy_bulk.json"
Options = Callable[..., None]


class Bulk:
    """Speaks Bulk 1.0 to an org, in JSON unless told otherwise."""

    def __init__(self, client: Client, content_type: str = "application/json") -> None:
        token = str(client.http.headers["Authorization"]).removeprefix("Bearer ")
        self.headers = {"X-SFDC-Session": token, "Content-Type": content_type}
        self.base = f"{client.running.url}/services/async/60.0/job"

    def send(self, method: str, path: str = "", **options: Any) -> requests.Response:
        headers = {**self.headers, **options.pop("headers", {})}
        return requests.request(
            method, self.base + path, headers=headers, timeout=PATIENCE_SECONDS, **options
        )

    def job(self, content_type: str = "CSV", **more: Any) -> str:
        headers = more.pop("headers", {})
        body = {"operation": "query", "object": "Account", "contentType": content_type, **more}
        return str(self.send("POST", json=body, headers=headers).json()["id"])

    def batch(self, job: str, soql: str = SOQL) -> str:
        answer = self.send("POST", f"/{job}/batch", data=soql.encode())
        return text_of(answer, "id")

    def ended(self, job: str, batch: str) -> requests.Response:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            answer = self.send("GET", f"/{job}/batch/{batch}")
            if text_of(answer, "state") in ("Completed", "Failed", "NotProcessed"):
                return answer
            time.sleep(0.02)
        raise AssertionError(f"batch {batch} has not ended")

    def result(self, job: str, batch: str) -> requests.Response:
        self.ended(job, batch)
        listed = self.send("GET", f"/{job}/batch/{batch}/result")
        is_json = "json" in listed.headers["Content-Type"]
        name = listed.json()[0] if is_json else text_of(listed, "result")
        return self.send("GET", f"/{job}/batch/{batch}/result/{name}")

    def read(self, content_type: str, soql: str = SOQL) -> requests.Response:
        job = self.job(content_type)
        return self.result(job, self.batch(job, soql))


def text_of(answer: requests.Response, name: str) -> str:
    """One entry of an answer in either form."""
    if "json" in answer.headers["Content-Type"]:
        return str(answer.json()[name])
    found = ElementTree.fromstring(answer.content).find(f".//{NAMESPACE}{name}")
    assert found is not None, answer.text
    return found.text or ""


@pytest.fixture(scope="module")
def bulk(client: Client) -> Bulk:
    client.create("Account", Name="Änderung, Ltd", AnnualRevenue=90_000_000)
    client.create("Account", Name='The "Best" & Co <1>', Phone="5")
    return Bulk(client)


def test_csv_is_the_dialect_of_bulk(bulk: Bulk) -> None:
    answer = bulk.read("CSV")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    shown = [(row["Name"], row["AnnualRevenue"], row["Phone"]) for row in rows]
    assert shown == [("Änderung, Ltd", "9.0E7", ""), ('The "Best" & Co <1>', "", "5")]
    assert rows[0]["CreatedDate"] == "2026-03-02T12:00:30.000Z"


def test_json_has_dates_as_milliseconds(bulk: Bulk) -> None:
    first = bulk.read("JSON").json()[0]
    assert (first["CreatedDate"], first["AnnualRevenue"]) == (1772452830000, 90_000_000)
    assert first["Owner"]["attributes"]["type"] == "User"
    assert first["attributes"] == {
        "type": "Account",
        "url": f"/services/data/v60.0/sobjects/Account/{first['Id']}",
    }


def test_xml_names_types_and_nulls(bulk: Bulk) -> None:
    records = ElementTree.fromstring(bulk.read("XML").content).findall(f"{NAMESPACE}records")
    names = [record.findtext(f"{NAMESPACE}Name") for record in records]
    assert names == ["Änderung, Ltd", 'The "Best" & Co <1>']
    assert records[0].findtext(f"{NAMESPACE}type") == "Account"
    phone = records[0].find(f"{NAMESPACE}Phone")
    assert phone is not None
    assert phone.get(NIL) == "true"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [("CSV", "Records not found for this query"), ("JSON", "[ ]")],
)
def test_nothing_found_is_said_in_words_in_csv_alone(
    bulk: Bulk, content_type: str, expected: str
) -> None:
    """api.md 3.3."""
    assert bulk.read(content_type, "SELECT Id FROM Account WHERE Name = 'no'").text == expected


def test_deleted_records_come_with_query_all_only(bulk: Bulk, client: Client) -> None:
    gone = client.create("Account", Name="Gone")
    client.call("DELETE", f"/sobjects/Account/{gone}")
    soql = "SELECT Id FROM Account WHERE Name = 'Gone'"
    every, some = bulk.job("JSON", operation="queryAll"), bulk.job("JSON")
    assert [row["Id"] for row in bulk.result(every, bulk.batch(every, soql)).json()] == [gone]
    assert bulk.result(some, bulk.batch(some, soql)).json() == []


def test_pk_chunking_cuts_a_query_into_batches(bulk: Bulk) -> None:
    job = bulk.job("JSON", headers={"Sforce-Enable-PKChunking": "chunkSize=1"})
    first = bulk.batch(job, "SELECT Id, Name FROM Account")
    assert text_of(bulk.ended(job, first), "state") == "NotProcessed"
    batches = bulk.send("GET", f"/{job}/batch").json()["batchInfo"]
    found = [bulk.result(job, batch["id"]).json() for batch in batches if batch["id"] != first]
    names = [row["Name"] for rows in found for row in rows]
    assert sorted(names) == ['The "Best" & Co <1>', "Änderung, Ltd"]
    assert max(len(rows) for rows in found) == 1


@pytest.mark.parametrize("header", ["chunkSize=0", "chunkSize=250001"])
def test_a_chunk_size_out_of_range_is_refused(bulk: Bulk, header: str) -> None:
    body = {"operation": "query", "object": "Account", "contentType": "CSV"}
    answer = bulk.send("POST", json=body, headers={"Sforce-Enable-PKChunking": header})
    assert (answer.status_code, answer.json()["exceptionCode"]) == (400, "InvalidJob")


def test_a_query_that_cannot_be_run_fails_its_batch(bulk: Bulk) -> None:
    job = bulk.job("JSON")
    info = bulk.ended(job, bulk.batch(job, "SELECT Nope FROM Account")).json()
    assert info["state"] == "Failed"
    assert info["stateMessage"].startswith("InvalidBatch : Failed to process query: INVALID_FIELD")


def test_a_query_of_another_object_fails_its_batch(bulk: Bulk) -> None:
    job = bulk.job("JSON")
    info = bulk.ended(job, bulk.batch(job, "SELECT Id FROM Contact")).json()
    assert info["state"] == "Failed"


def test_a_closed_job_takes_no_batch(bulk: Bulk) -> None:
    job = bulk.job()
    assert bulk.send("POST", f"/{job}", json={"state": "Closed"}).json()["state"] == "Closed"
    answer = bulk.send("POST", f"/{job}/batch", data=SOQL)
    assert (answer.status_code, answer.json()["exceptionCode"]) == (400, "InvalidJobState")


def test_a_job_counts_its_batches(bulk: Bulk) -> None:
    job = bulk.job()
    bulk.ended(job, bulk.batch(job))
    info = bulk.send("GET", f"/{job}").json()
    assert (info["numberBatchesCompleted"], info["numberBatchesTotal"]) == (1, 1)


def test_a_batch_tells_what_it_was_asked(bulk: Bulk) -> None:
    job = bulk.job()
    batch = bulk.batch(job)
    assert bulk.send("GET", f"/{job}/batch/{batch}/request").text == SOQL


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/750000000000001AAA", "InvalidJob"),
        ("/../../etc/passwd", "InvalidJob"),
        ("/%2e%2e", "InvalidJob"),
    ],
)
def test_what_is_not_there_is_refused(bulk: Bulk, path: str, code: str) -> None:
    answer = bulk.send("GET", path)
    assert answer.status_code in (400, 404)
    assert answer.status_code == 404 or answer.json()["exceptionCode"] == code


def test_a_wrong_session_is_400_in_both_forms(bulk: Bulk) -> None:
    """jsforce knows an ended session by this code in this place."""
    wrong = {"X-SFDC-Session": "00D!wrong"}
    as_json = bulk.send("POST", json={}, headers=wrong)
    as_xml = bulk.send(
        "POST", data="<jobInfo/>", headers={**wrong, "Content-Type": "application/xml"}
    )
    assert (as_json.status_code, as_json.json()["exceptionCode"]) == (400, "InvalidSessionId")
    assert "<exceptionCode>InvalidSessionId</exceptionCode>" in as_xml.text


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><jobInfo><operation>&b;</operation></jobInfo>",
        b"<jobInfo>",
        b"",
        b"\xff\xfe",
    ],
)
def test_hostile_xml_is_refused(client: Client, body: bytes) -> None:
    answer = Bulk(client, "application/xml").send("POST", data=body)
    assert (answer.status_code, text_of(answer, "exceptionCode")) == (400, "InvalidXML")


def test_writing_is_refused_in_the_way_on_which_clients_fall_back(bulk: Bulk) -> None:
    body = {"operation": "insert", "object": "Account", "contentType": "CSV"}
    answer = bulk.send("POST", json=body)
    assert (answer.status_code, answer.json()["exceptionCode"]) == (400, "FeatureNotEnabled")


def test_an_org_without_bulk_1_says_so(bulk: Bulk, options: Options) -> None:
    options(bulk_first=False)
    body = {"operation": "query", "object": "Account", "contentType": "CSV"}
    answer = bulk.send("POST", json=body)
    assert (answer.status_code, answer.json()["exceptionCode"]) == (400, "FeatureNotEnabled")


def test_batches_count_against_their_quota(bulk: Bulk, client: Client, options: Options) -> None:
    before = client.get("/limits").json()["DailyBulkApiBatches"]["Remaining"]
    job = bulk.job()
    bulk.batch(job)
    assert client.get("/limits").json()["DailyBulkApiBatches"]["Remaining"] == before - 1
    options(daily_bulk_batches=1)
    answer = bulk.send("POST", f"/{job}/batch", data=SOQL)
    assert answer.json()["exceptionCode"] == "ExceededQuota"


def test_a_session_without_the_api_opens_nothing(
    bulk: Bulk, client: Client, options: Options
) -> None:
    running = client.running.org
    session = running.sessions.begin(running.organization_id, running.store.user_id, scope="id")
    answer = bulk.send("POST", json={}, headers={"X-SFDC-Session": session.token})
    assert answer.json()["exceptionCode"] == "InvalidSessionId"
    options(api_enabled=False)
    assert bulk.send("POST", json={}).json()["exceptionCode"] == "FeatureNotEnabled"


def test_an_aborted_job_is_not_gone_on_with(bulk: Bulk) -> None:
    job = bulk.job()
    assert bulk.send("POST", f"/{job}", json={"state": "Aborted"}).json()["state"] == "Aborted"
    answer = bulk.send("POST", f"/{job}", json={"state": "Closed"})
    assert answer.json()["exceptionCode"] == "InvalidJobState"


def test_a_batch_that_breaks_says_so(bulk: Bulk, client: Client) -> None:
    """Here its file cannot be written."""
    folder = client.running.org.data_dir / "batches"
    job = bulk.job("JSON")
    folder.rename(folder.with_name("away"))
    try:
        info = bulk.ended(job, bulk.batch(job)).json()
    finally:
        folder.with_name("away").rename(folder)
    assert (info["state"], info["stateMessage"]) == ("Failed", "InternalServerError")


def test_results_outlive_a_restart(database_url_18: str, tmp_path: Path) -> None:
    setting = Setting(data_dir=tmp_path)
    with running_org(database_url_18, setting) as running:
        first = Bulk(Client(running).login())
        job = first.job(object="User")
        batch = first.batch(job, "SELECT Username FROM User")
        content = first.result(job, batch).content
    with running_org(database_url_18, setting) as running:
        again = Bulk(Client(running).login())
        # the keys are new, and what was read is still there
        assert again.result(job, batch).content == content
        assert again.send("GET", f"/{job}").json()["numberBatchesCompleted"] == 1


def test_jobs_and_batches_look_as_recorded(
    client: Client, bulk: Bulk, recording: Callable[[str], Any]
) -> None:
    exchanges = recording(f"cumulusci/interactions/{BATCHES}")
    recorded = {recorded_kind(one): one["response"] for one in exchanges if "request" in one}
    xml = Bulk(client, "application/xml")
    created = xml.send(
        "POST",
        data="<jobInfo xmlns='http://www.force.com/2009/06/asyncapi/dataload'>"
        "<operation>query</operation><object>Event</object>"
        "<concurrencyMode>Parallel</concurrencyMode><contentType>JSON</contentType></jobInfo>",
    )
    assert created.status_code == 201
    assert tags(created.text) == tags(recorded["job"]["body"])
    job = text_of(created, "id")
    batch = xml.batch(job, "SELECT Id FROM Event")
    expected = json.loads(recorded["batch"]["body"])
    assert list(xml.ended(job, batch).json()) == list(expected)
    listed = xml.send("GET", f"/{job}/batch/{batch}/result").json()
    assert [len(name) for name in listed] == [
        len(name) for name in json.loads(recorded["result"]["body"])
    ]


def recorded_kind(exchange: dict[str, Any]) -> str:
    """Which resource an exchange was with."""
    return str(exchange["request"]["uri"]).split("?")[0].rpartition("/async/")[2].split("/")[-1]


def tags(xml: str) -> list[str]:
    """The names of the elements, in order."""
    return [element.tag for element in ElementTree.fromstring(xml.encode()).iter()]
