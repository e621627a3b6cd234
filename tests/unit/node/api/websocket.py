"""A WebSocket client over a plain trio stream, so that tests say exactly what is sent and when it is read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import trio
from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    BytesMessage,
    CloseConnection,
    RejectConnection,
    RejectData,
    Request,
    TextMessage,
)
from wsproto.utilities import LocalProtocolError

from tests.unit.node.api.desk import Desk

PATIENCE_S = 20.0


class Rejected(Exception):
    """The node answered in HTTP."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(status, body)
        self.status, self.body = status, body


class Closed(Exception):
    """The node ended the stream."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Client:
    """One stream. ``greeting`` is what the node said first."""

    def __init__(self, tcp: trio.SocketStream) -> None:
        self.tcp, self._protocol = tcp, WSConnection(ConnectionType.CLIENT)
        self.greeting: dict[str, Any] = {}
        self.extensions: list[object] = []
        self._text = ""

    async def open(self, host: str, headers: Sequence[tuple[bytes, bytes]]) -> None:
        await self.tcp.send_all(
            self._protocol.send(Request(host=host, target="/v1/stream", extra_headers=list(headers)))
        )
        self.greeting = await self.hear("hello")

    async def say(self, **message: object) -> None:
        await self.send(json.dumps(message))

    async def send(self, data: str | bytes) -> None:
        event = TextMessage(data) if isinstance(data, str) else BytesMessage(data)
        try:
            await self.tcp.send_all(self._protocol.send(event))
        except (trio.BrokenResourceError, LocalProtocolError):
            return  # the next reading says why

    async def hear(self, kind: str | None = None) -> dict[str, Any]:
        """The next message, or the next of a kind. Raises ``Closed`` or ``Rejected``."""
        with trio.fail_after(PATIENCE_S):
            while True:
                found: dict[str, Any] = json.loads(await self._message())
                if kind is None or found["type"] == kind:
                    return found

    async def subscribe(self, *topics: str, **since: object) -> dict[str, Any]:
        await self.say(type="subscribe", topics=topics, **since)
        return await self.hear("subscribed")

    async def closed(self) -> int:
        """Reads to the end; the code."""
        try:
            while True:
                await self.hear()
        except Closed as end:
            return end.code

    async def _message(self) -> str:
        status, body = 0, b""
        while True:
            for event in self._protocol.events():
                match event:
                    case TextMessage():
                        self._text += event.data
                        if event.message_finished:
                            found, self._text = self._text, ""
                            return found
                    case CloseConnection():
                        raise Closed(event.code)
                    case RejectConnection():
                        status = event.status_code
                        if not event.has_body:
                            raise Rejected(status, b"")
                    case RejectData():
                        body += event.data
                        if event.body_finished:
                            raise Rejected(status, body)
                    case _:
                        assert isinstance(event, AcceptConnection)
                        self.extensions = list(event.extensions)
            data = await self.tcp.receive_some(1 << 16)
            self._protocol.receive_data(data or None)


@asynccontextmanager
async def stream(desk: Desk, headers: Sequence[tuple[bytes, bytes]] = ()) -> AsyncIterator[Client]:
    """A stream of the desk's node; it is cut at the end, as clients may."""
    port = int(desk.url.rpartition(":")[2])
    async with await trio.open_tcp_stream("127.0.0.1", port) as tcp:
        client = Client(tcp)
        await client.open(f"127.0.0.1:{port}", headers)
        yield client
