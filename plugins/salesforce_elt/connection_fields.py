"""Every extra that a connection may have, and what each login needs, declared.

The form of the connection type is made of this list, and docs/connection-fields.md explains it; the
tests hold both to it.
"""

from dataclasses import dataclass

CONNECTION_TYPE = "salesforce_elt"
TYPE_NAME = "Salesforce ELT"


@dataclass(frozen=True)
class Extra:
    """One extra of a connection; `is_in_form` has its own field in Airflow's connection form."""

    name: str
    label: str
    meaning: str
    is_secret: bool = False
    is_in_form: bool = True


@dataclass(frozen=True)
class Method:
    """One login: the fields that it needs, those it may have besides, and its name in sentences."""

    name: str
    words: str
    needs: frozenset[str]
    may_have: frozenset[str] = frozenset()

    @property
    def takes(self) -> frozenset[str]:
        """All fields that belong to this login."""
        return self.needs | self.may_have


METHODS = (
    Method(
        "client_credentials",
        "OAuth client credentials",
        needs=frozenset({"consumer_key", "consumer_secret"}),
        may_have=frozenset({"login"}),  # the app says who it runs as; the name only informs
    ),
    Method(
        "jwt_bearer",
        "OAuth JWT bearer",
        needs=frozenset({"consumer_key", "private_key", "login"}),
    ),
    Method(
        "refresh_token",
        "OAuth refresh token",
        needs=frozenset({"consumer_key", "refresh_token"}),
        may_have=frozenset({"consumer_secret", "login"}),
    ),
    Method(
        "password",
        "OAuth username and password",
        needs=frozenset({"consumer_key", "consumer_secret", "login", "password"}),
        may_have=frozenset({"security_token"}),
    ),
    Method(
        "soap",
        "username, password and security token by SOAP",
        needs=frozenset({"login", "password"}),
        may_have=frozenset({"security_token", "organization_id"}),
    ),
)

EXTRAS = (
    Extra(
        "consumer_key",
        "Consumer Key",
        "Of the External Client App or connected app. Needed by every login but SOAP.",
    ),
    Extra(
        "consumer_secret",
        "Consumer Secret",
        "Client credentials, username and password; refresh token where the app asks for it.",
        is_secret=True,
    ),
    Extra(
        "private_key",
        "Private Key",
        "JWT bearer: the RSA key, in PEM form, whose certificate the app has. Line breaks may be "
        "written as \\n or be lost.",
        is_secret=True,
    ),
    Extra(
        "private_key_file_path",
        "Private Key File",
        "JWT bearer: the same key in a file, on every machine where tasks run, instead of the key.",
    ),
    Extra(
        "refresh_token",
        "Refresh Token",
        "Refresh token login: what the web server flow gave once.",
        is_secret=True,
    ),
    Extra(
        "security_token",
        "Security Token",
        "Username and password logins from outside of the org's trusted networks.",
        is_secret=True,
    ),
    Extra(
        "login_method",
        "Login",
        "Only if the fields leave it open: client_credentials, jwt_bearer, refresh_token, password "
        "or soap.",
    ),
    Extra(
        "domain",
        "Domain",
        "Instead of the host: login (production), test (sandbox), or My Domain as acme.my.",
    ),
    Extra(
        "version",
        "API Version",
        "For example 64.0. Empty: the newest that the org offers.",
    ),
    Extra(
        "proxy",
        "Proxy",
        "The proxy between here and Salesforce, http://proxy.example.com:3128. Empty: what "
        "HTTPS_PROXY says.",
        is_secret=True,  # its URL may hold a password
    ),
    Extra(
        "certificate_authority_file",
        "Certificate Authority File",
        "PEM file of a private authority to trust besides the public ones, on every machine where "
        "tasks run.",
    ),
    Extra(
        "audience",
        "Audience",
        "JWT bearer: only if it is neither login.salesforce.com nor test.salesforce.com.",
    ),
    Extra(
        "instance_url",
        "Instance URL",
        "The name of the provider's own connections for My Domain: read where there is no host.",
        is_in_form=False,
    ),
    Extra(
        "instance",
        "Instance",
        "The same without https://.",
        is_in_form=False,
    ),
    Extra(
        "organization_id",
        "Organization ID",
        "SOAP, from a trusted network: the org's Id, sent along with the login.",
        is_in_form=False,
    ),
    Extra(
        "proxies",
        "Proxies",
        'The name of the provider\'s own connections for the proxy: {"https": "http://…"}.',
        is_secret=True,
        is_in_form=False,
    ),
    Extra(
        "client_id",
        "Client ID",
        "SOAP: the name by which the client presents itself. It is not the consumer key.",
        is_in_form=False,
    ),
)

EXTRA_NAMES = tuple(extra.name for extra in EXTRAS)
METHOD_NAMES = tuple(method.name for method in METHODS)

# What tells logins apart: the fields that some login takes.
DECISIVE = frozenset[str]().union(*(method.takes for method in METHODS))


def place(field: str) -> str:
    """A field as a sentence names it, with where it is found."""
    if field == "login":
        return "the integration user's username (the connection's field Username, or login)"
    if field == "password":
        return "the password (the connection's field Password)"
    if field == "private_key":
        return "the extra 'private_key' (or 'private_key_file_path')"
    return f"the extra {field!r}"
