"""An Airflow connection becomes a client of the org, and nothing else."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property, partial

import httpx
from airflow.providers.salesforce.hooks.salesforce import SalesforceHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.sdk.log import mask_secret
from simple_salesforce.api import Salesforce

from salesforce_elt.connection_fields import CONNECTION_TYPE, TYPE_NAME
from salesforce_elt.connections import ConnectionFields, OrgAccess, org_access
from salesforce_elt.errors import ConnectionInvalid, SyncError
from salesforce_elt.hooks.provider_session import provider_session
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.login import Token
from salesforce_elt.salesforce.whoami import whoami
from salesforce_elt.sessions import SharedSession
from salesforce_elt.warehouse.connection import Connect

NOW = partial(datetime.now, UTC)
ROTATED = (
    "But the app rotates refresh tokens, and this test has used up the one in the connection: "
    "authorize the app again and store the new one, or switch rotation off in the app's policies."
)


class SalesforceEltHook(SalesforceHook):
    """The provider's hook, with every login at any host, and streaming.

    Connections of the types `salesforce_elt` and `salesforce` work; docs/connection-fields.md
    lists what they may say.
    """

    conn_type = CONNECTION_TYPE
    hook_name = TYPE_NAME
    default_conn_name = "salesforce_elt_default"

    def client(self, *, share: Decimal, connect: Connect | None = None) -> SalesforceClient:
        """A client that logs in at its first request; `share` of the daily requests is ours.

        With `connect`, which opens the warehouse, it takes the session that all tasks share, and
        logs in only when there is none. Raises ConnectionInvalid when the connection is missing or
        incomplete.
        """
        return open_client(self.access, share=share, connect=connect)

    def test_connection(self) -> tuple[bool, str]:
        """What Airflow's Test button shows: who and where one is, or why not and how to cure it."""
        try:
            return True, self._identified()
        except SyncError as error:
            return False, str(error)

    def _identified(self) -> str:
        http = self.access.http()
        with http:
            token = self.access.log_in(http, NOW)
            client = SalesforceClient(
                lambda _: token, http=http, pause=time.sleep, share=Decimal(1)
            )
            found = f"Connected as {whoami(client)}"
        return f"{found} {ROTATED}" if token.refresh_token else found

    @cached_property
    def access(self) -> OrgAccess:
        """What the connection says. Raises ConnectionInvalid when it is missing or incomplete."""
        return org_access(fields_of(self._connection, conn_id=self.conn_id))

    @cached_property
    def conn(self) -> Salesforce:
        """simple-salesforce with this hook's session, for the provider's own methods."""
        with self.access.http() as http:
            token = self.access.log_in(http, NOW)
        return Salesforce(
            session_id=token.access_token,
            instance_url=token.instance_url,
            version=token.version,
            session=provider_session(self.access),
        )

    @cached_property
    def _connection(self) -> Connection:
        try:
            return self.get_connection(self.conn_id)
        except AirflowNotFoundException as error:
            raise no_connection(self.conn_id) from error


def no_connection(conn_id: str) -> ConnectionInvalid:
    """The error for a connection that is not there."""
    return ConnectionInvalid(
        f"There is no Airflow connection {conn_id!r}, which include/sync.yaml names. Create it "
        "(Admin > Connections, type Salesforce ELT), or name one that exists."
    )


def fields_of(connection: Connection, *, conn_id: str) -> ConnectionFields:
    """A connection's fields, without Airflow around them."""
    return ConnectionFields(
        conn_id,
        host=connection.host,
        port=connection.port,
        login=connection.login,
        password=connection.password,
        extra=connection.extra_dejson,
    )


def open_client(
    access: OrgAccess, *, share: Decimal, connect: Connect | None, is_login_tested: bool = False
) -> SalesforceClient:
    """A client of the org; with `connect` it takes the session that all tasks share.

    `is_login_tested`: it logs in though there is a session, and all tasks share the new one.
    """
    http = access.http()
    log_in = partial(_log_in, access, http)
    session = SharedSession(connect, access.conn_id, access.secret, log_in) if connect else None

    def authenticate(refused: Token | None) -> Token:
        if session is None:
            return _masked(log_in(refused))
        is_tested = is_login_tested and refused is None
        return _masked(session.anew() if is_tested else session(refused))

    return SalesforceClient(authenticate, http=http, pause=time.sleep, share=share)


def _log_in(access: OrgAccess, http: httpx.Client, before: Token | None) -> Token:
    """A new session; with the refresh token of the one before it, where the app rotates them."""
    token = (access.following(before) if before else access).log_in(http, NOW)
    if before and not token.refresh_token:
        return replace(token, refresh_token=before.refresh_token)
    return token


def _masked(token: Token) -> Token:
    """The token, which no log of this task will show, whatever writes it."""
    for secret in filter(None, (token.access_token, token.refresh_token)):
        mask_secret(secret)
    return token
