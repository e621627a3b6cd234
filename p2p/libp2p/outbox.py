"""What waits to be written to one neighbour: bounded, with a mark below the bound where publishers wait."""

from __future__ import annotations

from collections import deque

import trio

from p2p.base import Limits

_WRITE_BYTES = 64 * 1024


class Outbox:
    """Frames in order. Forwarding never waits (two neighbours waiting for each other would stand still)."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._filled, self._eased = trio.Event(), trio.Event()
        self.closed = False

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes) -> bool:
        """Whether there was room."""
        full = len(self._frames) >= self._limits.queue_messages
        if self.closed or full or self._bytes + len(frame) > self._limits.queue_bytes:
            return False
        self._frames.append(frame)
        self._bytes += len(frame)
        self._filled.set()
        return True

    async def eased(self) -> None:
        """Wait until a publisher may add to it."""
        while len(self._frames) > self._limits.publish_queue and not self.closed:
            await self._eased.wait()

    async def take(self) -> bytes:
        """The next frames, together; empty when closed."""
        while not self._frames and not self.closed:
            self._filled = trio.Event()
            await self._filled.wait()
        taken: list[bytes] = []
        size = 0
        while self._frames and (not taken or size + len(self._frames[0]) <= _WRITE_BYTES):
            size += len(self._frames[0])
            taken.append(self._frames.popleft())
        self._bytes -= size
        if len(self._frames) <= self._limits.publish_queue:
            self._eased.set()
            self._eased = trio.Event()
        return b"".join(taken)

    def close(self) -> None:
        self.closed = True
        self._filled.set()
        self._eased.set()
