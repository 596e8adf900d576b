"""Every login, against an org: right, wrong, and refused with the cause and the cure."""

import logging
from datetime import UTC, datetime, time, timedelta

import pytest

from salesforce_elt.errors import ConnectionInvalid, ServerUnavailable, SyncError
from salesforce_elt.salesforce.login import secrets_of
from simulator.auth.restrictions import read_range
from simulator.org import Quota
from simulator.server import RunningOrg
from tests.connected import METHODS, Somebody, logged_in, works

NEWEST = "67.0"


def options(org: RunningOrg, **values) -> None:
    org.org.options.update(values)


@pytest.mark.parametrize("method", METHODS)
def test_each_login_opens_the_org_in_its_newest_version(somebody: Somebody, method):
    token = somebody.log_in(method)
    assert works(token)
    assert token.version == NEWEST
    assert token.instance_url == somebody.org.url


@pytest.mark.parametrize("method", METHODS)
def test_a_chosen_version_is_spoken(somebody: Somebody, method):
    assert somebody.log_in(method, extra={"version": "60"}).version == "60.0"


@pytest.mark.parametrize("version", ["20.0", "99.0"])
def test_a_version_that_the_org_does_not_offer_is_refused_with_its_range(somebody, version):
    with pytest.raises(ConnectionInvalid, match=rf"not offer version {version}.* 31\.0 to 67\.0"):
        somebody.log_in("client_credentials", extra={"version": version})


@pytest.mark.parametrize("method", METHODS)
def test_a_login_costs_no_api_call(somebody: Somebody, method):
    before = somebody.org.org.usage.used(Quota.API_CALLS.value)
    somebody.log_in(method)
    assert somebody.org.org.usage.used(Quota.API_CALLS.value) == before


WRONG = [
    ("client_credentials", {"extra": {"consumer_key": "3MVG9unknown"}},
     "invalid_client_id", "the consumer key is unknown", "Consumer Key and Secret"),
    ("client_credentials", {"extra": {"consumer_secret": "ABCDEF0123"}},
     "invalid_client", "the consumer secret is wrong", "Consumer Key and Secret"),
    ("jwt_bearer", {"extra": {"consumer_key": "3MVG9unknown"}},
     "invalid_client_id", "the consumer key is unknown", "Consumer Key and Secret"),
    ("jwt_bearer", {"login": "nobody@acme.com"},
     "hasn't approved this consumer", "the user is not approved", "Permitted Users"),
    ("jwt_bearer", {"extra": {"audience": "https://example.com"}},
     "audience is invalid", "another kind of org", "test.salesforce.com"),
    ("refresh_token", {"extra": {"refresh_token": "5Aep-revoked"}},
     "expired access/refresh token", "the refresh token is not valid", "Refresh Token Policy"),
    ("password", {"password": "Tr0ub4dor"},
     "authentication failure", "the password or the security token is wrong", "Login History"),
    ("password", {"login": "nobody@acme.com"},
     "authentication failure", "the username belongs to another host", "Login History"),
    ("soap", {"password": "Tr0ub4dor"},
     "INVALID_LOGIN", "the password or the security token is wrong", "Login History"),
    ("soap", {"extra": {"security_token": ""}},
     "LOGIN_MUST_USE_SECURITY_TOKEN", "the security token is missing", "Reset My Security Token"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "changes", "code", "cause", "cure"), WRONG)
def test_a_wrong_field_is_refused_with_the_cause_and_the_page_that_cures_it(
    somebody: Somebody, method, changes, code, cause, cure
):
    with pytest.raises(ConnectionInvalid) as refused:
        somebody.log_in(method, **changes)
    told = str(refused.value)
    assert [words for words in (code, cause, cure) if words not in told] == []
    assert "127.0.0.1" in told


ORGS = [
    ("client_credentials", {"client_credentials_login": False}, "no user to run as", "Run As"),
    ("jwt_bearer", {"jwt_user_approved": False}, "the user is not approved", "Permitted Users"),
    ("jwt_bearer", {"certificate_valid": False}, "the certificate has expired", "openssl x509"),
    ("client_credentials", {"app_approved": False}, "the user is not approved", "permission set"),
    ("client_credentials", {"user_active": False}, "the user is inactive", "Edit > Active"),
    ("jwt_bearer", {"user_locked": True}, "the user is locked", "Unlock"),
    ("soap", {"user_active": False}, "INVALID_LOGIN", "the user is locked, inactive"),
    ("soap", {"soap_login": False}, "logins by SOAP are switched off", "Enable SOAP API login()"),
    ("soap", {"api_enabled": False}, "the user may not use the API", "API Enabled"),
    ("password", {"password_login": False}, "the org blocks OAuth username-password logins",
     "OAuth and OpenID Connect Settings"),
    ("password", {"password_login": False}, "multi-factor authentication", "JWT bearer"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "switches", "cause", "cure"), ORGS)
def test_an_org_that_does_not_let_in_is_explained(somebody, method, switches, cause, cure):
    options(somebody.org, **switches)
    with pytest.raises(ConnectionInvalid) as refused:
        somebody.log_in(method)
    assert [words for words in (cause, cure) if words not in str(refused.value)] == []


@pytest.mark.parametrize(
    ("method", "words"),
    [("jwt_bearer", "outside of the IP ranges"), ("soap", "outside of the IP ranges")],
)
def test_an_ip_range_is_named_with_its_page(somebody: Somebody, method, words):
    somebody.org.org.logins.ip_ranges = (read_range("10.0.0.1"),)
    with pytest.raises(ConnectionInvalid, match=f"{words}.*Login IP Ranges"):
        somebody.log_in(method)


@pytest.mark.parametrize("method", ["client_credentials", "soap"])
def test_login_hours_are_named_with_their_page(somebody: Somebody, method):
    somebody.org.org.logins.hours = (time(1), time(2))
    with pytest.raises(ConnectionInvalid, match=r"outside of (the user's|its) login hours.*Setup"):
        somebody.log_in(method)


@pytest.mark.parametrize("method", ["client_credentials", "soap"])
def test_too_many_logins_are_tried_again_later(somebody: Somebody, method):
    options(somebody.org, logins_an_hour=0)
    with pytest.raises(ServerUnavailable, match=r"too many logins in an hour"):
        somebody.log_in(method)


def test_an_assertion_that_is_too_old_points_to_the_clock(somebody: Somebody):
    access = somebody.access("jwt_bearer")
    with (
        access.http() as http,
        pytest.raises(ConnectionInvalid, match=r"the clock of this machine is wrong"),
    ):
        access.log_in(http, lambda: datetime.now(UTC) - timedelta(minutes=10))


def test_a_key_without_its_certificate_in_the_app_is_told(somebody: Somebody, other_key: str):
    with pytest.raises(ConnectionInvalid, match=r"does not belong to the certificate of the app"):
        somebody.log_in("jwt_bearer", extra={"private_key": other_key})


def test_a_rotating_app_gives_the_refresh_token_of_the_next_login(somebody: Somebody):
    options(somebody.org, refresh_token_rotation=True)
    first = somebody.access("refresh_token")
    token = logged_in(first)
    assert token.refresh_token not in ("", first.login.refresh_token)
    assert works(logged_in(first.following(token)))
    with pytest.raises(ConnectionInvalid, match="was used up by a rotation"):
        logged_in(first)


def test_an_app_that_does_not_rotate_gives_none(somebody: Somebody):
    assert somebody.log_in("refresh_token").refresh_token == ""


def test_an_app_that_wants_its_secret_gets_it(somebody: Somebody):
    options(somebody.org, web_flow_secret_required=True)
    secret = somebody.org.credentials.consumer_secret
    assert works(somebody.log_in("refresh_token", extra={"consumer_secret": secret}))
    with pytest.raises(ConnectionInvalid, match="the consumer secret is wrong"):
        somebody.log_in("refresh_token")


def test_a_password_is_enough_from_a_trusted_network(somebody: Somebody):
    somebody.org.org.logins.trusted_ranges = (read_range("127.0.0.1"),)
    assert works(somebody.log_in("soap", extra={"security_token": ""}))


def test_a_login_by_soap_warns_of_its_end(somebody: Somebody, caplog):
    with caplog.at_level(logging.WARNING):
        somebody.log_in("soap")
    (warning,) = [record.getMessage() for record in caplog.records if "SOAP" in record.message]
    assert "retires in Summer '27" in warning
    assert somebody.org.credentials.password not in warning


@pytest.mark.parametrize("method", ["client_credentials", "jwt_bearer", "refresh_token"])
def test_other_logins_warn_of_nothing(somebody: Somebody, method, caplog):
    with caplog.at_level(logging.WARNING):
        somebody.log_in(method)
    assert [record for record in caplog.records if record.name.startswith("salesforce_elt")] == []


@pytest.mark.parametrize(("method", "changes", "code", "cause", "cure"), WRONG)
def test_no_refusal_shows_a_secret(somebody: Somebody, method, changes, code, cause, cure):
    access = somebody.access(method, **changes)
    with pytest.raises(SyncError) as refused:
        logged_in(access)
    assert [secret for secret in secrets_of(access.login) if secret in str(refused.value)] == []
