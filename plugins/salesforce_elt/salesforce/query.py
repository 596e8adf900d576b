"""REST: the pages of a queryAll, which sees deleted and archived records."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any
from urllib.parse import urlencode

from salesforce_elt.errors import Incomplete
from salesforce_elt.parts import Cell, Done, KeptPage, Page
from salesforce_elt.salesforce.client import SalesforceClient
from salesforce_elt.salesforce.json_answers import strange

PAGE_ROWS = 2_000  # Salesforce's own default and maximum; wide rows come in smaller pages
SPARE_PAGES = 10  # more than one a record is no answer but an endless one
URL_BYTES = 16_000  # Salesforce refuses an address and headers of more than 16,384 bytes


class RestSource:
    """The answer to a query, page by page, in Salesforce's own paging.

    A page names the next one only when it is here, so the pages come one after the other; the
    next is asked for while one is being loaded.
    """

    ahead = 1

    def __init__(
        self, client: SalesforceClient, *, soql: str, fields: Sequence[str], asked: str
    ) -> None:
        self._client = client
        self._soql = soql
        self._fields = fields
        self._asked = asked
        self._total: int | None = None

    def pages(self, done: Done) -> Iterator[KeptPage]:
        """The pages that follow those that are here."""
        number, locator = _reached(done)
        if number and locator is None:
            self._total = done[number].total
            return
        while True:
            number, answer = number + 1, self._answer(locator)
            self._total = answer["totalSize"]
            records = answer["records"]
            locator = None if answer["done"] else answer["nextRecordsUrl"] or ""
            if number > answer["totalSize"] + SPARE_PAGES:
                raise strange(self._asked, "more pages than there are records to fill them")
            if number not in done:
                yield KeptPage(number, self._opening(records, locator))
            if locator is None:
                return

    def expected(self) -> int:
        """`totalSize`: how many records match, said on every page."""
        if self._total is None:
            raise Incomplete(f"{self._asked}: no page was read.", expected=1, landed=0)
        return self._total

    def _opening(self, records: Any, locator: str | None) -> Callable[[], nullcontext[Page]]:
        return lambda: nullcontext(
            Page(len(records), locator, rows=_rows(records, self._fields), total=self._total)
        )

    def _answer(self, locator: str | None) -> Any:
        if locator is not None:
            return self._client.get(locator, asked=self._asked)
        path = f"{self._client.data_path}/queryAll"
        return self._client.get(path, asked=self._asked, params={"q": self._soql})


def fits_an_url(soql: str) -> bool:
    """Whether a query can be asked by REST at all; Bulk sends it in a body."""
    return len(urlencode({"q": soql})) < URL_BYTES


def _reached(done: Done) -> tuple[int, str | None]:
    """The last page of those that are here without a gap, and where the one after it is."""
    number, locator = 0, None
    while number + 1 in done:
        number += 1
        locator = done[number].locator
    return number, locator


def _rows(records: Iterable[Mapping[str, Any]], fields: Sequence[str]) -> Iterator[list[Cell]]:
    for record in records:
        yield [cell(record.get(field)) for field in fields]


def cell(value: Any) -> Cell:
    """A JSON value as COPY's text: the text that Salesforce sent, and nothing for empty."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
