"""Too many long requests at once are refused, and a retry helps (api.md 2.5)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from simulator.errors import SalesforceError
from simulator.options import Options
from simulator.web.long_requests import LongRequests
from tests.simulator.conftest import Client


def test_requests_that_run_long_fill_what_an_org_may_have() -> None:
    options, running = Options({"concurrent_long_requests": 1}), LongRequests(0.01)
    with running.running():
        time.sleep(0.02)
        with pytest.raises(SalesforceError, match="ConcurrentPerOrgLongTxn"):
            running.check(options)
    running.check(options)


def test_short_requests_fill_nothing() -> None:
    running = LongRequests()
    with running.running():
        running.check(Options({"concurrent_long_requests": 1}))


def test_both_kinds_of_limit_have_one_code_and_two_messages(
    client: Client, options: Callable[..., None]
) -> None:
    soql = "SELECT Id FROM Account"
    options(used_long_requests=25)
    long = client.query(soql)
    options(used_long_requests=0, used_api_requests=100_000)
    total = client.query(soql)
    options(used_api_requests=0)
    codes = {(answer.status_code, answer.json()[0]["errorCode"]) for answer in (long, total)}
    assert codes == {(403, "REQUEST_LIMIT_EXCEEDED")}
    messages = [answer.json()[0]["message"] for answer in (long, total)]
    assert messages == ["ConcurrentPerOrgLongTxn Limit exceeded.", "TotalRequests Limit exceeded."]
    assert client.query(soql).status_code == 200
