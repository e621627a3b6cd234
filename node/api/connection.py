"""A client's TCP connection with a bound on how long a write may take, which can be cut at any moment.

The HTTP server shields its writes from cancelling, so a client that never reads could hold up the node's end. It
cannot hold up a deadline inside the shield, or the closing of the socket.
"""

from __future__ import annotations

import math
import socket
import struct
from typing import Final

import trio
from trio.abc import HalfCloseableStream

#: Bytes of one write.
PART_BYTES: Final = 64 << 10


class Connection(HalfCloseableStream):
    """What Hypercorn's server takes for a stream. ``socket`` is what it asks for the addresses."""

    def __init__(self, stream: trio.SocketStream, send_s: float) -> None:
        self.socket = stream.socket
        self._stream, self._send_s = stream, send_s
        self._hurry_until = math.inf
        self._sending: trio.CancelScope | None = None

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """Each part has its time: what is large may take long, as long as it is read."""
        whole = memoryview(data)
        for start in range(0, len(whole), PART_BYTES):
            await self._send(whole[start : start + PART_BYTES])

    async def _send(self, data: memoryview) -> None:
        deadline = min(trio.current_time() + self._send_s, self._hurry_until)
        with trio.CancelScope(deadline=deadline) as scope:
            self._sending = scope
            try:
                await self._stream.send_all(data)
            except trio.BusyResourceError as error:
                raise trio.BrokenResourceError("it is being closed") from error
            finally:
                self._sending = None
        if scope.cancelled_caught:
            self.abort()
            raise trio.BrokenResourceError("the client does not read")

    async def wait_send_all_might_not_block(self) -> None:
        await self._stream.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._stream.receive_some(max_bytes)

    async def send_eof(self) -> None:
        await self._stream.send_eof()

    async def aclose(self) -> None:
        await self._stream.aclose()

    def hurry(self, seconds: float) -> None:
        """Whatever is being written, or will be, has so long and no longer."""
        self._hurry_until = min(self._hurry_until, trio.current_time() + seconds)
        if self._sending is not None:
            self._sending.deadline = min(self._sending.deadline, self._hurry_until)

    def abort(self) -> None:
        """Close at once, without waiting for what was not sent yet."""
        if self.socket.fileno() >= 0:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.socket.close()
