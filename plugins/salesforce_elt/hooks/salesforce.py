"""An Airflow connection becomes a client of the org, and nothing else."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import httpx
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from simple_salesforce.api import Salesforce

from salesforce_elt.errors import ConnectionInvalid
from salesforce_elt.salesforce.client import DEFAULT_VERSION, SalesforceClient
from salesforce_elt.salesforce.login import ClientCredentials, JwtBearer, Login, Token, log_in


class SalesforceEltHook(SalesforceHook):
    """The provider's hook, with OAuth client credentials, JWT at any host, and streaming.

    Connections of the types `salesforce_elt` and `salesforce` work: `host` (or the extra
    `instance_url`) is the org's My Domain or any base URL; the extras `consumer_key` and
    `consumer_secret` make a client credentials login, `consumer_key` and `private_key` with the
    connection's login as the username a JWT one. Extras `version` and `audience` are optional.
    """

    conn_type = "salesforce_elt"
    hook_name = "Salesforce ELT"
    default_conn_name = "salesforce_elt_default"

    def client(self, *, share: Decimal) -> SalesforceClient:
        """A client that logs in at its first request; `share` of the daily requests is ours.

        Raises ConnectionInvalid when the connection is missing or incomplete.
        """
        login = login_of(self._connection, conn_id=self.conn_id)
        http = httpx.Client(follow_redirects=False)
        return SalesforceClient(
            lambda _: log_in(login, http=http, now=lambda: datetime.now(UTC)),
            http=http,
            pause=time.sleep,
            share=share,
            version=self._connection.extra_dejson.get("version") or DEFAULT_VERSION,
        )

    @cached_property
    def conn(self) -> Salesforce:
        """simple-salesforce with this hook's session, for the provider's own methods."""
        token = self._token()
        return Salesforce(
            session_id=token.access_token,
            instance_url=token.instance_url,
            version=self._connection.extra_dejson.get("version") or DEFAULT_VERSION,
        )

    def _token(self) -> Token:
        login = login_of(self._connection, conn_id=self.conn_id)
        with httpx.Client() as http:
            return log_in(login, http=http, now=lambda: datetime.now(UTC))

    @cached_property
    def _connection(self) -> Connection:
        try:
            return self.get_connection(self.conn_id)
        except AirflowNotFoundException as error:
            raise ConnectionInvalid(
                f"There is no Airflow connection {self.conn_id!r}, which include/sync.yaml names. "
                "Create it (Admin > Connections, type Salesforce ELT), or name one that exists."
            ) from error


def login_of(connection: Connection, *, conn_id: str) -> Login:
    """The login that a connection's fields amount to.

    Raises ConnectionInvalid, naming what is missing.
    """
    extra = connection.extra_dejson
    base_url = _base_url(connection, extra, conn_id=conn_id)
    key = _required(extra, "consumer_key", conn_id=conn_id)
    if private_key := extra.get("private_key"):
        if not connection.login:
            raise _missing("the login (the integration user's username)", conn_id=conn_id)
        return JwtBearer(base_url, key, connection.login, private_key, extra.get("audience") or "")
    return ClientCredentials(base_url, key, _required(extra, "consumer_secret", conn_id=conn_id))


def _base_url(connection: Connection, extra: Mapping[str, Any], *, conn_id: str) -> str:
    given = connection.host or extra.get("instance_url")
    if not given:
        raise _missing(
            "the host (the org's My Domain, https://….my.salesforce.com)", conn_id=conn_id
        )
    url = urlsplit(given if "://" in given else f"https://{given}")
    if url.scheme not in ("http", "https") or not url.hostname:
        raise ConnectionInvalid(
            f"The Airflow connection {conn_id!r} has a host that is no address."
            " Give the org's My Domain: https://….my.salesforce.com."
        )
    port = f":{connection.port}" if connection.port and not url.port else ""
    return f"{url.scheme}://{url.netloc}{port}"


def _required(extra: Mapping[str, Any], name: str, *, conn_id: str) -> str:
    if not extra.get(name):
        raise _missing(f"the extra {name!r}", conn_id=conn_id)
    return str(extra[name])


def _missing(what: str, *, conn_id: str) -> ConnectionInvalid:
    return ConnectionInvalid(
        f"The Airflow connection {conn_id!r} lacks {what}. It needs host, consumer_key and either "
        "consumer_secret (client credentials) or private_key and login (JWT)."
    )
