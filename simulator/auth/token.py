"""The token endpoint: client credentials, JWT bearer, password, code, refresh (api.md 1.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, unquote

from simulator.auth import history, reasons
from simulator.auth.assertions import subject
from simulator.auth.history import SUCCESS, Way, keep_login
from simulator.auth.reasons import LoginRefused
from simulator.auth.rules import check_password, check_user
from simulator.auth.sessions import Origin
from simulator.errors import OAuthError
from simulator.org import Org
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SHARED_HOSTS = ("login.salesforce.com", "test.salesforce.com")
Form = Mapping[str, str]


@dataclass(frozen=True)
class Granted:
    """What a flow grants: a scope, and a refresh token where the flow has one."""

    scope: str = "api web"
    grant: str = ""
    refresh_token: str | None = None


@dataclass(frozen=True)
class Flow:
    """A grant type: how it is checked, and how LoginHistory names it."""

    check: Callable[[Org, Call, Form], Granted]
    way: Way


def token(org: Org, call: Call) -> Answer:
    """Log in; the answer names the instance to talk to from then on."""
    form = _form(call)
    flow = _FLOWS.get(form.get("grant_type", ""))
    if flow is None:
        raise OAuthError("unsupported_grant_type", "grant type not supported")
    org.logins.attempted(org.clock.now())
    try:
        granted = flow.check(org, call, form)
        check_user(org, call)
    except LoginRefused as refused:
        keep_login(org, call, flow.way, status=refused.reason.status)
        raise OAuthError(refused.reason.error, refused.reason.description) from refused
    org.logins.succeeded()
    origin = keep_login(org, call, flow.way, status=SUCCESS)
    return _answer(org, call, granted, origin)


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


def _client_credentials(org: Org, call: Call, form: Form) -> Granted:
    host = call.headers.get("host", "").partition(":")[0]
    if host in SHARED_HOSTS:
        raise OAuthError("invalid_grant", "request not supported on this domain")
    _check_client(org, form)
    if not org.options.on("client_credentials_login"):
        raise OAuthError("invalid_grant", "no client credentials user enabled")
    return Granted()


def _jwt_bearer(org: Org, call: Call, form: Form) -> Granted:
    # which error an expired certificate gives is not documented (U)
    if not org.options.on("jwt_login") or not org.options.on("certificate_valid"):
        raise OAuthError("invalid_grant", "invalid assertion")
    own_urls = (org.credentials.instance_url, f"http://{call.headers.get('host', '')}")
    username = subject(form.get("assertion", ""), org=org, own_urls=own_urls)
    if username.lower() != org.credentials.username.lower():
        raise OAuthError("invalid_grant", "user hasn't approved this consumer")
    if not org.options.on("jwt_user_approved"):
        raise LoginRefused(reasons.NOT_APPROVED)
    return Granted()


def _password(org: Org, call: Call, form: Form) -> Granted:
    _check_client(org, form)
    known = form.get("username", "").lower() == org.credentials.username.lower()
    if not known or not org.options.on("password_login"):
        raise OAuthError("invalid_grant", "authentication failure")
    check_password(org, call, given=form.get("password", ""))
    return Granted()


def _code(org: Org, call: Call, form: Form) -> Granted:
    _check_app(org, form)
    found = org.grants.redeem(form.get("code", ""))
    if found is None:
        raise OAuthError("invalid_grant", "invalid authorization code")
    asked, age = found
    if age > timedelta(seconds=org.options.number("code_seconds")):
        raise OAuthError("invalid_grant", "expired authorization code")
    if form.get("redirect_uri", "") != asked.redirect_uri:
        raise OAuthError("redirect_uri_mismatch", "redirect_uri must match configuration")
    verifier = form.get("code_verifier", "")
    if asked.challenge and not hmac.compare_digest(_challenge(verifier), asked.challenge.encode()):
        raise OAuthError("invalid_grant", "invalid code verifier")
    if not {"refresh_token", "offline_access"} & set(asked.scope.split()):
        return Granted(asked.scope)
    grant = org.grants.grant(asked.scope)
    return Granted(grant.scope, grant.id, grant.token)


def _refresh(org: Org, call: Call, form: Form) -> Granted:
    _check_app(org, form)
    seconds = org.options.number("refresh_token_seconds")
    lifetime = timedelta(seconds=seconds) if seconds else None
    grant = org.grants.find(form.get("refresh_token", ""), lifetime)
    if grant is None:
        raise OAuthError("invalid_grant", "expired access/refresh token")
    if not org.options.on("refresh_token_rotation"):
        return Granted(grant.scope, grant.id)
    rotated = org.grants.rotate(grant)
    return Granted(rotated.scope, rotated.id, rotated.token)


def _challenge(verifier: str) -> bytes:
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=")


def _check_client(org: Org, form: Form) -> None:
    known = org.credentials
    if form.get("client_id", "") != known.consumer_key:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    given = form.get("client_secret", "").encode()
    if not hmac.compare_digest(given, known.consumer_secret.encode()):
        raise OAuthError("invalid_client", "invalid client credentials")


def _check_app(org: Org, form: Form) -> None:
    """As _check_client, but an app without a secret may leave it out where the org lets it."""
    if "client_secret" in form or org.options.on("web_flow_secret_required"):
        _check_client(org, form)
    elif form.get("client_id", "") != org.credentials.consumer_key:
        raise OAuthError("invalid_client_id", "client identifier invalid")


def _answer(org: Org, call: Call, granted: Granted, origin: Origin) -> Answer:
    user_id = org.store.user_id
    session = org.sessions.begin(
        org.organization_id, user_id, scope=granted.scope, grant=granted.grant, origin=origin
    )
    identity = f"{call.base_url}/id/{org.organization_id}/{user_id}"
    issued_at = str(int(org.clock.now().timestamp() * 1000))
    signed = hmac.new(
        org.credentials.consumer_secret.encode(), (identity + issued_at).encode(), hashlib.sha256
    )
    body = {
        "access_token": session.token,
        "signature": base64.b64encode(signed.digest()).decode(),
        "scope": session.scope,
        "instance_url": call.base_url,
        "id": identity,
        "token_type": "Bearer",
        "issued_at": issued_at,
    }
    if granted.refresh_token is not None:
        body["refresh_token"] = granted.refresh_token
    return Answer(body=body)


_FLOWS: Mapping[str, Flow] = {
    "client_credentials": Flow(_client_credentials, history.CLIENT_CREDENTIALS),
    JWT_BEARER: Flow(_jwt_bearer, history.JWT),
    "password": Flow(_password, history.PASSWORD),
    "authorization_code": Flow(_code, history.WEB_SERVER),
    "refresh_token": Flow(_refresh, history.REFRESH),
}

ROUTES = (Route("POST", "/services/oauth2/token", token, Access.OPEN),)
