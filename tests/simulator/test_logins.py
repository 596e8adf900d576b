"""Logins and sessions (api.md 1, clients.md 2)."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import requests

from simulator.clock import Clock
from simulator.server import RunningOrg
from tests.simulator.conftest import Client

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
Options = Callable[..., None]


def token(org: RunningOrg, **options: Any) -> requests.Response:
    return requests.post(f"{org.url}/services/oauth2/token", timeout=120, **options)


def by_client(org: RunningOrg, **changes: str) -> requests.Response:
    keys = {
        "client_id": org.credentials.consumer_key,
        "client_secret": org.credentials.consumer_secret,
    }
    return token(org, data={"grant_type": "client_credentials", **keys, **changes})


def by_jwt(org: RunningOrg, **changes: Any) -> requests.Response:
    claims = {
        "iss": org.credentials.consumer_key,
        "sub": org.credentials.username,
        "aud": "https://login.salesforce.com",
        "exp": int(time.time()) + 180,
        **changes,
    }
    assertion = jwt.encode(claims, org.credentials.private_key, algorithm="RS256")
    return token(org, data={"grant_type": JWT_BEARER, "assertion": assertion})


def error(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def test_client_credentials_come_in_the_body_or_as_basic(org: RunningOrg) -> None:
    keys = (org.credentials.consumer_key, org.credentials.consumer_secret)
    basic = token(org, data={"grant_type": "client_credentials"}, auth=keys)
    assert (by_client(org).status_code, basic.status_code) == (200, 200)


def test_a_login_answers_with_the_recorded_keys(
    org: RunningOrg, recording: Callable[[str], Any]
) -> None:
    """wire/restforce/reauth_success_response.json and api.md 1.2: clients.md 2 wants them all."""
    body = by_client(org).json()
    assert set(recording("restforce/reauth_success_response.json")) <= set(body)
    assert {"token_type", "scope", "signature", "issued_at", "id", "instance_url"} <= set(body)
    assert body["instance_url"] == org.url
    assert body["issued_at"].isdigit()


@pytest.mark.parametrize(
    "expiry",
    [lambda at: at, lambda at: str(at), lambda at: f"{at:.0f}", lambda at: at * 1000],
    ids=["number", "text", "formatted", "milliseconds"],
)
def test_an_assertion_says_until_when_in_every_form(
    org: RunningOrg, expiry: Callable[[int], Any]
) -> None:
    assert by_jwt(org, exp=expiry(int(time.time()) + 180)).status_code == 200


@pytest.mark.parametrize(
    "audience",
    [
        "https://login.salesforce.com",
        "https://login.salesforce.com/",
        "https://test.salesforce.com",
        "https://acme.my.salesforce.com",
    ],
)
def test_an_assertion_may_name_the_login_host(org: RunningOrg, audience: str) -> None:
    assert by_jwt(org, aud=audience).status_code == 200


def test_an_assertion_may_name_the_org_itself(org: RunningOrg) -> None:
    assert by_jwt(org, aud=org.url).status_code == 200
    assert by_jwt(org, aud=f"{org.url}/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"aud": "https://example.com"}, ("invalid_grant", "audience is invalid")),
        ({"sub": "nobody@example.com"}, ("invalid_grant", "user hasn't approved this consumer")),
        ({"iss": "somebody"}, ("invalid_client_id", "client identifier invalid")),
        ({"exp": 1}, ("invalid_grant", "expired authorization code")),
        ({"exp": "soon"}, ("invalid_grant", "invalid assertion")),
    ],
)
def test_a_wrong_assertion_is_refused(
    org: RunningOrg, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    """api.md 1.2, errors."""
    assert error(by_jwt(org, **changes)) == (400, *expected)


def test_an_assertion_signed_by_another_key_is_refused(org: RunningOrg) -> None:
    claims = {"iss": org.credentials.consumer_key, "aud": org.url, "exp": int(time.time()) + 60}
    forged = jwt.encode(claims, "x" * 40, algorithm="HS256")
    answer = token(org, data={"grant_type": JWT_BEARER, "assertion": forged})
    assert error(answer) == (400, "invalid_grant", "invalid assertion")


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"client_id": "nobody"}, "bad_client_id"),
        ({"client_secret": "wrong"}, "bad_client_secret"),
        ({"grant_type": "magic"}, "unsupported"),
    ],
)
def test_wrong_keys_get_the_documented_error(
    org: RunningOrg, recording: Callable[[str], Any], changes: dict[str, str], key: str
) -> None:
    """wire/docs_examples/oauth_errors.json."""
    answer = by_client(org, **changes)
    assert (answer.status_code, answer.json()) == (
        400,
        recording("docs_examples/oauth_errors.json")[key],
    )


@pytest.mark.parametrize(
    ("switches", "expected"),
    [
        ({"client_credentials_login": False}, "no client credentials user enabled"),
        ({"user_active": False}, "inactive user"),
        ({"user_locked": True}, "user account is locked"),
    ],
)
def test_an_org_can_refuse_the_login(
    org: RunningOrg, options: Options, switches: dict[str, bool], expected: str
) -> None:
    options(**switches)
    assert error(by_client(org)) == (400, "invalid_grant", expected)


def test_an_org_can_refuse_jwt_users_that_nobody_approved(
    org: RunningOrg, options: Options
) -> None:
    options(jwt_user_approved=False)
    assert error(by_jwt(org))[1:] == ("invalid_grant", "user hasn't approved this consumer")


def test_client_credentials_are_refused_on_the_shared_login_host(org: RunningOrg) -> None:
    answer = token(
        org,
        data={"grant_type": "client_credentials"},
        auth=(org.credentials.consumer_key, org.credentials.consumer_secret),
        headers={"Host": "login.salesforce.com"},
    )
    assert error(answer)[2] == "request not supported on this domain"


def test_a_password_logs_in_only_where_the_org_allows_it(org: RunningOrg, options: Options) -> None:
    keys = org.credentials
    form = {"grant_type": "password", "username": keys.username}
    form["password"] = keys.password + keys.security_token
    refused = by_client(org, **form)
    options(password_login=True)
    assert error(refused) == (400, "invalid_grant", "authentication failure")
    assert by_client(org, **form).status_code == 200


def test_no_session_gets_the_recorded_refusal(
    org: RunningOrg, recording: Callable[[str], Any]
) -> None:
    """wire/restforce/expired_session_response.json, api.md 1.4."""
    answer = requests.get(f"{org.url}/services/data/v60.0/limits", timeout=120)
    assert answer.status_code == 401
    assert answer.json() == recording("restforce/expired_session_response.json")


def test_a_session_ends_when_nobody_calls_for_two_hours(org: RunningOrg, clock: Clock) -> None:
    """api.md 1.1: the window slides with every call."""
    client = Client(org).login()
    clock.advance(timedelta(minutes=119))
    kept = client.get("/limits").status_code
    clock.advance(timedelta(minutes=119))
    slid = client.get("/limits").status_code
    clock.advance(timedelta(minutes=121))
    assert (kept, slid, client.get("/limits").status_code) == (200, 200, 401)


def test_a_revoked_token_opens_nothing(org: RunningOrg) -> None:
    client = Client(org).login()
    token = str(client.http.headers["Authorization"]).removeprefix("Bearer ")
    revoked = requests.post(f"{org.url}/services/oauth2/revoke", data={"token": token}, timeout=120)
    assert (revoked.status_code, revoked.text, client.get("/limits").status_code) == (200, "", 401)


def test_an_org_without_api_refuses_everybody(client: Client, options: Options) -> None:
    """wire/docs_examples/rest_errors.json."""
    options(api_enabled=False)
    answer = client.get("/limits")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "API_DISABLED_FOR_ORG")


def test_the_identity_has_the_recorded_keys(
    client: Client, recording: Callable[[str], Any]
) -> None:
    """wire/swiftlysalesforce/MockIdentity.json."""
    url = by_client(client.running).json()["id"]
    found = client.http.get(url, timeout=120).json()
    recorded = recording("swiftlysalesforce/MockIdentity.json")
    assert set(found) == set(recorded)
    assert set(found["urls"]) == set(recorded["urls"])


def test_userinfo_names_the_user_in_both_words(client: Client) -> None:
    """api.md 1.3."""
    body = client.get("/services/oauth2/userinfo").json()
    assert body["preferred_username"] == client.running.credentials.username
    assert body["sub"].endswith(f"/id/{body['organization_id']}/{body['user_id']}")


@pytest.mark.parametrize("path", ["/services/oauth2/userinfo", "/id/00D/005"])
def test_a_bad_token_is_told_so_in_plain_text(org: RunningOrg, path: str) -> None:
    """api.md 1.3: 403 Bad_OAuth_Token, not 401 JSON."""
    answer = requests.get(org.url + path, headers={"Authorization": "Bearer x"}, timeout=120)
    assert (answer.status_code, answer.text) == (403, "Bad_OAuth_Token")


def test_a_token_can_be_introspected_by_its_app(client: Client) -> None:
    keys = client.running.credentials
    token = str(client.http.headers["Authorization"]).removeprefix("Bearer ")
    form = {"client_id": keys.consumer_key, "client_secret": keys.consumer_secret}
    url = f"{client.running.url}/services/oauth2/introspect"
    known = requests.post(url, data={**form, "token": token}, timeout=120).json()
    unknown = requests.post(url, data={**form, "token": "x"}, timeout=120).json()
    assert (known["active"], known["username"], unknown) == (True, keys.username, {"active": False})
