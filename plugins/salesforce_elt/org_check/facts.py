"""What a check asks an org, in as few calls as it can: it spends the org's quota as well."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

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
    users: Sequence[Mapping[str, Any]]
    quotas: Mapping[str, Quota]
    quota_findings: Sequence[Finding]
    clock: timedelta

    def is_shown(self, sobject: str) -> bool:
        """Whether the integration user is shown the object at all."""
        return sobject in self.describes and self.describes[sobject].is_success


def gather(client: SalesforceClient, settings: OrgSettings, *, now: datetime) -> Facts:
    """Asks the org. Raises what the client raises for a call as a whole."""
    clock = now - client.server_time()
    describes = read_describes(client, settings)
    wanted = permission_set(settings, describes)
    held = read_held(client, wanted)
    objects = objects_to_sync(tuple(settings.objects))
    counted = [
        one.name
        for one in objects
        if one.name in describes and describes[one.name].is_success and not one.is_setup
    ]
    answers = _ask(client, counted)
    quotas, quota_findings = ask_quotas(client, has_bulk=True)
    return Facts(
        objects=objects,
        describes=describes,
        held=held,
        lacks=lacking(wanted, describes, held),
        shown=_totals(answers, counted),
        stored=_stored(client, counted),
        archived={name: answers[f"archived {name}"] for name in _archivable(counted)},
        processes=_names(answers["processes"]),
        users=answers["users"].body["records"] if answers["users"].is_success else (),
        quotas=quotas,
        quota_findings=quota_findings,
        clock=clock,
    )


def _ask(client: SalesforceClient, counted: Sequence[str]) -> dict[str, Answer]:
    questions = {"processes": PROCESSES, "users": USERS}
    questions |= {f"archived {name}": ARCHIVED.format(name) for name in _archivable(counted)}
    questions |= {f"shown {name}": SHOWN.format(name) for name in counted}
    paths = {key: query_path(soql) for key, soql in questions.items()}
    return ask(client, paths, asked="Ask what there is in the org", at_once=QUERIES)


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


def _names(answer: Answer) -> list[str] | None:
    return [one["Name"] for one in answer.body["records"]] if answer.is_success else None
