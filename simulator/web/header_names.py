"""Header names with capitals, as Salesforce writes them: some clients compare every letter.

The ASGI server would write every name in small letters. Those by which it decides how to send a
body stay as they are.
"""

from __future__ import annotations

from functools import cache

from starlette.responses import Response

ABBREVIATED = {
    "numberofrecords": "NumberOfRecords",
    "etag": "ETag",
    "xss": "XSS",
    "sfdc": "SFDC",
    "www": "WWW",
}
OF_THE_SERVER = (b"content-length", b"transfer-encoding", b"connection")


class HeaderName(bytes):
    """A name that the server's own lowering leaves alone."""

    def lower(self) -> bytes:
        """The name as it is."""
        return self


def as_written(response: Response) -> Response:
    """The response with header names in Salesforce's capitals."""
    response.raw_headers = [(_written(name), value) for name, value in response.raw_headers]
    return response


@cache
def _written(name: bytes) -> bytes:
    if name in OF_THE_SERVER:
        return name
    words = name.decode("latin-1").split("-")
    written = "-".join(ABBREVIATED.get(word, word.capitalize()) for word in words)
    return HeaderName(written.encode("latin-1"))
