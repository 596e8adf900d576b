"""The assertion of the JWT bearer flow: who signed it, for whom, until when (api.md 1.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import jwt
from jwt.types import Options

from simulator.errors import OAuthError
from simulator.org import Org

LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
MY_DOMAIN = ".my.salesforce.com"
MILLISECONDS_FROM = 100_000_000_000
_UNCHECKED: Options = {
    "verify_exp": False,
    "verify_aud": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def subject(assertion: str, *, org: Org, own_urls: tuple[str, ...]) -> str:
    """The username that a valid assertion names; OAuthError for any other.

    Clients send ``exp`` as a number, as a numeric text, or in milliseconds, and as ``aud`` the
    login URL or the org's own, with or without a slash at the end.
    """
    claims = _claims(assertion, org)
    if claims.get("iss") != org.credentials.consumer_key:
        raise OAuthError("invalid_client_id", "client identifier invalid")
    if not _is_for_us(claims.get("aud"), own_urls):
        raise OAuthError("invalid_grant", "audience is invalid")
    # the client's own clock wrote exp: it says nothing about the time that an org was set to
    if _expiry(claims) <= org.clock.wall().timestamp():
        raise OAuthError("invalid_grant", "expired authorization code")
    return str(claims.get("sub", ""))


def _claims(assertion: str, org: Org) -> Mapping[str, Any]:
    try:
        unchecked = jwt.decode(assertion, options={**_UNCHECKED, "verify_signature": False})
        if unchecked.get("iss") != org.credentials.consumer_key:
            return unchecked
        return jwt.decode(
            assertion, org.credentials.public_key, algorithms=["RS256"], options=_UNCHECKED
        )
    except jwt.PyJWTError as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error


def _is_for_us(audience: Any, own_urls: tuple[str, ...]) -> bool:
    if not isinstance(audience, str):
        return False
    host = urlsplit(audience).hostname or ""
    own = {url.rstrip("/") for url in own_urls}
    return host in LOGIN_HOSTS or host.endswith(MY_DOMAIN) or audience.rstrip("/") in own


def _expiry(claims: Mapping[str, Any]) -> float:
    try:
        expiry = float(claims["exp"])
    except (KeyError, TypeError, ValueError) as error:
        raise OAuthError("invalid_grant", "invalid assertion") from error
    return expiry / 1000 if expiry >= MILLISECONDS_FROM else expiry
