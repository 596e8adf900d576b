"""Bulk 2.0 query jobs (api.md 3, clients.md 8)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from simulator.clock import Clock
from simulator.ids import is_id
from simulator.server import RunningOrg
from tests.simulator.conftest import Client

Options = Callable[..., None]
HOSTILE = 'say "hi",\r\nNA; null\n\ttab'
SOQL = "SELECT Id, Name, AnnualRevenue, NumberOfEmployees FROM Account ORDER BY Name"
COUNT = 23


@pytest.fixture(scope="module", autouse=True)
def records(org: RunningOrg) -> None:
    """Accounts with numbers, without any, and with hostile text."""
    with org.org.store.transaction() as work:
        work.insert(
            "Account", {"Name": "A", "AnnualRevenue": 90_000_000, "NumberOfEmployees": 10**8}
        )
        work.insert("Account", {"Name": "B", "Site": HOSTILE, "AnnualRevenue": Decimal("0.1")})
        for number in range(COUNT - 2):
            work.insert("Account", {"Name": f"C{number:03}"})


def create(client: Client, **body: Any) -> requests.Response:
    return client.call("POST", "/jobs/query", json={"operation": "query", "query": SOQL, **body})


def page(client: Client, job_id: str, **params: Any) -> requests.Response:
    return client.get(f"/jobs/query/{job_id}/results", **params)


def rows(answer: requests.Response, delimiter: str = ",") -> list[list[str]]:
    answer.encoding = "utf-8"
    return list(csv.reader(io.StringIO(answer.text, newline=""), delimiter=delimiter))


def refusal(answer: requests.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()[0]["errorCode"]


def test_a_new_job_answers_as_documented(client: Client, recording: Callable[[str], Any]) -> None:
    """wire/docs_examples/bulk2_query_create_response.json: 200, not 201; apiVersion is a number."""
    answer = create(client)
    recorded = recording("docs_examples/bulk2_query_create_response.json")
    assert (answer.status_code, list(answer.json())) == (200, list(recorded))
    assert (answer.json()["apiVersion"], answer.json()["state"]) == (60.0, "UploadComplete")
    assert is_id(answer.json()["id"])


def test_a_finished_job_answers_as_documented(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/docs_examples/bulk2_query_info_complete.json."""
    job = client.wait(client.bulk(SOQL))
    assert list(job) == list(recording("docs_examples/bulk2_query_info_complete.json"))
    assert (job["state"], job["numberRecordsProcessed"], job["jobType"]) == (
        "JobComplete",
        COUNT,
        "V2Query",
    )


def test_a_job_passes_through_its_states(client: Client, options: Options) -> None:
    """api.md 3.2."""
    options(bulk_queue_seconds=0.15, bulk_run_seconds=0.15)
    job_id, seen = create(client).json()["id"], []
    while not seen or seen[-1] != "JobComplete":
        state = client.get(f"/jobs/query/{job_id}").json()["state"]
        seen += [state] if state not in seen else []
    assert seen == ["UploadComplete", "InProgress", "JobComplete"]


def test_the_csv_is_in_salesforces_dialect(client: Client) -> None:
    """api.md 3.4: every value quoted, null is "", doubles as Java writes them, ints plain."""
    lines = page(client, client.bulk(SOQL), maxRecords=3).text.split("\n")
    assert lines[0] == '"Id","Name","AnnualRevenue","NumberOfEmployees"'
    assert lines[1].endswith(',"A","9.0E7","100000000"')
    assert lines[2].endswith(',"B","0.1",""')
    assert lines[3].endswith(',"C000","",""')


def test_stamps_and_parents_are_written_as_bulk_does(client: Client) -> None:
    """api.md 3.4: .000Z instead of REST's +0000, dotted headers."""
    soql = "SELECT IsDeleted, SystemModstamp, Owner.Name, Parent.Name FROM Account LIMIT 1"
    assert rows(page(client, client.bulk(soql))) == [
        ["IsDeleted", "SystemModstamp", "Owner.Name", "Parent.Name"],
        ["false", "2026-03-02T12:00:30.000Z", "Integration User", ""],
    ]


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [
        ("COMMA", ","),
        ("TAB", "\t"),
        ("PIPE", "|"),
        ("SEMICOLON", ";"),
        ("CARET", "^"),
        ("BACKQUOTE", "`"),
    ],
)
@pytest.mark.parametrize(("ending", "characters"), [("LF", "\n"), ("CRLF", "\r\n")])
def test_hostile_text_arrives_unchanged_in_every_dialect(
    client: Client, name: str, delimiter: str, ending: str, characters: str
) -> None:
    soql = "SELECT Site, Name FROM Account WHERE Name = 'B'"
    answer = page(client, client.bulk(soql, columnDelimiter=name, lineEnding=ending))
    header = f'"Site"{delimiter}"Name"{characters}'
    assert (
        answer.content.decode()
        == header + '"' + HOSTILE.replace('"', '""') + f'"{delimiter}"B"{characters}'
    )


def test_pages_follow_their_locators_to_the_word_null(client: Client) -> None:
    """api.md 3.3: the header on every page, Sforce-NumberOfRecords, the literal null at the end."""
    job_id, locator, found, sizes = client.bulk(SOQL), None, [], []
    while locator != "null":
        params = {"maxRecords": 10, **({"locator": locator} if locator else {})}
        answer = page(client, job_id, **params)
        header, *records = rows(answer)
        assert header == ["Id", "Name", "AnnualRevenue", "NumberOfEmployees"]
        found += [record[1] for record in records]
        sizes.append(int(answer.headers["Sforce-NumberOfRecords"]))
        locator = answer.headers["Sforce-Locator"]
    assert sizes == [10, 10, 3]
    assert found == ["A", "B", *(f"C{n:03}" for n in range(COUNT - 2))]


def test_a_locator_can_be_used_again(client: Client) -> None:
    job_id = client.bulk(SOQL)
    locator = page(client, job_id, maxRecords=5).headers["Sforce-Locator"]
    again = {page(client, job_id, maxRecords=5, locator=locator).text for _ in range(2)}
    assert len(again) == 1


def test_a_page_can_be_compressed_or_not(client: Client) -> None:
    job_id = client.bulk(SOQL)
    plain = client.call(
        "GET", f"/jobs/query/{job_id}/results", headers={"Accept-Encoding": "identity"}
    )
    packed = client.call(
        "GET", f"/jobs/query/{job_id}/results", headers={"Accept-Encoding": "gzip"}
    )
    assert plain.text == packed.text
    assert packed.headers["Content-Encoding"] == "gzip"


def test_result_pages_can_be_fetched_in_parallel(client: Client, options: Options) -> None:
    """api.md 3.3 and wire/docs_examples/bulk2_query_resultPages.json: five URLs at a time."""
    options(bulk_page_records=4)
    job_id = client.bulk(SOQL)
    listed = client.get(f"/jobs/query/{job_id}/resultPages").json()
    assert (len(listed["resultPages"]), listed["done"]) == (5, False)
    rest = client.get(listed["nextRecordsUrl"]).json()
    assert (len(rest["resultPages"]), rest["done"]) == (1, True)
    urls = [entry["resultUrl"] for entry in listed["resultPages"] + rest["resultPages"]]
    found = [row[1] for url in urls for row in rows(client.get(url))[1:]]
    assert found == ["A", "B", *(f"C{n:03}" for n in range(COUNT - 2))]


def test_result_pages_exist_since_version_58(client: Client) -> None:
    old = Client(client.running, version="57.0", http=client.http)
    assert old.get(f"/jobs/query/{old.bulk(SOQL)}/resultPages").status_code == 404


def test_results_are_for_the_version_that_made_the_job(client: Client) -> None:
    """api.md 3.3: else 409."""
    other = Client(client.running, version="61.0", http=client.http)
    assert page(other, client.bulk(SOQL)).status_code == 409


@pytest.mark.parametrize("status", [400, 409])
def test_results_are_not_there_before_the_job_is_complete(
    client: Client, options: Options, status: int
) -> None:
    """api.md 3.3 (U)."""
    options(bulk_results_too_early=str(status), bulk_queue_seconds=60)
    job_id = create(client).json()["id"]
    assert page(client, job_id).status_code == status
    client.call("PATCH", f"/jobs/query/{job_id}", json={"state": "Aborted"})


@pytest.mark.parametrize(("reading", "text"), [("header", '"Id"\n'), ("nothing", "")])
def test_a_job_without_records_has_a_header_or_nothing(
    client: Client, options: Options, reading: str, text: str
) -> None:
    """api.md 3.3 (U)."""
    options(bulk_empty_result=reading)
    answer = page(client, client.bulk("SELECT Id FROM Account WHERE Name = 'nobody'"))
    assert answer.text == text
    assert answer.headers["Sforce-NumberOfRecords"] == "0"
    assert answer.headers["Sforce-Locator"] == "null"


def test_deleted_records_come_with_query_all_only(client: Client) -> None:
    record_id = client.create("Account", Name="Deleted")
    client.call("DELETE", f"/sobjects/Account/{record_id}")
    soql = "SELECT IsDeleted FROM Account WHERE Name = 'Deleted'"
    without = rows(page(client, client.bulk(soql)))
    with_it = rows(page(client, client.bulk(soql, operation="queryAll")))
    assert (without, with_it) == ([["IsDeleted"]], [["IsDeleted"], ["true"]])


@pytest.mark.parametrize(
    ("soql", "code"),
    [
        ("SELECT Foo FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Foo", "INVALID_TYPE"),
        ("SELECT Id FORM Account", "MALFORMED_QUERY"),
        ("SELECT COUNT() FROM Account", "API_ERROR"),
        ("SELECT Type, COUNT(Id) FROM Account GROUP BY Type", "API_ERROR"),
        ("SELECT Id FROM Account OFFSET 1", "API_ERROR"),
        ("SELECT Id, (SELECT Id FROM Contacts) FROM Account", "API_ERROR"),
        ("SELECT BillingAddress FROM Account", "API_ERROR"),
        ("SELECT FIELDS(ALL) FROM Account LIMIT 1", "API_ERROR"),
    ],
)
def test_a_query_that_bulk_cannot_run_is_refused_at_once_or_fails(
    client: Client, options: Options, soql: str, code: str
) -> None:
    """api.md 3.1 (U), 3.5, 3.6: a client must handle both."""
    assert refusal(create(client, query=soql)) == (400, code)
    options(bulk_validation="failed_job")
    job = client.wait(create(client, query=soql).json()["id"])
    assert (job["state"], code in job["errorMessage"]) == ("Failed", True)


def test_a_failed_job_may_keep_silent(client: Client, options: Options) -> None:
    """api.md 3.2: Airbyte sees failures without errorMessage."""
    options(bulk_validation="failed_job", bulk_failure_message=False)
    job = client.wait(create(client, query="SELECT Foo FROM Account").json()["id"])
    assert (job["state"], "errorMessage" in job) == ("Failed", False)


def test_a_job_that_breaks_for_whatever_reason_ends_and_is_logged(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr("simulator.bulk.resources.runnable", broken)
    job = client.wait(create(client).json()["id"])
    assert (job["state"], job["errorMessage"]) == ("Failed", "InternalServerError : retry")
    assert job["id"] in caplog.text
    assert "out of order" in caplog.text


@pytest.mark.parametrize(("reading", "status"), [("allowed", 200), ("refused", 400)])
def test_stages_can_be_read_in_bulk_or_not(
    client: Client, options: Options, reading: str, status: int
) -> None:
    """api.md 3.5 (U)."""
    options(bulk_setup_objects=reading)
    answer = create(client, query="SELECT Id FROM OpportunityStage")
    assert answer.status_code == status
    if status == 400:
        assert "is not supported by the Bulk API" in answer.json()[0]["message"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"operation": "insert"}, "API_ERROR"),
        ({"query": None}, "API_ERROR"),
        ({"lineEnding": "CR"}, "API_ERROR"),
        ({"columnDelimiter": ","}, "API_ERROR"),
        ({"contentType": "XML"}, "API_ERROR"),
    ],
)
def test_a_job_that_cannot_be_is_refused(client: Client, body: dict[str, Any], code: str) -> None:
    assert refusal(create(client, **body)) == (400, code)


def test_the_documented_errors_are_answered_in_their_words(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/docs_examples/bulk2_errors.json."""
    recorded = {entry["when"]: entry for entry in recording("docs_examples/bulk2_errors.json")}
    done = client.bulk(SOQL)
    asked = {
        "GET deleted/unknown job": client.get("/jobs/query/750SimAAAAAAAAA"),
        "compound field in query": create(client, query="SELECT BillingAddress FROM Account"),
        "abort of a finished job": client.call(
            "PATCH", f"/jobs/query/{done}", json={"state": "Aborted"}
        ),
    }
    for when, answer in asked.items():
        assert answer.status_code == recorded[when]["status"]
        assert answer.json() == recorded[when]["body"]


def test_a_job_can_be_aborted_and_then_deleted(client: Client, options: Options) -> None:
    """api.md 3.2."""
    options(bulk_queue_seconds=60)
    job_id = create(client).json()["id"]
    too_early = client.call("DELETE", f"/jobs/query/{job_id}")
    aborted = client.call("PATCH", f"/jobs/query/{job_id}", json={"state": "Aborted"})
    deleted = client.call("DELETE", f"/jobs/query/{job_id}")
    assert refusal(too_early) == (400, "API_ERROR")
    assert (aborted.json()["state"], deleted.status_code, deleted.text) == ("Aborted", 204, "")
    assert client.get(f"/jobs/query/{job_id}").status_code == 404


def test_jobs_are_listed(client: Client) -> None:
    job_id = client.bulk(SOQL)
    listed = client.get("/jobs/query", jobType="V2Query").json()
    assert job_id in [job["id"] for job in listed["records"]]
    assert listed["done"] is True


def job_of_each_kind(client: Client) -> dict[str, str]:
    """The Ids of new jobs by their jobType."""
    ingest = {"object": "Account", "operation": "insert"}
    classic = {"operation": "query", "object": "Account", "contentType": "CSV"}
    session = str(client.http.headers["Authorization"]).removeprefix("Bearer ")
    answer = client.call(
        "POST", "/services/async/60.0/job", json=classic, headers={"X-SFDC-Session": session}
    )
    return {
        "V2Query": client.bulk(SOQL),
        "V2Ingest": client.call("POST", "/jobs/ingest", json=ingest).json()["id"],
        "Classic": answer.json()["id"],
    }


def test_all_kinds_of_jobs_are_listed_or_the_one_that_is_asked_for(client: Client) -> None:
    """api.md 3.2."""
    made = job_of_each_kind(client)
    listed = {job["id"]: job["jobType"] for job in client.get("/jobs/query").json()["records"]}
    assert {kind: listed.get(job_id) for kind, job_id in made.items()} == {k: k for k in made}
    for kind, job_id in made.items():
        alone = client.get("/jobs/query", jobType=kind).json()["records"]
        assert {job["jobType"] for job in alone} == {kind}
        assert job_id in [job["id"] for job in alone]


def test_a_long_list_of_jobs_goes_on_with_the_same_kind(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_of_each_kind(client)
    client.bulk(SOQL)
    wanted = [job["id"] for job in client.get("/jobs/query", jobType="V2Query").json()["records"]]
    monkeypatch.setattr("simulator.bulk.resources.JOBS_A_LIST", len(wanted) - 1)
    first = client.get("/jobs/query", jobType="V2Query").json()
    rest = client.get(first["nextRecordsUrl"]).json()
    assert [job["id"] for job in first["records"] + rest["records"]] == wanted
    assert (first["done"], rest["done"], rest["nextRecordsUrl"]) == (False, True, None)


def test_the_day_has_so_many_jobs(client: Client, options: Options) -> None:
    """wire/docs_examples/bulk2_errors.json, the code and form of the message."""
    options(daily_bulk_query_jobs=5, used_bulk_query_jobs=5)
    answer = create(client)
    assert refusal(answer) == (400, "LIMIT_EXCEEDED")
    assert answer.json()[0]["message"].startswith("Max bulk v2 query jobs (5) per 24 hrs has been")


def test_a_job_is_gone_after_a_week(client: Client, clock: Clock) -> None:
    """api.md 3.7."""
    job_id = client.bulk(SOQL)
    clock.advance(timedelta(days=7, seconds=1))
    client.login()
    assert client.get(f"/jobs/query/{job_id}").status_code == 404
    clock.set(datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC))
    client.login()


@pytest.mark.parametrize("locator", ["null", "!!", "OTk5OTk5OQ", "LTU", "eA"])
def test_an_invented_locator_is_refused(client: Client, locator: str) -> None:
    assert refusal(page(client, client.bulk(SOQL), locator=locator)) == (400, "API_ERROR")
