"""What happens in a node, told to whoever listens; one who does not keep up is not waited for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio

from node.served import NodeEvent


class Feed:
    """Events to any number of listeners, each with room of its own."""

    def __init__(self) -> None:
        self._listeners: list[trio.MemorySendChannel[NodeEvent]] = []

    def tell(self, event: NodeEvent) -> None:
        for listener in [*self._listeners]:
            try:
                listener.send_nowait(event)
            except trio.WouldBlock:
                # It finds the channel closed, after what it has room for.
                self._listeners.remove(listener)
                listener.close()
            except trio.BrokenResourceError:
                self._listeners.remove(listener)

    @asynccontextmanager
    async def events(self, room: int) -> AsyncIterator[trio.MemoryReceiveChannel[NodeEvent]]:
        send, receive = trio.open_memory_channel[NodeEvent](room)
        self._listeners.append(send)
        try:
            with send, receive:
                yield receive
        finally:
            if send in self._listeners:
                self._listeners.remove(send)

    def close(self) -> None:
        for listener in self._listeners:
            listener.close()
        self._listeners.clear()
