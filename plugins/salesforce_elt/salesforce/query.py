"""REST: the pages of a queryAll, which sees deleted and archived records."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from salesforce_elt.errors import Incomplete
from salesforce_elt.extracts import Cell, Checkpoint, Extract, Page
from salesforce_elt.salesforce.client import SalesforceClient

PAGE_ROWS = 2_000  # Salesforce's own default and maximum; wide rows come in smaller pages
URL_BYTES = 16_000  # Salesforce refuses an address and headers of more than 16,384 bytes


class RestSource:
    """The answer to an extract's query, page by page, in Salesforce's own paging."""

    def __init__(self, client: SalesforceClient, extract: Extract) -> None:
        self._client = client
        self._extract = extract
        self._total: int | None = None

    def pages(self, *, after: Checkpoint) -> Iterator[Page]:
        """The pages that follow the checkpoint."""
        locator = after.locator
        if after.pages and locator is None:
            self._total = after.row_count
            return
        while True:
            answer = self._ask(locator)
            self._total = answer["totalSize"]
            records = answer["records"]
            locator = None if answer["done"] else answer["nextRecordsUrl"]
            yield Page(len(records), locator, rows=_rows(records, self._extract.fields))
            if locator is None:
                return

    def expected(self) -> int:
        """`totalSize`: how many records match, said on every page."""
        if self._total is None:
            raise Incomplete(f"{self._extract.sobject}: no page was read.", expected=1, landed=0)
        return self._total

    def _ask(self, locator: str | None) -> Any:
        asked = f"Query {self._extract.sobject}"
        if locator:
            return self._client.get(locator, asked=asked)
        path = f"{self._client.data_path}/queryAll"
        return self._client.get(path, asked=asked, params={"q": self._extract.soql})


def fits_an_url(soql: str) -> bool:
    """Whether a query can be asked by REST at all; Bulk sends it in a body."""
    return len(urlencode({"q": soql})) < URL_BYTES


def _rows(records: Iterable[Mapping[str, Any]], fields: Sequence[str]) -> Iterator[list[Cell]]:
    for record in records:
        yield [_cell(record.get(field)) for field in fields]


def _cell(value: Any) -> Cell:
    """A JSON value as COPY's text: the text that Salesforce sent, and nothing for empty."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
