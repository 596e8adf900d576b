"""Answers that do not end: of their size, packed or not, or of their time."""

import zlib
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest

from salesforce_elt.errors import ServerUnavailable
from salesforce_elt.salesforce import arrival
from salesforce_elt.salesforce.arrival import arriving, received
from salesforce_elt.salesforce.login import ClientCredentials, log_in

PIECE = b"0" * 1024


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
