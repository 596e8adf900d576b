"""Hosts, a proxy and a private certificate authority between us and the org."""

import pytest

from salesforce_elt.errors import ConnectionInvalid, ServerUnavailable
from simulator.server import SecureUrls
from tests.connected import METHODS, Somebody, logged_in, works

MY_DOMAINS = (
    "acme.my.salesforce.com",
    "acme--dev.sandbox.my.salesforce.com",
    "acme-dev-ed.develop.my.salesforce.com",
)
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")


@pytest.fixture
def secure(somebody: Somebody) -> SecureUrls:
    assert somebody.org.secure is not None
    return somebody.org.secure


@pytest.fixture
def behind_a_proxy(secure: SecureUrls) -> dict[str, str]:
    """The extras of a connection whose network has a proxy with an authority of its own."""
    return {"proxy": secure.proxy_url, "certificate_authority_file": str(secure.authority)}


@pytest.mark.parametrize("host", MY_DOMAINS)
@pytest.mark.parametrize("method", METHODS)
def test_each_login_works_at_each_kind_of_my_domain_by_a_proxy(
    somebody: Somebody, behind_a_proxy, method, host
):
    access = somebody.access(method, host=host, extra=behind_a_proxy)
    token = logged_in(access)
    assert token.instance_url == f"https://{host}"
    with access.http() as http:
        assert works(token, http=http)


@pytest.mark.parametrize("host", LOGIN_HOSTS)
@pytest.mark.parametrize("method", [name for name in METHODS if name != "client_credentials"])
def test_each_login_but_one_works_at_the_login_hosts_and_is_led_to_my_domain(
    somebody: Somebody, behind_a_proxy, method, host
):
    access = somebody.access(method, host=host, extra=behind_a_proxy)
    token = logged_in(access)
    assert token.instance_url.endswith(".my.salesforce.com")
    with access.http() as http:
        assert works(token, http=http)


@pytest.mark.parametrize("domain", ["login", "test", "acme.my"])
def test_the_providers_domain_leads_to_the_same_hosts(somebody: Somebody, behind_a_proxy, domain):
    extra = {**behind_a_proxy, "domain": domain}
    assert somebody.log_in("soap", host=None, extra=extra).instance_url.startswith("https://")


def test_the_providers_proxies_are_used(somebody: Somebody, secure: SecureUrls):
    extra = {
        "proxies": {"https": secure.proxy_url},
        "certificate_authority_file": str(secure.authority),
    }
    token = somebody.log_in("client_credentials", host=MY_DOMAINS[0], extra=extra)
    assert token.instance_url == f"https://{MY_DOMAINS[0]}"


def test_a_proxy_of_the_environment_is_used(somebody: Somebody, secure: SecureUrls, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", secure.proxy_url)
    extra = {"certificate_authority_file": str(secure.authority)}
    token = somebody.log_in("client_credentials", host=MY_DOMAINS[0], extra=extra)
    assert token.instance_url == f"https://{MY_DOMAINS[0]}"


def test_a_proxy_that_refuses_is_said(somebody: Somebody, behind_a_proxy):
    with pytest.raises(ServerUnavailable, match=r"Login at sf\.example\.com: .*403.*the proxy"):
        somebody.log_in("client_credentials", host="sf.example.com", extra=behind_a_proxy)


def test_a_proxy_that_is_not_there_is_said_without_its_password(somebody: Somebody):
    extra = {"proxy": "http://us:proxy-password@127.0.0.1:9"}
    with pytest.raises(ServerUnavailable, match="the network and the proxy") as refused:
        somebody.log_in("client_credentials", host=MY_DOMAINS[0], extra=extra)
    assert "proxy-password" not in str(refused.value)


@pytest.mark.parametrize("method", METHODS)
def test_a_private_authority_is_trusted_when_it_is_named(somebody, secure: SecureUrls, method):
    extra = {
        "certificate_authority_file": str(secure.authority),
        # The address is none of Salesforce's, so the assertion has to say whose org it is.
        "audience": "https://login.salesforce.com",
    }
    access = somebody.access(method, host=secure.url, extra=extra)
    token = logged_in(access)
    with access.http() as http:
        assert works(token, http=http)


@pytest.mark.parametrize("method", METHODS)
def test_a_private_authority_that_is_not_named_is_refused_with_the_extra_to_add(
    somebody: Somebody, secure: SecureUrls, method
):
    with pytest.raises(ConnectionInvalid, match=r"not trusted.*certificate_authority_file"):
        somebody.log_in(method, host=secure.url)


def test_a_redirect_takes_no_secret_along(somebody: Somebody):
    elsewhere = {
        "kind": "status", "status": 302, "body": None, "headers": {"Location": "http://127.0.0.1:9"},
    }  # fmt: skip
    somebody.arm(elsewhere)
    with pytest.raises(ConnectionInvalid, match=r"answered the login with 302.*connection's host"):
        somebody.log_in("client_credentials")


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ({"kind": "html", "status": 503}, ServerUnavailable, "503"),
        ({"kind": "html", "status": 200}, ServerUnavailable, "A proxy or Salesforce's edge"),
        ({"kind": "html", "status": 404}, ConnectionInvalid, "Check the connection's host"),
        ({"kind": "status", "status": 200, "body": {}}, ServerUnavailable, "tried again"),
        ({"kind": "reset"}, ServerUnavailable, "no answer"),
    ],
)
@pytest.mark.parametrize("method", ["client_credentials", "soap"])
def test_an_answer_that_is_none_is_told_from_a_refusal(somebody, method, fault, error, said):
    somebody.arm(fault)
    with pytest.raises(error, match=said):
        somebody.log_in(method)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "status": 503},
        {"kind": "status", "status": 200, "body": []},
        {"kind": "status", "status": 200, "body": [{"version": "next"}, 1]},
        {"kind": "reset"},
    ],
)
def test_an_org_that_does_not_say_its_versions_is_asked_again_later(somebody: Somebody, fault):
    somebody.arm({**fault, "match": {"path": "/services/data$"}})
    with pytest.raises(ServerUnavailable, match=r"Ask 127\.0\.0\.1 for its API versions"):
        somebody.log_in("client_credentials")
