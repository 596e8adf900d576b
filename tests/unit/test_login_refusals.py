"""Why a login was refused, in words that an administrator knows, and where it is cured."""

import pytest

from salesforce_elt.connection_fields import METHOD_NAMES
from salesforce_elt.errors import ConnectionInvalid, ServerUnavailable
from salesforce_elt.salesforce.login_refusals import LOGIN_REFUSALS, found_refusal
from salesforce_elt.salesforce.refusal_rows import LoginRefusal
from salesforce_elt.salesforce.refusals import login_refusal

# What the OAuth and SOAP documentation lists (api.md 1.1, 1.2), as far as a program can meet it.
SAID = [
    ("invalid_grant", "authentication failure"),
    ("invalid_grant", "authentication failure - Invalid Password"),
    ("invalid_grant", "expired access/refresh token"),
    ("invalid_grant", "user hasn't approved this consumer"),
    ("invalid_grant", "request not supported on this domain"),
    ("invalid_grant", "no client credentials user enabled"),
    ("invalid_grant", "inactive user"),
    ("invalid_grant", "ip restricted"),
    ("invalid_grant", "ip restricted or invalid login hours"),
    ("invalid_grant", "user account is locked"),
    ("invalid_grant", "audience is invalid"),
    ("invalid_grant", "Audience validation failed"),
    ("invalid_grant", "invalid assertion"),
    ("invalid_grant", "expired authorization code"),
    ("invalid_client_id", "client identifier invalid"),
    ("invalid_client", "invalid client credentials"),
    ("invalid_app_access", "user is not admin approved to access this app"),
    ("unsupported_grant_type", "grant type not supported"),
    ("inactive_user", ""),
    ("inactive_org", ""),
    ("rate_limit_exceeded", "login rate exceeded"),
    ("INVALID_LOGIN", "Invalid username, password, security token; or user locked out."),
    ("INVALID_LOGIN", "SOAP API login() is disabled by default in this org."),
    ("INVALID_LOGIN", "Login Rate Exceeded"),
    ("LOGIN_MUST_USE_SECURITY_TOKEN", "Invalid username, password, security token; ..."),
    ("API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization."),
    ("API_CURRENTLY_DISABLED", "API is disabled for this User"),
    ("INACTIVE_OWNER_OR_USER", ""),
    ("INACTIVE_ORG", ""),
    ("LOGIN_DURING_RESTRICTED_DOMAIN", "User is not allowed to login from this IP range"),
    ("LOGIN_DURING_RESTRICTED_TIME", "User is not allowed to login at this time"),
    ("ORG_LOCKED", ""),
    ("PASSWORD_LOCKOUT", ""),
    ("SERVER_UNAVAILABLE", ""),
    ("TRIAL_EXPIRED", ""),
    ("INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "The users password has expired, ..."),
    ("UNSUPPORTED_API_VERSION", ""),
    ("INSUFFICIENT_ACCESS", ""),
    ("PASSWORD_EXPIRED", ""),  # ours: Salesforce gives a session with a flag
]

# What users report, and no documentation shows.
REPORTED = [
    ("unknown_error", "retry your request"),
    ("invalid_grant", "api is not enabled for this user"),
    ("invalid_grant", "client credentials flow not enabled"),
    ("invalid_grant", "no valid scopes defined"),
    ("invalid_grant", "challenge required"),
]


def name(row: LoginRefusal) -> str:
    return f"{row.code} {row.words}".strip()


@pytest.mark.parametrize("row", LOGIN_REFUSALS, ids=name)
def test_every_row_is_reached_by_its_own_words(row: LoginRefusal):
    method = min(row.methods or METHOD_NAMES)
    assert found_refusal(row.code, row.words.upper(), method=method) is row


@pytest.mark.parametrize("row", LOGIN_REFUSALS, ids=name)
def test_every_row_says_the_cause_and_a_way_to_the_cure(row: LoginRefusal):
    assert row.methods <= set(METHOD_NAMES)
    ways = ("Setup > ", "host", "use OAuth", "status.salesforce.com", "clock", "support",
            "permission")  # fmt: skip
    assert any(way in row.cure for way in ways)
    assert not (row.cause + row.cure).endswith(".")


@pytest.mark.parametrize(("code", "description"), SAID)
def test_everything_that_salesforce_is_known_to_say_has_its_own_row(code, description):
    found = found_refusal(code, description, method="jwt_bearer")
    assert found is not None
    assert found.words or code != "invalid_grant"  # the row without words knows no cause


def test_no_row_is_about_something_that_nobody_says():
    said = {found_refusal(c, d, method=m) for c, d in SAID + REPORTED for m in METHOD_NAMES}
    assert [name(row) for row in LOGIN_REFUSALS if row not in said and row.words] == []


def test_the_clock_is_blamed_for_assertions_only():
    found = found_refusal("invalid_grant", "expired authorization code", method="refresh_token")
    assert found is not None
    assert "clock" not in found.cause


def test_same_words_for_several_causes_list_the_likeliest_first():
    message = str(login_refusal("invalid_grant", "authentication failure",
                                host="acme.my.salesforce.com", method="password"))
    causes = ["the org blocks OAuth username-password logins", "the password or the security token",
              "the username belongs to another host", "multi-factor authentication",
              "the user is locked"]  # fmt: skip
    places = [message.index(cause) for cause in causes]
    assert places == sorted(places)


def test_a_message_has_where_what_why_and_the_way():
    error = login_refusal(
        "invalid_client", "invalid client credentials", host="acme.my.salesforce.com",
        method="client_credentials",
    )
    assert str(error) == (
        "acme.my.salesforce.com refused the login: invalid_client (invalid client credentials). "
        "It means: the consumer secret is wrong. To cure it: copy it again from Setup > "
        "External Client App Manager (or App Manager) > the app > Settings > OAuth Settings > "
        "Consumer Key and Secret."
    )


@pytest.mark.parametrize(
    ("code", "description", "error"),
    [
        ("rate_limit_exceeded", "", ServerUnavailable),
        ("SERVER_UNAVAILABLE", "", ServerUnavailable),
        ("unknown_error", "retry your request", ServerUnavailable),
        ("invalid_grant", "authentication failure", ConnectionInvalid),
        ("PASSWORD_LOCKOUT", "", ConnectionInvalid),
    ],
)
def test_only_what_passes_is_tried_again(code, description, error):
    assert type(login_refusal(code, description, host="h", method="soap")) is error


def test_a_code_that_nobody_knows_is_passed_on_with_where_to_look():
    error = login_refusal("brand_new", "something", host="acme.my.salesforce.com", method="soap")
    assert isinstance(error, ConnectionInvalid)
    assert "brand_new (something)" in str(error)
    assert "Login History" in str(error)
