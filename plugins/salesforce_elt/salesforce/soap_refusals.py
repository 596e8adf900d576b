"""What the refusals of SOAP login() mean. In each code the words that say more come first.

(U) marks what no documentation of Salesforce's shows. Source of the rest: "Core Data Types Used in
API Calls" in the SOAP API Developer Guide.
"""

from salesforce_elt.salesforce.refusal_rows import (
    API_ENABLED,
    INACTIVE_ORG,
    INACTIVE_USER,
    LOCKED,
    LOGIN_HISTORY,
    PASSWORD_CAUSES,
    TOO_OFTEN,
    USER,
    LoginRefusal,
)

NEW_PASSWORD = (
    f"log in as that user in a browser and choose a new one, or {USER} > Reset Password; store "
    "the new password with its new security token. A permission set with Password Never "
    "Expires prevents it"
)

SOAP_REFUSALS = (
    LoginRefusal(
        "INVALID_LOGIN", "disabled by default",
        "logins by SOAP are switched off in this org",
        "use OAuth client credentials or JWT bearer instead. Until Salesforce retires it in Summer "
        "'27: Setup > User Interface > Enable SOAP API login()",
    ),
    LoginRefusal("INVALID_LOGIN", "login rate exceeded", *TOO_OFTEN, passes=True),
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
    LoginRefusal("INACTIVE_OWNER_OR_USER", "", *INACTIVE_USER),
    LoginRefusal("INACTIVE_ORG", "", *INACTIVE_ORG),
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
    LoginRefusal("PASSWORD_LOCKOUT", "", *LOCKED),
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
        NEW_PASSWORD,
    ),
    LoginRefusal(
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD", "",
        "the user's password has expired",
        NEW_PASSWORD,
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
