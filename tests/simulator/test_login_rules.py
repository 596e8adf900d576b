"""Logins that orgs restrict, and what they remember of them (api.md 1.1, 1.2, 6.1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from simulator.clock import Clock
from simulator.server import RunningOrg
from tests.simulator.conftest import NOW, Client

Options = Callable[..., None]
ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8" ?><env:Envelope'
    ' xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Body>'
    '<n1:login xmlns:n1="urn:partner.soap.sforce.com"><n1:username>{}</n1:username>'
    "<n1:password>{}</n1:password></n1:login></env:Body></env:Envelope>"
)


@pytest.fixture(autouse=True)
def unrestricted(client: Client) -> Iterator[None]:
    yield
    client.running.org.options.reset()
    client.admin("DELETE", "logins")


def restrict(client: Client, **rules: Any) -> None:
    answer = client.admin("PUT", "logins", json=rules)
    assert answer.status_code == 200, answer.text


def by_client(org: RunningOrg) -> requests.Response:
    keys = (org.credentials.consumer_key, org.credentials.consumer_secret)
    form = {"grant_type": "client_credentials"}
    return requests.post(f"{org.url}/services/oauth2/token", data=form, auth=keys, timeout=120)


def by_password(org: RunningOrg, password: str | None = None) -> requests.Response:
    keys = org.credentials
    form = {
        "grant_type": "password",
        "client_id": keys.consumer_key,
        "client_secret": keys.consumer_secret,
        "username": keys.username,
        "password": keys.password + keys.security_token if password is None else password,
    }
    return requests.post(f"{org.url}/services/oauth2/token", data=form, timeout=120)


def by_soap(org: RunningOrg, password: str | None = None, version: str = "59.0") -> tuple[int, str]:
    """The status, and the exception code if there is one."""
    keys = org.credentials
    whole = keys.password + keys.security_token if password is None else password
    url, body = f"{org.url}/services/Soap/u/{version}", ENVELOPE.format(keys.username, whole)
    answer = requests.post(url, data=body, headers={"SOAPAction": "login"}, timeout=120)
    code = re.search("<sf:exceptionCode>(.*?)<", answer.text)
    return answer.status_code, code.group(1) if code else ""


def refused(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def last_logins(client: Client, count: int) -> list[dict[str, Any]]:
    """The last rows of LoginHistory, the newest first."""
    fields = "Status, LoginType, LoginSubType, SourceIp, ApiType, ApiVersion, UserId"
    return client.records(f"SELECT {fields} FROM LoginHistory ORDER BY Id DESC LIMIT {count}")


def test_soap_and_passwords_are_off_in_a_new_org(org: RunningOrg) -> None:
    """api.md 1.0."""
    assert by_soap(org) == (500, "INVALID_LOGIN")
    assert refused(by_password(org)) == (400, "invalid_grant", "authentication failure")


def test_soap_login_ends_with_version_64(org: RunningOrg, options: Options) -> None:
    options(soap_login=True)
    assert by_soap(org, version="64.0") == (200, "")
    assert by_soap(org, version="65.0") == (500, "UNSUPPORTED_API_VERSION")


def test_logins_from_elsewhere_are_refused(client: Client, options: Options) -> None:
    options(soap_login=True)
    restrict(client, ip_ranges=["10.0.0.0-10.0.0.255", "::1"])
    assert refused(by_client(client.running)) == (400, "invalid_grant", "ip restricted")
    assert by_soap(client.running) == (500, "LOGIN_DURING_RESTRICTED_DOMAIN")


def test_a_header_does_not_move_the_caller(client: Client) -> None:
    restrict(client, ip_ranges=["10.0.0.1"])
    keys = client.running.credentials
    answer = requests.post(
        f"{client.running.url}/services/oauth2/token",
        data={"grant_type": "client_credentials"},
        auth=(keys.consumer_key, keys.consumer_secret),
        headers={"X-Forwarded-For": "10.0.0.1", "X-Real-IP": "10.0.0.1"},
        timeout=120,
    )
    assert refused(answer)[2] == "ip restricted"


def test_logins_from_an_allowed_range_work(client: Client) -> None:
    restrict(client, ip_ranges=["127.0.0.0-127.0.0.255"])
    assert by_client(client.running).status_code == 200


@pytest.mark.parametrize(("hour", "works"), [(15, False), (16, True), (23, True)])
def test_logins_outside_the_hours_of_the_org_are_refused(
    client: Client, clock: Clock, options: Options, hour: int, works: bool
) -> None:
    """Pacific time is eight hours behind UTC in March."""
    options(soap_login=True)
    restrict(client, hours=["08:00", "18:00"])
    clock.set(datetime(2026, 3, 2, hour, 59 if not works else 0, tzinfo=UTC))
    found = by_client(client.running)
    assert (found.status_code == 200) is works
    assert by_soap(client.running) == (
        (200, "") if works else (500, "LOGIN_DURING_RESTRICTED_TIME")
    )


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        (
            {"app_approved": False},
            ("invalid_app_access", "user is not admin approved to access this app"),
        ),
        ({"user_active": False}, ("invalid_grant", "inactive user")),
        ({"logins_an_hour": 0}, ("rate_limit_exceeded", "login rate exceeded")),
    ],
)
def test_an_org_refuses_a_user_or_an_app(
    org: RunningOrg, options: Options, switches: dict[str, Any], expected: tuple[str, str]
) -> None:
    options(**switches)
    assert refused(by_client(org)) == (400, *expected)


def test_a_user_who_is_deactivated_logs_in_no_more(client: Client) -> None:
    org = client.running.org
    org.store.update("User", org.store.user_id, {"IsActive": False})
    found = refused(by_client(client.running))
    org.store.update("User", org.store.user_id, {"IsActive": True})
    assert found[2] == "inactive user"


def test_too_many_wrong_passwords_lock_the_user_for_a_while(
    org: RunningOrg, options: Options, clock: Clock
) -> None:
    options(password_login=True, lockout_attempts=3)
    wrong = [refused(by_password(org, "wrong"))[2] for _ in range(3)]
    locked = refused(by_password(org))[2]
    clock.advance(timedelta(minutes=16))
    assert wrong == ["authentication failure"] * 3
    assert (locked, by_password(org).status_code) == ("user account is locked", 200)


def test_a_password_without_its_token_works_only_from_trusted_networks(
    client: Client, options: Options
) -> None:
    """api.md 1.1."""
    options(soap_login=True)
    bare = client.running.credentials.password
    outside = by_soap(client.running, bare)
    restrict(client, trusted_ranges=["127.0.0.1"])
    assert outside == (500, "LOGIN_MUST_USE_SECURITY_TOKEN")
    assert by_soap(client.running, bare) == (200, "")


@pytest.mark.parametrize(
    "rules",
    [
        {"ip_ranges": ["nowhere"]},
        {"ip_ranges": ["10.0.0.9-10.0.0.1"]},
        {"ip_ranges": "10.0.0.1"},
        {"hours": ["8"]},
        {"hours": 8},
        {"days": ["Monday"]},
    ],
)
def test_a_restriction_that_makes_no_sense_is_refused(
    client: Client, rules: dict[str, Any]
) -> None:
    assert client.admin("PUT", "logins", json=rules).status_code == 400
    assert by_client(client.running).status_code == 200


def test_every_login_leaves_a_row(client: Client, options: Options) -> None:
    """api.md 6.1."""
    options(soap_login=True, password_login=True)
    by_soap(client.running)
    by_client(client.running)
    by_password(client.running)
    rows = last_logins(client, 3)
    assert [(row["LoginType"], row["LoginSubType"], row["ApiType"]) for row in rows] == [
        ("Remote Access 2.0", "oauthpassword", "N/A"),
        ("Remote Access 2.0", "oauthclientcredential", "N/A"),
        ("Other Apex API", None, "SOAP Partner"),
    ]
    assert {row["Status"] for row in rows} == {"Success"}
    assert (rows[2]["ApiVersion"], rows[0]["SourceIp"]) == ("59.0", "127.0.0.1")


def test_a_failed_login_leaves_a_row_with_its_reason(client: Client, options: Options) -> None:
    options(password_login=True)
    by_password(client.running, "wrong")
    options(user_active=False)
    by_client(client.running)
    restrict(client, ip_ranges=["10.0.0.1"])
    options(user_active=True)
    by_client(client.running)
    found = [row["Status"] for row in last_logins(client, 3)]
    assert found == ["Restricted IP", "User is inactive", "Invalid Password"]


def test_a_stranger_leaves_no_row(client: Client) -> None:
    before = client.query("SELECT COUNT() FROM LoginHistory").json()["totalSize"]
    url = f"{client.running.url}/services/oauth2/token"
    form = {"grant_type": "client_credentials", "client_id": "nobody"}
    requests.post(url, data=form, timeout=120)
    assert client.query("SELECT COUNT() FROM LoginHistory").json()["totalSize"] == before


@pytest.mark.parametrize(
    "field",
    ["Status", "Application", "Browser", "Platform", "ClientVersion", "ApiType", "ApiVersion"],
)
def test_some_fields_of_a_login_can_be_shown_but_not_filtered(client: Client, field: str) -> None:
    assert client.query(f"SELECT {field} FROM LoginHistory").status_code == 200
    answer = client.query(f"SELECT Id FROM LoginHistory WHERE {field} = 'x'")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


@pytest.mark.parametrize(
    "condition",
    [
        "LoginTime > 2026-01-01T00:00:00Z",
        "LoginType = 'Remote Access 2.0'",
        "SourceIp = '127.0.0.1'",
        "TlsProtocol != 'TLS 1.0'",
        "OptionsIsPost = true",
    ],
)
def test_other_fields_of_a_login_can_be_filtered(client: Client, condition: str) -> None:
    answer = client.query(f"SELECT COUNT() FROM LoginHistory WHERE {condition}")
    assert answer.json()["totalSize"] >= 1


def test_the_user_of_a_login_has_no_relationship(client: Client) -> None:
    answer = client.query("SELECT User.Name FROM LoginHistory")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_logins_are_not_replicateable(client: Client) -> None:
    described = client.get("/sobjects/LoginHistory/describe").json()
    answer = client.get(
        "/sobjects/LoginHistory/updated", start="2026-03-02T10:00:00Z", end="2026-03-02T11:00:00Z"
    )
    assert (described["replicateable"], answer.status_code) == (False, 400)


def test_what_administrators_do_leaves_a_row(client: Client) -> None:
    client.admin("PATCH", "options", json={"password_login": True})
    rows = client.records(
        "SELECT Action, Display, CreatedBy.Name, CreatedDate FROM SetupAuditTrail"
        " WHERE Action = 'changedOrgSettings' ORDER BY Id DESC LIMIT 1"
    )
    assert "password_login" in rows[0]["Display"]
    assert rows[0]["CreatedDate"].startswith(f"{NOW:%Y-%m-%d}")


@pytest.mark.parametrize("field", ["Section", "Display"])
def test_the_audit_trail_cannot_be_searched_by_its_texts(client: Client, field: str) -> None:
    answer = client.query(f"SELECT Id FROM SetupAuditTrail WHERE {field} = 'x'")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (400, "INVALID_FIELD")


def test_the_audit_trail_is_counted_but_not_aggregated(client: Client) -> None:
    """api.md 6.1: count() works, count(Id) does not."""
    client.admin("PATCH", "options", json={"password_login": True})
    counted = client.query("SELECT COUNT() FROM SetupAuditTrail").json()["totalSize"]
    assert counted >= 1
    assert client.query("SELECT COUNT(Id) FROM SetupAuditTrail").status_code == 400
