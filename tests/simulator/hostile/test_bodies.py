"""Any body is answered or refused: JSON, XML, CSV, too much of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulator.conftest import VERSION, Client
from tests.simulator.hostile.sending import (
    DATA,
    FEW,
    LEAVES,
    TELLTALES,
    refused_or_answered,
    send,
    text_of,
)

JSON_PATHS = (
    ("POST", f"{DATA}/sobjects/Account"),
    ("PATCH", f"{DATA}/sobjects/Account/001000000000001AAA"),
    ("POST", f"{DATA}/composite"),
    ("POST", f"{DATA}/composite/batch"),
    ("POST", f"{DATA}/composite/sobjects"),
    ("PATCH", f"{DATA}/composite/sobjects"),
    ("POST", f"{DATA}/composite/sobjects/Account"),
    ("PATCH", f"{DATA}/composite/sobjects/Account/Id"),
    ("POST", f"{DATA}/jobs/query"),
    ("PATCH", f"{DATA}/jobs/query/750000000000001AAA"),
    ("POST", f"{DATA}/jobs/ingest"),
    ("POST", f"/services/async/{VERSION}/job"),
    ("POST", "/services/oauth2/token"),
)
NAMES = (
    "Name", "attributes", "type", "records", "allOrNone", "compositeRequest", "batchRequests",
    "method", "url", "referenceId", "body", "httpHeaders", "operation", "query", "state", "ids",
    "fields", "contentType", "object", "AnnualRevenue", "OwnerId", "IsDeleted", "richInput",
)  # fmt: skip
BODIES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(("method", "path"), JSON_PATHS)
def test_any_json_is_answered_or_refused(client: Client, method: str, path: str) -> None:
    @FEW
    @given(body=BODIES)
    def sends(body: object) -> None:
        headers = {"Content-Type": "application/json"}
        refused_or_answered(send(client, method, path, data=text_of(body), headers=headers))

    sends()


@FEW
@given(
    requests_=st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "method": st.sampled_from(["GET", "POST", "PATCH", "DELETE", "PUT", "", "get\r\n"]),
                "url": st.sampled_from(
                    [path for _, path in JSON_PATHS]
                    + [
                        f"{DATA}/query?q=x",
                        f"{DATA}/composite",
                        "/simulator/state",
                        "//x",
                        "?",
                        "[",
                    ]
                ),
                "referenceId": st.sampled_from(["a", "b", "", "@{a}", "é"]),
                "body": BODIES,
                "httpHeaders": BODIES,
            },
        ),
        max_size=4,
    )
)
def test_any_composite_request_is_answered_or_refused(
    client: Client, requests_: list[dict[str, Any]]
) -> None:
    for key, path in (("compositeRequest", "composite"), ("batchRequests", "composite/batch")):
        body = text_of({key: requests_})
        answer = send(client, "POST", f"{DATA}/{path}", data=body)
        refused_or_answered(answer)
        assert "hidden_objects" not in answer.text


XML = "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"


@pytest.mark.parametrize("head", [XML, BOMB])
@pytest.mark.parametrize("path", [f"/services/async/{VERSION}/job", f"/services/Soap/u/{VERSION}"])
def test_entities_are_never_resolved(client: Client, head: str, path: str) -> None:
    client.running.org.options.update({"soap_login": True})
    token = str(client.http.headers["Authorization"]).removeprefix("Bearer ")
    body = f"{head}<jobInfo><operation>&a;</operation><login>&a;</login></jobInfo>"
    headers = {"Content-Type": "application/xml", "X-SFDC-Session": token}
    answer = send(client, "POST", path, data=body, headers=headers)
    client.running.org.options.reset()
    assert answer.status_code in (400, 500)
    assert "xceptionCode>" in answer.text
    assert not any(leak in answer.text for leak in ("root:", "aaaaaaaaaa", "Traceback"))


@FEW
@given(body=st.binary(max_size=60) | st.sampled_from([b"<", b"<a", b"<a>&b;</a>", b"<a>" * 3_000]))
@pytest.mark.parametrize("path", [f"/services/async/{VERSION}/job", f"/services/Soap/u/{VERSION}"])
def test_what_is_no_xml_is_refused(client: Client, path: str, body: bytes) -> None:
    token = str(client.http.headers["Authorization"]).removeprefix("Bearer ")
    headers = {"Content-Type": "application/xml; charset=UTF-8", "X-SFDC-Session": token}
    answer = send(client, "POST", path, data=body, headers=headers)
    assert answer.status_code == 500 if "Soap" in path else 400 <= answer.status_code < 500
    assert "xceptionCode" in answer.text, answer.text
    assert not any(telltale in answer.text for telltale in TELLTALES)


@pytest.mark.parametrize(
    "path", [f"{DATA}/sobjects/Account", f"{DATA}/jobs/query", "/services/oauth2/token"]
)
def test_a_body_without_measure_is_refused(client: Client, path: str) -> None:
    answer = send(client, "POST", path, data=b" " * (51 * 1024 * 1024))
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (413, "EXCEEDED_MAX_SIZE_REQUEST")


@FEW
@given(content=st.text("\",\n\r\x00'aé1Name#N/A\ufeff", max_size=60))
def test_any_csv_is_taken_in_or_refused(client: Client, content: str) -> None:
    job = client.call(
        "POST", "/jobs/ingest", json={"object": "Account", "operation": "insert"}
    ).json()
    body = content.encode("utf-8", "surrogatepass")
    headers = {"Content-Type": "text/csv"}
    path = f"{DATA}/jobs/ingest/{job['id']}"
    refused_or_answered(send(client, "PUT", f"{path}/batches", data=body, headers=headers))
    state = {"state": "UploadComplete"}
    refused_or_answered(send(client, "PATCH", path, json=state))
    for kind in ("successfulResults", "failedResults", "unprocessedrecords"):
        refused_or_answered(send(client, "GET", f"{path}/{kind}"))
    assert client.get(f"/jobs/ingest/{job['id']}").json()["object"] == "Account"
