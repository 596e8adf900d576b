"""Answers to a login that an org does not give every day: read safely, and never repeated."""

from datetime import UTC, datetime

import httpx
import pytest

from salesforce_elt.errors import ConnectionInvalid, ServerUnavailable
from salesforce_elt.salesforce.assertions import audience_of
from salesforce_elt.salesforce.login import (
    ClientCredentials,
    Login,
    SoapLogin,
    Token,
    UserPassword,
    log_in,
)
from salesforce_elt.salesforce.soap_login import NotSoap, envelope, texts

ACME = "https://acme.my.salesforce.com"
BY_SOAP = SoapLogin(ACME, "etl@acme.com", "p<a&ss>word")
BY_PASSWORD = UserPassword(ACME, "key", "the-secret", "etl@acme.com", "the-password")
BY_APP = ClientCredentials(ACME, "key", "the-secret")
VERSIONS = [{"version": "9.0"}, {"version": "64.0"}, {"version": "63.0"}]
RESULT = (
    "<r><passwordExpired>false</passwordExpired><serverUrl>{}</serverUrl>"
    "<sessionId>00D!session</sessionId></r>"
)
DOCTYPE = '<?xml version="1.0"{}?><!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a;</r>'


def logged_in(login: Login, answer: httpx.Response) -> Token:
    def server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=VERSIONS) if request.method == "GET" else answer

    http = httpx.Client(transport=httpx.MockTransport(server))
    return log_in(login, http=http, now=lambda: datetime.now(UTC))


def test_the_newest_version_is_the_highest_number_not_the_last_text():
    token = {"access_token": "00D!session", "instance_url": f"{ACME}/"}
    assert logged_in(BY_APP, httpx.Response(200, json=token)) == Token("00D!session", ACME, "64.0")


@pytest.mark.parametrize(
    "server_url",
    [
        "https://acme.my.salesforce.com/services/Soap/u/64.0/00D4S000000oz4e",
        "https://acme-api.my.salesforce.com/services/Soap/u/64.0/00D4S000000oz4e",
    ],
)
def test_the_instance_of_a_soap_session_is_its_servers_host(server_url):
    answer = httpx.Response(200, text=RESULT.format(server_url))
    assert logged_in(BY_SOAP, answer) == Token("00D!session", ACME, "64.0")


def test_an_expired_password_is_told_although_salesforce_gives_a_session():
    answer = RESULT.format(ACME).replace("false", "true")
    with pytest.raises(ConnectionInvalid, match="the user's password has expired"):
        logged_in(BY_SOAP, httpx.Response(200, text=answer))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(200, text="<r><sessionId>00D!session</sessionId></r>"), ServerUnavailable),
        (httpx.Response(200, text="<html>log in to the network<br></html>"), ServerUnavailable),
        (httpx.Response(200, text=DOCTYPE.format("")), ServerUnavailable),
        (httpx.Response(500, text=""), ServerUnavailable),
        (httpx.Response(404, text="<html/>"), ConnectionInvalid),
    ],
)
def test_what_is_no_answer_of_soap_login_is_not_believed(answer, error):
    with pytest.raises(error, match="as Salesforce's login does not"):
        logged_in(BY_SOAP, answer)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (DOCTYPE.format("").encode(), "document type"),
        (DOCTYPE.format(' encoding="utf-16"').encode("utf-16"), "document type"),
        (b"<r><!-- " + b"x" * 1_000_001 + b" --></r>", "too long"),
        (b"<r>", "not XML"),
        (b"", "not XML"),
        (b"<r>&outside;</r>", "not XML"),
    ],
)
def test_xml_that_could_do_harm_is_not_read(answer, said):
    with pytest.raises(NotSoap, match=said):
        texts(answer)


def test_texts_are_found_by_their_names_whatever_the_prefix():
    assert texts(b"<a:r xmlns:a='x'><sf:b xmlns:sf='y'>1&amp;2</sf:b><b>3</b></a:r>")["b"] == "1&2"


def test_a_password_with_markup_in_it_is_sent_as_it_is():
    sent = envelope(username="a&b", password="p<a&ss>word", organization_id="", client="")
    found = texts(sent)
    assert (found["username"], found["password"]) == ("a&b", "p<a&ss>word")


def test_the_organization_and_the_client_go_into_headers_of_their_own():
    found = texts(envelope(username="u", password="p", organization_id="00Dx", client="ELT/1"))
    assert (found["organizationId"], found["client"]) == ("00Dx", "ELT/1")


@pytest.mark.parametrize("login", [BY_PASSWORD, BY_APP])
def test_a_server_that_repeats_what_it_was_sent_gets_no_secret_into_the_message(login):
    told = "the-secret and the-password are not known"
    answer = httpx.Response(400, json={"error": "invalid_grant", "error_description": told})
    with pytest.raises(ConnectionInvalid) as refused:
        logged_in(login, answer)
    assert "the-secret" not in str(refused.value)
    assert login is BY_APP or "the-password" not in str(refused.value)


def test_a_secret_at_the_end_of_a_long_message_is_not_shown_in_part():
    told = "x" * 195 + " the-secret"
    answer = httpx.Response(400, json=[{"errorCode": "invalid_client", "message": told}])
    with pytest.raises(ConnectionInvalid) as refused:
        logged_in(BY_APP, answer)
    assert "the-" not in str(refused.value)


def test_a_soap_server_that_repeats_the_password_gets_it_into_no_message():
    fault = (
        '<f xmlns:sf="urn:fault"><sf:exceptionCode>INVALID_LOGIN</sf:exceptionCode>'
        "<sf:exceptionMessage>p&lt;a&amp;ss&gt;word is wrong</sf:exceptionMessage></f>"
    )
    with pytest.raises(ConnectionInvalid) as refused:
        logged_in(BY_SOAP, httpx.Response(500, text=fault))
    assert "p<a&ss>word" not in str(refused.value)


@pytest.mark.parametrize("instance", ["http://acme.my.salesforce.com", "acme.my.salesforce.com"])
def test_a_session_never_travels_in_the_clear(instance):
    answer = httpx.Response(200, json={"access_token": "00D!session", "instance_url": instance})
    with pytest.raises(ConnectionInvalid, match="in the clear") as refused:
        logged_in(BY_APP, answer)
    assert "00D!session" not in str(refused.value)


@pytest.mark.parametrize(
    ("base_url", "audience"),
    [
        ("https://login.salesforce.com", "https://login.salesforce.com"),
        ("https://test.salesforce.com", "https://test.salesforce.com"),
        (ACME, "https://login.salesforce.com"),
        ("https://acme-dev-ed.develop.my.salesforce.com", "https://login.salesforce.com"),
        ("https://acme--dev.sandbox.my.salesforce.com", "https://test.salesforce.com"),
        ("https://acme--dev.my.salesforce.com", "https://test.salesforce.com"),
        ("https://app-1234.scratch.my.salesforce.com", "https://test.salesforce.com"),
        ("http://127.0.0.1:8099", "http://127.0.0.1:8099"),
    ],
)
def test_an_assertion_is_for_the_login_host_of_its_kind_of_org(base_url, audience):
    assert audience_of(base_url) == audience
