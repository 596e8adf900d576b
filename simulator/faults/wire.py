"""Connections that break in the middle of a response, or drip."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from simulator.faults.work import Work
from simulator.web.calls import Answer, Wire

NO_LINGER = struct.pack("ii", 1, 0)
_open: dict[tuple[Any, Any], asyncio.Transport] = {}


class WatchedProtocol(HttpToolsProtocol):
    """HTTP as ever, but the connection of a request can be found again to break it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        connection = cast(asyncio.Transport, transport)
        super().connection_made(connection)
        _open[self.client, self.server] = connection

    def connection_lost(self, exc: Exception | None) -> None:
        _open.pop((self.client, self.server), None)
        super().connection_lost(exc)


class BrokenResponse(Response):
    """A response that goes out as its wire says."""

    def __init__(self, response: Response, wire: Wire) -> None:
        super().__init__()
        self._response, self._wire = response, wire

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send as much as arrives, then break."""
        wire, sent = self._wire, 0
        if wire.breaks_after == Wire.BEFORE_THE_HEAD:
            return await _break(scope, receive, is_reset=wire.is_reset)

        async def sending(message: Message) -> None:
            nonlocal sent
            if message["type"] == "http.response.start":
                return await send(_without_length(message))
            for piece in _pieces(message, wire, sent):
                sent += len(piece["body"])
                await send(piece)
                if wire.pause:
                    await asyncio.sleep(wire.pause)
            if wire.breaks_after is not None and sent >= wire.breaks_after:
                raise _Broken
            return None

        try:
            await self._response(scope, receive, sending)
        except* _Broken:
            await _break(scope, receive, is_reset=wire.is_reset)
        return None


class _Broken(Exception):
    """As much was sent as the fault lets through."""


def reset(work: Work) -> Answer:
    """The connection is reset, before the head of the response or in its body."""
    after = work.values["after_bytes"]
    place = Wire.BEFORE_THE_HEAD if after is None else after
    return _proceeding(work, Wire(breaks_after=place, is_reset=True))


def truncation(work: Work) -> Answer:
    """The connection is closed in the middle of a chunked body."""
    return _proceeding(work, Wire(breaks_after=work.values["after_bytes"]))


def slow_drip(work: Work) -> Answer:
    """The body comes in small pieces with pauses between them."""
    return _proceeding(work, Wire(piece=work.values["bytes"], pause=work.values["seconds"]))


def _proceeding(work: Work, wire: Wire) -> Answer:
    return replace(work.proceed(), wire=wire)


def _without_length(message: Message) -> Message:
    """Without a length the body is chunked: a client sees that the last chunk is missing."""
    headers = [(n, v) for n, v in message["headers"] if n.lower() != b"content-length"]
    return {**message, "headers": headers}


def _pieces(message: Message, wire: Wire, sent: int) -> Iterator[Message]:
    body, more = message.get("body", b""), message.get("more_body", False)
    breaks = wire.breaks_after is not None and sent + len(body) >= wire.breaks_after
    if breaks and wire.breaks_after is not None:
        body = body[: wire.breaks_after - sent]
    size = wire.piece or max(1, len(body))
    last = max(0, len(body) - 1) // size * size
    for begin in range(0, last + 1, size):
        is_followed = more or breaks or begin < last
        yield {**message, "body": body[begin : begin + size], "more_body": is_followed}


async def _break(scope: Scope, receive: Receive, *, is_reset: bool) -> None:
    transport = _open[scope["client"], scope["server"]]
    if is_reset:
        own: socket.socket = transport.get_extra_info("socket")
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
        transport.abort()
    else:
        transport.close()
    while (await receive())["type"] != "http.disconnect":
        pass
