"""TLS is always verified: no setting, no extra, no variable and no line of code switches it off."""

import ast
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from salesforce_elt.connection_fields import EXTRA_NAMES
from salesforce_elt.connections import ConnectionFields, org_access
from salesforce_elt.connections.trust import tls_context
from salesforce_elt.errors import ConnectionInvalid, SyncError
from salesforce_elt.hooks.provider_session import provider_session
from salesforce_elt.settings.layout import every_setting
from simulator.server import RunningOrg, SecurePorts

pytestmark = pytest.mark.faults

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("plugins", "desk", "deploy", "dags")
# What switches verification off, in the libraries that are used.
OFF = {"CERT_NONE", "_create_unverified_context", "create_unverified_context", "disable_warnings"}
SUSPICIOUS = ("verif", "insecure", "tls", "ssl", "cert")
NAMED = {"certificate_authority_file"}  # trusts one authority more
# What people set to be rid of a certificate error, elsewhere with success.
SWITCHES = {
    "PYTHONHTTPSVERIFY": "0", "CURL_CA_BUNDLE": "", "REQUESTS_CA_BUNDLE": "",
    "NODE_TLS_REJECT_UNAUTHORIZED": "0", "GIT_SSL_NO_VERIFY": "1", "SSL_VERIFY": "false",
    "HTTPX_VERIFY": "false", "SSL_CERT_FILE": "", "SSL_CERT_DIR": "",
}  # fmt: skip


def nodes(*tops: str) -> Iterator[tuple[Path, ast.AST]]:
    for top in tops:
        for file in sorted((PROJECT / top).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                yield file.relative_to(PROJECT), node


def switched_off(node: ast.AST) -> bool:
    """Whether a piece of code trusts whoever answers."""
    if isinstance(node, ast.keyword) and node.arg in ("verify", "check_hostname", "verify_ssl"):
        return isinstance(node.value, ast.Constant) and not node.value.value
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
        named = [getattr(one, "attr", "") for one in node.targets]
        return bool({"verify", "check_hostname", "verify_mode"} & set(named)) and (
            not node.value.value)
    return (isinstance(node, ast.Attribute) and node.attr in OFF) or (
        isinstance(node, ast.alias) and node.name in OFF)


def test_no_line_of_the_product_switches_verification_off() -> None:
    found = [f"{file}:{getattr(node, 'lineno', '?')}" for file, node in nodes(*OURS)
             if switched_off(node)]
    assert found == []


@pytest.mark.parametrize("line", [
    "httpx.Client(verify=False)", "httpx.get(url, verify=0)", "session.verify = False",
    "context.check_hostname = False", "context.verify_mode = ssl.CERT_NONE",
    "ssl._create_unverified_context()", "from ssl import _create_unverified_context",
    "urllib3.disable_warnings()", "Salesforce(verify=None)",
])
def test_a_line_that_would_is_noticed(line: str) -> None:
    assert any(map(switched_off, ast.walk(ast.parse(line))))


def test_every_client_of_the_product_says_whom_it_trusts() -> None:
    """A client without `verify` would take httpx's own default, whatever it becomes."""
    made = [(file, node) for file, node in nodes("plugins") if isinstance(node, ast.Call)
            and ast.unparse(node.func) in ("httpx.Client", "httpx.AsyncClient")]
    assert made
    for _, node in made:
        (verify,) = [one.value for one in node.keywords if one.arg == "verify"]
        assert ast.unparse(verify).startswith("tls_context(")


def test_no_setting_and_no_extra_is_about_verification() -> None:
    names = [*every_setting(), *EXTRA_NAMES]
    assert [one for one in names if any(word in one.lower() for word in SUSPICIOUS)] == [*NAMED]


# What a variable of the environment does.


@pytest.fixture(scope="module")
def org(new_org: Callable[..., RunningOrg]) -> RunningOrg:
    """An org whose certificate a private authority has signed."""
    return new_org(secure=SecurePorts())


def log_in(org: RunningOrg, **extra: object) -> None:
    """A login over TLS, as a connection has it."""
    keys = org.credentials
    app = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}
    access = org_access(ConnectionFields("salesforce_acme", org.secure.url, extra={**app, **extra}))
    with access.http() as http:
        access.log_in(http, org.org.clock.now)


@pytest.mark.parametrize("variable", sorted(SWITCHES))
def test_no_variable_has_an_unknown_authority_trusted(org, variable: str, monkeypatch) -> None:
    monkeypatch.setenv(variable, SWITCHES[variable])
    with pytest.raises(ConnectionInvalid, match="its certificate is not trusted"):
        log_in(org)
    context = tls_context("")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("variable", ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_the_variables_of_other_programs_trust_nobody_here(org, variable, monkeypatch) -> None:
    monkeypatch.setenv(variable, str(org.secure.authority))
    with pytest.raises(ConnectionInvalid, match="its certificate is not trusted"):
        log_in(org)


def test_an_authority_of_ssl_cert_file_is_trusted_instead_of_the_public_ones(
    org, monkeypatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(org.secure.authority))
    log_in(org)
    assert len(tls_context("").get_ca_certs()) == 1


def test_a_directory_without_authorities_trusts_nobody(org, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    with pytest.raises(ConnectionInvalid, match="its certificate is not trusted"):
        log_in(org)


@pytest.mark.parametrize("content", [None, b"", b"no certificate"])
def test_authorities_that_cannot_be_read_are_told_and_nobody_is_trusted(
    org, tmp_path, content, monkeypatch
) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(ConnectionInvalid, match="SSL_CERT_FILE or SSL_CERT_DIR"):
        log_in(org)


def test_the_keys_of_a_connection_are_written_nowhere(org, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "keys.log"))
    log_in(org, certificate_authority_file=str(org.secure.authority))
    written = (tmp_path / "keys.log").read_text() if (tmp_path / "keys.log").exists() else ""
    assert "CLIENT" not in written


def test_the_name_of_the_host_has_to_be_the_certificates(org) -> None:
    other = org.secure.url.replace("127.0.0.1", "127.0.0.2").replace("localhost", "127.0.0.2")
    keys = org.credentials
    extra = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret,
             "certificate_authority_file": str(org.secure.authority)}
    access = org_access(ConnectionFields("salesforce_acme", other, extra=extra))
    with access.http() as http, pytest.raises(SyncError):
        access.log_in(http, org.org.clock.now)


def test_the_providers_own_session_verifies_by_the_same_authorities(org, monkeypatch) -> None:
    monkeypatch.setenv("CURL_CA_BUNDLE", str(org.secure.authority))
    keys = org.credentials
    extra = {"consumer_key": keys.consumer_key, "consumer_secret": keys.consumer_secret}
    access = org_access(ConnectionFields("salesforce_acme", org.secure.url, extra=extra))
    with provider_session(access) as session, pytest.raises(requests.exceptions.SSLError):
        session.get(org.secure.url, timeout=60)
