"""A CONNECT proxy on the loopback address: leads Salesforce's hosts to the org, and no other.

A client that has ``login.salesforce.com`` built in gets it as HTTPS_PROXY, and the authority's
certificate to trust; nothing of the client is changed, and nothing leaves this machine.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from simulator.tls.names import HTTPS_PORT, LOCAL_ADDRESS, is_ours

HEAD_SECONDS = 10
# what a tunnel holds at most in each direction, and so the longest request that is read
BUFFER_BYTES = 64 * 1024
END_OF_HEAD = b"\r\n\r\n"
_CONNECT = re.compile(rb"CONNECT ([^\s:]{1,253}):(\d{1,5}) HTTP/1\.[01]\r\n")
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_REASON = b"This proxy leads to the simulated org only: Salesforce's hosts, by CONNECT.\n"
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
REFUSAL = _REFUSED % len(_REASON) + b"Connection: close\r\n\r\n" + _REASON


@contextmanager
def connect_proxy(listener: socket.socket, tls_port: int) -> Iterator[None]:
    """Tunnel what arrives at this listener to the org's TLS port until the block ends."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()
    proxy = _Proxy(tls_port)
    asyncio.run_coroutine_threadsafe(proxy.open(listener), loop).result()
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(proxy.close(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


class _Proxy:
    """The listener and its open tunnels."""

    def __init__(self, tls_port: int) -> None:
        self._tls_port = tls_port
        self._tunnels: set[asyncio.Task[None]] = set()

    async def open(self, listener: socket.socket) -> None:
        self._server = await asyncio.start_server(self._arrived, sock=listener, limit=BUFFER_BYTES)

    async def close(self) -> None:
        self._server.close()
        for tunnel in self._tunnels:
            tunnel.cancel()
        await asyncio.gather(*self._tunnels, return_exceptions=True)

    def _arrived(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tunnel = asyncio.get_running_loop().create_task(self._handle(reader, writer))
        self._tunnels.add(tunnel)
        tunnel.add_done_callback(self._tunnels.discard)

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HEAD_SECONDS):
                head = await reader.readuntil(END_OF_HEAD)
            if not _is_allowed(head, self._tls_port):
                writer.write(REFUSAL)
                await writer.drain()
                return
            await self._tunnel(reader, writer)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            # whoever hangs up, stalls or sends no request has nothing to be told
            return
        finally:
            writer.close()

    async def _tunnel(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(
            LOCAL_ADDRESS, self._tls_port, limit=BUFFER_BYTES
        )
        try:
            writer.write(_ESTABLISHED)
            await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))
        finally:
            there_writer.close()


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while piece := await source.read(BUFFER_BYTES):
        target.write(piece)
        await target.drain()
    if target.can_write_eof():
        target.write_eof()


def _is_allowed(head: bytes, tls_port: int) -> bool:
    match = _CONNECT.match(head)
    if match is None:
        return False
    host, port = match.group(1).decode("latin-1"), int(match.group(2))
    return is_ours(host) and port in (HTTPS_PORT, tls_port)
