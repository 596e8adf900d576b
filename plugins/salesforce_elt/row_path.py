"""
Pages whose cells are rewritten before a row reaches the warehouse: hashed ones, and values that a
text column keeps, which REST and Bulk would write in two ways.

Bulk's bytes go to COPY unread where there are none; here they are read by Python's csv module.
"""

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

from salesforce_elt.errors import Incomplete
from salesforce_elt.fields import Column
from salesforce_elt.parts import Cell, Done, KeptPage, Page, Source
from salesforce_elt.warehouse.landing import in_order

Rewriting = Mapping[str, Callable[[Cell], Cell]]

LONGEST_CELL = 2**31 - 1  # csv's own limit of 131,072 characters is less than some fields hold


@dataclass(frozen=True)
class RewrittenSource:
    """A source whose pages are rows of `columns`, some cells (by the column's name) rewritten."""

    source: Source
    columns: Sequence[Column]
    rewriting: Rewriting

    @property
    def ahead(self) -> int:
        """As many as the source's."""
        return self.source.ahead

    def pages(self, done: Done) -> Iterator[KeptPage]:
        """The source's pages that are not here yet."""
        for page in self.source.pages(done):
            yield KeptPage(page.number, partial(self._open, page))

    def expected(self) -> int:
        """How many records Salesforce says the answer has."""
        return self.source.expected()

    @contextmanager
    def _open(self, page: KeptPage) -> Iterator[Page]:
        with page.open() as opened:
            yield rewritten_page(opened, self.columns, self.rewriting)


def rewritten_page(page: Page, columns: Sequence[Column], rewriting: Rewriting) -> Page:
    """The page as rows of the columns, in their order; read only when the rows are."""
    return replace(page, csv=None, rows=_rewritten_rows(page, columns, rewriting))


def _rewritten_rows(
    page: Page, columns: Sequence[Column], rewriting: Rewriting
) -> Iterator[Sequence[Cell]]:
    rows = page.rows if page.csv is None else _csv_rows(page, page.csv, columns)
    places = [(at, rewriting[one.name]) for at, one in enumerate(columns) if one.name in rewriting]
    for row in rows:
        cells = list(row)
        for at, rewrite in places:
            cells[at] = rewrite(cells[at])
        yield cells


def _csv_rows(
    page: Page, chunks: Iterable[bytes], columns: Sequence[Column]
) -> Iterator[list[Cell]]:
    """The rows in the columns' order; the header line says in which order they come.

    Raises Incomplete when the bytes are not the CSV of as many columns; without the text, which
    nobody may see.
    """
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(_lines(chunks), strict=True)
    count = 0
    try:
        given = [column.name for column in in_order(columns, next(reader, []))]
        places = [given.index(column.name) for column in columns]
        for row in reader:
            count += 1
            if len(row) != len(columns):
                raise csv.Error("another number of columns")
            yield [row[place] or None for place in places]
    except (csv.Error, UnicodeDecodeError):
        raise Incomplete(
            f"A result page of {page.row_count:,} records breaks off or is garbled near record "
            f"{count:,}. It is fetched again.",
            expected=page.row_count,
            landed=count,
        ) from None


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The text of the chunks, cut after each line feed; nothing of it is changed."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    rest = ""
    for chunk in chunks:
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (f"{line}\n" for line in lines)
    if rest := rest + decoder.decode(b"", final=True):
        yield rest
