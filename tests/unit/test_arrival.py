"""Answers that do not end: of their size, packed or not, or of their time."""

import gzip
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from salesforce_elt.errors import ServerUnavailable
from salesforce_elt.salesforce import arrival
from salesforce_elt.salesforce.arrival import arriving, received
from salesforce_elt.salesforce.login import ClientCredentials, log_in

PIECE = b"0" * 1024
GZIP = {"Content-Encoding": "gzip"}


class Endless(httpx.SyncByteStream):
    """A body that promises ten gigabytes, and counts what was taken of it."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.taken = 0
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            self.taken += 1
            yield piece


def zeros() -> Iterator[bytes]:
    for _ in range(10 * 2**20):
        yield PIECE


def packed() -> Iterator[bytes]:
    """A stream of gzip that never ends: a kilobyte of it is a megabyte of zeros."""
    packer = zlib.compressobj(wbits=16 + zlib.MAX_WBITS)
    yield from (packer.compress(b"0" * 2**20) for _ in range(10 * 2**10))


def answer(stream: httpx.SyncByteStream, status: int = 200, **headers: str) -> httpx.Response:
    request = httpx.Request("GET", "https://acme.my.salesforce.com/")
    return httpx.Response(status, stream=stream, headers=headers, request=request)


@pytest.mark.parametrize(("pieces", "headers"), [
    (zeros, {}), (zeros, {"Content-Length": str(10 * 2**30)}),
    (packed, {"Content-Encoding": "gzip"}),
])  # fmt: skip
def test_an_answer_that_does_not_end_is_left_at_its_bound(pieces, headers):
    stream = Endless(pieces())
    with pytest.raises(ServerUnavailable, match=r"Query: the answer has more than 5,000,000 bytes"):
        for _ in arriving(answer(stream, **headers), asked="Query", at_most=5_000_000):
            pass
    assert stream.taken < 10_000


def nameless() -> Iterator[bytes]:
    """A gzip whose file name does not end."""
    yield b"\x1f\x8b\x08\x08" + bytes(6)
    yield from (b"a" * 1024 for _ in range(10 * 2**20))


def hollow() -> Iterator[bytes]:
    """A gzip of blocks in which nothing is."""
    yield b"\x1f\x8b\x08\x00" + bytes(6)
    yield from (b"\x00\x00\x00\xff\xff" * 200 for _ in range(10 * 2**20))


def members() -> Iterator[bytes]:
    """One whole gzip of nothing after another."""
    yield from (gzip.compress(b"") * 50 for _ in range(10 * 2**20))


@pytest.mark.parametrize("pieces", [nameless, hollow, members])
def test_a_gzip_that_becomes_nothing_is_left_at_its_bound_too(pieces):
    stream = Endless(pieces())
    with pytest.raises(ServerUnavailable, match=r"the answer has more than 5,000,000 bytes"):
        for _ in arriving(answer(stream, **GZIP), asked="Query", at_most=5_000_000):
            pass
    assert stream.taken < 10_000


def test_a_gzip_that_becomes_nothing_is_left_at_its_time(monkeypatch):
    moments = iter(range(0, 10**6, 600))
    monkeypatch.setattr(arrival, "monotonic", lambda: next(moments))
    with pytest.raises(ServerUnavailable, match="is not all here after 60 minutes"):
        list(arriving(answer(Endless(hollow()), **GZIP), asked="Query", at_most=10**9))


def test_a_piece_of_a_gzip_is_unpacked_a_bounded_piece_at_a_time():
    whole = gzip.compress(b"0" * 50_000_000)
    found = arriving(answer(Endless(iter([whole])), **GZIP), asked="Query", at_most=10**8)
    sizes = [len(piece) for piece in found]
    assert (sum(sizes), max(sizes)) == (50_000_000, arrival.PIECE)


@pytest.mark.parametrize(("packing", "body", "says"), [
    ("gzip, gzip", gzip.compress(gzip.compress(b"{}")), "packed as 'gzip, gzip'"),
    ("br", b"\x0b\x00\x80{}\x03", "packed as 'br', which was not asked for"),
    ("gzip", gzip.compress(b'{"a": 1}')[:-1], "ends before it is whole"),
    ("gzip", gzip.compress(b'{"a": 1}')[:5], "ends before it is whole"),
    ("gzip", gzip.compress(b"{}") + b"more", "cannot be unpacked"),
    ("gzip", b"<html>We are down</html>", "cannot be unpacked"),
], ids=["nested", "brotli", "cut at the end", "cut early", "with a tail", "not packed"])
def test_a_damaged_packing_is_said(packing, body, says):
    packed_so = answer(Endless(iter([body])), **{"Content-Encoding": packing})
    with pytest.raises(ServerUnavailable, match=rf"Query: the answer is damaged: .*{says}"):
        list(arriving(packed_so, asked="Query", at_most=10**6))


@given(st.lists(st.binary(max_size=3000), max_size=4), st.integers(1, 64), st.integers(1, 50))
def test_what_was_packed_is_unpacked_however_it_arrives(parts, piece, size):
    packed_parts = b"".join(map(gzip.compress, parts))
    cut = [packed_parts[at:at + size] for at in range(0, len(packed_parts), size)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(arrival, "PIECE", piece)
        found = arriving(answer(Endless(iter(cut)), **GZIP), asked="Query", at_most=10**6)
        assert b"".join(found) == b"".join(parts)


def test_an_answer_that_comes_too_slowly_is_left_at_its_time(monkeypatch):
    moments = iter(range(0, 10**6, 600))
    monkeypatch.setattr(arrival, "monotonic", lambda: next(moments))
    with pytest.raises(ServerUnavailable, match="is not all here after 60 minutes"):
        list(arriving(answer(Endless(zeros())), asked="Query", at_most=10**9))


def test_a_refusal_has_its_words_and_frees_its_connection():
    response = answer(Endless(iter([b'[{"errorCode": ', b'"BUSY"}]'])), 503)
    assert received(response, asked="Query").json() == [{"errorCode": "BUSY"}]
    assert response.is_closed


def test_a_refusal_that_does_not_end_is_left(monkeypatch):
    monkeypatch.setattr(arrival, "LARGEST_JSON", 5_000)
    response = answer(Endless(zeros()), 503)
    with pytest.raises(ServerUnavailable):
        received(response, asked="Query")
    assert response.is_closed


def test_a_login_whose_answer_does_not_end_is_left(monkeypatch):
    monkeypatch.setattr(arrival, "LARGEST_JSON", 5_000)
    http = httpx.Client(transport=httpx.MockTransport(lambda _: answer(Endless(zeros()))))
    login = ClientCredentials("https://acme.my.salesforce.com", "key", "secret")
    with pytest.raises(ServerUnavailable, match=r"Login at acme\.my\.\S+ .* more than"):
        log_in(login, http=http, now=lambda: datetime.now(UTC))
