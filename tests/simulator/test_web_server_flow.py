"""The web server flow with PKCE, and the refresh tokens that it brings (api.md 1.2)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from simulator.clock import Clock
from simulator.server import RunningOrg

CALLBACK = "http://localhost:1717/OauthRedirect"
Options = Callable[..., None]


def authorize(org: RunningOrg, **changes: str) -> requests.Response:
    form = {
        "response_type": "code",
        "client_id": org.credentials.consumer_key,
        "redirect_uri": CALLBACK,
        "state": "a b&c",
        **changes,
    }
    url = f"{org.url}/services/oauth2/authorize"
    return requests.get(url, params=form, allow_redirects=False, timeout=120)


def told(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 302
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return {name: values[0] for name, values in query.items()}


def token(org: RunningOrg, grant_type: str, **form: str) -> requests.Response:
    form = {"grant_type": grant_type, "client_id": org.credentials.consumer_key, **form}
    return requests.post(f"{org.url}/services/oauth2/token", data=form, timeout=120)


def redeem(org: RunningOrg, code: str, **changes: str) -> requests.Response:
    form = {"code": code, "redirect_uri": CALLBACK, **changes}
    return token(org, "authorization_code", **form)


def granted(org: RunningOrg, **changes: str) -> dict[str, Any]:
    answer = redeem(org, told(authorize(org, **changes))["code"])
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def refresh(org: RunningOrg, refresh_token: str) -> requests.Response:
    return token(org, "refresh_token", refresh_token=refresh_token)


def error(answer: requests.Response) -> tuple[int, str, str]:
    body = answer.json()
    return answer.status_code, body["error"], body["error_description"]


def opens(org: RunningOrg, access_token: str) -> int:
    headers = {"Authorization": f"Bearer {access_token}"}
    url = f"{org.url}/services/data/v60.0/limits"
    return requests.get(url, headers=headers, timeout=120).status_code


def test_a_code_comes_back_with_the_state_and_opens_a_session(org: RunningOrg) -> None:
    back = authorize(org)
    assert back.headers["Location"].startswith(f"{CALLBACK}?code=")
    assert told(back)["state"] == "a b&c"
    assert opens(org, redeem(org, told(back)["code"]).json()["access_token"]) == 200


def test_a_code_is_good_once(org: RunningOrg) -> None:
    code = told(authorize(org))["code"]
    redeem(org, code)
    assert error(redeem(org, code)) == (400, "invalid_grant", "invalid authorization code")


def test_a_code_is_good_for_fifteen_minutes(org: RunningOrg, clock: Clock) -> None:
    code = told(authorize(org))["code"]
    clock.advance(timedelta(minutes=16))
    assert error(redeem(org, code)) == (400, "invalid_grant", "expired authorization code")


def test_a_code_belongs_to_its_callback(org: RunningOrg) -> None:
    code = told(authorize(org))["code"]
    answer = redeem(org, code, redirect_uri="http://localhost:1/other")
    assert error(answer)[1] == "redirect_uri_mismatch"


def test_only_who_knows_the_verifier_redeems_a_challenged_code(org: RunningOrg) -> None:
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    asked = {"code_challenge": challenge, "code_challenge_method": "S256"}
    right = redeem(org, told(authorize(org, **asked))["code"], code_verifier=verifier)
    wrong = redeem(org, told(authorize(org, **asked))["code"], code_verifier="x" * 43)
    none = redeem(org, told(authorize(org, **asked))["code"])
    assert right.status_code == 200
    assert error(wrong) == error(none) == (400, "invalid_grant", "invalid code verifier")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"client_id": "nobody"}, "invalid_client_id"),
        ({"redirect_uri": ""}, "redirect_uri_missing"),
        ({"redirect_uri": "https://evil.example/x"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://localhost@evil.example/x"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://localhost/\r\nSet-Cookie: a=b"}, "redirect_uri_mismatch"),
        ({"redirect_uri": "http://[localhost"}, "redirect_uri_mismatch"),
    ],
)
def test_nobody_is_sent_to_a_place_that_is_not_the_apps(
    org: RunningOrg, changes: dict[str, str], expected: str
) -> None:
    assert error(authorize(org, **changes))[:2] == (400, expected)


@pytest.mark.parametrize(
    ("changes", "switches", "expected"),
    [
        ({"response_type": "token"}, {}, "unsupported_response_type"),
        ({}, {"authorize_consent": False}, "access_denied"),
        ({}, {"pkce_required": True}, "invalid_request"),
        ({"code_challenge": "x", "code_challenge_method": "plain"}, {}, "invalid_request"),
    ],
)
def test_a_refusal_goes_back_to_the_app_with_its_state(
    org: RunningOrg,
    options: Options,
    changes: dict[str, str],
    switches: dict[str, bool],
    expected: str,
) -> None:
    options(**switches)
    back = told(authorize(org, **changes))
    assert (back["error"], back["state"], "code" in back) == (expected, "a b&c", False)


def test_a_refresh_token_begins_sessions_without_asking_again(org: RunningOrg) -> None:
    """api.md 1.2: the answer has no refresh token of its own."""
    first = granted(org)
    again = refresh(org, first["refresh_token"]).json()
    assert opens(org, again["access_token"]) == 200
    assert "refresh_token" not in again
    assert refresh(org, first["refresh_token"]).status_code == 200


def test_a_refresh_token_that_rotates_is_good_once(
    org: RunningOrg, options: Options, recording: Callable[[str], Any]
) -> None:
    """wire/docs_examples/oauth_errors.json, refresh_expired."""
    options(refresh_token_rotation=True)
    first = granted(org)["refresh_token"]
    second = refresh(org, first).json()["refresh_token"]
    used = refresh(org, first)
    assert used.json() == recording("docs_examples/oauth_errors.json")["refresh_expired"]
    assert (used.status_code, refresh(org, second).status_code) == (400, 200)


def test_a_refresh_token_ends_where_the_org_says_so(
    org: RunningOrg, options: Options, clock: Clock
) -> None:
    options(refresh_token_seconds=86_400)
    first = granted(org)["refresh_token"]
    clock.advance(timedelta(days=2))
    assert error(refresh(org, first))[1:] == ("invalid_grant", "expired access/refresh token")


def test_without_the_scope_there_is_no_refresh_token(org: RunningOrg) -> None:
    assert "refresh_token" not in granted(org, scope="api")


def test_a_session_without_the_api_scope_opens_no_data(org: RunningOrg) -> None:
    """api.md 1.4."""
    headers = {"Authorization": f"Bearer {granted(org, scope='id')['access_token']}"}
    answer = requests.get(f"{org.url}/services/data/v60.0/limits", headers=headers, timeout=120)
    assert (answer.status_code, answer.json()[0]["message"]) == (
        401,
        "This session is not valid for use with the REST API",
    )


def test_revoking_a_refresh_token_ends_what_it_has_begun(org: RunningOrg) -> None:
    first = granted(org)
    url = f"{org.url}/services/oauth2/revoke"
    revoked = requests.post(url, data={"token": first["refresh_token"]}, timeout=120)
    assert (revoked.status_code, opens(org, first["access_token"])) == (200, 401)
    assert refresh(org, first["refresh_token"]).status_code == 400


def test_the_secret_is_asked_for_where_the_org_wants_it(org: RunningOrg, options: Options) -> None:
    options(web_flow_secret_required=True)
    without = redeem(org, told(authorize(org))["code"])
    secret = org.credentials.consumer_secret
    with_it = redeem(org, told(authorize(org))["code"], client_secret=secret)
    assert (error(without)[1], with_it.status_code) == ("invalid_client", 200)


def test_a_wrong_secret_is_never_overlooked(org: RunningOrg) -> None:
    answer = redeem(org, told(authorize(org))["code"], client_secret="wrong")
    assert error(answer)[1] == "invalid_client"


def test_a_refresh_token_can_be_introspected(org: RunningOrg) -> None:
    keys = org.credentials
    form = {"client_id": keys.consumer_key, "client_secret": keys.consumer_secret}
    form["token"] = granted(org)["refresh_token"]
    url = f"{org.url}/services/oauth2/introspect"
    found = requests.post(url, data=form, timeout=120).json()
    assert (found["active"], found["token_type"]) == (True, "refresh_token")
