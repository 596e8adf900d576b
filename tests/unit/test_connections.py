"""A connection becomes access to an org, or an error that says what it lacks and where."""

import ssl
from itertools import combinations

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from salesforce_elt.connection_fields import DECISIVE, METHODS
from salesforce_elt.connections import ConnectionFields, OrgAccess, org_access
from salesforce_elt.connections.choice import chosen_method
from salesforce_elt.connections.given import Given, given
from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.salesforce.login import (
    ClientCredentials,
    JwtBearer,
    RefreshToken,
    SoapLogin,
    Token,
    UserPassword,
    secrets_of,
)

ACME = "https://acme.my.salesforce.com"
KEYS = {"consumer_key": "key", "consumer_secret": "the-secret"}
USER = {"login": "etl@acme.com"}
WITH_PASSWORD = {**USER, "password": "the-password"}


def pem(key=None, *, protection=None, form=serialization.PrivateFormat.PKCS8) -> str:
    key = key or rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding = serialization.Encoding.PEM
    return key.private_bytes(
        encoding, form, protection or serialization.NoEncryption()
    ).decode()


KEY = pem()


def fields(host=ACME, *, port=None, login=None, password=None, **extra) -> ConnectionFields:
    return ConnectionFields("salesforce_acme", host, port, login, password, extra)


def access(*args, **given_fields) -> OrgAccess:
    return org_access(fields(*args, **given_fields))


def refusal(*args, **given_fields) -> str:
    with pytest.raises(ConnectionInvalid) as refused:
        access(*args, **given_fields)
    return str(refused.value)


@pytest.mark.parametrize(
    ("given_fields", "login"),
    [
        (KEYS, ClientCredentials(ACME, "key", "the-secret")),
        ({**KEYS, **USER}, ClientCredentials(ACME, "key", "the-secret")),
        ({**USER, "consumer_key": "key", "private_key": KEY},
         JwtBearer(ACME, "key", "etl@acme.com", KEY)),
        ({"consumer_key": "key", "refresh_token": "5Aep"}, RefreshToken(ACME, "key", "5Aep")),
        ({**KEYS, "refresh_token": "5Aep"}, RefreshToken(ACME, "key", "5Aep", "the-secret")),
        ({**KEYS, **WITH_PASSWORD, "security_token": "tok"},
         UserPassword(ACME, "key", "the-secret", "etl@acme.com", "the-passwordtok")),
        ({**WITH_PASSWORD, "security_token": "tok"},
         SoapLogin(ACME, "etl@acme.com", "the-passwordtok")),
        ({**WITH_PASSWORD, "organization_id": "00Dx"},
         SoapLogin(ACME, "etl@acme.com", "the-password", "00Dx")),
    ],
)
def test_the_fields_that_are_given_say_which_login_is_meant(given_fields, login):
    assert access(**given_fields).login == login


@pytest.mark.parametrize("number", range(len(DECISIVE) + 1))
def test_no_set_of_fields_means_two_logins(number):
    for names in combinations(sorted(DECISIVE), number):
        meant = [m for m in METHODS if m.needs <= set(names) <= m.takes]
        assert len(meant) <= 1, names


@pytest.mark.parametrize("number", range(len(DECISIVE) + 1))
def test_every_other_set_of_fields_is_refused_with_words(number):
    for names in combinations(sorted(DECISIVE), number):
        if any(m.needs <= set(names) <= m.takes for m in METHODS):
            continue
        values = Given("salesforce_acme", dict.fromkeys(names, "x"))
        with pytest.raises(ConnectionInvalid, match=r"is not complete|belong to different logins"):
            chosen_method(values)


@pytest.mark.parametrize(
    ("given_fields", "said"),
    [
        ({"consumer_secret": "the-secret"}, ["OAuth client credentials", "'consumer_key'"]),
        ({"consumer_key": "key"}, ["OAuth client credentials it lacks the extra 'consumer_secret'",
                                   "refresh token it lacks the extra 'refresh_token'"]),
        ({"consumer_key": "key", "private_key": KEY}, ["JWT", "username (the connection's field"]),
        ({**USER, "consumer_key": "key"}, ["JWT bearer it lacks the extra 'private_key'"]),
        ({**USER}, ["by SOAP it lacks the password"]),
        ({**WITH_PASSWORD, "consumer_key": "key"},
         ["OAuth username and password it lacks the extra 'consumer_secret'"]),
        ({}, ["is not complete"]),
    ],
)
def test_an_incomplete_connection_says_what_it_lacks_for_which_login_and_where(given_fields, said):
    message = refusal(**given_fields)
    assert "connection 'salesforce_acme'" in message
    assert "Admin > Connections" in message
    assert [words for words in said if words not in message] == []


def test_an_extra_with_a_slip_of_the_pen_is_named():
    assert "'consumer_secrt' is not known: is 'consumer_secret' meant?" in refusal(
        consumer_key="key", consumer_secrt="s"
    )


@pytest.mark.parametrize(
    ("given_fields", "first", "second"),
    [
        ({**KEYS, **USER, "private_key": KEY}, "consumer_secret", "private_key"),
        ({**WITH_PASSWORD, "consumer_key": "key", "private_key": KEY}, "password", "private_key"),
        ({**WITH_PASSWORD, "refresh_token": "5Aep"}, "password", "refresh_token"),
        ({**KEYS, "organization_id": "00Dx"}, "consumer_key", "organization_id"),
    ],
)
def test_fields_of_different_logins_are_a_contradiction(given_fields, first, second):
    message = refusal(**given_fields)
    assert "belong to different logins" in message
    assert first in message
    assert second in message
    assert "login_method" in message


@pytest.mark.parametrize(
    ("method", "login"),
    [
        ("client_credentials", ClientCredentials(ACME, "key", "the-secret")),
        ("jwt_bearer", JwtBearer(ACME, "key", "etl@acme.com", KEY)),
        ("soap", SoapLogin(ACME, "etl@acme.com", "the-password")),
    ],
)
def test_the_extra_login_method_decides_between_them(method, login):
    everything = {**KEYS, **WITH_PASSWORD, "private_key": KEY}
    assert access(**everything, login_method=method).login == login


def test_a_login_method_that_is_none_is_refused_with_the_ones_there_are():
    assert "client_credentials, jwt_bearer, refresh_token" in refusal(**KEYS, login_method="magic")


def test_a_named_login_method_needs_its_own_fields():
    assert "JWT bearer it lacks" in refusal(**KEYS, login_method="jwt_bearer")


@pytest.mark.parametrize(
    ("host", "extra", "expected"),
    [
        ("acme.my.salesforce.com", {}, ACME),
        ("https://acme.my.salesforce.com/", {}, ACME),
        ("  acme.my.salesforce.com ", {}, ACME),
        ("https://acme.my.salesforce.com/lightning/page", {}, ACME),
        ("https://ACME.my.salesforce.com", {}, ACME),
        ("acme--dev.sandbox.my.salesforce.com", {}, "https://acme--dev.sandbox.my.salesforce.com"),
        ("http://127.0.0.1:8099", {}, "http://127.0.0.1:8099"),
        ("http://127.0.0.1", {"port": 8099}, "http://127.0.0.1:8099"),
        ("http://[::1]:8099", {}, "http://[::1]:8099"),
        (None, {"instance_url": ACME}, ACME),
        (None, {"instance": "acme.my.salesforce.com"}, ACME),
        (None, {"domain": "acme.my"}, ACME),
        (None, {"domain": "acme.my.salesforce.com"}, ACME),
        (None, {"domain": "login", "instance_url": ACME}, ACME),
        (None, {"extra__salesforce__domain": "acme.my", "domain": ""}, ACME),
    ],
)
def test_any_form_of_the_host_gives_the_base_url(host, extra, expected):
    assert access(host, **KEYS, **extra).login.base_url == expected


@pytest.mark.parametrize(
    ("host", "extra", "expected"),
    [
        (None, {}, "https://login.salesforce.com"),
        (None, {"domain": "test"}, "https://test.salesforce.com"),
        ("test.salesforce.com", {}, "https://test.salesforce.com"),
        (None, {"domain": "test", "instance_url": ACME}, "https://test.salesforce.com"),
    ],
)
def test_password_logins_go_to_the_login_hosts_as_the_providers_do(host, extra, expected):
    assert access(host, **WITH_PASSWORD, **extra).login.base_url == expected


@pytest.mark.parametrize(
    ("host", "extra"),
    [
        (None, {}),
        ("login.salesforce.com", {}),
        ("https://test.salesforce.com", {}),
        (None, {"domain": "login"}),
    ],
)
def test_client_credentials_without_my_domain_are_refused_before_anything_is_sent(host, extra):
    message = refusal(host, **KEYS, **extra)
    assert "lacks the org's My Domain" in message
    assert "Setup > Company Settings > My Domain" in message


@pytest.mark.parametrize(
    ("host", "extra", "said"),
    [
        ("https://", {}, "a host that is no address"),
        ("two words", {}, "a host that is no address"),
        ("ftp://acme.my.salesforce.com", {}, "a host that is no address"),
        ("https://acme.my.salesforce.com:x", {}, "a host that is no address"),
        ("https://user:pass@acme.my.salesforce.com", {}, "a host that is no address"),
        ("http://acme.my.salesforce.com", {}, "secrets would travel in the clear"),
        ("https://acme.lightning.force.com/x", {}, "Give acme.my.salesforce.com instead"),
        ("acme--dev.sandbox.lightning.force.com", {}, "acme--dev.sandbox.my.salesforce.com"),
        ("acme.my.salesforce-setup.com", {}, "Give acme.my.salesforce.com instead"),
        (ACME, {"domain": "other.my"}, "says two addresses"),
    ],
)
def test_a_host_that_cannot_be_meant_is_refused_with_the_right_one(host, extra, said):
    assert said in refusal(host, **KEYS, **extra)


def test_blank_fields_of_a_form_are_not_given():
    blanks = {"private_key": "", "refresh_token": None, "proxy": " ", "version": ""}
    assert access(**KEYS, **blanks) == OrgAccess(
        "salesforce_acme", ClientCredentials(ACME, "key", "the-secret")
    )


@pytest.mark.parametrize(
    ("bent", "how"),
    [
        (KEY, "as the file has it"),
        (KEY.replace("\n", "\\n"), "as variables and URIs carry it"),
        (KEY.replace("\n", "\\r\\n"), "from a file of Windows, so carried"),
        (KEY.replace("\n", "\r\n"), "from a file of Windows"),
        (KEY.replace("\n", ""), "as a form of one line leaves it"),
        (KEY.replace("\n", " "), "as a form of one line leaves it elsewhere"),
        (f"Bag Attributes\n  friendlyName: x\n{KEY}", "as openssl pkcs12 writes it"),
    ],
)
def test_a_private_key_is_read_however_its_lines_were_broken(bent, how):
    login = access(**USER, consumer_key="key", private_key=bent).login
    assert login.private_key == KEY, how


def test_a_private_key_may_be_in_a_file(tmp_path):
    file = tmp_path / "server.key"
    file.write_text(KEY)
    found = access(**USER, consumer_key="key", private_key_file_path=str(file))
    assert found.login.private_key == KEY


def test_a_key_in_the_older_form_is_a_key_too():
    older = pem(form=serialization.PrivateFormat.TraditionalOpenSSL)
    assert access(**USER, consumer_key="key", private_key=older).login.private_key == older


PASSPHRASE = serialization.BestAvailableEncryption(b"pass")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no key", "is not in PEM form"),
        (pem(protection=PASSPHRASE), "protected by a passphrase"),
        (pem(protection=PASSPHRASE, form=serialization.PrivateFormat.TraditionalOpenSSL),
         "protected by a passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "is not an RSA key"),
        (KEY[:200] + "-----END PRIVATE KEY-----", "is damaged"),
        ("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", "no private key but"),
    ],
)
def test_a_private_key_that_cannot_sign_is_refused_with_the_reason(text, said):
    message = refusal(**USER, consumer_key="key", private_key=text)
    assert said in message
    assert "the extra 'private_key'" in message


def test_a_key_file_that_is_not_there_is_named_with_its_path(tmp_path):
    message = refusal(**USER, consumer_key="key", private_key_file_path=str(tmp_path / "no.key"))
    assert str(tmp_path / "no.key") in message
    assert "No such file" in message


def test_a_key_file_that_is_no_text_is_refused(tmp_path):
    file = tmp_path / "server.p12"
    file.write_bytes(b"\x80\xff")
    message = refusal(**USER, consumer_key="key", private_key_file_path=str(file))
    assert "it is not text" in message


def test_a_key_and_a_key_file_are_one_too_many(tmp_path):
    both = {"private_key": KEY, "private_key_file_path": str(tmp_path / "server.key")}
    assert "Remove one of them" in refusal(**USER, consumer_key="key", **both)


@pytest.mark.parametrize(
    ("extra", "proxy"),
    [
        ({}, ""),
        ({"proxy": "http://proxy.acme.com:3128"}, "http://proxy.acme.com:3128"),
        ({"proxy": "proxy.acme.com:3128"}, "http://proxy.acme.com:3128"),
        ({"proxies": {"http": "http://a:1", "https": "http://b:2"}}, "http://b:2"),
        ({"proxies": '{"https": "http://b:2"}'}, "http://b:2"),
        ({"proxies": "http://b:2"}, "http://b:2"),
    ],
)
def test_the_proxy_is_read_under_both_names(extra, proxy):
    assert access(**KEYS, **extra).proxy == proxy


@pytest.mark.parametrize("extra", [{"proxy": "ftp://b"}, {"proxy": "http://"},
                                   {"proxies": "{https: b}"}])
def test_a_proxy_that_is_none_is_refused(extra):
    assert "prox" in refusal(**KEYS, **extra)


@pytest.mark.parametrize("given_version", ["64", "64.0", "v64.0", 64, 64.0])
def test_a_version_is_read_in_every_form(given_version):
    assert access(**KEYS, version=given_version).version == "64.0"


def test_a_version_that_is_none_is_refused():
    assert "'newest', which is no API version" in refusal(**KEYS, version="newest")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_authority_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "authority.pem"
    if content is not None:
        file.write_text(content)
    message = refusal(**KEYS, certificate_authority_file=str(file))
    assert str(file) in message
    assert "certificate_authority_file" in message


@pytest.mark.parametrize("attempt", [{"verify": False}, {"ssl_verify": "false"}, {"verify": ""}])
def test_nothing_in_a_connection_switches_verification_off(attempt):
    context = access(**KEYS, **attempt).http()._transport._pool._ssl_context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize(
    "given_fields",
    [
        KEYS,
        {**USER, "consumer_key": "key", "private_key": KEY},
        {**KEYS, "refresh_token": "5Aep-refresh"},
        {**KEYS, **WITH_PASSWORD, "security_token": "a-token"},
        {**WITH_PASSWORD, "security_token": "a-token"},
    ],
)
def test_secrets_do_not_show_when_anything_is_printed(given_fields):
    source = fields(**given_fields, proxy="http://user:proxy-password@proxy:3128")
    found = org_access(source)
    token = Token("00D!session", ACME, "64.0", "5Aep-next")
    printed = repr([source, given(source), found, token])
    hidden = (*secrets_of(found.login), "proxy-password", "00D!session", "5Aep-next", "a-token")
    assert [secret for secret in hidden if secret in printed] == []
    assert secrets_of(found.login) != ()


def test_the_next_login_uses_the_refresh_token_that_the_last_one_gave():
    first = access(consumer_key="key", refresh_token="5Aep-1")
    assert first.following(Token("t", ACME, "64.0", "5Aep-2")).login.refresh_token == "5Aep-2"


def test_a_login_without_a_new_refresh_token_leaves_the_access_as_it_is():
    first = access(consumer_key="key", refresh_token="5Aep-1")
    assert first.following(Token("t", ACME, "64.0")) == first


PEM = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----"


@pytest.mark.parametrize("key", [PEM, PEM.replace("\n", "\\n"), "c2Vj\ncmV0"])
def test_a_key_where_its_file_belongs_is_not_repeated(key: str) -> None:
    with pytest.raises(ConnectionInvalid) as refused:
        org_access(ConnectionFields("acme", host="acme.my.salesforce.com", login="ann@acme.com",
                                    extra={"consumer_key": "k", "private_key_file_path": key}))
    assert "names a file" in str(refused.value)
    assert "c2Vj" not in str(refused.value)


@pytest.mark.parametrize("proxy", ["http://user:s3cr/et@proxy:3128", "http://user:s3cr#et@proxy",
                                   "http://user:s3cr?et@proxy:1", "http://proxy:port"])
def test_a_proxy_whose_password_is_not_encoded_is_refused_without_it(proxy: str) -> None:
    with pytest.raises(ConnectionInvalid) as refused:
        org_access(ConnectionFields("acme", host="acme.my.salesforce.com", extra={
            "consumer_key": "k", "consumer_secret": "s", "proxy": proxy}))
    assert "percent-encoded" in str(refused.value)
    assert "s3cr" not in str(refused.value)


def test_a_host_that_no_resolver_would_take_is_no_address() -> None:
    with pytest.raises(ConnectionInvalid, match="no address"):
        org_access(ConnectionFields("acme", host="https://xn--zzzz.example", extra={
            "consumer_key": "k", "consumer_secret": "s"}))


def test_another_version_makes_another_session() -> None:
    secrets = {org_access(ConnectionFields("acme", host="acme.my.salesforce.com", extra={
        "consumer_key": "k", "consumer_secret": "s", "version": version})).secret
        for version in ("62.0", "60.0")}
    assert len(secrets) == 2
