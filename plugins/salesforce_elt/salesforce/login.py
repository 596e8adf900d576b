"""A connection's secrets become a token: every login that Salesforce offers to programs."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

import httpx

from salesforce_elt.errors import ConnectionInvalid, SyncError
from salesforce_elt.salesforce.arrival import ACCEPTED, received
from salesforce_elt.salesforce.assertions import audience_of, signed_assertion
from salesforce_elt.salesforce.refusals import (
    error_entry,
    json_body,
    login_not_answered,
    login_refusal,
    login_unreachable,
)
from salesforce_elt.salesforce.soap_login import HEADERS, SOAP_PATH, NotSoap, envelope, texts
from salesforce_elt.salesforce.versions import spoken_version

log = logging.getLogger(__name__)

LOGIN_HOST, SANDBOX_HOST = "login.salesforce.com", "test.salesforce.com"
SHARED_HOSTS = frozenset({LOGIN_HOST, SANDBOX_HOST})
TOLD = ("access_token", "instance_url")  # what an answer to a login has to say
TOKEN_PATH = "/services/oauth2/token"
TIMEOUT = httpx.Timeout(60.0, connect=20.0)  # seconds; an org that wakes up takes its time
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
SAFE_VERSION = "62.0"  # which every org has offered since 2024
PASSWORD_EXPIRED = "PASSWORD_EXPIRED"  # not a code of Salesforce's: it answers with a session then
Now = Callable[[], datetime]
Form = Mapping[str, str]


@dataclass(frozen=True)
class Token:
    """A session: secret, for one instance, in one version of the API.

    `refresh_token` is a new one where the app rotates them; the one that was used is void then.
    `organization_id` has 18 characters, and is empty where an answer does not name the org.
    """

    access_token: str = field(repr=False)
    instance_url: str
    version: str
    refresh_token: str = field(default="", repr=False)
    organization_id: str = ""
    is_new: bool = field(default=True, compare=False)  # not found, where another task had left it


@dataclass(frozen=True)
class ClientCredentials:
    """OAuth client credentials; works only on the org's My Domain, as the app's run-as user."""

    base_url: str
    consumer_key: str
    consumer_secret: str = field(repr=False)
    method = "client_credentials"

    def form(self, _now: Now) -> Form:
        """What the token endpoint is asked with."""
        return {
            "grant_type": "client_credentials",
            "client_id": self.consumer_key,
            "client_secret": self.consumer_secret,
        }


@dataclass(frozen=True)
class JwtBearer:
    """OAuth JWT bearer: a key whose certificate the app holds, for a pre-authorised user."""

    base_url: str
    consumer_key: str
    username: str
    private_key: str = field(repr=False)
    audience: str = ""
    method = "jwt_bearer"

    def form(self, now: Now) -> Form:
        """What the token endpoint is asked with."""
        claims = {
            "iss": self.consumer_key,
            "sub": self.username,
            "aud": self.audience or audience_of(self.base_url),
        }
        assertion = signed_assertion(claims, self.private_key, now=now())
        return {"grant_type": JWT_GRANT, "assertion": assertion}


@dataclass(frozen=True)
class RefreshToken:
    """OAuth refresh token: what a person granted to the app once, in a browser."""

    base_url: str
    consumer_key: str
    refresh_token: str = field(repr=False)
    consumer_secret: str = field(default="", repr=False)
    method = "refresh_token"

    def form(self, _now: Now) -> Form:
        """What the token endpoint is asked with; some apps have no secret."""
        secret = {"client_secret": self.consumer_secret} if self.consumer_secret else {}
        return {
            "grant_type": "refresh_token",
            "client_id": self.consumer_key,
            "refresh_token": self.refresh_token,
            **secret,
        }


@dataclass(frozen=True)
class UserPassword:
    """OAuth username-password, where the org still allows it; the password ends in the token."""

    base_url: str
    consumer_key: str
    consumer_secret: str = field(repr=False)
    username: str
    password: str = field(repr=False)
    method = "password"

    def form(self, _now: Now) -> Form:
        """What the token endpoint is asked with."""
        return {
            "grant_type": "password",
            "client_id": self.consumer_key,
            "client_secret": self.consumer_secret,
            "username": self.username,
            "password": self.password,
        }


@dataclass(frozen=True)
class SoapLogin:
    """SOAP login(), where the org still allows it; the password ends in the security token."""

    base_url: str
    username: str
    password: str = field(repr=False)
    organization_id: str = ""
    client: str = ""
    method = "soap"


OAuthLogin = ClientCredentials | JwtBearer | RefreshToken | UserPassword
Login = OAuthLogin | SoapLogin


def log_in(login: Login, *, http: httpx.Client, now: Now, version: str = "") -> Token:
    """One login; it costs no API call. `version` is the chosen one; empty: the org's newest.

    Raises ConnectionInvalid when Salesforce refuses the secrets or the version, ServerUnavailable
    when nobody answers. Source: "OAuth Authorization Flows" in Salesforce Help.
    """
    token = _by_soap(login, http) if isinstance(login, SoapLogin) else _by_oauth(login, http, now)
    _refuse_clear_text(token.instance_url, login)
    try:
        spoken = spoken_version(http, instance_url=token.instance_url, chosen=version)
    except SyncError as error:
        if not token.refresh_token:
            raise
        # The one before it is void: it must not be lost because a list does not come.
        log.warning("%s Version %s is spoken.", error, version or SAFE_VERSION)
        spoken = version or SAFE_VERSION
    return replace(token, version=spoken)


def secrets_of(login: Login) -> tuple[str, ...]:
    """Everything in a login that must show nowhere: what its repr leaves out."""
    values = (getattr(login, one.name) for one in fields(login) if not one.repr)
    return tuple(value for value in values if value)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, so that nothing travels."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def server_time(response: httpx.Response) -> datetime | None:
    """The server's clock as its `Date` header shows it: UTC, whole seconds; None: it does not."""
    try:
        return parsedate_to_datetime(response.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError, TypeError, OverflowError):  # a proxy may have bent it
        return None


def _by_oauth(login: OAuthLogin, http: httpx.Client, now: Now) -> Token:
    response = _post(http, login, TOKEN_PATH, data=login.form(now), headers=ACCEPTED)
    body = json_body(response)
    if code := error_entry(body)[0]:
        raise _refused(login, code, _description(body))
    told = [body.get(name) for name in TOLD] if isinstance(body, dict) else [None]
    if not all(isinstance(one, str) and one for one in told):
        raise login_not_answered(response.status_code, host=_host(login))
    return Token(
        access_token=body["access_token"],
        instance_url=body["instance_url"].rstrip("/"),
        version="",
        refresh_token=str(body.get("refresh_token") or ""),
        organization_id=_organization_in(str(body.get("id") or "")),
    )


def _description(body: Any) -> str:
    """A refusal's words in full: a secret that was cut in two would not be recognised in them."""
    entry = body[0] if isinstance(body, list) else body
    return str(entry.get("error_description") or entry.get("message") or "")


def _by_soap(login: SoapLogin, http: httpx.Client) -> Token:
    log.warning(
        "%s logs in by SOAP with a password, which Salesforce retires in Summer '27 and most new "
        "orgs refuse already. Move to OAuth client credentials or JWT bearer.",
        login.username,
    )
    content = envelope(
        username=login.username,
        password=login.password,
        organization_id=login.organization_id,
        client=login.client,
    )
    response = _post(http, login, SOAP_PATH, content=content, headers={**HEADERS, **ACCEPTED})
    try:
        found = texts(response.content)
    except NotSoap as error:
        raise login_not_answered(response.status_code, host=_host(login)) from error
    if code := found.get("exceptionCode"):
        raise _refused(login, code, found.get("exceptionMessage", ""))
    if found.get("passwordExpired") == "true":
        raise _refused(login, PASSWORD_EXPIRED, "")
    if not {"sessionId", "serverUrl"} <= found.keys():
        raise login_not_answered(response.status_code, host=_host(login))
    return Token(
        found["sessionId"],
        _instance_of(found["serverUrl"]),
        version="",
        organization_id=found.get("organizationId", ""),
    )


def _organization_in(identity_url: str) -> str:
    """The org of `https://login.salesforce.com/id/<organization>/<user>`."""
    _, _, path = identity_url.partition("/id/")
    return path.split("/")[0]


def _instance_of(server_url: str) -> str:
    """The REST APIs answer at the SOAP server's host; `-api` was a name of it in old orgs."""
    try:
        url = urlsplit(server_url)
    except ValueError:
        return server_url  # which is refused as the address of a session
    return f"{url.scheme}://{url.netloc.replace('-api.', '.', 1)}"


def _post(http: httpx.Client, login: Login, path: str, **request: Any) -> httpx.Response:
    asked = f"Login at {_host(login)}"
    try:
        with http.stream("POST", login.base_url + path, timeout=TIMEOUT, **request) as response:
            return received(response, asked=asked)
    except httpx.HTTPError as error:
        raise login_unreachable(error, asked=asked) from error


def _refused(login: Login, code: str, description: str) -> SyncError:
    """The refusal, without any secret that a server might have repeated."""
    for secret in secrets_of(login):
        description = description.replace(secret, "…")
    return login_refusal(code, description, host=_host(login), method=login.method)


def _refuse_clear_text(instance_url: str, login: Login) -> None:
    """A token must not travel in the clear, whatever the answer of a login says."""
    try:
        url = httpx.URL(instance_url)
    except httpx.InvalidURL as error:
        raise login_not_answered(httpx.codes.OK, host=_host(login)) from error
    is_safe = url.scheme == "https" or (url.scheme == "http" and is_loopback(url.host))
    if is_safe and (not url.host or url.userinfo or url.query or url.path.strip("/")):
        raise login_not_answered(httpx.codes.OK, host=_host(login))
    if is_safe:
        return
    raise ConnectionInvalid(
        f"{_host(login)} says that the org is at {instance_url}, where a session would travel in "
        "the clear. Check the connection's host: it has to be https://."
    )


def _host(login: Login) -> str:
    return urlsplit(login.base_url).netloc
