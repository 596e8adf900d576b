"""Who may log in, from where and when: IP ranges, hours, lockout, rate (api.md 1.1, 1.2)."""

from __future__ import annotations

import hmac
from datetime import datetime, time
from ipaddress import ip_address
from zoneinfo import ZoneInfo

from simulator.auth import reasons
from simulator.auth.reasons import LoginRefused
from simulator.auth.restrictions import Range
from simulator.org import DEFAULT_ZONE, Org
from simulator.web.calls import Call


def check_user(org: Org, call: Call) -> None:
    """LoginRefused unless the user may log in now, from here."""
    rules, now = org.logins, org.clock.now()
    if not org.options.on("user_active") or not org.user().get("IsActive", True):
        raise LoginRefused(reasons.INACTIVE)
    if org.options.on("user_locked") or rules.is_locked(now, _attempts(org)):
        raise LoginRefused(reasons.LOCKED)
    if rules.ip_ranges and not _inside(call.source_ip, rules.ip_ranges):
        raise LoginRefused(reasons.RESTRICTED_IP)
    if rules.hours is not None and not _within(_local(org, now), rules.hours):
        raise LoginRefused(reasons.RESTRICTED_TIME)
    if rules.count(now) > org.options.number("logins_an_hour"):
        raise LoginRefused(reasons.TOO_OFTEN)
    if not org.options.on("app_approved"):
        raise LoginRefused(reasons.NOT_ADMIN_APPROVED)


def check_password(org: Org, call: Call, *, given: str) -> None:
    """LoginRefused unless the password is right; outside trusted networks the token is part of it.

    A wrong one counts towards the lockout, a right one ends the count.
    """
    known, rules = org.credentials, org.logins
    if hmac.compare_digest(given.encode(), (known.password + known.security_token).encode()):
        return
    is_bare = hmac.compare_digest(given.encode(), known.password.encode())
    if is_bare and _inside(call.source_ip, rules.trusted_ranges):
        return
    if is_bare:
        raise LoginRefused(reasons.TOKEN_NEEDED)
    rules.failed(org.clock.now())
    raise LoginRefused(reasons.WRONG_PASSWORD)


def _attempts(org: Org) -> int:
    return max(1, int(org.options.number("lockout_attempts")))


def _inside(source: str, ranges: tuple[Range, ...]) -> bool:
    address = ip_address(source)
    return any(address in allowed for allowed in ranges)


def _within(moment: time, hours: tuple[time, time]) -> bool:
    return hours[0] <= moment < hours[1]


def _local(org: Org, now: datetime) -> time:
    row = org.store.get("Organization", org.organization_id) or {}
    return now.astimezone(ZoneInfo(row.get("TimeZoneSidKey") or DEFAULT_ZONE)).time()
