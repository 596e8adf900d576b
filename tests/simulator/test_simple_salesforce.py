"""simple-salesforce, unchanged, as a stranger would use it (clients.md, api.md 3.9).

It speaks https only and has ``*.salesforce.com`` built in. A transport adapter, which ``requests``
offers for this, carries its requests to the org: nothing of the client itself is replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)

from simulator.server import RunningOrg

Options = Callable[..., None]
COUNT = 2_100


class ToTheOrg(HTTPAdapter):
    """Carries what is meant for Salesforce to a simulated org."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._target = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> Any:
        meant = urlsplit(request.url or "")
        request.headers.setdefault("Host", meant.netloc)
        here = (self._target.scheme, self._target.netloc, meant.path, meant.query, "")
        request.url = str(urlunsplit(here))
        return super().send(request, *args, **kwargs)


@pytest.fixture
def session(org: RunningOrg) -> requests.Session:
    session = requests.Session()
    session.mount("https://", ToTheOrg(org.url))
    return session


@pytest.fixture(scope="module", autouse=True)
def records(org: RunningOrg) -> None:
    """More accounts than one page holds."""
    with org.org.store.transaction() as work:
        for number in range(COUNT):
            work.insert("Account", {"Name": f"Account {number:05}"})


@pytest.fixture
def salesforce(org: RunningOrg, session: requests.Session) -> Salesforce:
    keys = org.credentials
    return Salesforce(
        consumer_key=keys.consumer_key,
        consumer_secret=keys.consumer_secret,
        domain="acme.my",
        session=session,
    )


def test_it_logs_in_by_client_credentials(salesforce: Salesforce) -> None:
    assert salesforce.query("SELECT COUNT() FROM Account")["totalSize"] == COUNT


def test_it_logs_in_by_jwt(org: RunningOrg, session: requests.Session) -> None:
    keys = org.credentials
    salesforce = Salesforce(
        username=keys.username,
        consumer_key=keys.consumer_key,
        privatekey=keys.private_key,
        session=session,
    )
    assert salesforce.limits()["DailyApiRequests"]["Max"] > 0


def test_it_logs_in_by_soap_where_the_org_allows_it(
    org: RunningOrg, session: requests.Session, options: Options
) -> None:
    options(soap_login=True)
    keys = org.credentials
    salesforce = Salesforce(
        username=keys.username,
        password=keys.password,
        security_token=keys.security_token,
        session=session,
    )
    assert salesforce.describe()["maxBatchSize"] == 200


@pytest.mark.parametrize("allowed", [True, False])
def test_it_understands_a_refused_soap_login(
    org: RunningOrg, session: requests.Session, options: Options, allowed: bool
) -> None:
    """wire/simple_salesforce/soap_login_fault.xml."""
    options(soap_login=allowed)
    with pytest.raises(SalesforceAuthenticationFailed, match="INVALID_LOGIN"):
        Salesforce(
            username=org.credentials.username, password="wrong", security_token="", session=session
        )


def test_it_understands_a_refused_login(org: RunningOrg, session: requests.Session) -> None:
    with pytest.raises(SalesforceAuthenticationFailed, match="invalid client credentials"):
        Salesforce(
            consumer_key=org.credentials.consumer_key,
            consumer_secret="wrong",
            domain="acme.my",
            session=session,
        )


def test_it_reads_all_pages_of_a_query(salesforce: Salesforce) -> None:
    found = salesforce.query_all("SELECT Name FROM Account ORDER BY Name")
    assert [row["Name"] for row in found["records"]] == [f"Account {n:05}" for n in range(COUNT)]


def test_it_describes_an_object(salesforce: Salesforce) -> None:
    assert salesforce.Account.describe()["name"] == "Account"


def test_it_creates_changes_and_deletes(salesforce: Salesforce) -> None:
    record_id = salesforce.Contact.create({"LastName": "Ng"})["id"]
    assert salesforce.Contact.update(record_id, {"FirstName": "Ada"}) == 204
    assert salesforce.Contact.get(record_id)["Name"] == "Ada Ng"
    assert salesforce.Contact.delete(record_id) == 204


def test_it_runs_a_bulk_query_in_pages(salesforce: Salesforce) -> None:
    pages = list(salesforce.bulk2.Account.query("SELECT Id, Name FROM Account", max_records=900))
    assert [page.count("\n") - 1 for page in pages] == [900, 900, 300]
    assert all(page.startswith('"Id","Name"\n') for page in pages)


def test_it_reads_limits_and_its_own_usage(salesforce: Salesforce) -> None:
    limits = salesforce.limits()
    usage = salesforce.api_usage["api-usage"]
    assert usage.total == limits["DailyApiRequests"]["Max"]
    assert usage.used == usage.total - limits["DailyApiRequests"]["Remaining"]


def test_it_lists_deleted_records(salesforce: Salesforce, org: RunningOrg) -> None:
    record_id = salesforce.Contact.create({"LastName": "Gone"})["id"]
    salesforce.Contact.delete(record_id)
    now = org.org.clock.now()
    listed = salesforce.Contact.deleted(now.replace(hour=1), now.replace(minute=now.minute + 2))
    assert record_id in [row["id"] for row in listed["deletedRecords"]]


def test_its_own_exceptions_fit_the_answers(salesforce: Salesforce) -> None:
    with pytest.raises(SalesforceMalformedRequest):
        salesforce.query("SELECT Foo FROM Account")
    with pytest.raises(SalesforceResourceNotFound):
        salesforce.Foo.describe()


def test_it_logs_in_again_when_its_session_has_ended(
    salesforce: Salesforce, org: RunningOrg
) -> None:
    org.org.sessions.end_all()
    assert salesforce.query("SELECT COUNT() FROM Account")["totalSize"] == COUNT
