"""Many questions in one API call.

A composite request carries 25 subrequests, of which 5 may be queries, and costs one call
("Composite" in the REST API Developer Guide).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from salesforce_elt.errors import SyncError
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.json_answers import strange
from salesforce_elt.salesforce.refusals import error_entry, refusal

SUBREQUESTS = 25
QUERIES = 5

HIDDEN_CODES = frozenset({"NOT_FOUND", "INVALID_TYPE", "INSUFFICIENT_ACCESS"})


@dataclass(frozen=True)
class Answer:
    """What one subrequest got."""

    http_status: int
    body: Any

    @property
    def is_success(self) -> bool:
        """Whether the subrequest itself went well; the composite call may have, without it."""
        return self.http_status < 300

    @property
    def code(self) -> str:
        """Salesforce's error code; empty when it gives none."""
        return "" if self.is_success else error_entry(self.body)[0]

    @property
    def is_hidden(self) -> bool:
        """Whether the answer says that what was asked about is not there for this user."""
        return self.code in HIDDEN_CODES

    def error(self, *, asked: str) -> SyncError:
        """The error that the same answer to a plain request would have been."""
        return refusal(self.http_status, self.body, asked=asked)


def ask(
    client: SalesforceClient, paths: Mapping[str, str], *, asked: str, at_once: int = SUBREQUESTS
) -> dict[str, Answer]:
    """Answers by the questions' keys; `paths` are relative to `/services/data/vXX.X`.

    Raises what the client raises for the call as a whole; a refused subrequest is an Answer.
    """
    keys = list(paths)
    answers: dict[str, Answer] = {}
    for start in range(0, len(keys), at_once):
        chunk = keys[start : start + at_once]
        answers |= _ask_chunk(client, {key: paths[key] for key in chunk}, asked=asked)
    return answers


def query_path(soql: str) -> str:
    """The path of a queryAll, which sees deleted and archived records."""
    return "/queryAll?" + urlencode({"q": soql})


def _ask_chunk(
    client: SalesforceClient, paths: Mapping[str, str], *, asked: str
) -> dict[str, Answer]:
    keys = {f"r{number}": key for number, key in enumerate(paths)}
    body = {
        "allOrNone": False,
        "compositeRequest": [
            {"method": "GET", "url": client.data_path + paths[key], "referenceId": reference}
            for reference, key in keys.items()
        ],
    }
    response = client.post(f"{client.data_path}/composite", body, asked=asked)
    answers = {
        one["referenceId"]: Answer(one["httpStatusCode"], one["body"])
        for one in response["compositeResponse"]
    }
    if answers.keys() != keys.keys():
        raise strange(asked, "more or fewer answers than it was asked questions")
    if any(one.is_success and not isinstance(one.body, dict) for one in answers.values()):
        raise strange(asked, "an answer to one of several questions that is no object")
    return {keys[reference]: answer for reference, answer in answers.items()}
