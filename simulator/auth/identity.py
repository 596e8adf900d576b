"""Who one is: userinfo, identity, introspection, revocation (api.md 1.3)."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from simulator import ids
from simulator.auth.sessions import Session
from simulator.errors import OAuthError, PlainError
from simulator.org import DEFAULT_ZONE, Org
from simulator.storage.rows import Record
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

RESTS = {
    "rest": "",
    "sobjects": "sobjects/",
    "search": "search/",
    "query": "query/",
    "recent": "recent/",
    "tooling_rest": "tooling/",
    "feeds": "chatter/feeds",
    "groups": "chatter/groups",
    "users": "chatter/users",
    "feed_items": "chatter/feed-items",
    "feed_elements": "chatter/feed-elements",
}
SOAPS = {"enterprise": "c", "metadata": "m", "partner": "u", "tooling_soap": "T"}


def userinfo(org: Org, call: Call) -> Answer:
    """The user in the words of OpenID Connect."""
    _session(org, call)
    user = org.user()
    return Answer(
        body={
            "sub": _identity_url(org, call),
            "user_id": user["Id"],
            "organization_id": org.organization_id,
            "preferred_username": user.get("Username"),
            "nickname": user.get("CommunityNickname"),
            "name": user.get("Name"),
            "email": user.get("Email"),
            "email_verified": True,
            "given_name": user.get("FirstName"),
            "family_name": user.get("LastName"),
            "zoneinfo": user.get("TimeZoneSidKey"),
            "photos": _photos(org, call),
            "profile": f"{call.base_url}/{user['Id']}",
            "picture": _photos(org, call)["picture"],
            "address": _address(user),
            "urls": _urls(org, call),
            "active": bool(user.get("IsActive")),
            "user_type": "STANDARD",
            "language": user.get("LanguageLocaleKey"),
            "locale": user.get("LocaleSidKey"),
            "utcOffset": _utc_offset(org, user),
            "updated_at": _modified(user),
            "is_app_installed": True,
        }
    )


def identity(org: Org, call: Call) -> Answer:
    """The user in Salesforce's own words."""
    _session(org, call)
    user, wanted = org.user(), (call.params["org"], call.params["user"])
    if not all(ids.is_id(value) for value in wanted) or ids.to_18(wanted[1]) != user["Id"]:
        raise PlainError("Bad_Id", status=404)
    return Answer(
        body={
            "id": _identity_url(org, call),
            "asserted_user": True,
            "user_id": user["Id"],
            "organization_id": org.organization_id,
            "username": user.get("Username"),
            "nick_name": user.get("CommunityNickname"),
            "display_name": user.get("Name"),
            "email": user.get("Email"),
            "email_verified": True,
            "first_name": user.get("FirstName"),
            "last_name": user.get("LastName"),
            "timezone": user.get("TimeZoneSidKey"),
            "photos": _photos(org, call),
            **{f"addr_{name}": value for name, value in _parts(user).items()},
            "mobile_phone": user.get("MobilePhone"),
            "mobile_phone_verified": False,
            "is_lightning_login_user": False,
            "status": {"created_date": None, "body": None},
            "urls": _urls(org, call),
            "active": bool(user.get("IsActive")),
            "user_type": "STANDARD",
            "language": user.get("LanguageLocaleKey"),
            "locale": user.get("LocaleSidKey"),
            "utcOffset": _utc_offset(org, user),
            "last_modified_date": _modified(user),
            "is_app_installed": True,
        }
    )


def introspect(org: Org, call: Call) -> Answer:
    """What a token is worth; asked by the app that it was given to."""
    form = _form(call)
    _check_app(org, form)
    session = org.sessions.find(form.get("token", ""), org.session_lifetime)
    if session is None:
        return Answer(body=_refresh_token(org, call, form.get("token", "")))
    begun, used = int(session.begun_at.timestamp()), int(session.used_at.timestamp())
    return Answer(
        body={
            "active": True,
            "scope": session.scope,
            "client_id": org.credentials.consumer_key,
            "username": org.credentials.username,
            "sub": _identity_url(org, call),
            "token_type": "access_token",
            "exp": used + int(org.session_lifetime.total_seconds()),
            "iat": begun,
            "nbf": begun,
        }
    )


def _refresh_token(org: Org, call: Call, token: str) -> dict[str, Any]:
    seconds = org.options.number("refresh_token_seconds")
    grant = org.grants.find(token, timedelta(seconds=seconds) if seconds else None)
    if grant is None:
        return {"active": False}
    return {
        "active": True,
        "scope": grant.scope,
        "client_id": org.credentials.consumer_key,
        "username": org.credentials.username,
        "sub": _identity_url(org, call),
        "token_type": "refresh_token",
        "iat": int(grant.issued_at.timestamp()),
    }


def revoke(org: Org, call: Call) -> Answer:
    """End a session, or with a refresh token all that it has begun."""
    token = _form(call).get("token", "")
    grant = org.grants.revoke(token)
    if grant is not None:
        org.sessions.end_granted(grant.id)
    elif not org.sessions.end(token):
        raise OAuthError("unsupported_token_type", "this token type is not supported")
    return Answer(text="", content_type="text/html;charset=UTF-8")


def _session(org: Org, call: Call) -> Session:
    _, _, token = call.headers.get("authorization", "").partition(" ")
    token = token or _form(call).get("access_token", "")
    session = org.sessions.find(token.strip(), org.session_lifetime)
    if session is None:
        raise PlainError("Bad_OAuth_Token", status=403)
    return session


def _form(call: Call) -> dict[str, str]:
    return {**call.query, **dict(parse_qsl(call.body.decode("utf-8", "replace")))}


def _check_app(org: Org, form: dict[str, str]) -> None:
    known = org.credentials
    same_key = form.get("client_id") == known.consumer_key
    given = form.get("client_secret", "").encode()
    if not same_key or not hmac.compare_digest(given, known.consumer_secret.encode()):
        raise OAuthError("invalid_client", "invalid client credentials")


def _identity_url(org: Org, call: Call) -> str:
    return f"{call.base_url}/id/{org.organization_id}/{org.store.user_id}"


def _urls(org: Org, call: Call) -> dict[str, str]:
    base, short = call.base_url, org.organization_id[: ids.SHORT]
    soap = {
        name: f"{base}/services/Soap/{letter}/{{version}}/{short}" for name, letter in SOAPS.items()
    }
    rest = {name: f"{base}/services/data/v{{version}}/{path}" for name, path in RESTS.items()}
    profile = {"profile": f"{base}/{org.store.user_id}", "custom_domain": base}
    return {**soap, **rest, **profile}


def _photos(org: Org, call: Call) -> dict[str, str]:
    base = f"{call.base_url}/profilephoto/{org.store.user_id}"
    return {"picture": f"{base}/F", "thumbnail": f"{base}/T"}


def _parts(user: Record) -> dict[str, Any]:
    names = {"street": "Street", "city": "City", "state": "State", "country": "Country"}
    return {**{key: user.get(name) for key, name in names.items()}, "zip": user.get("PostalCode")}


def _address(user: Record) -> dict[str, Any]:
    parts = {name: value for name, value in _parts(user).items() if value is not None}
    if "zip" in parts:
        parts["postal_code"] = parts.pop("zip")
    return parts


def _utc_offset(org: Org, user: Record) -> int:
    zone = ZoneInfo(user.get("TimeZoneSidKey") or DEFAULT_ZONE)
    january = org.clock.now().replace(month=1, day=1).astimezone(zone)
    offset = january.utcoffset()
    return int(offset.total_seconds() * 1000) if offset is not None else 0


def _modified(user: Record) -> str | None:
    stamp = user.get("LastModifiedDate")
    return stamp.strftime("%Y-%m-%dT%H:%M:%SZ") if stamp else None


ROUTES = (
    Route("GET", "/services/oauth2/userinfo", userinfo, Access.OPEN),
    Route("POST", "/services/oauth2/userinfo", userinfo, Access.OPEN),
    Route("GET", "/id/{org}/{user}", identity, Access.OPEN),
    Route("POST", "/services/oauth2/introspect", introspect, Access.OPEN),
    Route("POST", "/services/oauth2/revoke", revoke, Access.OPEN),
    Route("GET", "/services/oauth2/revoke", revoke, Access.OPEN),
)
