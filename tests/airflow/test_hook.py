"""A connection becomes a login, or an error that says what it lacks."""

import json
from decimal import Decimal

import pytest
from airflow.sdk import Connection
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.hooks.salesforce import SalesforceEltHook, login_of
from salesforce_elt.salesforce.login import ClientCredentials, JwtBearer

KEYS = {"consumer_key": "key", "consumer_secret": "secret"}


def connection(host="https://acme.my.salesforce.com", *, port=None, login=None, **extra):
    return Connection(
        conn_id="salesforce_acme", conn_type="salesforce_elt", host=host, port=port, login=login,
        extra=json.dumps(extra),
    )


def login(*args, **extra):
    return login_of(connection(*args, **extra), conn_id="salesforce_acme")


def test_a_consumer_key_and_secret_make_a_client_credentials_login():
    assert login(**KEYS) == ClientCredentials("https://acme.my.salesforce.com", "key", "secret")


def test_a_private_key_and_a_username_make_a_jwt_login():
    found = login(login="etl@acme.com", consumer_key="key", private_key="PEM")
    assert found == JwtBearer("https://acme.my.salesforce.com", "key", "etl@acme.com", "PEM")


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("acme.my.salesforce.com", None, "https://acme.my.salesforce.com"),
        ("https://acme.my.salesforce.com/", None, "https://acme.my.salesforce.com"),
        ("http://127.0.0.1:8099", None, "http://127.0.0.1:8099"),
        ("http://127.0.0.1", 8099, "http://127.0.0.1:8099"),
    ],
)
def test_any_form_of_the_host_gives_the_base_url(host, port, expected):
    assert login(host, port=port, **KEYS).base_url == expected


def test_the_providers_own_field_for_the_host_works_too():
    found = login(None, instance_url="https://acme.my.salesforce.com", **KEYS)
    assert found.base_url == "https://acme.my.salesforce.com"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"host": None, **KEYS}, "lacks the host"),
        ({"consumer_secret": "secret"}, "lacks the extra 'consumer_key'"),
        ({"consumer_key": "key"}, "lacks the extra 'consumer_secret'"),
        ({"consumer_key": "key", "private_key": "PEM"}, "lacks the login"),
        ({"host": "https://", **KEYS}, "host that is no address"),
    ],
)
def test_an_incomplete_connection_says_what_it_lacks(given, missing):
    with pytest.raises(ConnectionInvalid, match=f"'salesforce_acme'.*{missing}"):
        login(**given)


def test_a_connection_that_does_not_exist_is_said_with_its_name():
    with pytest.raises(ConnectionInvalid, match=r"no Airflow connection 'nobody'.*sync\.yaml"):
        SalesforceEltHook("nobody").client(share=Decimal(1))


def test_secrets_do_not_show_when_a_login_is_printed():
    printed = repr(login(**KEYS)) + repr(
        login(login="etl@acme.com", consumer_key="key", private_key="PEM")
    )
    assert "secret" not in printed
    assert "PEM" not in printed


def test_a_private_key_that_is_none_is_said_before_anything_is_sent(monkeypatch):
    broken = connection(login="etl@acme.com", consumer_key="key", private_key="no key")
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_ACME", broken.as_json())
    client = SalesforceEltHook("salesforce_acme").client(share=Decimal(1))
    with pytest.raises(ConnectionInvalid, match="private_key is not an RSA key"):
        client.token()


def test_nobody_at_the_host_is_said_with_the_host(monkeypatch):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())
    nobody = connection("http://127.0.0.1:9", login="etl@acme.com", consumer_key="key",
                        private_key=key.decode())
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_ACME", nobody.as_json())
    client = SalesforceEltHook("salesforce_acme").client(share=Decimal(1))
    with pytest.raises(Exception, match=r"Login at 127\.0\.0\.1:9: no answer"):
        client.token()
