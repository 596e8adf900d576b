"""Whether a session token opens the data APIs: one door for REST and Bulk (api.md 1.4)."""

from __future__ import annotations

from simulator.auth.sessions import Session
from simulator.errors import SalesforceError
from simulator.org import Org

DATA_SCOPES = frozenset({"api", "full"})


def admitted(org: Org, token: str) -> Session:
    """The live session of a token, used now; SalesforceError when it opens nothing."""
    if not org.options.on("api_enabled"):
        message = "The REST API is not enabled for this Organization."
        raise SalesforceError("API_DISABLED_FOR_ORG", message, status=403)
    session = org.sessions.find(token, org.session_lifetime)
    if session is None:
        raise expired()
    if not DATA_SCOPES & set(session.scope.split()):
        message = "This session is not valid for use with the REST API"
        raise SalesforceError("INVALID_SESSION_ID", message, status=401)
    if not org.rights().has("ApiEnabled"):
        message = "API is disabled for this User"
        raise SalesforceError("API_CURRENTLY_DISABLED", message, status=403)
    return session


def expired() -> SalesforceError:
    """The refusal of a session that is unknown or has ended."""
    return SalesforceError("INVALID_SESSION_ID", "Session expired or invalid", status=401)
