"""How often a sync logs in: once per session life, whatever the number of its tasks."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
import pytest

from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.login import ClientCredentials, Token, log_in
from salesforce_elt.sessions import SharedSession
from salesforce_elt.warehouse.connection import connect
from tests.driver import Desk


@dataclass
class SharingDesk(Desk):
    """Each station has a client of its own, as each task has; the session is in the warehouse."""

    logins: list[Token] = field(default_factory=list)

    def client(self) -> SalesforceClient:
        keys, http = self.org.credentials, httpx.Client()
        login = ClientCredentials(self.org.url, keys.consumer_key, keys.consumer_secret)

        def counted(_before: Token | None) -> Token:
            self.logins.append(log_in(login, http=http, now=lambda: datetime.now(UTC)))
            return self.logins[-1]

        session = SharedSession(lambda: connect(self.warehouse_url), "salesforce_demo",
                                keys.consumer_secret, counted)
        return SalesforceClient(session, http=http, pause=self.wait)


@pytest.fixture
def desk(generated_desk) -> SharingDesk:
    made = generated_desk(size=10)
    return SharingDesk(made.org, made.warehouse_url, made.settings)


def test_all_tasks_of_two_syncs_share_one_login_and_one_more_when_the_session_ends(
    desk: SharingDesk
) -> None:
    assert desk.sync("full").status == "success"
    assert desk.sync().status == "success"
    assert len(desk.logins) == 1
    desk.administer("faults", {"kind": "expired_session", "match": {"path": "/composite"}})
    report = desk.sync()
    assert report.status == "success", report.run["message"]
    assert len(desk.logins) == 2
    assert desk.differences() == []


def test_a_session_that_is_refused_right_after_a_login_stops_the_sync(desk: SharingDesk) -> None:
    desk.administer("faults", {"kind": "expired_session", "match": {"path": "/composite"},
                               "times": None})
    report = desk.sync("full")
    assert report.status == "failed"
    assert "refuses the session right after a login" in report.run["message"]
    assert len(desk.logins) == 2
