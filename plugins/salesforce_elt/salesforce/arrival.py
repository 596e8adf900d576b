"""
An answer's bytes as they come, up to an end: of its size, and of the time that it may take.

No answer of Salesforce's is as large or as slow as these bounds. What is comes from something that
promises without end, and would fill memory or disk, or hold a task for ever.
"""

from collections.abc import Iterator
from time import monotonic

import httpx

from salesforce_elt.errors import ServerUnavailable

LARGEST_JSON = 256 * 2**20  # bytes; a page of a query has 2,000 records, or fewer wide ones
LARGEST_PAGE = 4 * 2**30  # bytes; Salesforce's own bound for a result is 1 GB
LONGEST = 3600.0  # seconds


def arriving(response: httpx.Response, *, asked: str, at_most: int) -> Iterator[bytes]:
    """The unpacked bytes of an answer. Raises ServerUnavailable past a bound."""
    end, size = monotonic() + LONGEST, 0
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > at_most:
            raise ServerUnavailable(
                f"{asked}: the answer has more than {at_most:,} bytes, as no answer of Salesforce "
                "has. Check the proxy between here and Salesforce; it is tried again."
            )
        if monotonic() > end:
            raise ServerUnavailable(
                f"{asked}: the answer is not all here after {LONGEST / 60:.0f} minutes. Check the "
                "network between here and Salesforce; it is tried again."
            )
        yield chunk


def received(response: httpx.Response, *, asked: str) -> httpx.Response:
    """Status and words of an answer that was streamed, all read, and its connection free."""
    try:
        content = b"".join(arriving(response, asked=asked, at_most=LARGEST_JSON))
    finally:
        response.close()
    return httpx.Response(response.status_code, content=content, request=response.request)
