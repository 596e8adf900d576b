"""Recordings that are no JSON: SOAP, CSV, and requests and answers written down whole."""

from __future__ import annotations

import re

import requests

from tests.simulator.recorded import asking
from tests.simulator.recorded.comparing import differences
from tests.simulator.recorded.declared import ANSWERS
from tests.simulator.recorded.material import EXCHANGES, piece, text_of
from tests.simulator.recorded.world import World

LOGIN = """<se:Envelope xmlns:se="http://schemas.xmlsoap.org/soap/envelope/"><se:Header/><se:Body>
<login xmlns="urn:partner.soap.sforce.com"><username>{0}</username><password>{1}</password></login>
</se:Body></se:Envelope>"""
TEXTS = (
    "docs_examples/soap_login_request.http",
    "docs_examples/bulk2_query_create_request.json",
    "docs_examples/bulk2_query_results_page.http",
    "grouparoo/exchanges.json#0",
    "simple_salesforce/soap_login_fault.xml",
    "simple_salesforce/soap_login_success.xml",
    "simple_salesforce/bulk2_ingest_successfulResults.csv",
    "swiftlysalesforce/MockLimits.json",
    "swiftlysalesforce/MockAccount.json",
)


def tags(xml: str) -> list[str]:
    return re.findall(r"<([\w:]+)", xml)


def login(world: World, *, wrong: bool = False, **more: str) -> requests.Response:
    keys = world.client.running.credentials
    password = "wrong" if wrong else keys.password + keys.security_token
    world.options(soap_login=True)
    return world.soap(LOGIN.format(keys.username, password), **more)


def test_a_soap_login_has_the_recorded_elements_in_their_order(world: World) -> None:
    recorded = piece(f"{EXCHANGES[0]}#0")
    answer = login(world, version="42.0")
    assert answer.status_code == recorded["status"]
    assert answer.headers["Content-Type"] == dict(recorded["headers"])["Content-Type"]
    assert answer.headers["Cache-Control"] == dict(recorded["headers"])["Cache-Control"]
    assert tags(answer.text) == tags(recorded["resp"])


def test_a_login_by_the_enterprise_endpoint_has_the_recorded_elements(world: World) -> None:
    """wire/simple_salesforce/soap_login_success.xml, of an older version: some came later."""
    recorded = tags(text_of("simple_salesforce/soap_login_success.xml"))
    found = tags(login(world, kind="c").text)
    assert [tag for tag in found if tag in recorded] == [tag for tag in recorded if tag in found]
    assert set(recorded) - {"?xml"} <= set(found)


def test_a_refused_soap_login_answers_word_for_word(world: World) -> None:
    answer = login(world, wrong=True)
    recorded = text_of("simple_salesforce/soap_login_fault.xml")
    assert (answer.status_code, answer.text.strip()) == (500, recorded.strip())


def test_the_documented_soap_request_logs_in(world: World) -> None:
    head, _, body = text_of("docs_examples/soap_login_request.http").partition("\n\n")
    keys = world.client.running.credentials
    body = body.replace("your_username", keys.username)
    body = body.replace("your_passwordTOKEN", keys.password + keys.security_token)
    world.options(soap_login=True)
    path = head.split()[1]
    headers = dict(re.findall(r"^([\w-]+): (.+)$", head, re.MULTILINE)) | {"Host": "localhost"}
    url = world.client.running.url + path
    answer = requests.post(url, data=body.encode(), headers=headers, timeout=120)
    assert answer.status_code == 200
    assert "<sessionId>" in answer.text


def test_the_documented_bulk_request_makes_a_job(world: World) -> None:
    body = piece("docs_examples/bulk2_query_create_request.json")
    answer = world.client.call("POST", "/jobs/query", json=body)
    asked = {key: value for key, value in body.items() if key != "query"}
    assert answer.status_code == 200
    assert asked.items() <= answer.json().items()


def test_a_page_of_bulk_results_is_as_documented(world: World) -> None:
    head, _, body = text_of("docs_examples/bulk2_query_results_page.http").partition("\n\n")
    recorded = dict(re.findall(r"^([\w-]+): (.+)$", head, re.MULTILINE))
    world.options(bulk_page_records=3)
    answer = asking.finished("/results")(world)
    assert answer.status_code == int(head.split()[1])
    own = dict(answer.raw.headers.items())
    assert recorded.keys() <= own.keys()
    assert own["Content-Type"].partition(";")[0] == recorded["Content-Type"]
    assert own["Sforce-NumberOfRecords"] == "3"
    assert answer.text.splitlines()[0] == body.splitlines()[0]


def test_successful_rows_of_an_ingest_job_are_as_recorded(world: World) -> None:
    recorded = text_of("simple_salesforce/bulk2_ingest_successfulResults.csv").splitlines()
    found = asking.ingested("/successfulResults/")(world).text.splitlines()
    assert found[0].split(",")[:2] == recorded[0].split(",")[:2]
    assert [found[1].split(",")[1], len(found[1].split(",")[0])] == [
        recorded[1].split(",")[1],
        len(recorded[1].split(",")[0]),
    ]


def test_the_limits_are_those_of_the_recording(world: World) -> None:
    """wire/swiftlysalesforce/MockLimits.json, without what its own apps and packages add."""
    recorded = piece("swiftlysalesforce/MockLimits.json")
    recorded.pop("BOZosCalloutHourlyLimit")
    bare = {
        name: {key: entry[key] for key in ("Max", "Remaining")} for name, entry in recorded.items()
    }
    assert list(differences(bare, world.client.get("/limits").json())) == []


def test_a_row_of_another_org_has_the_same_standard_fields(world: World) -> None:
    """wire/swiftlysalesforce/MockAccount.json, without the fields that its org has added."""
    recorded = piece("swiftlysalesforce/MockAccount.json")
    standard = {key: value for key, value in recorded.items() if not key.endswith("__c")}
    found = world.client.get(f"/sobjects/Account/{world.ids['Account']}").json()
    assert list(differences(standard, found, more=True)) == []


def test_a_prettily_printed_query_has_the_recorded_text(world: World) -> None:
    """wire/restforce/query_empty_response.json, api.md 2.0: X-PrettyPrint."""
    ask = asking.query("SELECT Id FROM Account WHERE Name = 'nobody'", **{"X-PrettyPrint": "1"})
    recorded = text_of("restforce/query_empty_response.json").replace("[  ]", "[ ]")
    assert ask(world).text == recorded.strip()


def test_no_recording_is_both_a_text_and_an_answer() -> None:
    assert not set(TEXTS) & set(ANSWERS)
