"""Why a login is refused, in the words of OAuth, SOAP and LoginHistory (api.md 1)."""

from __future__ import annotations

from dataclasses import dataclass

INVALID_LOGIN = "Invalid username, password, security token; or user locked out."


@dataclass(frozen=True)
class Reason:
    """One reason: the Status of its LoginHistory row, and the errors of both worlds."""

    status: str
    description: str
    error: str = "invalid_grant"
    soap_code: str = "INVALID_LOGIN"
    soap_message: str = INVALID_LOGIN


class LoginRefused(Exception):
    """A login of a known user that is not allowed."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.status)
        self.reason = reason


WRONG_PASSWORD = Reason("Invalid Password", "authentication failure")
INACTIVE = Reason("User is inactive", "inactive user")
LOCKED = Reason("Password Lockout", "user account is locked")
RESTRICTED_IP = Reason(
    "Restricted IP",
    "ip restricted",
    soap_code="LOGIN_DURING_RESTRICTED_DOMAIN",
    soap_message="User is not allowed to login from this IP range",
)
# the description is that of the OAuth error page for both restrictions (U)
RESTRICTED_TIME = Reason(
    "Restricted Time",
    "ip restricted or invalid login hours",
    soap_code="LOGIN_DURING_RESTRICTED_TIME",
    soap_message="User is not allowed to login at this time",
)
TOO_OFTEN = Reason(
    "Login Rate Exceeded",
    "login rate exceeded",
    error="rate_limit_exceeded",
    soap_message="Login Rate Exceeded",
)
NOT_APPROVED = Reason("Failed: Not approved for access", "user hasn't approved this consumer")
NOT_ADMIN_APPROVED = Reason(
    "Failed: Not approved for access",
    "user is not admin approved to access this app",
    error="invalid_app_access",
)
TOKEN_NEEDED = Reason(
    "Failed: API security token required",
    "authentication failure",
    soap_code="LOGIN_MUST_USE_SECURITY_TOKEN",
    soap_message=(
        f"{INVALID_LOGIN} Are you at a new location? When accessing Salesforce--either via a "
        "desktop client or the API--from outside of your company's trusted networks, you must add "
        "a security token to your password to log in."
    ),
)
API_DISABLED = Reason(
    "API is disabled",
    "api is not enabled for this user",
    soap_code="API_CURRENTLY_DISABLED",
    soap_message="API is disabled for this User",
)
