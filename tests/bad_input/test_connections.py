"""Connections that are wrong in one way: told which, what, and what to do, and no secret."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given as given_
from hypothesis import settings
from hypothesis import strategies as st

from salesforce_elt.connection_fields import EXTRA_NAMES, METHOD_NAMES, METHODS
from salesforce_elt.connections import ConnectionFields, org_access
from salesforce_elt.errors import ConnectionInvalid
from tests.attackers.hostile import PAYLOADS, moves_a_terminal
from tests.bad_input.damages import Damaged
from tests.bad_input.fuzzing import read_or_refused

pytestmark = pytest.mark.faults

CONN_ID = "salesforce_acme"
HOST = "https://acme.my.salesforce.com"
SECRETS = {"consumer_secret": "S3cr3t-of-the-app", "password": "S3cr3t-of-a-user",
           "refresh_token": "S3cr3t-5Aep", "security_token": "S3cr3tTok"}


def pem(key: Any, *, protection: Any = None) -> str:
    protected = protection or serialization.NoEncryption()
    return str(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protected).decode())


RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY = pem(RSA)
GOOD: Mapping[str, ConnectionFields] = {
    "client_credentials": ConnectionFields(CONN_ID, HOST, extra={
        "consumer_key": "key", "consumer_secret": SECRETS["consumer_secret"]}),
    "jwt_bearer": ConnectionFields(CONN_ID, HOST, login="etl@acme.com", extra={
        "consumer_key": "key", "private_key": KEY}),
    "refresh_token": ConnectionFields(CONN_ID, HOST, extra={
        "consumer_key": "key", "refresh_token": SECRETS["refresh_token"]}),
    "password": ConnectionFields(
        CONN_ID, HOST, login="etl@acme.com", password=SECRETS["password"], extra={
            "consumer_key": "key", "consumer_secret": SECRETS["consumer_secret"]}),
    "soap": ConnectionFields(
        CONN_ID, HOST, login="etl@acme.com", password=SECRETS["password"], extra={
            "security_token": SECRETS["security_token"]}),
}  # fmt: skip
# Connections that have all that another login needs.
COMPLETE_BOTH_WAYS = {("password", "soap"), ("password", "client_credentials")}
WRONG_HOSTS = (
    "http://acme.my.salesforce.com", "ftp://acme.my.salesforce.com", "https://", "https:// ",
    "https://acme my.salesforce.com", "https://acme.my.salesforce.com:0",
    "https://acme.my.salesforce.com:99999", "https://user:S3cr3t-in-a-host@acme.my.salesforce.com",
    "acme.lightning.force.com", "https://acme.my.salesforce-setup.com/x", "https://[::1",
    "javascript:alert(1)", "file:///etc/passwd",
)
WRONG_EXTRAS = {
    "login_method": ("jwt", "client-credentials", "{{ 7 }}", 7),
    "version": ("latest", "64.5", "0x40", "-1", "1e3", "v", "64.0; drop"),
    "proxy": ("socks5://p:1", "http://", "http://p:port", "http://u:S3cr3t/of@p:1", "http://p:0",
              "http://p:1/path", "http://p:1?x", "http://[p:1"),
    "proxies": ("{", "{'https': 1}", '{"https": "socks5://p"}', "ftp://p"),
    "certificate_authority_file": ("/nowhere/ca.pem", "/etc", "/etc/hostname", "x\0y"),
    "private_key_file_path": ("/nowhere/key.pem", "/etc", "/etc/hostname", KEY, "x\0y"),
    "private_key": ("S3cr3t-no-key", KEY[:200], KEY.replace("PRIVATE KEY", "CERTIFICATE"),
                    pem(ec.generate_private_key(ec.SECP256R1())), KEY.replace("M", "m"),
                    pem(RSA, protection=serialization.BestAvailableEncryption(b"x")), "é"),
    "domain": ("acme my", "https://", "http://x.salesforce.com", "login"),
}  # fmt: skip


def all_damaged() -> Iterator[Damaged]:
    for method in METHODS:
        good = GOOD[method.name]
        for name in sorted(method.needs):
            for what, blank in (("without", None), ("with a blank", "  ")):
                if name == "password" and (blank or method.name == "password"):
                    continue  # spaces may be meant; without one it is another login
                yield Damaged(f"{method.name} {what} {name}", given(good, name, blank))
        for name in sorted(method.needs & set(EXTRA_NAMES)):
            extra = {key: value for key, value in good.extra.items() if key != name}
            yield Damaged(f"{method.name} with {name} misspelt",
                          replace(good, extra={**extra, f"{name}s": good.extra[name]}))
        for host in WRONG_HOSTS:
            yield Damaged(f"{method.name} at {host}", replace(good, host=host))
    for name, values in WRONG_EXTRAS.items():
        method = "jwt_bearer" if name.startswith("private_key") else "client_credentials"
        for number, value in enumerate(values):
            extra = {**GOOD[method].extra, name: value}
            if name == "private_key_file_path":
                del extra["private_key"]
            yield Damaged(f"{name} as number {number}", replace(GOOD[method], extra=extra))
    for name in METHOD_NAMES:
        for other in METHOD_NAMES:
            if name != other and (name, other) not in COMPLETE_BOTH_WAYS:
                method = {**GOOD[name].extra, "login_method": other}
                yield Damaged(f"{name} that says it is {other}", replace(GOOD[name], extra=method))


def given(fields: ConnectionFields, name: str, value: str | None) -> ConnectionFields:
    """The fields with one otherwise, or without it."""
    if name in ("login", "password"):
        return replace(fields, **{name: value})
    extra = {key: one for key, one in fields.extra.items() if key != name}
    return replace(fields, extra={**extra, name: value} if value is not None else extra)


@pytest.mark.parametrize("method", METHOD_NAMES)
def test_the_connections_that_are_damaged_are_right(method: str) -> None:
    assert org_access(GOOD[method]).login.method == method


@pytest.mark.parametrize("damaged", list(all_damaged()), ids=str)
def test_a_connection_is_refused_for(damaged: Damaged) -> None:
    with pytest.raises(ConnectionInvalid) as refused:
        org_access(damaged.content)
    said = str(refused.value)
    assert said.startswith(f"The Airflow connection {CONN_ID!r} ")
    assert said.endswith((".", "?"))
    assert (moves_a_terminal(said), "\n" in said) == ([], False)
    assert "S3cr3t" not in said
    assert KEY[40:80] not in said


def test_there_are_more_than_a_hundred_damaged_connections() -> None:
    assert len(list(all_damaged())) > 100


values = st.one_of(
    st.none(), st.text(max_size=30), st.integers(), st.booleans(), st.floats(allow_nan=True),
    st.sampled_from([*PAYLOADS.values(), HOST, KEY, *WRONG_HOSTS, "1"]),
    st.lists(st.text(max_size=3), max_size=2), st.dictionaries(st.text(max_size=5), st.integers()),
)
extras = st.dictionaries(st.sampled_from([*EXTRA_NAMES, "extra__salesforce__consumer_key", "x"])
                         | st.text(max_size=10), values, max_size=6)


@settings(derandomize=True, max_examples=400, deadline=None)
@given_(st.none() | st.text(max_size=40) | st.sampled_from(WRONG_HOSTS), st.none() | st.integers(),
        st.none() | st.text(max_size=20), st.none() | st.text(max_size=20), extras)
def test_whatever_a_connection_says_is_an_access_or_refused(host, port, login, password, extra):
    fields = ConnectionFields(CONN_ID, host, port, login, password, extra)
    read_or_refused(lambda: org_access(fields), ConnectionInvalid)


@settings(derandomize=True, max_examples=200, deadline=None)
@given_(st.text(max_size=60) | extras.map(lambda extra: json.dumps(extra)))
def test_whatever_the_extra_proxies_holds_is_read_or_refused(text: str) -> None:
    extra = {**GOOD["client_credentials"].extra, "proxies": text}
    read_or_refused(lambda: org_access(replace(GOOD["client_credentials"], extra=extra)),
                    ConnectionInvalid)
