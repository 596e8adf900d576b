"""No fault between us and Salesforce has a secret appear: not in a log, not in an error."""

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest

from salesforce_elt.errors import SyncError
from salesforce_elt.salesforce.bulk import BulkSource, Question
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.query import RestSource
from simulator.faults.kinds import BY_NAME
from tests.driver import Desk

pytestmark = [pytest.mark.faults, pytest.mark.slow]

log = logging.getLogger("tests.a_task")  # which logs what stops it, with everything behind it
SOQL = "SELECT Id, Name FROM Account"
# Faults that have to be told how long or how much.
VALUES: dict[str, dict[str, Any]] = {
    "delay": {"seconds": 0.01}, "slow_drip": {"seconds": 0.001}, "truncation": {"after_bytes": 20},
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(generated_desk: Callable[..., Desk]) -> Desk:
    return generated_desk(size=5)


@pytest.fixture(autouse=True)
def no_faults(desk: Desk, caplog: pytest.LogCaptureFixture):
    """Everything that anybody logs is seen; the next test finds the org without faults."""
    caplog.set_level(logging.DEBUG)
    yield
    desk.org.org.faults.clear()


def read_by_rest(client: SalesforceClient) -> int:
    source = RestSource(client, soql=SOQL, fields=["Id", "Name"], asked="Query Account")
    return sum(len(list(opened.rows or ())) for page in source.pages({})
               for opened in [page.open().__enter__()])


def read_by_bulk(client: SalesforceClient) -> int:
    source = BulkSource(client, Question(SOQL, "Account"), note_job=log.info,
                        pause=lambda _: None)
    read = 0
    for page in source.pages({}):
        with page.open() as opened:
            read += len(b"".join(opened.csv or ()))
    return read


READS = {
    "the login": ("/services/oauth2/token", read_by_rest),
    "a query": ("/queryAll", read_by_rest),
    "a job": ("/jobs/query", read_by_bulk),
    "a result": ("/results", read_by_bulk),
}


def secrets(desk: Desk, client: SalesforceClient) -> dict[str, str]:
    """What must show nowhere."""
    keys = desk.org.credentials
    session = client._token.access_token if client._token else ""
    found = {"consumer secret": keys.consumer_secret, "session": session,
             "admin token": keys.admin_token, "password": keys.password,
             "private key": keys.private_key[60:120]}
    return {name: text for name, text in found.items() if text}


def read_under(desk: Desk, read: str, fault: dict[str, Any]) -> SalesforceClient:
    """A read that a fault meets; what stops it is logged as a task would, with its causes."""
    place, reading = READS[read]
    desk.administer("faults", {"times": 2, "match": {"path": place}, **fault})
    client = desk.client()
    try:
        log.info("read %s", reading(client))
    except SyncError:
        log.exception("the task fails")
    return client


@pytest.mark.parametrize("read", sorted(READS))
@pytest.mark.parametrize("kind", sorted(BY_NAME))
def test_no_secret_shows_under(desk: Desk, kind: str, read: str, caplog) -> None:
    client = read_under(desk, read, {"kind": kind, **VALUES.get(kind, {})})
    assert desk.org.org.faults.fired()
    shown = [name for name, text in secrets(desk, client).items() if text in caplog.text]
    assert shown == []


@pytest.mark.parametrize("read", ["the login", "a query", "a job"])
@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_a_secret_that_an_answer_repeats_is_not_repeated(desk, read, status, caplog) -> None:
    before = desk.client()
    session = before.token().access_token
    keys = desk.org.credentials
    said = f"invalid: {keys.consumer_secret} {session}"
    body = [{"errorCode": "ODD", "message": said}]
    place, reading = READS[read]
    fault = {"kind": "status", "status": status, "body": body, "times": None}
    desk.administer("faults", {**fault, "match": {"path": place}})
    client = desk.client() if read == "the login" else before
    with pytest.raises(SyncError) as stopped:
        reading(client)
    log.error("stopped", exc_info=stopped.value)
    repeated = keys.consumer_secret if read == "the login" else session
    assert repeated not in caplog.text + str(stopped.value)
    assert repeated in json.dumps(body)
