"""A solver engine on a free loopback port, served for real while a test runs."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import trio

from solver.engine_server import EngineServer, ServerLimits, listen, serve
from solver.protocol import Solver
from solver.registry import built_in


@asynccontextmanager
async def serving(
    name: str,
    config: bytes | None = None,
    *,
    make: Callable[[], Solver] | None = None,
    limits: ServerLimits | None = None,
) -> AsyncIterator[str]:
    """The engine's address; it is shut down, and its port free again, on the way out."""
    server = EngineServer(name, make or (lambda: built_in(name, config, as_engine=True)), limits)
    sock = listen("127.0.0.1", 0)
    url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    stopped = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(serve, server, sock, stopped.wait)
        try:
            yield url
        finally:
            stopped.set()


@asynccontextmanager
async def answering(reply: Callable[[trio.SocketStream], Any]) -> AsyncIterator[str]:
    """A server that reads a request's head and then does whatever ``reply`` does to the connection."""

    async def handle(stream: trio.SocketStream) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += await stream.receive_some(65_536)
        try:
            await reply(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return  # the client had enough

    async with trio.open_nursery() as nursery:
        listeners = await nursery.start(trio.serve_tcp, handle, 0)
        _, port = listeners[0].socket.getsockname()[:2]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            nursery.cancel_scope.cancel()


def http(status: str, body: bytes, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def solutions(*items: dict[str, Any]) -> bytes:
    return json.dumps({"solutions": list(items)}).encode()
