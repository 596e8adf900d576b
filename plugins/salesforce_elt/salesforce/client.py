"""Requests to an org: retried, counted, kept inside the quota, errors translated."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import httpx

from salesforce_elt.errors import (
    ConnectionInvalid,
    OrgReplaced,
    QuotaReached,
    ServerUnavailable,
)
from salesforce_elt.salesforce.arrival import ACCEPTED, LARGEST_JSON, arriving, received
from salesforce_elt.salesforce.json_answers import is_path, parsed, strange
from salesforce_elt.salesforce.limits import API_REQUESTS, Quota, usage
from salesforce_elt.salesforce.login import Token, server_time
from salesforce_elt.salesforce.refusals import error_entry, json_body, refusal, unreachable
from salesforce_elt.salesforce.versions import VERSIONS_PATH

BACKOFF_SECONDS = (1.0, 4.0, 15.0)  # between tries; after the last, Airflow retries the task
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_RENEWALS = 3
SIGNIFICANT = 15  # characters of an Id; the other three are a checksum of them
TIMEOUT = httpx.Timeout(130.0, connect=20.0)  # Salesforce cuts a query after 120 seconds


class SalesforceClient:
    """An org's API.

    `authenticate` gives a token, and another one when it is told which was refused (once per
    request, when Salesforce says that the session ended). `pause` waits between tries, `share` is
    the part of the org's quotas that may be used: once the answers say that it is, nothing more is
    asked, and QuotaReached is raised. Safe to use from several threads.
    """

    def __init__(
        self,
        authenticate: Callable[[Token | None], Token],
        *,
        http: httpx.Client,
        pause: Callable[[float], None],
        share: Decimal = Decimal(1),
        version: str = "",
    ) -> None:
        self._authenticate = authenticate
        self._http = http
        self._pause = pause
        self.share = share
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._organization = ""  # the first 15 characters of its Id; empty: any
        self._version = version
        self.calls = 0
        self.first_usage: Quota | None = None  # the day's API requests, as first told
        self.usage: Quota | None = None  # and as of the last answer
        self.clock: datetime | None = None  # the server's, as of the last answer

    @property
    def version(self) -> str:
        """The version of the API: the one that was asked for, else that of the session."""
        return self._version or self.token().version

    @property
    def data_path(self) -> str:
        """`/services/data/v62.0`."""
        return f"/services/data/v{self.version}"

    def server_time(self) -> datetime:
        """The server's clock, read by a request that costs no API call."""
        self.token()
        asked = "Read the server's clock"
        with self._stream("GET", VERSIONS_PATH, asked=asked) as response:
            for _ in arriving(response, asked=asked, at_most=LARGEST_JSON):
                pass
        if self.clock is None:
            raise ServerUnavailable(
                "Salesforce's answers carry no Date header, without which a "
                "window has no safe end. Check the proxy between them and us."
            )
        return self.clock

    def require_session(self) -> None:
        """One call that only a living session is answered; a dead one is renewed by it."""
        self.get(f"{self.data_path}/", asked="Ask whether the session is alive")

    def get(self, path: str, *, asked: str, params: dict[str, str] | None = None) -> Any:
        """The JSON that a GET answers; numbers come as their own text, never as floats."""
        return self._json("GET", path, asked=asked, params=params)

    def post(self, path: str, body: Any, *, asked: str) -> Any:
        """The JSON that a POST answers."""
        return self._json("POST", path, asked=asked, json=body)

    def delete(self, path: str, *, asked: str) -> None:
        """Deletes; an answer without a body is a success."""
        with self._stream("DELETE", path, asked=asked):
            pass

    @contextmanager
    def download(
        self, path: str, *, asked: str, params: dict[str, str] | None = None
    ) -> Iterator[httpx.Response]:
        """A streaming answer; its bytes are not in memory until they are iterated over."""
        headers = {"Accept": "text/csv", **self._packing()}
        with self._stream("GET", path, asked=asked, params=params, headers=headers) as response:
            yield response

    def expect(self, known: Quota) -> None:
        """Begins with what another client of the same sync was told of the API requests."""
        with self._lock:
            self.usage = known

    def hold_to(self, organization_id: str) -> None:
        """From now on a session in another org is refused: it may lead there after a login."""
        self._organization = organization_id[:SIGNIFICANT]

    def token(self) -> Token:
        """The session, opened at the first use. Raises OrgReplaced for one in another org."""
        with self._lock:
            if self._token is None:
                self._token = self._in_the_org(self._authenticate(None))
            return self._token

    def _in_the_org(self, token: Token) -> Token:
        found = token.organization_id[:SIGNIFICANT]
        if self._organization and found and found != self._organization:
            raise OrgReplaced(
                f"The session leads to the org {found}, and this sync is about the org "
                f"{self._organization}: the org behind the connection is another one now. Nothing "
                "of it was read; the next sync says what to do."
            )
        return token

    def _packing(self) -> dict[str, str]:
        """Bytes that never leave this machine are not worth packing and unpacking."""
        host = httpx.URL(self.token().instance_url).host
        return {"Accept-Encoding": "identity"} if host in LOOPBACK else {}

    def _json(self, method: str, path: str, *, asked: str, **request: Any) -> Any:
        with self._stream(method, path, asked=asked, **request) as response:
            content = b"".join(arriving(response, asked=asked, at_most=LARGEST_JSON))
        return parsed(content, asked=asked)

    @contextmanager
    def _stream(
        self, method: str, path: str, *, asked: str, **request: Any
    ) -> Iterator[httpx.Response]:
        response = self._send(method, path, asked=asked, **request)
        try:
            yield response
        except httpx.HTTPError as error:
            raise unreachable(error, asked=asked) from error
        finally:
            response.close()

    def _send(self, method: str, path: str, *, asked: str, **request: Any) -> httpx.Response:
        """Sends until there is an answer to work with; the answer's body is not read yet."""
        tries = [*BACKOFF_SECONDS, None]
        renewals = 0
        while True:
            used = self.token()
            response = self._try(method, path, asked=asked, token=used, **request)
            if isinstance(response, httpx.Response) and response.is_success:
                return response
            if self._is_expired(response) and self._may_renew(used, renewals):
                renewals += 1
                self._renew(used)
                continue
            self._wait_or_raise(response, tries.pop(0), asked=asked)

    def _try(
        self, method: str, path: str, *, asked: str, token: Token, **request: Any
    ) -> httpx.Response | ServerUnavailable:
        if self.usage and self.usage.is_reached and path != VERSIONS_PATH:
            raise self.usage.reached(asked)
        if not is_path(path):  # behind the host it would name another one, which gets the session
            raise strange(asked, "the address of something that is not in the org")
        headers = {
            "Authorization": f"Bearer {token.access_token}",
            **ACCEPTED,
            **request.pop("headers", {}),
        }
        message = self._http.build_request(
            method, token.instance_url + path, headers=headers, timeout=TIMEOUT, **request
        )
        try:
            response = self._http.send(message, stream=True)
            self._note(response, path)
            return response if response.is_success else received(response, asked=asked)
        except httpx.HTTPError as error:
            return unreachable(error, asked=asked)
        except ServerUnavailable as error:
            return error

    def _wait_or_raise(
        self, response: httpx.Response | ServerUnavailable, wait: float | None, *, asked: str
    ) -> None:
        error = (
            response
            if isinstance(response, ServerUnavailable)
            else refusal(response.status_code, self._body(response), asked=asked)
        )
        if (
            isinstance(response, httpx.Response)
            and response.status_code == httpx.codes.UNAUTHORIZED
        ):
            raise ConnectionInvalid(
                f"{asked}: Salesforce refuses the session right after a login "
                f"({error_entry(self._body(response))[0]}). Check that the integration user may "
                "use the API and that the app's session policies let it in."
            )
        if isinstance(error, QuotaReached) and error.quota == API_REQUESTS:
            self._use_up()
        if not isinstance(error, ServerUnavailable) or wait is None:
            raise error
        self._pause(wait)

    def _body(self, response: httpx.Response) -> Any:
        """What a refusal says, without the session, which a server or a proxy may repeat."""
        return json_body(response, hidden=self._token.access_token if self._token else "")

    def _is_expired(self, response: httpx.Response | ServerUnavailable) -> bool:
        return (
            isinstance(response, httpx.Response)
            and response.status_code == httpx.codes.UNAUTHORIZED
        )

    def _may_renew(self, used: Token, renewals: int) -> bool:
        """Once; and again when what came of it was not a login, but the session of another task."""
        return renewals == 0 or (not used.is_new and renewals < MOST_RENEWALS)

    def _renew(self, used: Token) -> None:
        with self._lock:
            if self._token is used:  # else another thread renewed it meanwhile
                self._token = self._in_the_org(self._authenticate(used))

    def _note(self, response: httpx.Response, path: str) -> None:
        told = usage(response.headers.get("Sforce-Limit-Info", ""), share=self.share)
        with self._lock:
            self.clock = server_time(response) or self.clock
            self.calls += path != VERSIONS_PATH
            self.usage = told or self.usage
            self.first_usage = self.first_usage or told

    def _use_up(self) -> None:
        """Salesforce refuses further calls: whatever was told, all are used."""
        with self._lock:
            if self.usage is not None:
                self.usage = replace(self.usage, used=max(self.usage.used, self.usage.allowed))
                self.first_usage = self.first_usage or self.usage
