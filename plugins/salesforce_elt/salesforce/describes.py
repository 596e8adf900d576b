"""What the org shows of its SObjects, and which records it says are deleted: one call for all."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

import httpx

from salesforce_elt.errors import AccessDenied, RequestRefused
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.composite import Answer, ask

SHORTEST_SPAN = timedelta(minutes=2)  # getDeleted refuses spans of less than two whole minutes


@dataclass(frozen=True)
class Schema:
    """Describes and getDeleted answers by the object's API name."""

    describes: Mapping[str, Answer]
    deleted: Mapping[str, Answer]


def read_schema(
    client: SalesforceClient,
    names: tuple[str, ...],
    *,
    deleted: Mapping[str, tuple[datetime, datetime]],
) -> Schema:
    """Describes of all `names`, and deletes of those in `deleted` by their span (UTC)."""
    paths = {f"describe {name}": f"/sobjects/{name}/describe" for name in names}
    paths |= {f"deleted {name}": deleted_path(name, *span) for name, span in deleted.items()}
    answers = ask(client, paths, asked="Describe the objects and ask for deleted records")
    return Schema(
        describes={name: answers[f"describe {name}"] for name in names},
        deleted={
            name: _or_alone(client, answers[f"deleted {name}"], paths[f"deleted {name}"])
            for name in deleted
        },
    )


def _or_alone(client: SalesforceClient, answer: Answer, path: str) -> Answer:
    """The answer, or that of a call of its own: whether composite carries getDeleted is unsaid."""
    if answer.is_success:
        return answer
    try:
        body = client.get(client.data_path + path, asked="Ask for deleted records")
    except (AccessDenied, RequestRefused):
        return answer
    return Answer(httpx.codes.OK, body)


def deleted_path(name: str, start: datetime, end: datetime) -> str:
    """The path of a getDeleted; Salesforce drops the seconds of both ends."""
    span = {"start": start.isoformat(), "end": end.isoformat()}
    return f"/sobjects/{name}/deleted/?{urlencode(span)}"
