"""Around every handler: versions, sessions, quotas, errors (api.md 1.4, 2.5, 2.8)."""

from __future__ import annotations

import hmac
import logging
import re
from dataclasses import dataclass, field, replace

import psycopg

from simulator.auth.admission import admitted, expired
from simulator.auth.sessions import Session
from simulator.errors import (
    OAuthError,
    PlainError,
    SalesforceError,
    SimulatorError,
    too_complicated,
)
from simulator.faults.kinds import suffer
from simulator.org import Org, Quota
from simulator.web.calls import Answer, Call
from simulator.web.long_requests import LongRequests
from simulator.web.routing import Access, Route, Router

FIRST_VERSION, LAST_VERSION, RETIRED_BEFORE = 21, 67, 31
ADMIN_PATH = "/simulator/"
APP_QUOTA, APP_NAME = "daily_app_requests", "simulated-connected-app"
JITTER = (0, 3, 1, 2, 0, 4)
_VERSION = re.compile(r"(\d{2})\.0")
_log = logging.getLogger("simulator")


@dataclass(frozen=True)
class Server:
    """Answers calls for one org."""

    org: Org
    router: Router
    long_requests: LongRequests = field(default_factory=LongRequests)

    def answer(self, call: Call) -> Answer:
        """The answer to a call from outside, whatever happens, faults included."""
        is_admin = call.path.startswith(ADMIN_PATH)
        fault = None if is_admin else self.org.faults.hitting(call, self.org.clock.now())
        if fault is None:
            return self._answer(call)
        return suffer(self.org, call, fault, self._answer)

    def _answer(self, call: Call) -> Answer:
        try:
            route, params = self.router.find(call.method, call.path)
        except SalesforceError as error:
            route, params = _unknown(error, call), {}
        try:
            call = self._admitted(route, replace(call, params=params))
        except SimulatorError as error:
            return _refusal(error)
        answer = self._handled(route, call)
        if route.access is Access.SESSION:
            return replace(answer, headers={**self._limit_info(), **answer.headers})
        return answer

    def inner(self, call: Call) -> Answer:
        """The answer to a part of a composite call, which is already admitted and counted."""
        try:
            route, params = self.router.find(call.method, call.path)
            if route.access is not Access.SESSION:
                raise SalesforceError("INVALID_OPERATION", "Not allowed in a composite request")
            _check_version(params.get("version", ""))
        except SalesforceError as error:
            return _refusal(error)
        return self._handled(route, replace(call, params=params))

    def _admitted(self, route: Route, call: Call) -> Call:
        if route.access is Access.OPEN:
            return call
        if route.access is Access.ADMIN:
            self._check_admin(call)
            return call
        session = self._session(call)
        if "version" in call.params:
            _check_version(call.version)
        self._check_quota()
        if route.is_counted:
            self.org.usage.add(Quota.API_CALLS.value)
        return replace(call, session=session)

    def _handled(self, route: Route, call: Call) -> Answer:
        try:
            with self.long_requests.running():
                return route.handler(self.org, call)
        except SimulatorError as error:
            return _refusal(error)
        except psycopg.DataError as error:
            _log.info("the database refused a value of %s: %s", call.path, error)
            message = "The value is outside the valid range of its type"
            return _refusal(SalesforceError("NUMBER_OUTSIDE_VALID_RANGE", message))
        except psycopg.errors.StatementTooComplex as error:
            _log.info("the database refused %s: %s", call.path, error)
            return _refusal(too_complicated())
        except psycopg.errors.LockNotAvailable:
            message = "unable to obtain exclusive access to this record"
            return _refusal(SalesforceError("UNABLE_TO_LOCK_ROW", message))

    def _session(self, call: Call) -> Session:
        kind, _, token = call.headers.get("authorization", "").partition(" ")
        if kind.lower() not in ("bearer", "oauth") or not token.strip():
            if kind:
                raise SalesforceError("INVALID_AUTH_HEADER", "INVALID_HEADER_TYPE", status=401)
            raise expired()
        return admitted(self.org, token.strip())

    def _check_admin(self, call: Call) -> None:
        given = call.headers.get("authorization", "").removeprefix("Bearer ")
        wanted = self.org.credentials.admin_token
        if not hmac.compare_digest(given.encode(), wanted.encode()):
            raise SalesforceError("FORBIDDEN", "the admin token is missing or wrong", status=403)

    def _check_quota(self) -> None:
        self.long_requests.check(self.org.options)
        most, used = self.org.quota(Quota.API_CALLS)
        if used >= most:
            message = "TotalRequests Limit exceeded."
            raise SalesforceError("REQUEST_LIMIT_EXCEEDED", message, status=403)

    def _limit_info(self) -> dict[str, str]:
        options = self.org.options
        most, used = self.org.quota(Quota.API_CALLS)
        if options.on("limit_info_jitters"):
            used = max(0, used - JITTER[used % len(JITTER)])
        info = f"api-usage={used}/{most}"
        if options.on("limit_info_per_app"):
            own, granted = self.org.usage.used(Quota.API_CALLS.value), options.number(APP_QUOTA)
            info += f"; per-app-api-usage={own}/{int(granted)}(appName={APP_NAME})"
        return {"Sforce-Limit-Info": info}


def _unknown(error: SalesforceError, call: Call) -> Route:
    """A resource that only refuses; under the data path it needs a session and counts."""

    def refuse(org: Org, call: Call) -> Answer:
        raise error

    is_data = call.path.startswith("/services/data/")
    return Route(call.method, call.path, refuse, Access.SESSION if is_data else Access.OPEN)


def _check_version(version: str) -> None:
    match = _VERSION.fullmatch(version)
    number = int(match.group(1)) if match else 0
    if FIRST_VERSION <= number < RETIRED_BEFORE:
        message = f"The API version v{version} is retired"
        raise SalesforceError("UNSUPPORTED_API_VERSION", message, status=410)
    if not RETIRED_BEFORE <= number <= LAST_VERSION:
        raise SalesforceError("NOT_FOUND", "The requested resource does not exist", status=404)


def _refusal(error: SimulatorError) -> Answer:
    match error:
        case SalesforceError():
            return Answer(error.status, error.body())
        case OAuthError():
            body = {"error": error.error, "error_description": error.description}
            return Answer(error.status, body)
        case PlainError():
            return Answer(error.status, text=error.text, content_type="text/html;charset=UTF-8")
        case _:
            raise error
