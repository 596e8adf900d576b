"""The hook hands an Airflow connection on, whatever form it was stored in."""

import json
from decimal import Decimal

import pytest
from airflow.sdk import Connection

from salesforce_elt.errors import ConnectionInvalid, ServerUnavailable
from salesforce_elt.hooks.salesforce import SalesforceEltHook
from salesforce_elt.salesforce.login import ClientCredentials, SoapLogin

ACME = "https://acme.my.salesforce.com"
KEYS = {"consumer_key": "key", "consumer_secret": "secret"}


def stored(monkeypatch, text: str) -> SalesforceEltHook:
    monkeypatch.setenv("AIRFLOW_CONN_SALESFORCE_ACME", text)
    return SalesforceEltHook("salesforce_acme")


def connection(host=ACME, *, login=None, password=None, **extra) -> Connection:
    return Connection(
        conn_id="salesforce_acme", conn_type="salesforce_elt", host=host, login=login,
        password=password, extra=json.dumps(extra),
    )


@pytest.mark.parametrize("form", ["as_json", "get_uri"])
def test_a_connection_is_the_same_as_json_and_as_uri(monkeypatch, form):
    text = getattr(connection(**KEYS), form)()
    assert stored(monkeypatch, text).access.login == ClientCredentials(ACME, "key", "secret")


def test_a_connection_of_the_providers_own_type_works(monkeypatch):
    theirs = Connection(
        conn_id="salesforce_acme", conn_type="salesforce", login="etl@acme.com", password="pass",
        extra=json.dumps({"security_token": "tok", "domain": "test", "version": "60.0"}),
    )
    found = stored(monkeypatch, theirs.as_json()).access
    assert found.login == SoapLogin("https://test.salesforce.com", "etl@acme.com", "passtok")
    assert found.version == "60.0"


def test_a_connection_that_does_not_exist_is_said_with_its_name():
    with pytest.raises(ConnectionInvalid, match=r"no Airflow connection 'nobody'.*sync\.yaml"):
        SalesforceEltHook("nobody").client(share=Decimal(1))


def test_a_private_key_that_is_none_is_said_before_anything_is_sent(monkeypatch):
    broken = connection(login="etl@acme.com", consumer_key="key", private_key="no key")
    with pytest.raises(ConnectionInvalid, match=r"private key .* is not in PEM form"):
        stored(monkeypatch, broken.as_json()).client(share=Decimal(1))


def test_nobody_at_the_host_is_said_with_the_host(monkeypatch):
    client = stored(monkeypatch, connection("http://127.0.0.1:9", **KEYS).as_json()).client(
        share=Decimal(1)
    )
    with pytest.raises(ServerUnavailable, match=r"Login at 127\.0\.0\.1:9: no answer"):
        client.token()
