"""The hook hands an Airflow connection on, whatever form it was stored in."""

import json
from decimal import Decimal

import pytest
from airflow.sdk import Connection

from salesforce_elt.errors import ConnectionInvalid, ServerUnavailable
from salesforce_elt.hooks.salesforce import SalesforceEltHook
from salesforce_elt.salesforce.login import ClientCredentials, JwtBearer, SoapLogin
from simulator.credentials import generate_credentials
from tests.connected import Somebody, org, somebody
from tests.simulator.conftest import new_org

__all__ = ["new_org", "org", "somebody"]

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


def test_a_secrets_backend_may_deliver_the_connection(monkeypatch, tmp_path):
    key = generate_credentials().private_key
    kept = connection(login="etl@acme.com", consumer_key="key", private_key=key)
    file = tmp_path / "connections.json"
    file.write_text(json.dumps({"kept_elsewhere": json.loads(kept.as_json())}))
    backend = "airflow.secrets.local_filesystem.LocalFilesystemBackend"
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND", backend)
    where = json.dumps({"connections_file_path": str(file)})
    monkeypatch.setenv("AIRFLOW__SECRETS__BACKEND_KWARGS", where)
    found = SalesforceEltHook("kept_elsewhere").access.login
    assert found == JwtBearer(ACME, "key", "etl@acme.com", key)


def test_the_providers_own_methods_work_by_our_login_proxy_and_authority(
    monkeypatch, somebody: Somebody
):
    secure = somebody.org.secure
    extra = {
        "proxy": secure.proxy_url,
        "certificate_authority_file": str(secure.authority),
        "version": "60.0",
    }
    fields = somebody.fields("client_credentials", host=ACME, extra=extra)
    hook = stored(monkeypatch, connection(**fields.extra).as_json())
    assert "AnnualRevenue" in hook.get_available_fields("Account")
    assert hook.conn.sf_version == "60.0"


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
