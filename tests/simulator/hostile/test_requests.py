"""Any path, header, parameter is answered or refused; no org tells of another."""

from __future__ import annotations

from urllib.parse import quote

import requests
from hypothesis import given
from hypothesis import strategies as st

from simulator.server import RunningOrg
from tests.simulator.conftest import VERSION, Client
from tests.simulator.hostile.sending import (
    DATA,
    FEW,
    refused_or_answered,
    send,
)


@FEW
@given(
    parts=st.lists(
        st.sampled_from(
            ["..", ".", "%2e%2e", "%2f", "%00", "", "services", "data", f"v{VERSION}", "v99.0",
             "v0", "sobjects", "Account", "query", "jobs", "01g", "750", "results", "etc", "passwd",
             "simulator", "state", "id", "é", "%ff", "'", '"', ";", "{id}", "describe", "updated",
             "async", "Soap", "u", "oauth2", "authorize", "composite", "limits", "~", "*", "ui-api"]
        ),
        max_size=9,
    ),
    method=st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]),
)  # fmt: skip
def test_any_path_is_answered_or_refused(client: Client, parts: list[str], method: str) -> None:
    request = requests.Request(method, client.running.url, headers=dict(client.http.headers))
    prepared = client.http.prepare_request(request)
    # as it stands: a client would take the dots out
    prepared.url = f"{client.running.url}/" + "/".join(parts)
    answer = client.http.send(prepared, timeout=120, allow_redirects=False)
    if "Soap" not in parts:
        refused_or_answered(answer)


@FEW
@given(
    headers=st.dictionaries(
        st.sampled_from(
            ["Authorization", "Sforce-Query-Options", "Sforce-Call-Options", "Content-Type",
             "Accept", "Accept-Encoding", "Content-Encoding", "If-Modified-Since", "If-None-Match",
             "Host", "X-Forwarded-For", "X-Forwarded-Proto", "X-PrettyPrint", "Range", "Expect",
             "X-HTTP-Method-Override", "X-SFDC-Session", "Transfer-Encoding-X", "Sforce-Mru"]
        ),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
        | st.sampled_from(["Bearer", "Bearer x", "Basic x", "Bearer a b", "batchSize=-1", "gzip",
                           "batchSize=99999999999999999999", "bytes=0-1", "[::1", "a:b:c",
                           "Mon, 32 Feb 2026 25:61:61 GMT", "multipart/form-data; boundary="]),
        max_size=4,
    ),
    target=st.sampled_from(
        [("GET", f"{DATA}/limits"), ("GET", f"{DATA}/query?q=SELECT+Id+FROM+Account"),
         ("GET", f"{DATA}/sobjects/Account/describe"), ("POST", f"{DATA}/sobjects/Account"),
         ("POST", f"{DATA}/jobs/query"), ("POST", "/services/oauth2/token"),
         ("GET", "/services/oauth2/userinfo"), ("POST", f"{DATA}/jobs/ingest")]
    ),
)  # fmt: skip
def test_any_header_is_answered_or_refused(
    client: Client, headers: dict[str, str], target: tuple[str, str]
) -> None:
    method, path = target
    headers.pop("Expect", None)
    refused_or_answered(send(client, method, path, headers=headers, data=b"{}"))


@FEW
@given(name=st.sampled_from(["q", "_HttpMethod", "ids", "fields", "start", "end", "locator",
                             "maxRecords", "sObjects", "columns", "queryLocator", "jobType"]),
       value=st.text(max_size=20) | st.sampled_from(["-1", "0", "1e9", "9" * 30, "%", "\x00", "²"]),
       path=st.sampled_from(["/query", "/queryAll", "/sobjects/Account/updated", "/limits",
                             "/sobjects/Account/deleted", "/composite/sobjects/Account",
                             "/composite/sobjects", "/jobs/query", "/limits/recordCount",
                             "/sobjects/Account/001000000000001AAA", "/jobs/ingest"]),
       method=st.sampled_from(["GET", "DELETE"]))  # fmt: skip
def test_any_parameter_is_answered_or_refused(
    client: Client, name: str, value: str, path: str, method: str
) -> None:
    encoded = quote(value.encode("utf-8", "replace"))
    refused_or_answered(send(client, method, f"{DATA}{path}?{name}={encoded}"))


def test_the_keys_of_one_org_open_no_other(client: Client, neighbour: RunningOrg) -> None:
    theirs = Client(neighbour).login()
    job = theirs.bulk("SELECT Name FROM Account")
    token = str(theirs.http.headers["Authorization"])
    stranger = requests.get(f"{client.data}/limits", headers={"Authorization": token}, timeout=120)
    form = {"grant_type": "client_credentials"}
    keys = (neighbour.credentials.consumer_key, neighbour.credentials.consumer_secret)
    url = f"{client.running.url}/services/oauth2/token"
    assert stranger.status_code == 401
    assert requests.post(url, data=form, auth=keys, timeout=120).status_code == 400
    assert client.get(f"/jobs/query/{job}/results").status_code == 404
    assert client.get(f"/query/{'01g' + job[3:]}-0").status_code == 400
