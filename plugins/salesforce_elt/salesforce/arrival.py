"""
An answer's bytes as they come, up to an end: of its size, and of the time that it may take.

No answer of Salesforce's is as large or as slow as these bounds. What is comes from something that
promises without end, and would fill memory or disk, or hold a task for ever. So the bytes are
unpacked here, a bounded piece at a time: an HTTP library unpacks what came at once, however much
that becomes, and shows nothing of what becomes nothing.
"""

import zlib
from collections.abc import Iterator
from time import monotonic

import httpx

from salesforce_elt.errors import ServerUnavailable

LARGEST_JSON = 256 * 2**20  # bytes; a page of a query has 2,000 records, or fewer wide ones
LARGEST_PAGE = 4 * 2**30  # bytes; Salesforce's own bound for a result is 1 GB
LONGEST = 3600.0  # seconds

ACCEPTED = {"Accept-Encoding": "gzip"}  # what a request has to say, so that this can unpack it
PIECE = 2**20  # bytes, unpacked
GZIP = 16 + zlib.MAX_WBITS


def arriving(response: httpx.Response, *, asked: str, at_most: int) -> Iterator[bytes]:
    """The unpacked bytes of an answer. Raises ServerUnavailable past a bound, and for bytes that
    are not packed as they should be."""
    size = 0
    for piece in _unpacked(response, asked=asked, at_most=at_most):
        size += len(piece)
        _require_no_more(size, asked=asked, at_most=at_most)
        yield piece


def received(response: httpx.Response, *, asked: str) -> httpx.Response:
    """Status and words of an answer that was streamed, all read, and its connection free."""
    try:
        content = b"".join(arriving(response, asked=asked, at_most=LARGEST_JSON))
    finally:
        response.close()
    return httpx.Response(response.status_code, content=content, request=response.request)


def _unpacked(response: httpx.Response, *, asked: str, at_most: int) -> Iterator[bytes]:
    packing = response.headers.get("Content-Encoding", "identity").strip().lower()
    if response.is_stream_consumed:  # it is in memory, unpacked
        yield response.content
    elif packing == "identity":
        yield from _raw(response, asked=asked, at_most=at_most)
    elif packing == "gzip":
        yield from _gunzipped(_raw(response, asked=asked, at_most=at_most), asked=asked)
    else:
        raise _damaged(asked, f"it is packed as {packing[:40]!r}, which was not asked for")


def _raw(response: httpx.Response, *, asked: str, at_most: int) -> Iterator[bytes]:
    end, size = monotonic() + LONGEST, 0
    for chunk in response.iter_raw():
        size += len(chunk)
        _require_no_more(size, asked=asked, at_most=at_most)
        if monotonic() > end:
            raise ServerUnavailable(
                f"{asked}: the answer is not all here after {LONGEST / 60:.0f} minutes. Check the "
                "network between here and Salesforce; it is tried again."
            )
        yield chunk


def _gunzipped(chunks: Iterator[bytes], *, asked: str) -> Iterator[bytes]:
    """One gzip member after another, as the format allows; no byte at all is an empty answer."""
    unpacker, is_begun = zlib.decompressobj(GZIP), False
    try:
        for chunk in chunks:
            waiting, is_begun = chunk, True
            while waiting:
                if unpacker.eof:
                    unpacker = zlib.decompressobj(GZIP)
                yield unpacker.decompress(waiting, PIECE)
                waiting = unpacker.unused_data if unpacker.eof else unpacker.unconsumed_tail
        yield unpacker.flush()
    except zlib.error as error:
        raise _damaged(asked, f"it cannot be unpacked: {error}") from None
    if is_begun and not unpacker.eof:
        raise _damaged(asked, "it ends before it is whole")


def _require_no_more(size: int, *, asked: str, at_most: int) -> None:
    if size > at_most:
        raise ServerUnavailable(
            f"{asked}: the answer has more than {at_most:,} bytes, as no answer of Salesforce "
            "has. Check the proxy between here and Salesforce; it is tried again."
        )


def _damaged(asked: str, what: str) -> ServerUnavailable:
    return ServerUnavailable(
        f"{asked}: the answer is damaged: {what}. Check the proxy between here and Salesforce; it "
        "is tried again."
    )
