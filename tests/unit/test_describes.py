"""What getDeleted tells, and what it refuses: asked in halves, alone, or not at all."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from salesforce_elt.errors import ServerUnavailable
from salesforce_elt.salesforce.describes import HALVINGS, read_schema
from tests.unit.test_client import client_of

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SPAN = (NOON, NOON + timedelta(hours=8))


class Org:
    """Tells one delete an hour, in spans that are short enough; remembers what it was asked."""

    def __init__(self, longest: timedelta, *, is_replicateable: bool = True) -> None:
        self.longest, self.is_replicateable = longest, is_replicateable
        self.open_since: datetime | None = None
        self.alone: list[str] = []
        self.fields: list[dict] = [{"name": "Id", "type": "id"}]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/composite"):
            self.alone.append(request.url.path)
            status, body = self.deleted(str(request.url))
            return httpx.Response(status, json=body)
        answers = [self.composed(one) for one in json.loads(request.content)["compositeRequest"]]
        return httpx.Response(200, json={"compositeResponse": answers})

    def composed(self, one: dict) -> dict:
        described = {"name": "Account", "replicateable": self.is_replicateable,
                     "fields": self.fields}
        is_describe = one["url"].endswith("/describe")
        status, body = (200, described) if is_describe else self.deleted(one["url"])
        return {"referenceId": one["referenceId"], "httpStatusCode": status, "body": body}

    def deleted(self, url: str) -> tuple[int, object]:
        query = parse_qs(urlsplit(url).query)
        start, end = (datetime.fromisoformat(query[name][0]) for name in ("start", "end"))
        if end - start > self.longest:
            return 400, [{"errorCode": "EXCEEDED_ID_LIMIT", "message": "too many"}]
        covered = min(end, self.open_since or end)
        deleted = {"id": start.isoformat(), "deletedDate": start.isoformat()}
        return 200, {"deletedRecords": [deleted], "latestDateCovered": covered.isoformat()}


def ask(org: Org):
    return read_schema(client_of(org), ("Account",), deleted={"Account": SPAN}).deleted


def test_too_many_deletes_are_asked_for_in_halves():
    answer = ask(Org(timedelta(hours=2)))["Account"]
    assert len(answer.body["deletedRecords"]) == 4
    assert datetime.fromisoformat(answer.body["latestDateCovered"]) == SPAN[1]


def test_halves_cover_no_more_than_the_one_that_a_transaction_holds_back():
    org = Org(timedelta(hours=2))
    org.open_since = NOON + timedelta(hours=3)
    covered = ask(org)["Account"].body["latestDateCovered"]
    assert datetime.fromisoformat(covered) == NOON + timedelta(hours=3)


def test_halving_has_an_end():
    org = Org(timedelta(seconds=1))
    assert ask(org)["Account"].code == "EXCEEDED_ID_LIMIT"
    assert len(org.alone) == HALVINGS + 1


@pytest.mark.parametrize("is_replicateable", [True, False])
def test_deletes_are_not_asked_for_alone_of_an_object_that_tells_none(is_replicateable):
    org = Org(timedelta(hours=8), is_replicateable=is_replicateable)
    assert list(ask(org)) == (["Account"] if is_replicateable else [])
    assert org.alone == []


@pytest.mark.parametrize("field", [
    {"name": "Id FROM User--", "type": "id"}, {"name": "", "type": "id"},
    {"name": "A", "type": "id\u001b[2J"},
    {"name": "A", "type": "reference", "referenceTo": ["User/../Organization"]},
])
def test_a_name_that_would_be_more_than_a_name_in_a_query_is_refused(field):
    org = Org(timedelta(hours=8))
    org.fields = [field]
    with pytest.raises(ServerUnavailable, match=r"Describe Account: .*a name that no field"):
        ask(org)
