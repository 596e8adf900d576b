"""SOAP login(), for orgs that still allow it (api.md 1.1)."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from simulator import ids
from simulator.auth.history import SOAP, SUCCESS, keep_login
from simulator.auth.reasons import INVALID_LOGIN, LoginRefused
from simulator.auth.rules import check_password, check_user
from simulator.org import Org
from simulator.storage.rows import Record
from simulator.web.calls import Answer, Call
from simulator.web.routing import Access, Route

MAX_REQUEST_BYTES = 10 * 1024
LAST_VERSION_WITH_LOGIN = 64.0
XML_TYPE = "text/xml; charset=utf-8"
NIL = "xsi:nil"


class _Fault(Exception):
    """A refused login: its code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code, self.message = code, message


def login(org: Org, call: Call) -> Answer:
    """A session for a username and a password with its security token."""
    try:
        username, password = _given(call.body)
        _check(org, call, username=username, password=password)
    except _Fault as fault:
        return Answer(500, text=_fault(fault), content_type=XML_TYPE)
    except LoginRefused as refused:
        reason = refused.reason
        keep_login(org, call, SOAP, status=reason.status)
        told = _Fault(reason.soap_code, reason.soap_message)
        return Answer(500, text=_fault(told), content_type=XML_TYPE)
    org.logins.succeeded()
    origin = keep_login(org, call, SOAP, status=SUCCESS)
    session = org.sessions.begin(org.organization_id, org.store.user_id, origin=origin)
    fields = _result(org, call, session_id=session.token)
    return Answer(text=_envelope("".join(fields)), content_type=XML_TYPE)


def _given(body: bytes) -> tuple[str, str]:
    if len(body) > MAX_REQUEST_BYTES or b"<!" in body:
        raise _Fault("INVALID_REQUEST", "The request is too large or has a document type")
    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise _Fault("INVALID_REQUEST", "The request is not XML") from error
    found = {element.tag.rpartition("}")[2]: element.text or "" for element in root.iter()}
    if "login" not in found:
        raise _Fault("INVALID_OPERATION", "Only login() is offered")
    return found.get("username", ""), found.get("password", "")


def _check(org: Org, call: Call, *, username: str, password: str) -> None:
    version = call.params["soap_version"]
    number = float(version) if version.replace(".", "", 1).isdigit() else 0.0
    if not 31.0 <= number <= LAST_VERSION_WITH_LOGIN:
        raise _Fault("UNSUPPORTED_API_VERSION", f"login() is not part of API version {version}")
    if not org.options.on("soap_login"):
        raise _Fault("INVALID_LOGIN", "SOAP API login() is disabled by default in this org.")
    if not org.options.on("api_enabled"):
        raise _Fault("API_CURRENTLY_DISABLED", "API is disabled for this User")
    if username.lower() != org.credentials.username.lower():
        raise _Fault("INVALID_LOGIN", INVALID_LOGIN)
    org.logins.attempted(org.clock.now())
    check_password(org, call, given=password)
    check_user(org, call)


def _result(org: Org, call: Call, *, session_id: str) -> Iterator[str]:
    version, short = call.params["soap_version"], org.organization_id[: ids.SHORT]
    base = f"{call.base_url}/services/Soap"
    user = org.user()
    yield _element("metadataServerUrl", f"{base}/m/{version}/{short}")
    yield _element("passwordExpired", False)
    yield _element("sandbox", False)
    yield _element("serverUrl", f"{base}/u/{version}/{short}")
    yield _element("sessionId", session_id)
    yield _element("userId", user["Id"])
    yield f"<userInfo>{''.join(_user_info(org, user))}</userInfo>"


def _user_info(org: Org, user: Record) -> Iterator[str]:
    organization = org.store.get("Organization", org.organization_id) or {}
    multi_currency = "CurrencyType" in org.store.sobjects
    values: dict[str, object] = {
        "accessibilityMode": False,
        "chatterExternal": False,
        "currencySymbol": None if multi_currency else "$",
        "orgAttachmentFileSizeLimit": 26_214_400,
        "orgDefaultCurrencyIsoCode": None if multi_currency else "USD",
        "orgDefaultCurrencyLocale": "en_US",
        "orgDisallowHtmlAttachments": False,
        "orgHasPersonAccounts": False,
        "organizationId": org.organization_id,
        "organizationMultiCurrency": multi_currency,
        "organizationName": organization.get("Name"),
        "profileId": user.get("ProfileId"),
        "roleId": user.get("UserRoleId"),
        "sessionSecondsValid": int(org.session_lifetime.total_seconds()),
        "userDefaultCurrencyIsoCode": "USD" if multi_currency else None,
        "userEmail": user.get("Email"),
        "userFullName": user.get("Name"),
        "userId": user["Id"],
        "userLanguage": user.get("LanguageLocaleKey"),
        "userLocale": user.get("LocaleSidKey"),
        "userName": user.get("Username"),
        "userTimeZone": user.get("TimeZoneSidKey"),
        "userType": user.get("UserType"),
        "userUiSkin": "Theme3",
    }
    return (_element(name, value) for name, value in values.items())


def _element(name: str, value: object) -> str:
    if value is None:
        return f'<{name} {NIL}="true"/>'
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"<{name}>{escape(text)}</{name}>"


def _envelope(result: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns="urn:partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<soapenv:Body><loginResponse><result>{result}</result></loginResponse>"
        "</soapenv:Body></soapenv:Envelope>"
    )


def _fault(fault: _Fault) -> str:
    code, message = escape(fault.code), escape(fault.message)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope'
        ' xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:sf="urn:fault.partner.soap.sforce.com"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault>'
        f"<faultcode>{code}</faultcode><faultstring>{code}: {message}</faultstring><detail>"
        f'<sf:LoginFault xsi:type="sf:LoginFault"><sf:exceptionCode>{code}</sf:exceptionCode>'
        f"<sf:exceptionMessage>{message}</sf:exceptionMessage></sf:LoginFault></detail>"
        "</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
    )


ROUTES = (
    Route("POST", "/services/Soap/u/{soap_version}", login, Access.OPEN),
    Route("POST", "/services/Soap/c/{soap_version}", login, Access.OPEN),
    Route("POST", "/services/Soap/u/{soap_version}/{org}", login, Access.OPEN),
)
