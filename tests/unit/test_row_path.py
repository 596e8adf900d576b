"""Pages of objects with hashed fields, as rows: what Python reads is what COPY would have read."""

import csv
import io
from contextlib import nullcontext
from functools import partial

import pytest

from salesforce_elt.errors import AnswerLost, Incomplete
from salesforce_elt.fields import Column
from salesforce_elt.hashing import Hashing, Salt
from salesforce_elt.parts import KeptPage, Page
from salesforce_elt.row_path import RewrittenSource, rewritten_page

SALT = Salt.of("a salt of the tests, long enough to be one")
HASHING = Hashing(SALT, {"email": "text"})
REWRITING = {name: partial(HASHING.cell, name) for name in HASHING.kinds}
COLUMNS = (
    Column("Id", "id", "text"),
    Column("Email", "email", "text"),
    Column("Description", "description", "text"),
)
TEXTS = [
    'says "no", then leaves',
    "line feed\nreturn and feed\r\nreturn\ralone",
    ",,,",
    "NA",
    "null",
    "0012",
    " spaces ",
    "emoji \N{GRINNING FACE} and \N{LATIN SMALL LETTER U WITH DIAERESIS}",
    pytest.param("x" * 131_072 + '"' * 10_000, marks=pytest.mark.slow),
]


def bulk(rows, header=("Id", "Email", "Description")) -> bytes:
    """A result page as Salesforce writes it: everything quoted, one line feed after each record."""
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([header, *rows])
    return text.getvalue().encode()


def in_chunks(content: bytes, size: int) -> list[bytes]:
    return [content[start : start + size] for start in range(0, len(content), size)]


def rows_of(content: bytes, *, size: int = 7, count: int = 1):
    page = Page(count, None, csv=in_chunks(content, size))
    return [list(row) for row in rewritten_page(page, COLUMNS, REWRITING).rows]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("size", [3, 65_536])
def test_texts_come_through_to_the_letter_and_hashed_ones_as_their_hash(text, size):
    rows = rows_of(bulk([("003A", text, text), ("003B", "", "")]), size=size)
    assert rows == [["003A", SALT.hash(text), text], ["003B", None, None]]


def test_cells_find_their_columns_by_the_header_in_any_order_and_case():
    content = bulk([("a text", "003A", "ada@acme.com")], header=("DESCRIPTION", "Id", "email"))
    assert rows_of(content) == [["003A", SALT.hash("ada@acme.com"), "a text"]]


def test_rows_by_rest_get_the_same_hashes():
    page = Page(1, None, rows=[["003A", "ada@acme.com", None]])
    by_rest = [list(row) for row in rewritten_page(page, COLUMNS, REWRITING).rows]
    assert by_rest == rows_of(bulk([("003A", "ada@acme.com", "")]))


def test_a_page_without_records_has_no_rows():
    assert rows_of(bulk([])) == []
    assert rows_of(b"") == []


@pytest.mark.parametrize(
    "content",
    [
        bulk([("003A", "ada@acme.com", "a text")])[:-4],
        b'"Id","Email","Description"\n"003A","ada@acme.com"\n',
        b'"Id","Email","Description"\n"003A","ada@acme.com"x,"a text"\n',
        b'"Id","Email","Description"\n"003A","ada@acme.com","\xff"\n',
        b'"Id","Email","Description"\n"003A","ada@acme.com","\xc3',
    ],
    ids=["cut", "a cell too few", "text after a quote", "no UTF-8", "half a character"],
)
def test_a_garbled_page_is_fetched_again_and_nothing_of_it_is_shown(content):
    with pytest.raises(Incomplete, match="It is fetched again") as info:
        rows_of(content)
    assert "ada" not in str(info.value)
    assert info.value.__suppress_context__


def test_other_fields_than_were_asked_for_are_asked_for_anew():
    with pytest.raises(AnswerLost, match=r"differ in description, phone"):
        rows_of(bulk([], header=("Id", "Email", "Phone")))


def test_a_source_keeps_its_pages_their_locators_and_its_count():
    class Source:
        ahead = 3

        def pages(self, done):
            assert done == {}
            page = Page(1, "next", csv=[bulk([("003A", "ada@acme.com", "")])])
            yield KeptPage(7, lambda: nullcontext(page))

        def expected(self):
            return 1

    source = RewrittenSource(Source(), COLUMNS, REWRITING)
    (kept,) = source.pages({})
    assert (kept.number, source.ahead) == (7, 3)
    with kept.open() as page:
        assert list(page.rows) == [["003A", SALT.hash("ada@acme.com"), None]]
    assert (page.row_count, page.locator, page.csv, source.expected()) == (1, "next", None, 1)
