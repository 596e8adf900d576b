"""What the token endpoint's refusals mean. In each code the words that say more come first.

(U) marks what no documentation of Salesforce's shows. Source of the rest: "OAuth 2.0 Authorization
Errors" in Salesforce Help.
"""

from salesforce_elt.salesforce.refusal_rows import (
    API_ENABLED,
    APP_POLICIES,
    APP_SETTINGS,
    INACTIVE_ORG,
    INACTIVE_USER,
    LOCKED,
    LOGIN_HISTORY,
    MY_DOMAIN_PAGE,
    PASSWORD_CAUSES,
    TOO_OFTEN,
    LoginRefusal,
)

OAUTH_REFUSALS = (
    LoginRefusal(
        "invalid_client_id", "",
        "the consumer key is unknown in this org",
        f"copy it again from {APP_SETTINGS} > Consumer Key and Secret; a new app needs up to ten "
        "minutes until it is known, and the host must be the org that has the app",
    ),
    LoginRefusal(
        "invalid_client", "",
        "the consumer secret is wrong",
        f"copy it again from {APP_SETTINGS} > Consumer Key and Secret",
    ),
    LoginRefusal(
        "invalid_grant", "no client credentials user enabled",
        "the app has no user to run as",
        f"{APP_POLICIES} > OAuth Policies: enable the client credentials flow, and name the "
        "integration user under Run As",
    ),
    # (U) reported by users: the words, and that an app without scopes is refused like this.
    LoginRefusal(
        "invalid_grant", "client credentials flow not enabled",
        "the app does not offer client credentials",
        f"{APP_SETTINGS} > Flow Enablement: enable the client credentials flow, then name the "
        f"integration user in {APP_POLICIES} > Run As",
    ),
    LoginRefusal(
        "invalid_grant", "no valid scopes",
        "the app grants nothing that the login could use",
        f"add the scope Manage user data via APIs (api) in {APP_SETTINGS} > OAuth Scopes",
    ),
    LoginRefusal(
        "invalid_grant", "request not supported on this domain",
        "OAuth client credentials work only on the org's My Domain",
        f"set the connection's host to the address that {MY_DOMAIN_PAGE} shows",
    ),
    LoginRefusal(
        "invalid_grant", "hasn't approved this consumer",
        "the user is not approved for the app",
        f"{APP_POLICIES} > Permitted Users: Admin approved users are pre-authorized; then add the "
        "integration user's profile or permission set to the app. The username of the connection "
        "must be that user's in this org",
    ),
    LoginRefusal(
        "invalid_app_access", "",
        "the user is not approved for the app",
        f"{APP_POLICIES}: add the integration user's profile or permission set to the app; an app "
        "that is not installed in the org has to be installed first (Setup > Connected Apps OAuth "
        "Usage)",
    ),
    LoginRefusal(
        "invalid_grant", "login hours",
        "the login came from outside of the user's IP ranges, or outside of its login hours",
        f"Setup > Users > Profiles > the user's > Login IP Ranges and Login Hours; {LOGIN_HISTORY}",
    ),
    LoginRefusal(
        "invalid_grant", "ip restricted",
        "the login came from outside of the IP ranges of the user's profile or of the app",
        "add the address of the machine (or of the proxy) in Setup > Users > Profiles > the user's "
        f"> Login IP Ranges, or relax it in {APP_POLICIES} > IP Relaxation",
    ),
    LoginRefusal("invalid_grant", "account is locked", *LOCKED),
    LoginRefusal("invalid_grant", "inactive user", *INACTIVE_USER),
    LoginRefusal(
        "invalid_grant", "audience",
        "the assertion is meant for another kind of org",
        "give a sandbox's My Domain or test.salesforce.com as host for a sandbox, "
        "login.salesforce.com or My Domain for production; the extra 'audience' overrides it",
    ),
    # (U) which words an expired certificate gets, if any: users report that it goes on working.
    LoginRefusal(
        "invalid_grant", "invalid assertion",
        "the private key does not belong to the certificate of the app, or the certificate has "
        "expired",
        f"upload the certificate that belongs to the key in {APP_SETTINGS} > Use digital "
        "signatures; its dates are shown by: openssl x509 -in server.crt -noout -dates",
    ),
    # The words are those of authorization codes; an assertion that is too old gets them too.
    LoginRefusal(
        "invalid_grant", "expired authorization code",
        "the assertion had expired when it arrived: the clock of this machine is wrong",
        "set the clock of the machine that runs Airflow by NTP; three minutes are the most that "
        "it may be behind",
        methods=frozenset({"jwt_bearer"}),
    ),
    LoginRefusal(
        "invalid_grant", "expired access/refresh token",
        "the refresh token is not valid any more: it was revoked, is older than the app's policy "
        "allows, or was used up by a rotation",
        f"authorize the app again and store the new refresh token; {APP_POLICIES} > Refresh Token "
        "Policy says how long one is good, and whether each is good once",
    ),
    # (U) the words that OAuth has for a user without API Enabled.
    LoginRefusal(
        "invalid_grant", "api is not enabled",
        "the user may not use the API",
        API_ENABLED,
    ),
    # (U) reported by users: the words for a password where a second factor is wanted.
    LoginRefusal(
        "invalid_grant", "challenge required",
        "the user is bound to multi-factor authentication, with which no password login works",
        "use OAuth client credentials or JWT bearer; or take the permission Multi-Factor "
        "Authentication for API Logins from the integration user: Setup > Users > Permission Sets",
    ),
    LoginRefusal(
        "invalid_grant", "authentication failure",
        PASSWORD_CAUSES.format(
            first="the org blocks OAuth username-password logins, as orgs made since Summer '23 do"
        ),
        f"{LOGIN_HISTORY}. Better: OAuth client credentials or JWT bearer, which need no password. "
        "To allow the flow: Setup > Identity > OAuth and OpenID Connect Settings",
    ),
    LoginRefusal(
        "invalid_grant", "",
        "Salesforce does not accept what the connection gives",
        f"check the app ({APP_POLICIES}) and the user; {LOGIN_HISTORY}",
    ),
    LoginRefusal(
        "unsupported_grant_type", "",
        "the app does not offer this login",
        f"{APP_SETTINGS} > Flow Enablement: enable the flow that the connection uses",
    ),
    LoginRefusal("inactive_user", "", *INACTIVE_USER),
    LoginRefusal("inactive_org", "", *INACTIVE_ORG),
    LoginRefusal("rate_limit_exceeded", "", *TOO_OFTEN, passes=True),
    # (U) not in the documentation; reported by users as passing.
    LoginRefusal(
        "unknown_error", "retry your request",
        "Salesforce could not answer the login now",
        "it is tried again; if it stays, check the flow's settings in the app "
        f"({APP_POLICIES})",
        passes=True,
    ),
)  # fmt: skip
