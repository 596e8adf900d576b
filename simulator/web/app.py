"""The ASGI application: HTTP becomes calls, answers become HTTP."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from email.utils import format_datetime
from urllib.parse import parse_qsl

from isal import isal_zlib
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route as WebRoute

from simulator.errors import SalesforceError
from simulator.faults.wire import BrokenResponse
from simulator.json_text import dumps
from simulator.tls.names import reached_url
from simulator.web.calls import Answer, Call
from simulator.web.header_names import as_written
from simulator.web.serving import Server

MAX_URI_BYTES = 16_384
MAX_BODY_BYTES = 50 * 1024 * 1024
SMALLEST_COMPRESSED = 1_024
FAST, GZIP = 1, 16 + zlib.MAX_WBITS
WINDOWS = {"gzip": GZIP, "x-gzip": GZIP, "deflate": zlib.MAX_WBITS}
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]
UNKNOWN = "An unexpected error occurred. Please include this ErrorId if you contact support: 0-0"
FIXED_HEADERS = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-XSS-Protection": "1; mode=block",
    "X-Robots-Tag": "none",
    "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
    "Vary": "Accept-Encoding",
}


def application(server: Server) -> Starlette:
    """The application of an org."""

    async def answer(request: Request) -> Response:
        try:
            call = await _call(request, server)
        except SalesforceError as error:
            return _response(Answer(error.status, error.body()), request, server)
        return await run_in_threadpool(lambda: _response(server.answer(call), request, server))

    async def broken(request: Request, error: Exception) -> Response:
        refused = SalesforceError("UNKNOWN_EXCEPTION", UNKNOWN, status=500)
        return _response(Answer(refused.status, refused.body()), request, server)

    return Starlette(
        routes=[WebRoute("/{path:path}", answer, methods=METHODS)],
        exception_handlers={Exception: broken},
    )


async def _call(request: Request, server: Server) -> Call:
    raw_path = request.scope.get("raw_path", b"") or b""
    if len(raw_path) + len(request.scope["query_string"]) > MAX_URI_BYTES:
        raise SalesforceError("URI_TOO_LONG", "URI Too Long", status=414)
    headers = {name.lower(): value for name, value in request.headers.items()}
    query = dict(parse_qsl(request.url.query, keep_blank_values=True))
    method = query.pop("_HttpMethod", request.method).upper()
    return Call(
        method="GET" if method == "HEAD" else method,
        # some clients put a second slash before the path
        path="/" + request.url.path.lstrip("/"),
        query=query,
        headers=headers,
        body=_unpacked(await _body(request), headers.get("content-encoding", "").strip().lower()),
        base_url=_reached(request, server),
        source_ip=request.client.host if request.client else "127.0.0.1",
    )


def _reached(request: Request, server: Server) -> str:
    own = server.org.credentials.instance_url
    if request.scope["scheme"] != "https":
        return own
    return reached_url(request.headers.get("host", ""), otherwise=own)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise SalesforceError("EXCEEDED_MAX_SIZE_REQUEST", "Request too large", status=413)
    return bytes(body)


def _unpacked(body: bytes, encoding: str) -> bytes:
    if not body or encoding in ("", "identity"):
        return body
    if encoding not in WINDOWS:
        message = f"Content-Encoding {encoding[:40]!r} is not known: send gzip or deflate"
        raise SalesforceError("UNSUPPORTED_MEDIA_TYPE", message, status=415)
    unpacker = zlib.decompressobj(WINDOWS[encoding])
    try:
        # one byte more than is allowed, to tell a body that is too large from one that is cut off
        plain = unpacker.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as error:
        message = f"Body is not compressed as {encoding}"
        raise SalesforceError("INVALID_CONTENT_ENCODING", message) from error
    if len(plain) > MAX_BODY_BYTES:
        raise SalesforceError("EXCEEDED_MAX_SIZE_REQUEST", "Request too large", status=413)
    if not unpacker.eof or unpacker.unused_data:
        message = f"Body is not one complete {encoding} stream: it is cut off, or more follows"
        raise SalesforceError("INVALID_CONTENT_ENCODING", message)
    return plain


def _response(answer: Answer, request: Request, server: Server) -> Response:
    if answer.wire is not None:
        whole = _response(replace(answer, wire=None), request, server)
        return BrokenResponse(whole, answer.wire)
    date = format_datetime(server.org.clock.now().replace(microsecond=0), usegmt=True)
    headers = {"Date": date, **FIXED_HEADERS, **answer.headers}
    packs = "gzip" in request.headers.get("accept-encoding", "")
    if answer.is_empty:
        return as_written(Response(status_code=answer.status, headers=headers))
    if answer.stream is not None:
        if packs:
            headers["Content-Encoding"] = "gzip"
        stream = _at_once(_packed(answer.stream) if packs else answer.stream)
        headers["Content-Type"] = answer.content_type
        return as_written(StreamingResponse(stream, answer.status, headers=headers))
    content = _content(answer, pretty="x-prettyprint" in request.headers)
    if packs and len(content) >= SMALLEST_COMPRESSED:
        headers["Content-Encoding"], content = "gzip", isal_zlib.compress(content, FAST, GZIP)
    headers["Content-Type"] = answer.content_type
    return as_written(Response(content, status_code=answer.status, headers=headers))


def _content(answer: Answer, *, pretty: bool) -> bytes:
    if answer.text is not None:
        return answer.text.encode()
    return dumps(answer.body, pretty=pretty).encode("utf-8", "surrogatepass")


async def _at_once(stream: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Pieces without a thread for each: making one takes less than changing threads."""
    for piece in stream:
        yield piece


def _packed(stream: Iterator[bytes]) -> Iterator[bytes]:
    packer = isal_zlib.compressobj(FAST, isal_zlib.DEFLATED, GZIP)
    for chunk in stream:
        packed = packer.compress(chunk)
        if packed:
            yield packed
    yield packer.flush()
