"""The hosts that an org answers for, and the URL by which a caller reached it (clients.md 12)."""

from __future__ import annotations

import re

LOCAL_NAME, LOCAL_ADDRESS = "localhost", "127.0.0.1"
LOGIN_HOSTS = ("login.salesforce.com", "test.salesforce.com")
WILDCARDS = (
    "*.my.salesforce.com",
    "*.sandbox.my.salesforce.com",
    "*.develop.my.salesforce.com",
)
DNS_NAMES = (LOCAL_NAME, *LOGIN_HOSTS, *WILDCARDS)
MY_DOMAIN = "simulated-org.my.salesforce.com"
HTTPS_PORT = 443
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(
    rf"{re.escape(LOCAL_ADDRESS)}|"
    + "|".join(re.escape(name).replace(r"\*", _LABEL) for name in DNS_NAMES)
)
_PORT = re.compile(r"[1-9]\d{0,4}")


def is_ours(host: str) -> bool:
    """Whether the certificate covers a host name; a wildcard stands for one label."""
    return _HOST.fullmatch(host.lower()) is not None


def reached_url(host_header: str, *, otherwise: str) -> str:
    """The instance URL for somebody who came over TLS to this host, with the port they used.

    A login host leads to the org's My Domain, as at Salesforce; a host that is not ours says
    nothing, so that nobody is sent to a place that a header made up.
    """
    host, _, port = host_header.lower().partition(":")
    if not is_ours(host) or (port and not _PORT.fullmatch(port)):
        return otherwise
    if host in LOGIN_HOSTS:
        host = MY_DOMAIN
    return f"https://{host}" if port in ("", str(HTTPS_PORT)) else f"https://{host}:{port}"
