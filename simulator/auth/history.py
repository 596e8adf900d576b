"""What an org remembers of logins and of its administrators (api.md 6.1)."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.auth.sessions import Origin
from simulator.org import Org
from simulator.web.calls import Call

SUCCESS = "Success"
APPLICATION = "Simulated Connected App"
STATEMENT_LENGTH = 1000


@dataclass(frozen=True)
class Way:
    """A way of logging in, as LoginHistory names it."""

    login_type: str
    subtype: str | None = None
    api_type: str = "N/A"


OAUTH = "Remote Access 2.0"
CLIENT_CREDENTIALS = Way(OAUTH, "oauthclientcredential")
JWT = Way(OAUTH, "oauthjwt")
PASSWORD = Way(OAUTH, "oauthpassword")
WEB_SERVER = Way(OAUTH, "oauthwebserver")
REFRESH = Way(OAUTH, "oauthrefreshtoken")
SOAP = Way("Other Apex API", None, "SOAP Partner")


def keep_login(org: Org, call: Call, way: Way, *, status: str) -> Origin:
    """One row for one attempt, whether it worked or not; the origin of the session it begins."""
    if "LoginHistory" not in org.store.sobjects:
        return Origin(call.source_ip, way.login_type)
    is_secure = call.base_url.startswith("https://")
    row = {
        "UserId": org.store.user_id,
        "LoginTime": org.clock.stamp(),
        "LoginType": way.login_type,
        "LoginSubType": way.subtype,
        "SourceIp": call.source_ip,
        "LoginUrl": call.base_url.partition("://")[2],
        "TlsProtocol": "TLS 1.3" if is_secure else "Unknown",
        "OptionsIsPost": call.method == "POST",
        "OptionsIsGet": call.method == "GET",
        "Browser": "Unknown",
        "Platform": "Unknown",
        "Status": status,
        "Application": "N/A" if way is SOAP else APPLICATION,
        "ClientVersion": "N/A",
        "ApiType": way.api_type,
        "ApiVersion": call.params.get("soap_version", "N/A"),
    }
    with org.store.transaction() as work:
        login_id = work.insert("LoginHistory", row)
    return Origin(call.source_ip, way.login_type, login_id)


def keep_audit(org: Org, action: str, *, section: str | None, display: str) -> None:
    """One row for one thing that an administrator did."""
    if "SetupAuditTrail" not in org.store.sobjects:
        return
    row = {"Action": action, "Section": section, "Display": display[:STATEMENT_LENGTH]}
    with org.store.transaction() as work:
        work.insert("SetupAuditTrail", row)
