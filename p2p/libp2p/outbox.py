"""What waits to be written to one neighbour: bounded, with a mark below the bound where publishers wait."""

from __future__ import annotations

import random
from collections import OrderedDict

import trio

from p2p.base import Limits

_WRITE_BYTES = 64 * 1024


class Outbox:
    """Frames in order. Forwarding never waits for room (two neighbours waiting for each other would stand still).

    Frames that are not urgent, forwarded messages, linger up to ``linger_s`` at random: of two neighbours about to
    send each other the same message one is first and spares the other, and several go in one write.
    """

    def __init__(self, limits: Limits, rng: random.Random, linger_s: float) -> None:
        self._limits, self._rng, self._linger_s = limits, rng, linger_s
        self._frames: OrderedDict[object, bytes] = OrderedDict()
        self._bytes = 0
        self._filled, self._eased, self._urgent = trio.Event(), trio.Event(), trio.Event()
        self.closed = False

    def __len__(self) -> int:
        return len(self._frames)

    def put(self, frame: bytes, mid: bytes | None = None, *, urgent: bool = True) -> bool:
        """Whether there was room. A message's frame is put under its id."""
        full = len(self._frames) >= self._limits.queue_messages
        if self.closed or full or self._bytes + len(frame) > self._limits.queue_bytes:
            return False
        if mid in self._frames:
            return True
        self._frames[mid or object()] = frame
        self._bytes += len(frame)
        self._filled.set()
        if urgent:
            self._urgent.set()
        return True

    def discard(self, mid: bytes) -> None:
        """The neighbour has the message."""
        frame = self._frames.pop(mid, None)
        if frame is not None:
            self._bytes -= len(frame)

    async def eased(self) -> None:
        """Wait until a publisher may add to it."""
        while len(self._frames) > self._limits.publish_queue and not self.closed:
            await self._eased.wait()

    async def take(self) -> bytes:
        """The next frames, together; empty when closed."""
        while not self._frames and not self.closed:
            self._filled, self._urgent = trio.Event(), trio.Event()
            await self._filled.wait()
            with trio.move_on_after(self._linger_s * self._rng.random()):
                await self._urgent.wait()
        taken: list[bytes] = []
        size = 0
        while self._frames and (not taken or size + len(next(iter(self._frames.values()))) <= _WRITE_BYTES):
            _, frame = self._frames.popitem(last=False)
            size += len(frame)
            taken.append(frame)
        self._bytes -= size
        if len(self._frames) <= self._limits.publish_queue:
            self._eased.set()
            self._eased = trio.Event()
        return b"".join(taken)

    def close(self) -> None:
        self.closed = True
        for event in (self._filled, self._urgent, self._eased):
            event.set()
