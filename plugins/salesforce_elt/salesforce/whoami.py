"""Who a session is, in which org, and how much of the day's API requests is left."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from salesforce_elt.errors import AccessDenied
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer, ask
from salesforce_elt.salesforce.limits import API_REQUESTS, WORDS

ASKED = "Ask who the connection's user is"
ORGANIZATION = "SELECT Id, Name, OrganizationType, IsSandbox FROM Organization"
USER = "SELECT Id, Username, Name FROM User WHERE Id = '{}'"


@dataclass(frozen=True)
class Identity:
    """A user and their org; the numbers of API requests are None where Salesforce tells none."""

    username: str
    name: str
    user_id: str
    org_name: str
    org_id: str
    is_sandbox: bool
    edition: str
    version: str
    requests_used: int | None
    requests_allowed: int | None

    def __str__(self) -> str:
        kind = "sandbox" if self.is_sandbox else "production"
        return (
            f"{self.name} ({self.username}, {self.user_id}) in the org {self.org_name} "
            f"({self.org_id}, {kind}, {self.edition}), API version {self.version}. {self._left}"
        )

    @property
    def _left(self) -> str:
        if self.requests_used is None or self.requests_allowed is None:
            return f"How many {WORDS[API_REQUESTS]} are left is not told."
        return (
            f"{self.requests_used:,} of {self.requests_allowed:,} {WORDS[API_REQUESTS]} are used."
        )


def whoami(client: SalesforceClient) -> Identity:
    """Who the client's session is; two API calls.

    Raises what the client raises; AccessDenied when the user may not use the API. Source: "List
    Available REST Resources" in the REST API Developer Guide, whose `identity` names both Ids.
    """
    resources = client.get(f"{client.data_path}/", asked=ASKED)
    user_id = urlsplit(resources["identity"]).path.rpartition("/")[2]
    soqls = {"org": ORGANIZATION, "user": USER.format(user_id)}
    queries = {key: "/query?" + urlencode({"q": soql}) for key, soql in soqls.items()}
    answers = ask(client, queries, asked=ASKED)
    org, user = _row(answers["org"]), _row(answers["user"])
    usage = client.usage
    return Identity(
        username=user["Username"],
        name=user["Name"],
        user_id=user["Id"],
        org_name=org["Name"],
        org_id=org["Id"],
        is_sandbox=org["IsSandbox"],
        edition=org["OrganizationType"],
        version=client.version,
        requests_used=usage.used if usage else None,
        requests_allowed=usage.allowed if usage else None,
    )


def _row(answer: Answer) -> dict[str, Any]:
    """The only row that an answer has."""
    if not answer.is_success:
        raise answer.error(asked=ASKED)
    records: list[dict[str, Any]] = answer.body["records"]
    if not records:
        raise AccessDenied(
            f"{ASKED}: Salesforce shows neither the user nor the org. Give the integration user a "
            "profile or permission set with API Enabled, and log in as a user of the org itself."
        )
    return records[0]
