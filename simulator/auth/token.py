"""The token endpoint: client credentials, JWT bearer, username and password (api.md 1.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, unquote

from simulator.auth.assertions import subject
from simulator.errors import OAuthError
from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SHARED_HOSTS = ("login.salesforce.com", "test.salesforce.com")
Form = Mapping[str, str]


def token(org: Org, call: Call) -> Answer:
    """Log in; the answer names the instance to talk to from then on."""
    form = _form(call)
    flow = _FLOWS.get(form.get("grant_type", ""))
    if flow is None:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    flow(org, call, form)
    _check_user(org)
    return _granted(org, call)


def _form(call: Call) -> Form:
    form = {**dict(call.query), **dict(parse_qsl(call.body.decode("utf-8", "replace")))}
    kind, _, value = call.headers.get("authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            text = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise OAuthError("invalid_client", "invalid client credentials") from error
        key, _, secret = text.partition(":")
        form |= {"client_id": unquote(key), "client_secret": unquote(secret)}
    return form


def _client_credentials(org: Org, call: Call, form: Form) -> None:
    host = call.headers.get("host", "").partition(":")[0]
    if host in SHARED_HOSTS:
        raise OAuthError("invalid_grant", "request not supported on this domain")
    _check_client(org, form)
    if not org.options.on("client_credentials_login"):
        raise OAuthError("invalid_grant", "no client credentials user enabled")


def _jwt_bearer(org: Org, call: Call, form: Form) -> None:
    if not org.options.on("jwt_login"):
        raise OAuthError("invalid_grant", "invalid assertion")
    own_urls = (org.credentials.instance_url, f"http://{call.headers.get('host', '')}")
    username = subject(form.get("assertion", ""), org=org, own_urls=own_urls)
    if username.lower() != org.credentials.username.lower():
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    if not org.options.on("jwt_user_approved"):
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")


def _password(org: Org, call: Call, form: Form) -> None:
    _check_client(org, form)
    known = org.credentials
    right = hmac.compare_digest(
        form.get("password", "").encode(), (known.password + known.security_token).encode()
    )
    same_user = form.get("username", "").lower() == known.username.lower()
    if not (org.options.on("password_login") and same_user and right):
        raise OAuthError("invalid_grant", "authentication failure")


def _check_client(org: Org, form: Form) -> None:
    known = org.credentials
    if form.get("client_id", "") != known.consumer_key:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    given = form.get("client_secret", "").encode()
    if not hmac.compare_digest(given, known.consumer_secret.encode()):
        raise OAuthError("invalid_client", "invalid client credentials")


def _check_user(org: Org) -> None:
    if not org.options.on("user_active"):
        raise OAuthError("invalid_grant", "inactive user")
    if org.options.on("user_locked"):
        raise OAuthError("invalid_grant", "user account is locked")


def _granted(org: Org, call: Call) -> Answer:
    user_id = org.store.user_id
    session = org.sessions.begin(org.organization_id, user_id)
    identity = f"{call.base_url}/id/{org.organization_id}/{user_id}"
    issued_at = str(int(org.clock.now().timestamp() * 1000))
    signed = hmac.new(
        org.credentials.consumer_secret.encode(), (identity + issued_at).encode(), hashlib.sha256
    )
    return Answer(
        body={
            "access_token": session.token,
            "signature": base64.b64encode(signed.digest()).decode(),
            "scope": session.scope,
            "instance_url": call.base_url,
            "id": identity,
            "token_type": "Bearer",
            "issued_at": issued_at,
        }
    )


_FLOWS: Mapping[str, Callable[[Org, Call, Form], None]] = {
    "client_credentials": _client_credentials,
    JWT_BEARER: _jwt_bearer,
    "password": _password,
}

ROUTES = (Route("POST", "/services/oauth2/token", token, Access.OPEN),)
