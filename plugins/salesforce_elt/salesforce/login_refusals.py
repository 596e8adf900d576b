"""Why Salesforce refuses a login, in words that an administrator knows, and where it is cured.

Salesforce answers with a code and a few words. Where the same words stand for several causes, the
row lists them in the order of their likelihood.
"""

from dataclasses import dataclass

APP = "Setup > External Client App Manager (or App Manager) > the app"
APP_POLICIES = f"{APP} > Edit Policies"
APP_SETTINGS = f"{APP} > Settings > OAuth Settings"
USER = "Setup > Users > Users > the integration user"
LOGIN_HISTORY = "Setup > Identity > Login History tells which it was"
MY_DOMAIN_PAGE = "Setup > Company Settings > My Domain"
API_ENABLED = (
    "give the integration user the permission API Enabled: Setup > Users > Permission Sets > "
    "the user's > System Permissions"
)


@dataclass(frozen=True)
class LoginRefusal:
    """One row: the code and words that Salesforce uses, what they mean, and the way to the cure.

    `words` are looked for in the description, in any case; empty words fit every description.
    `passes` says that waiting helps. `methods` limits a row to some logins.
    """

    code: str
    words: str
    cause: str
    cure: str
    passes: bool = False
    methods: frozenset[str] = frozenset()

    def fits(self, code: str, description: str, method: str) -> bool:
        """Whether this row is about that answer to that login."""
        is_method = not self.methods or method in self.methods
        return code == self.code and self.words in description.lower() and is_method


PASSWORD_CAUSES = (
    "Salesforce says no more than that; the causes, the likeliest first: {first}; the password or "
    "the security token is wrong, or a new password has made a new token; the username belongs to "
    "another host (sandboxes: test.salesforce.com); the user is bound to multi-factor "
    "authentication or single sign-on, with which no password login works; the user is locked, "
    "inactive or outside of its IP ranges or login hours"
)

# OAuth's answers, then SOAP's; in each code the words that say more come first.
LOGIN_REFUSALS: tuple[LoginRefusal, ...] = (
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
    # (U) the words for both restrictions at once.
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
    LoginRefusal(
        "invalid_grant", "account is locked",
        "the user is locked after too many wrong passwords",
        f"{USER} > Unlock, or wait as long as Setup > Security > Password Policies says; then "
        "correct the connection, or it happens again",
    ),
    LoginRefusal(
        "invalid_grant", "inactive user",
        "the user is inactive",
        f"{USER} > Edit > Active",
    ),
    LoginRefusal(
        "invalid_grant", "audience is invalid",
        "the assertion is meant for another kind of org",
        "give a sandbox's My Domain or test.salesforce.com as host for a sandbox, "
        "login.salesforce.com or My Domain for production; the extra 'audience' overrides it",
    ),
    # (U) which words an expired certificate gets: these are seen for one that does not fit.
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
    LoginRefusal("inactive_user", "", "the user is inactive", f"{USER} > Edit > Active"),
    LoginRefusal(
        "inactive_org", "",
        "the org is locked, closed, or its trial has ended",
        "ask Salesforce's support, or name another org's host",
    ),
    LoginRefusal(
        "rate_limit_exceeded", "",
        "too many logins in an hour (3,600 a user)",
        "find what else logs in as this user so often, in Setup > Identity > Login History; it "
        "is tried again later",
        passes=True,
    ),
    # (U) not in the documentation; reported by users as passing.
    LoginRefusal(
        "unknown_error", "retry your request",
        "Salesforce could not answer the login now",
        "it is tried again; if it stays, check the flow's settings in the app "
        f"({APP_POLICIES})",
        passes=True,
    ),
    LoginRefusal(
        "INVALID_LOGIN", "disabled by default",
        "logins by SOAP are switched off in this org",
        "use OAuth client credentials or JWT bearer instead. Until Salesforce retires it in Summer "
        "'27: Setup > User Interface > Enable SOAP API login()",
    ),
    LoginRefusal(
        "INVALID_LOGIN", "login rate exceeded",
        "too many logins in an hour (3,600 a user)",
        "find what else logs in as this user so often, in Setup > Identity > Login History; it "
        "is tried again later",
        passes=True,
    ),
    LoginRefusal(
        "INVALID_LOGIN", "",
        PASSWORD_CAUSES.format(
            first="logins by SOAP are switched off, as in orgs made since Winter '26 (Setup > User "
            "Interface > Enable SOAP API login())"
        ),
        f"{LOGIN_HISTORY}. Better: OAuth client credentials or JWT bearer, which need no password",
    ),
    LoginRefusal(
        "LOGIN_MUST_USE_SECURITY_TOKEN", "",
        "the security token is missing or wrong, and the login came from outside of the org's "
        "trusted networks",
        "add the extra 'security_token', which the user gets by the personal settings > Reset My "
        "Security Token; or trust the address in Setup > Security > Network Access",
    ),
    LoginRefusal(
        "API_DISABLED_FOR_ORG", "",
        "the org's edition has no API, or the user's profile does not allow it",
        f"{API_ENABLED}; Professional and smaller editions need it bought",
    ),
    LoginRefusal(
        "API_CURRENTLY_DISABLED", "",
        "the user may not use the API",
        API_ENABLED,
    ),
    LoginRefusal("INACTIVE_OWNER_OR_USER", "", "the user is inactive", f"{USER} > Edit > Active"),
    LoginRefusal(
        "INACTIVE_ORG", "",
        "the org is locked, closed, or its trial has ended",
        "ask Salesforce's support, or name another org's host",
    ),
    LoginRefusal(
        "LOGIN_DURING_RESTRICTED_DOMAIN", "",
        "the login came from outside of the IP ranges of the user's profile",
        "add the address of the machine (or of the proxy) in Setup > Users > Profiles > the user's "
        "> Login IP Ranges",
    ),
    LoginRefusal(
        "LOGIN_DURING_RESTRICTED_TIME", "",
        "the login came outside of the user's login hours",
        "Setup > Users > Profiles > the user's > Login Hours",
    ),
    LoginRefusal(
        "PASSWORD_LOCKOUT", "",
        "the user is locked after too many wrong passwords",
        f"{USER} > Unlock, or wait as long as Setup > Security > Password Policies says; then "
        "correct the connection, or it happens again",
    ),
    LoginRefusal(
        "ORG_LOCKED", "",
        "Salesforce has locked the org",
        "ask Salesforce's support",
    ),
    LoginRefusal(
        "TRIAL_EXPIRED", "",
        "the org's trial has ended",
        "name another org's host, or subscribe",
    ),
    LoginRefusal(
        "PASSWORD_EXPIRED", "",
        "the user's password has expired",
        f"log in as that user in a browser and choose a new one, or {USER} > Reset Password; store "
        "the new password with its new security token. A permission set with Password Never "
        "Expires prevents it",
    ),
    LoginRefusal(
        "UNSUPPORTED_API_VERSION", "",
        "this org has no login by SOAP any more",
        "use OAuth client credentials or JWT bearer instead",
    ),
    LoginRefusal(
        # (U) secondary sources: needed from what version 67 does on.
        "INSUFFICIENT_ACCESS", "",
        "the user may not log in by SOAP",
        "give the integration user the permission Use Any API Auth, or use OAuth client "
        "credentials or JWT bearer",
    ),
    LoginRefusal(
        "SERVER_UNAVAILABLE", "",
        "Salesforce cannot log anyone in now",
        "it is tried again; status.salesforce.com tells whether the instance has an incident",
        passes=True,
    ),
)  # fmt: skip


def found_refusal(code: str, description: str, *, method: str) -> LoginRefusal | None:
    """The row that an answer means; None for a code that is not known."""
    return next((row for row in LOGIN_REFUSALS if row.fits(code, description, method)), None)
