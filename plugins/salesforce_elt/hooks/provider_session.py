"""The network of a connection, as `requests` and so the provider's own methods use it."""

import ssl
from typing import Any

from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager

from salesforce_elt.connections import OrgAccess
from salesforce_elt.connections.trust import tls_context


class _Trusting(HTTPAdapter):
    """Verifies by a context of its own; `Session.verify` gives way to REQUESTS_CA_BUNDLE."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **options)

    def proxy_manager_for(self, proxy: str, **options: Any) -> PoolManager:
        manager: PoolManager = super().proxy_manager_for(
            proxy, ssl_context=self._context, **options
        )
        return manager


def provider_session(access: OrgAccess) -> Session:
    """A session that takes the connection's proxy and trusts its authority, as `http()` does."""
    session = Session()
    session.mount("https://", _Trusting(tls_context(access.certificate_authority_file)))
    if access.proxy:
        session.trust_env = False  # the environment's proxy would come first
        session.proxies = {"https": access.proxy}
    return session
