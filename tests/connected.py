"""A simulated org, and the connections that lead there: fixtures for several folders of tests."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from salesforce_elt.connections import ConnectionFields, OrgAccess, org_access
from salesforce_elt.salesforce.login import Token
from simulator.credentials import generate_credentials
from simulator.server import RunningOrg, SecurePorts

# What each login needs of an org that has it all.
METHODS = ("client_credentials", "jwt_bearer", "refresh_token", "password", "soap")


@pytest.fixture(scope="module")
def org(new_org: Callable[..., RunningOrg]) -> RunningOrg:
    """An org that answers in the clear, over TLS, and behind a proxy."""
    return new_org(secure=SecurePorts())


@pytest.fixture(autouse=True)
def as_at_first(org: RunningOrg) -> Iterator[None]:
    """Every test finds the org as it was, with the old logins switched on."""
    org.org.options.update({"soap_login": True, "password_login": True})
    yield
    org.org.options.reset()
    org.org.logins.reset()
    org.org.faults.clear()


@dataclass(frozen=True)
class Somebody:
    """Makes connections of the org's own credentials; any field can be given otherwise."""

    org: RunningOrg

    def fields(self, method: str, **changes: Any) -> ConnectionFields:
        """The fields of a connection; `extra` of the changes is merged, None takes a field out."""
        keys = self.org.credentials
        app = {"consumer_key": keys.consumer_key}
        app_secret = {**app, "consumer_secret": keys.consumer_secret}
        extras: dict[str, dict[str, Any]] = {
            "client_credentials": app_secret,
            "jwt_bearer": {**app, "private_key": keys.private_key},
            "refresh_token": {**app, "refresh_token": self.granted()},
            "password": {**app_secret, "security_token": keys.security_token},
            "soap": {"security_token": keys.security_token},
        }
        named = {"login": keys.username} if method in ("jwt_bearer", "password", "soap") else {}
        secret = {"password": keys.password} if method in ("password", "soap") else {}
        extra = {**extras[method], **changes.pop("extra", {})}
        return ConnectionFields(
            "salesforce_acme", **{"host": self.org.url, **named, **secret, **changes}, extra=extra
        )

    def access(self, method: str, **changes: Any) -> OrgAccess:
        """What those fields amount to."""
        return org_access(self.fields(method, **changes))

    def log_in(self, method: str, **changes: Any) -> Token:
        """A login by them, by the clock of this machine."""
        return logged_in(self.access(method, **changes))

    def change(self, sobject: str, record_id: str, **values: Any) -> None:
        """Changes a record behind the API's back."""
        with self.org.org.store.transaction() as work:
            work.update(sobject, record_id, values)

    def arm(self, fault: dict[str, Any]) -> None:
        """Has the simulator spoil the next request that fits."""
        answer = httpx.post(
            f"{self.org.url}/simulator/faults",
            json=fault,
            headers={"Authorization": f"Bearer {self.org.credentials.admin_token}"},
            timeout=120,
        )
        assert answer.is_success, answer.text

    def granted(self) -> str:
        """The refresh token that a person's consent gives to the app."""
        return self.org.org.grants.grant("api web refresh_token").token


@pytest.fixture(scope="session")
def other_key() -> str:
    """A private key whose certificate no app has."""
    return generate_credentials().private_key


@pytest.fixture
def somebody(org: RunningOrg) -> Somebody:
    """The administrator who makes connections to the org."""
    return Somebody(org)


def logged_in(access: OrgAccess) -> Token:
    """One login."""
    with access.http() as http:
        return access.log_in(http, lambda: datetime.now(UTC))


def works(token: Token, *, http: httpx.Client | None = None) -> bool:
    """Whether a session opens the data APIs."""
    answer = (http or httpx.Client(trust_env=False)).get(
        f"{token.instance_url}/services/data/v{token.version}/limits",
        headers={"Authorization": f"Bearer {token.access_token}"},
        timeout=120,
    )
    return answer.status_code == httpx.codes.OK
