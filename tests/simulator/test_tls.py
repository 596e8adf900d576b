"""TLS with an authority of its own, and the CONNECT proxy (clients.md 12)."""

from __future__ import annotations

import socket
import ssl
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from simulator.server import RunningOrg, SecurePorts, SecureUrls
from simulator.tls.authority import tls_files
from simulator.tls.names import MY_DOMAIN, reached_url

WALL = datetime(2026, 11, 1, tzinfo=UTC)
PATIENCE_SECONDS = 120
HOSTS = (
    "login.salesforce.com",
    "test.salesforce.com",
    "acme.my.salesforce.com",
    "acme--dev.sandbox.my.salesforce.com",
    "acme-dev-ed.develop.my.salesforce.com",
)
STRANGERS = (
    "example.com",
    "salesforce.com",
    "www.salesforce.com",
    "a.b.my.salesforce.com",
    "login.salesforce.com.example.com",
    "169.254.169.254",
    "0.0.0.0",
    "[::1]",
)


@pytest.fixture(scope="module")
def org(new_org: Callable[..., RunningOrg]) -> RunningOrg:
    return new_org(secure=SecurePorts())


@pytest.fixture
def secure(org: RunningOrg) -> SecureUrls:
    assert org.secure is not None
    return org.secure


@pytest.fixture
def stranger(secure: SecureUrls) -> requests.Session:
    """Somebody who was told of the proxy and of the authority, and of nothing else."""
    session = requests.Session()
    session.trust_env = False
    session.proxies = {"https": secure.proxy_url}
    session.verify = str(secure.authority)
    return session


def asked(secure: SecureUrls, request: bytes) -> bytes:
    """What the proxy answers to these bytes, up to its end."""
    place = urlsplit(secure.proxy_url)
    assert place.hostname
    assert place.port
    with socket.create_connection((place.hostname, place.port), PATIENCE_SECONDS) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
    return answer


@pytest.mark.parametrize("host", HOSTS)
def test_a_built_in_host_leads_to_the_org(stranger: requests.Session, host: str) -> None:
    answer = stranger.get(f"https://{host}/services/data/", timeout=PATIENCE_SECONDS)
    assert (answer.status_code, answer.json()[-1]["version"]) == (200, "67.0")


def test_tls_is_offered_beside_the_plain_port(org: RunningOrg, secure: SecureUrls) -> None:
    over_tls = requests.get(
        f"{secure.url}/services/data/", verify=str(secure.authority), timeout=PATIENCE_SECONDS
    )
    plain = requests.get(f"{org.url}/services/data/", timeout=PATIENCE_SECONDS)
    assert over_tls.json() == plain.json()


def test_nobody_trusts_the_authority_without_being_told(secure: SecureUrls) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{secure.url}/services/data/", timeout=PATIENCE_SECONDS)


def test_old_tls_is_refused(secure: SecureUrls) -> None:
    context = ssl.create_default_context(cafile=secure.authority)
    place = urlsplit(secure.url)
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        socket.create_connection((str(place.hostname), place.port), PATIENCE_SECONDS) as plain,
        pytest.raises(ssl.SSLError),
    ):
        context.wrap_socket(plain, server_hostname=place.hostname)


@pytest.mark.parametrize("host", STRANGERS)
def test_the_proxy_refuses_every_other_host(secure: SecureUrls, host: str) -> None:
    request = f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n"
    assert asked(secure, request.encode()).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize(
    "request_line",
    [
        b"CONNECT login.salesforce.com:22 HTTP/1.1",
        b"CONNECT 127.0.0.1:22 HTTP/1.1",
        b"GET http://example.com/ HTTP/1.1",
        b"GET / HTTP/1.1",
        b"CONNECT login.salesforce.com HTTP/1.1",
    ],
)
def test_the_proxy_tunnels_to_the_tls_port_only(secure: SecureUrls, request_line: bytes) -> None:
    assert asked(secure, request_line + b"\r\n\r\n").startswith(b"HTTP/1.1 403 ")


def test_the_proxy_gives_up_on_a_request_that_does_not_end(secure: SecureUrls) -> None:
    assert asked(secure, b"CONNECT login.salesforce.com:443 HTTP/1.1\r\nX: " + b"x" * 70_000) == b""


def test_both_listen_on_the_loopback_address_only(secure: SecureUrls) -> None:
    assert {urlsplit(url).hostname for url in (secure.url, secure.proxy_url)} == {"127.0.0.1"}


def test_a_login_names_the_instance_by_the_host_that_was_reached(
    org: RunningOrg, stranger: requests.Session
) -> None:
    keys = org.credentials
    answer = stranger.post(
        "https://acme.my.salesforce.com/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(keys.consumer_key, keys.consumer_secret),
        timeout=PATIENCE_SECONDS,
    )
    assert answer.json()["instance_url"] == "https://acme.my.salesforce.com"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("login.salesforce.com", f"https://{MY_DOMAIN}"),
        ("LOGIN.salesforce.com:443", f"https://{MY_DOMAIN}"),
        ("acme.my.salesforce.com", "https://acme.my.salesforce.com"),
        ("localhost:8443", "https://localhost:8443"),
        ("127.0.0.1:8443", "https://127.0.0.1:8443"),
        ("example.com", "http://own"),
        ("localhost:1/../", "http://own"),
        ("acme.my.salesforce.com.example.com", "http://own"),
        ("", "http://own"),
    ],
)
def test_a_host_header_cannot_make_up_an_instance(host: str, url: str) -> None:
    assert reached_url(host, otherwise="http://own") == url


def test_the_keys_are_for_their_owner_alone(secure: SecureUrls) -> None:
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in secure.authority.parent.iterdir()}
    assert {name: mode for name, mode in modes.items() if name.endswith(".key")} == {
        "authority.key": 0o600,
        "server.key": 0o600,
    }


def test_the_authority_outlives_its_certificates(tmp_path: Path) -> None:
    first = tls_files(tmp_path, WALL)
    trusted, served = first.authority.read_bytes(), first.certificate.read_bytes()
    tls_files(tmp_path, WALL + timedelta(days=300))
    assert first.certificate.read_bytes() == served
    tls_files(tmp_path, WALL + timedelta(days=380))
    assert (first.authority.read_bytes(), first.certificate.read_bytes() != served) == (
        trusted,
        True,
    )


def test_an_org_listens_on_the_loopback_address_and_elsewhere_only_when_told_so(new_org) -> None:
    usual, told = new_org(), new_org(host="0.0.0.0")
    with pytest.raises(requests.ConnectionError):
        requests.get(at_another_address(usual), timeout=PATIENCE_SECONDS)
    assert requests.get(at_another_address(told), timeout=PATIENCE_SECONDS).status_code == 200


def at_another_address(org: RunningOrg) -> str:
    """127.0.0.2 is this machine as well, but not what a server on 127.0.0.1 listens on."""
    return f"http://127.0.0.2:{urlsplit(org.url).port}/services/data/"
