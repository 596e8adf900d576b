"""The assertion of the JWT bearer login: who asks, as whom, of which kind of org, for how long.

Source: "OAuth 2.0 JWT Bearer Flow for Server-to-Server Integration" in Salesforce Help.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

import jwt

LIFE = timedelta(minutes=3)  # Salesforce refuses assertions that live longer than 3 to 5
PRODUCTION, SANDBOX = "https://login.salesforce.com", "https://test.salesforce.com"
# Sandboxes and scratch orgs; before enhanced domains a sandbox was acme--name.my.salesforce.com.
OF_SANDBOXES = (".sandbox.", ".scratch.", "--")


def audience_of(base_url: str) -> str:
    """Whom an assertion is for: Salesforce's login host for that kind of org."""
    host = urlsplit(base_url).hostname or ""
    if not host.endswith(".salesforce.com"):
        return base_url
    is_sandbox = host == urlsplit(SANDBOX).hostname or any(mark in host for mark in OF_SANDBOXES)
    return SANDBOX if is_sandbox else PRODUCTION


def signed_assertion(claims: Mapping[str, str], private_key: str, *, now: datetime) -> str:
    """The claims until some minutes from now, signed; the key is one that `rsa_key` gave."""
    expiry = int((now + LIFE).timestamp())
    return jwt.encode({**claims, "exp": expiry}, private_key, algorithm="RS256")
