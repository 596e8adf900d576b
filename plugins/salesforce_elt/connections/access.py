"""Access to an org, as one Airflow connection gives it."""

import json
from collections.abc import Callable
from dataclasses import astuple, dataclass, field, replace
from datetime import datetime

import httpx

from salesforce_elt.connections.choice import chosen_method
from salesforce_elt.connections.given import ConnectionFields, Given, given
from salesforce_elt.connections.hosts import base_url
from salesforce_elt.connections.trust import (
    certificate_authority,
    private_key,
    proxy_url,
    tls_context,
)
from salesforce_elt.salesforce.login import (
    ClientCredentials,
    JwtBearer,
    Login,
    RefreshToken,
    SoapLogin,
    Token,
    UserPassword,
    log_in,
)
from salesforce_elt.salesforce.versions import version_number


@dataclass(frozen=True)
class OrgAccess:
    """A connection that is complete: how to reach an org, whom to be there, which API version."""

    conn_id: str
    login: Login
    proxy: str = field(default="", repr=False)
    certificate_authority_file: str = ""
    version: str = ""  # empty: the newest that the org offers

    @property
    def secret(self) -> str:
        """Everything that a session is made of: whoever has it could log in as well."""
        return json.dumps([*astuple(self.login), self.version])

    def http(self) -> httpx.Client:
        """A client for this org: by its proxy, or else the environment's; TLS always verified."""
        return httpx.Client(
            proxy=self.proxy or None,
            verify=tls_context(self.certificate_authority_file),
            follow_redirects=False,  # a redirect must not lead secrets elsewhere
        )

    def log_in(self, http: httpx.Client, now: Callable[[], datetime]) -> Token:
        """One login; it costs no API call. Raises what `login.log_in` raises."""
        return log_in(self.login, http=http, now=now, version=self.version)

    def following(self, token: Token) -> "OrgAccess":
        """The access for the next login: by the newest refresh token, where the app rotates it."""
        if not token.refresh_token or not isinstance(self.login, RefreshToken):
            return self
        return replace(self, login=replace(self.login, refresh_token=token.refresh_token))


def org_access(fields: ConnectionFields) -> OrgAccess:
    """The access that a connection's fields amount to; nothing is asked of Salesforce yet.

    Raises ConnectionInvalid, which names what is missing, for which login, and where to add it.
    """
    values = given(fields)
    return OrgAccess(
        conn_id=fields.conn_id,
        login=_login(values),
        proxy=proxy_url(values),
        certificate_authority_file=certificate_authority(values),
        version=_version(values),
    )


def _login(values: Given) -> Login:
    method = chosen_method(values).name
    url = base_url(values, needs_my_domain=method == "client_credentials")
    key, secret = values.text("consumer_key"), values.text("consumer_secret")
    username, password = values.text("login"), values.text("password")
    token = values.text("security_token")
    if method == "client_credentials":
        return ClientCredentials(url, key, secret)
    if method == "jwt_bearer":
        return JwtBearer(url, key, username, private_key(values), values.text("audience"))
    if method == "refresh_token":
        return RefreshToken(url, key, values.text("refresh_token"), secret)
    if method == "password":
        return UserPassword(url, key, secret, username, password + token)
    return SoapLogin(
        url, username, password + token, values.text("organization_id"), values.text("client_id")
    )


def _version(values: Given) -> str:
    text = values.text("version")
    number = version_number(text)
    if text and not number:
        raise values.wrong(
            f"has the extra 'version' {text!r}, which is no API version. Write one as 64.0, or "
            "leave it out for the newest that the org offers."
        )
    return number
