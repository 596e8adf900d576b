"""simple-salesforce over TLS and through the proxy: every login, REST, Bulk 1.0 and Bulk 2.0."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceAuthenticationFailed

from simulator.credentials import Credentials
from simulator.server import RunningOrg
from tests.simulator.clients.conftest import COUNT

pytestmark = pytest.mark.usefixtures("told")
LOGINS: dict[str, Callable[[Credentials], dict[str, Any]]] = {
    "SOAP": lambda keys: {
        "username": keys.username,
        "password": keys.password,
        "security_token": keys.security_token,
    },
    "password": lambda keys: {
        "username": keys.username,
        "password": keys.password + keys.security_token,
        "consumer_key": keys.consumer_key,
        "consumer_secret": keys.consumer_secret,
    },
    "JWT": lambda keys: {
        "username": keys.username,
        "consumer_key": keys.consumer_key,
        "privatekey": keys.private_key,
    },
    "client credentials": lambda keys: {
        "consumer_key": keys.consumer_key,
        "consumer_secret": keys.consumer_secret,
        "domain": "acme.my",
    },
}
ON = {"soap_login": True, "password_login": True}


@pytest.fixture
def salesforce(org: RunningOrg) -> Salesforce:
    return Salesforce(**LOGINS["client credentials"](org.credentials))


@pytest.mark.parametrize("way", LOGINS)
def test_it_logs_in_by(way: str, org: RunningOrg, options: Callable[..., None]) -> None:
    options(**ON)
    salesforce = Salesforce(**LOGINS[way](org.credentials))
    assert salesforce.query("SELECT COUNT() FROM Account")["totalSize"] == COUNT


@pytest.mark.parametrize("way", ["SOAP", "password"])
def test_it_is_refused_where_the_org_is_as_new_orgs_are(way: str, org: RunningOrg) -> None:
    with pytest.raises(SalesforceAuthenticationFailed):
        Salesforce(**LOGINS[way](org.credentials))


def test_it_describes_all_objects_and_one(salesforce: Salesforce) -> None:
    described = salesforce.describe()
    assert described is not None
    assert "Account" in [entry["name"] for entry in described["sobjects"]]
    assert {len(field) for field in salesforce.Account.describe()["fields"]} == {57}


def test_it_reads_page_after_page(salesforce: Salesforce) -> None:
    names = [row["Name"] for row in salesforce.query_all_iter("SELECT Name FROM Account")]
    assert sorted(names) == [f"Account {number:05}" for number in range(COUNT)]


def test_it_reads_what_changed_since(salesforce: Salesforce, org: RunningOrg) -> None:
    since = org.org.clock.stamp().strftime("%Y-%m-%dT%H:%M:%SZ")
    soql = f"SELECT LastName FROM Contact WHERE SystemModstamp >= {since} ORDER BY LastName"
    names = [row["LastName"] for row in salesforce.query_all(soql)["records"]]
    assert names == ["Ng", 'O"Neil, Jr.', "Über"]


def test_it_reads_in_bulk_2(salesforce: Salesforce) -> None:
    pages = salesforce.bulk2.Account.query("SELECT Id, Name FROM Account", max_records=500)
    rows = [list(csv.DictReader(io.StringIO(page))) for page in pages]
    assert [len(page) for page in rows] == [500, 500, 500, 500, 100]
    assert len({row["Id"] for page in rows for row in page}) == COUNT


def test_it_reads_in_bulk_1(salesforce: Salesforce) -> None:
    rows = salesforce.bulk.Account.query("SELECT Id, Name FROM Account", lazy_operation=False)
    assert len({row["Id"] for row in rows}) == COUNT


def test_it_writes_what_it_then_reads(salesforce: Salesforce) -> None:
    made = salesforce.Lead.create({"LastName": "Ng", "Company": "Straße & Söhne"})
    salesforce.Lead.update(made["id"], {"Company": "人民"})
    assert salesforce.Lead.get(made["id"])["Company"] == "人民"
    assert salesforce.Lead.delete(made["id"]) == 204
