"""Records that are named by their Ids: read by REST, deleted and archived ones too."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from salesforce_elt.parts import Done, KeptPage, Page
from salesforce_elt.salesforce import soql
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.json_answers import strange
from salesforce_elt.salesforce.query import cell, fits_an_url

IDS_AT_ONCE = 200  # about a third of the longest address; the fields need the rest

Record = Mapping[str, Any]

AN_ID = "0" * 18  # as long as any


def calls_by_id(sobject: str, count: int, *, fields: Sequence[str]) -> int:
    """How many API calls it takes to read so many records with the fields."""
    whole, rest = divmod(count, IDS_AT_ONCE)
    calls = whole * len(_groups(sobject, [AN_ID] * IDS_AT_ONCE, fields))
    return calls + (len(_groups(sobject, [AN_ID] * rest, fields)) if rest else 0)


def read_by_id(
    client: SalesforceClient, sobject: str, ids: Sequence[str], *, fields: Sequence[str]
) -> list[Record]:
    """The records of these Ids that there are, with the fields; the first two are Id and stamp.

    More fields than fit into an address come in several answers. A record that changed between
    them is left out: it belongs to the next sync's window.
    """
    return [
        record
        for start in range(0, len(ids), IDS_AT_ONCE)
        for record in _together(client, sobject, ids[start : start + IDS_AT_ONCE], fields)
    ]


def _together(
    client: SalesforceClient, sobject: str, ids: Sequence[str], fields: Sequence[str]
) -> Iterator[Record]:
    stamp = fields[1] if len(fields) > 1 else "Id"
    answers = [
        {str(one["Id"]): one for one in _ask(client, sobject, ids, group)}
        for group in _groups(sobject, ids, fields)
    ]
    for record_id, first in answers[0].items():
        found = [answer.get(record_id) for answer in answers]
        whole = [one for one in found if one is not None and one.get(stamp) == first.get(stamp)]
        if len(whole) == len(answers):
            yield {name: value for one in whole for name, value in one.items()}


def _groups(sobject: str, ids: Sequence[str], fields: Sequence[str]) -> list[list[str]]:
    """The fields in as many queries as it takes; each has Id and stamp."""
    head = list(fields[:2])
    groups = [head.copy()]
    for field in fields[2:]:
        if not fits_an_url(soql.by_ids(sobject, [*groups[-1], field], ids)):
            groups.append(head.copy())
        groups[-1].append(field)
    return groups


def _ask(
    client: SalesforceClient, sobject: str, ids: Sequence[str], fields: Sequence[str]
) -> Iterator[Record]:
    asked = f"Read records of {sobject} by Id"
    answer = client.get(
        f"{client.data_path}/queryAll", asked=asked, params={"q": soql.by_ids(sobject, fields, ids)}
    )
    yield from answer["records"]
    for _ in ids:  # a page has a record at least
        if answer["done"]:
            return
        answer = client.get(answer["nextRecordsUrl"] or "", asked=asked)
        yield from answer["records"]
    if not answer["done"]:
        raise strange(asked, "more pages than there are records to fill them")


class ByIdSource:
    """The records of some Ids as rows of one page."""

    ahead = 0

    def __init__(
        self, client: SalesforceClient, sobject: str, ids: Sequence[str], *, fields: Sequence[str]
    ) -> None:
        self._client = client
        self._sobject = sobject
        self._ids = ids
        self._fields = fields
        self._count = 0

    def pages(self, done: Done) -> Iterator[KeptPage]:
        """One page, with a row for each record that there is."""
        if done:  # there is one page: it is here
            self._count = done[1].row_count
            return
        records = read_by_id(self._client, self._sobject, self._ids, fields=self._fields)
        rows = [[cell(record.get(field)) for field in self._fields] for record in records]
        self._count = len(rows)
        yield KeptPage(1, lambda: nullcontext(Page(len(rows), None, rows=rows)))

    def expected(self) -> int:
        """As many as came: that some of the Ids are gone is an answer."""
        return self._count
