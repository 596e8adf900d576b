"""Requests are retried, renewed once, counted, and kept inside the quota."""

from decimal import Decimal

import httpx
import pytest

from salesforce_elt.errors import (
    AccessDenied,
    ConnectionInvalid,
    QuotaReached,
    ServerUnavailable,
)
from salesforce_elt.salesforce.client import BACKOFF_SECONDS, SalesforceClient
from salesforce_elt.salesforce.limits import Quota
from salesforce_elt.salesforce.login import Token

DATE = "Sun, 01 Mar 2026 12:00:00 GMT"
PATH = "/services/data/v62.0/limits"


class Server:
    """Answers in the order given, the last one for ever; remembers what it was asked."""

    def __init__(self, *answers: httpx.Response) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def answer(status: int = 200, usage: str = "api-usage=10/100", **content) -> httpx.Response:
    return httpx.Response(
        status, headers={"Date": DATE, "Sforce-Limit-Info": usage}, **(content or {"json": {}})
    )


def client_of(
    server, *, share="1", waits=None, logins=None, url="https://acme.my.salesforce.com"
) -> SalesforceClient:
    def authenticate(refused: Token | None) -> Token:
        if logins is not None:
            logins.append(1)
        return Token(f"token-{len(logins or [])}", url, "62.0")

    return SalesforceClient(
        authenticate,
        http=httpx.Client(transport=httpx.MockTransport(server)),
        pause=(waits if waits is not None else []).append,
        share=Decimal(share),
    )


def test_every_answer_counts_as_a_call_but_the_list_of_versions():
    client = client_of(Server(answer()))
    client.get(PATH, asked="Limits")
    client.server_time()
    assert client.calls == 1


def test_decimal_numbers_are_read_as_the_text_that_was_sent():
    client = client_of(Server(answer(content=b'{"Amount": 9.0E7, "Price": 0.10}')))
    assert client.get(PATH, asked="Query") == {"Amount": "9.0E7", "Price": "0.10"}


@pytest.mark.parametrize("status", [406, 420, 429, 500, 502, 503])
def test_a_busy_server_is_asked_again(status):
    waits: list[float] = []
    client = client_of(Server(answer(status, content=b"<html>"), answer()), waits=waits)
    client.get(PATH, asked="Limits")
    assert waits == [BACKOFF_SECONDS[0]]


def test_a_server_that_stays_busy_is_given_up_after_all_waits():
    waits: list[float] = []
    client = client_of(Server(answer(503, content=b"")), waits=waits)
    with pytest.raises(ServerUnavailable, match="Limits: Salesforce answered 503"):
        client.get(PATH, asked="Limits")
    assert tuple(waits) == BACKOFF_SECONDS


@pytest.mark.parametrize("path", [
    "@evil.example/x", ".evil.example/x", "https://evil.example/", "//evil.example/x", ":80@evil/",
    "/x\r\nHost: evil.example", "",
])
def test_an_address_that_leads_out_of_the_org_is_not_asked(path):
    server = Server(answer())
    with pytest.raises(ServerUnavailable, match=r"Query: .*not in the org"):
        client_of(server).get(path, asked="Query")
    assert server.requests == []


def test_no_answer_at_all_is_tried_again_and_then_said_in_words():
    def refuse(request):
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(ServerUnavailable, match=r"no answer .*Check the connection's host"):
        client_of(refuse).get(PATH, asked="Limits")


def test_an_ended_session_is_renewed_once():
    logins: list[int] = []
    server = Server(answer(401, json=[{"errorCode": "INVALID_SESSION_ID"}]), answer())
    client_of(server, logins=logins).get(PATH, asked="Limits")
    assert server.requests[-1].headers["Authorization"] == "Bearer token-2"


def test_a_session_that_is_refused_right_after_a_login_stops():
    server = Server(answer(401, json=[{"errorCode": "INVALID_SESSION_ID"}]))
    with pytest.raises(ConnectionInvalid, match="right after a login"):
        client_of(server).get(PATH, asked="Limits")
    assert len(server.requests) == 2


def test_what_no_retry_mends_is_raised_at_once():
    waits: list[float] = []
    server = Server(answer(404, json=[{"errorCode": "NOT_FOUND", "message": "No."}]))
    with pytest.raises(AccessDenied):
        client_of(server, waits=waits).get(PATH, asked="Describe")
    assert waits == []


def test_past_the_share_of_the_daily_requests_nothing_is_asked():
    server = Server(answer(usage="api-usage=75/100; per-app-api-usage=1/5(appName=x)"))
    client = client_of(server, share="0.75")
    client.get(PATH, asked="Limits")
    with pytest.raises(QuotaReached, match=r"75 of the org's 100 .* this sync may use 75"):
        client.get(PATH, asked="Limits")
    assert len(server.requests) == 1


def test_the_servers_clock_costs_nothing_and_is_told_past_the_share_too():
    client = client_of(Server(answer(usage="api-usage=99/100")), share="0.75")
    client.get(PATH, asked="Limits")
    assert client.server_time() is not None


def test_usage_that_goes_back_is_believed_for_salesforces_numbers_are_estimates():
    """api.md 2.1: consecutive answers told 4147, 4141, 4141, 4142."""
    server = Server(*(answer(usage=f"api-usage={used}/10000") for used in (4147, 4141, 4142)))
    client = client_of(server, share="0.5")
    for _ in range(3):
        client.get(PATH, asked="Limits")
    assert (client.first_usage.used, client.usage.used) == (4147, 4142)


def test_what_another_task_was_told_stops_a_client_before_its_first_call():
    server = Server(answer())
    client = client_of(server, share="0.75")
    client.expect(Quota("DailyApiRequests", 80, 100, client.share))
    with pytest.raises(QuotaReached):
        client.get(PATH, asked="Query Account")
    assert server.requests == []


def test_a_refusal_past_the_day_stops_further_calls_whatever_usage_was_told():
    refused = answer(403, usage="api-usage=10/100", json=[
        {"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}])
    server = Server(refused)
    client = client_of(server)
    for _ in range(2):
        with pytest.raises(QuotaReached):
            client.get(PATH, asked="Query Account")
    assert len(server.requests) == 1


def test_too_many_long_requests_at_once_are_waited_for():
    """api.md 2.5: the same code as the day's quota, and another way out."""
    waits: list[float] = []
    busy = answer(403, json=[{"errorCode": "REQUEST_LIMIT_EXCEEDED",
                              "message": "ConcurrentPerOrgLongTxn Limit exceeded."}])
    client_of(Server(busy, busy, answer()), waits=waits).get(PATH, asked="Query Account")
    assert tuple(waits) == BACKOFF_SECONDS[:2]


def test_an_answer_that_is_not_json_is_no_crash():
    with pytest.raises(ServerUnavailable, match="not JSON"):
        client_of(Server(answer(content=b"<html>"))).get(PATH, asked="Limits")


def test_an_answer_without_a_date_gives_no_window():
    with pytest.raises(ServerUnavailable, match="no Date header"):
        client_of(Server(httpx.Response(200, json=[]))).server_time()


@pytest.mark.parametrize(
    ("url", "packing"),
    [("https://acme.my.salesforce.com", "gzip"), ("http://127.0.0.1:8099", "identity")],
)
def test_results_come_packed_unless_they_never_leave_this_machine(url, packing):
    server = Server(answer())
    with client_of(server, url=url).download(PATH, asked="Results"):
        assert packing in server.requests[0].headers["Accept-Encoding"]
