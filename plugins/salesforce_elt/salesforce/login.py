"""A connection's secrets become a token: one login flow a function."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import httpx
import jwt

from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.salesforce.refusals import json_body, login_refusal, unreachable

TOKEN_PATH = "/services/oauth2/token"
TIMEOUT = httpx.Timeout(60.0, connect=20.0)  # seconds; an org that wakes up takes its time
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
JWT_LIFE = timedelta(minutes=3)  # Salesforce refuses assertions that live longer than 3 to 5


@dataclass(frozen=True)
class Token:
    """A session: secret, for one instance."""

    access_token: str = field(repr=False)
    instance_url: str


@dataclass(frozen=True)
class ClientCredentials:
    """OAuth client credentials; works only on the org's My Domain, as the app's run-as user."""

    base_url: str
    consumer_key: str
    consumer_secret: str = field(repr=False)


@dataclass(frozen=True)
class JwtBearer:
    """OAuth JWT bearer: a key whose certificate the app holds, for a pre-authorised user."""

    base_url: str
    consumer_key: str
    username: str
    private_key: str = field(repr=False)
    audience: str = ""


Login = ClientCredentials | JwtBearer


def log_in(login: Login, *, http: httpx.Client, now: Callable[[], datetime]) -> Token:
    """One login; it costs no API call.

    Raises ConnectionInvalid when Salesforce refuses the secrets, ServerUnavailable when nobody
    answers. Source: "OAuth Authorization Flows" in Salesforce Help.
    """
    form = (
        _credentials_form(login)
        if isinstance(login, ClientCredentials)
        else _jwt_form(login, now=now)
    )
    host = urlsplit(login.base_url).netloc
    try:
        response = http.post(login.base_url + TOKEN_PATH, data=form, timeout=TIMEOUT)
    except httpx.HTTPError as error:
        raise unreachable(error, asked=f"Login at {host}") from error
    body = json_body(response)
    if response.status_code != httpx.codes.OK or not isinstance(body, dict):
        raise login_refusal(response, host=host)
    return Token(access_token=body["access_token"], instance_url=body["instance_url"].rstrip("/"))


def _credentials_form(login: ClientCredentials) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_id": login.consumer_key,
        "client_secret": login.consumer_secret,
    }


def _jwt_form(login: JwtBearer, *, now: Callable[[], datetime]) -> dict[str, str]:
    claims = {
        "iss": login.consumer_key,
        "sub": login.username,
        "aud": login.audience or _audience(login.base_url),
        "exp": int((now() + JWT_LIFE).timestamp()),
    }
    try:
        assertion = jwt.encode(claims, login.private_key, algorithm="RS256")
    except (ValueError, TypeError, jwt.PyJWTError) as error:
        raise ConnectionInvalid(
            "The connection's private_key is not an RSA key in PEM form. Paste the whole file, "
            "from -----BEGIN to END-----, without a passphrase."
        ) from error
    return {"grant_type": JWT_GRANT, "assertion": assertion}


def _audience(base_url: str) -> str:
    host = urlsplit(base_url).hostname or ""
    if not host.endswith(".salesforce.com"):
        return base_url
    is_sandbox = ".sandbox." in host or host == "test.salesforce.com"
    return "https://test.salesforce.com" if is_sandbox else "https://login.salesforce.com"


def server_time(response: httpx.Response) -> datetime | None:
    """The server's clock as its `Date` header shows it: UTC, whole seconds."""
    date = response.headers.get("Date")
    return parsedate_to_datetime(date).astimezone(UTC) if date else None
