"""What a check asks an org, in as few calls as it can: it spends the org's quota as well."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from salesforce_elt.errors import AccessDenied, RequestRefused
from salesforce_elt.objects import SObject, objects_to_sync
from salesforce_elt.permission_gaps import Held, Lack, lacking, read_held
from salesforce_elt.permission_set import permission_set, read_describes
from salesforce_elt.quota import ask_quotas
from salesforce_elt.results import Finding
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import QUERIES, Answer, ask, query_path
from salesforce_elt.salesforce.limits import Quota
from salesforce_elt.settings import OrgSettings

MOST_USERS = 2000  # what one answer to a query holds

PROCESSES = "SELECT Name FROM BusinessProcess WHERE TableEnumOrId = 'Opportunity'"
USERS = (
    "SELECT Id, Name, Email FROM User WHERE IsActive = true AND UserType = 'Standard'"
    f" ORDER BY Name LIMIT {MOST_USERS}"
)
ARCHIVED = "SELECT COUNT() FROM {} WHERE IsArchived = true"
SHOWN = "SELECT COUNT() FROM {}"
TYPES = "SELECT Type FROM Opportunity WHERE Type != null GROUP BY Type"
LICENCE = "SELECT Profile.Name, Profile.UserLicense.Name FROM User WHERE Id = '{}'"
NOT_CHECKED = "not_checked"
# What could not be asked, by the key of its question.
LEFT_OUT = {
    "processes": "sales processes in the settings",
    "users": "who matches no member of the directory",
    "types": "opportunity types that only old records bear",
    "licence": "the user's licence",
}


@dataclass(frozen=True)
class Facts:
    """What the org told.

    `shown` are the records that the integration user is shown and `stored` about how many there
    are, both by object; an object of which the org tells nothing is not in them. `clock` is how
    far ours is ahead of the org's.
    """

    objects: Sequence[SObject]
    describes: Mapping[str, Answer]
    held: Held
    lacks: Sequence[Lack]
    shown: Mapping[str, int]
    stored: Mapping[str, int]
    archived: Mapping[str, Answer]
    processes: Sequence[str] | None
    types: Sequence[str]
    licence: str
    users: Sequence[Mapping[str, Any]]
    quotas: Mapping[str, Quota]
    remarks: Sequence[Finding]
    clock: timedelta

    def is_shown(self, sobject: str) -> bool:
        """Whether the integration user is shown the object at all."""
        return sobject in self.describes and self.describes[sobject].is_success


def gather(
    client: SalesforceClient,
    settings: OrgSettings,
    *,
    user_id: str,
    now: Callable[[], datetime],
) -> Facts:
    """Asks the org. What it refuses to answer is a remark; raises what the client raises for a
    call as a whole."""
    theirs = client.server_time()
    clock = now() - theirs
    describes = read_describes(client, settings)
    wanted = permission_set(settings, describes)
    held = read_held(client, wanted)
    objects = objects_to_sync(tuple(settings.objects))
    counted = [
        one.name
        for one in objects
        if one.name in describes and describes[one.name].is_success and not one.is_setup
    ]
    answers = _ask(client, counted, user_id)
    quotas, quota_remarks = ask_quotas(client, has_bulk=True)
    return Facts(
        objects=objects,
        describes=describes,
        held=held,
        lacks=lacking(wanted, describes, held),
        shown=_totals(answers, counted),
        stored=_stored(client, counted),
        archived={name: answers[f"archived {name}"] for name in _archivable(counted)},
        processes=_column(answers["processes"], "Name"),
        types=_column(answers["types"], "Type") or (),
        licence=_licence(answers["licence"]),
        users=_records(answers["users"]),
        quotas=quotas,
        remarks=[*quota_remarks, *_not_checked(answers, counted)],
        clock=clock,
    )


def _ask(client: SalesforceClient, counted: Sequence[str], user_id: str) -> dict[str, Answer]:
    questions = {"processes": PROCESSES, "users": USERS, "types": TYPES}
    questions["licence"] = LICENCE.format(user_id)
    questions |= {f"archived {name}": ARCHIVED.format(name) for name in _archivable(counted)}
    paths = {key: query_path(soql) for key, soql in questions.items()}
    # Salesforce's own count leaves out deleted and archived records, and so does a plain query.
    paths |= {f"shown {name}": _live_path(SHOWN.format(name)) for name in counted}
    return ask(client, paths, asked="Ask what there is in the org", at_once=QUERIES)


def _live_path(soql: str) -> str:
    return "/query?" + urlencode({"q": soql})


def _not_checked(answers: Mapping[str, Answer], counted: Sequence[str]) -> Iterator[Finding]:
    """What could not be asked must not look as if nothing was found."""
    refused = {key: one.code for key, one in answers.items() if not one.is_success}
    left_out = {LEFT_OUT[key]: code for key, code in refused.items() if key in LEFT_OUT}
    left_out |= {
        f"how many records of {name} sharing hides": refused[f"shown {name}"]
        for name in counted
        if f"shown {name}" in refused
    }
    if left_out:
        told = ", ".join(f"{what} ({code})" for what, code in left_out.items())
        yield Finding("info", NOT_CHECKED, f"Salesforce did not answer, so not checked: {told}.")


def _archivable(counted: Sequence[str]) -> list[str]:
    """Salesforce archives activities after a year."""
    return [name for name in ("Task", "Event") if name in counted]


def _totals(answers: Mapping[str, Answer], counted: Sequence[str]) -> dict[str, int]:
    told = {name: answers[f"shown {name}"] for name in counted}
    return {name: one.body["totalSize"] for name, one in told.items() if one.is_success}


def _stored(client: SalesforceClient, counted: Sequence[str]) -> dict[str, int]:
    """About how many records there are, whoever may see them; Salesforce counts now and then.

    An object without records is not in the answer. Source: "Record Count" in the REST API guide.
    """
    path = f"{client.data_path}/limits/recordCount"
    try:
        body = client.get(
            path, asked="Count the records there are", params={"sObjects": ",".join(counted)}
        )
    except (AccessDenied, RequestRefused):
        return {}
    return {one["name"]: one["count"] for one in body["sObjects"]}


def _column(answer: Answer, name: str) -> list[str] | None:
    return [one[name] for one in _records(answer)] if answer.is_success else None


def _records(answer: Answer) -> list[Mapping[str, Any]]:
    return list(answer.body["records"]) if answer.is_success else []


def _licence(answer: Answer) -> str:
    """`Salesforce Integration`; empty where the org does not tell."""
    profiles = [one["Profile"] or {} for one in _records(answer)]
    return next((str((one.get("UserLicense") or {}).get("Name", "")) for one in profiles), "")
