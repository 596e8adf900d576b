"""What the org shows of its SObjects, and which records it says are deleted: one call for all."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from salesforce_elt.errors import AccessDenied, RequestRefused
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer, ask
from salesforce_elt.salesforce.json_answers import strange

SHORTEST_SPAN = timedelta(minutes=2)  # getDeleted refuses spans of less than two whole minutes
REACH = timedelta(days=15)  # getDeleted does not look further back
TOO_MANY, TOO_OLD = "EXCEEDED_ID_LIMIT", "INVALID_REPLICATION_DATE"
HALVINGS = 3  # of a span with too many deletes; reading the Ids there are is cheaper than more

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,254}")

Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Schema:
    """Describes and getDeleted answers by the object's API name."""

    describes: Mapping[str, Answer]
    deleted: Mapping[str, Answer]


def read_schema(
    client: SalesforceClient,
    names: tuple[str, ...],
    *,
    deleted: Mapping[str, Span],
) -> Schema:
    """Describes of all `names`, and deletes of those in `deleted` by their span (UTC).

    Of an object that the org hides, or tells no deletes of, there is no answer about deletes.
    """
    paths = {f"describe {name}": f"/sobjects/{name}/describe" for name in names}
    paths |= {f"deleted {name}": deleted_path(name, *span) for name, span in deleted.items()}
    answers = ask(client, paths, asked="Describe the objects and ask for deleted records")
    describes = {name: answers[f"describe {name}"] for name in names}
    for name in names:
        _refuse_strange_names(name, describes[name])
    told = [
        name
        for name in deleted
        if describes[name].is_success and describes[name].body["replicateable"]
    ]
    return Schema(
        describes,
        {name: _deleted(client, name, deleted[name], answers[f"deleted {name}"]) for name in told},
    )


def _refuse_strange_names(sobject: str, answer: Answer) -> None:
    """Names of fields and objects stand unquoted in queries and in files, so they have to be names.

    Salesforce makes no others; what says otherwise is no describe.
    """
    fields = answer.body["fields"] if answer.is_success else []
    names = [
        name for one in fields for name in (one["name"], one["type"], *one.get("referenceTo", ()))
    ]
    if not all(isinstance(name, str) and NAME.fullmatch(name) for name in names):
        raise strange(f"Describe {sobject}", "a name that no field and no object can have")


def _deleted(client: SalesforceClient, name: str, span: Span, answer: Answer) -> Answer:
    """The answer, or that of calls of their own, when they may get more.

    Whether composite carries getDeleted is not documented; what it refuses for the span's sake
    would be refused alone as well.
    """
    if answer.is_success or answer.code == TOO_OLD:
        return answer
    try:
        if answer.code == TOO_MANY:
            return Answer(httpx.codes.OK, _joined(_halves(client, name, span, left=HALVINGS)))
        return Answer(httpx.codes.OK, _ask_alone(client, name, span))
    except (AccessDenied, RequestRefused):
        return answer


def _halves(
    client: SalesforceClient, name: str, span: Span, *, left: int
) -> Iterator[tuple[Span, Any]]:
    start, end = span
    middle = start + (end - start) / 2
    for half in ((start, middle), (middle, end)):
        try:
            yield half, _ask_alone(client, name, half)
        except RequestRefused as error:
            if error.error_code != TOO_MANY or not left:
                raise
            yield from _halves(client, name, half, left=left - 1)


def _ask_alone(client: SalesforceClient, name: str, span: Span) -> Any:
    path = client.data_path + deleted_path(name, *span)
    return client.get(path, asked=f"Ask for deleted records of {name}")


def _joined(parts: Iterator[tuple[Span, Any]]) -> dict[str, Any]:
    """One answer of several; a part that is held back (a transaction was open) holds back all."""
    answers = list(parts)
    covered = [datetime.fromisoformat(body["latestDateCovered"]) for _, body in answers]
    held_back = [
        moment
        for moment, ((_, end), _) in zip(covered, answers, strict=True)
        if moment < end.replace(second=0, microsecond=0)
    ]
    return {
        "deletedRecords": [one for _, body in answers for one in body["deletedRecords"]],
        "latestDateCovered": min(held_back, default=covered[-1]).isoformat(),
    }


def deleted_path(name: str, start: datetime, end: datetime) -> str:
    """The path of a getDeleted; Salesforce drops the seconds of both ends."""
    span = {"start": start.isoformat(), "end": end.isoformat()}
    return f"/sobjects/{name}/deleted/?{urlencode(span)}"
