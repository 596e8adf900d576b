"""What is sent to an org that must not be, and what every answer has to be."""

from __future__ import annotations

import json
from typing import Any

import requests
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.simulator.conftest import VERSION, Client

SECRET = "Belongs to another org"
TELLTALES = ("Traceback", "psycopg", 'File "/', "SQLSTATE", "simulator/", SECRET)
DATA = f"/services/data/v{VERSION}"
FEW = settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
VALUES = (
    "Account", "GET", "POST", "query", "queryAll", "insert", "CSV", "Aborted", "@{a.b[0].c}",
    f"{DATA}/query?q=SELECT+Id+FROM+Account", f"{DATA}/limits", "/../..", "a", "\x00", "001",
    "SELECT Id FROM Account", "' OR 1=1 --", "%s%(x)s", "\ud800",
)  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(VALUES)
    | st.text(max_size=10)
)


def refused_or_answered(answer: requests.Response) -> None:
    """A status below 500, a body in one of Salesforce's forms, and nothing of what is inside."""
    assert answer.status_code < 500, (answer.request.url, answer.request.body, answer.text)
    assert not any(telltale in answer.text for telltale in TELLTALES), answer.text
    is_json = "json" in answer.headers.get("Content-Type", "")
    if answer.status_code >= 400 and is_json and answer.request.method != "HEAD":
        body = answer.json()
        error = body[0] if isinstance(body, list) else body
        assert {"errorCode", "error", "exceptionCode"} & set(error), answer.text


def send(client: Client, method: str, path: str, **options: Any) -> requests.Response:
    url = client.running.url + path
    return client.http.request(method, url, timeout=120, allow_redirects=False, **options)


def text_of(value: object) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")
