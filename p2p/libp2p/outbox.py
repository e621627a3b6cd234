"""What waits to be written to one neighbour: bounded, with a mark below the bound where publishers wait."""

from __future__ import annotations

from collections import OrderedDict

import trio

from p2p.base import Limits
from p2p.libp2p.rpc import framed

#: Of one frame: bytes, unless a single RPC has more, and RPCs (each has a few parts, and a frame 512).
_FRAME_BYTES, _FRAME_RPCS = 64 * 1024, 64


class Outbox:
    """RPCs in order. Forwarding never waits for room (two neighbours waiting for each other would stand still).

    RPCs that are not urgent, forwarded messages, wait for company until they are released or an urgent one comes;
    then all go in one frame. Meanwhile the neighbour may send such a message itself, and is spared it.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rpcs: OrderedDict[object, bytes] = OrderedDict()
        self._bytes = 0
        self._due = False
        self._woken, self._eased = trio.Event(), trio.Event()
        self.closed = False

    def __len__(self) -> int:
        return len(self._rpcs)

    def put(self, rpc: bytes, mid: bytes | None = None, *, urgent: bool = True) -> bool:
        """Whether there was room. A message's RPC is put under its id."""
        full = len(self._rpcs) >= self._limits.queue_messages
        if self.closed or full or self._bytes + len(rpc) > self._limits.queue_bytes:
            return False
        if mid in self._rpcs:
            return True
        self._rpcs[mid or object()] = rpc
        self._bytes += len(rpc)
        if urgent:
            self.release()
        return True

    def release(self) -> None:
        """What is here may go."""
        if self._rpcs:
            self._due = True
            self._woken.set()

    def discard(self, mid: bytes) -> None:
        """The neighbour has the message."""
        rpc = self._rpcs.pop(mid, None)
        if rpc is not None:
            self._bytes -= len(rpc)
            if len(self._rpcs) == self._limits.publish_queue:
                self._ease()

    async def eased(self) -> None:
        """Wait until a publisher may add to it."""
        while len(self._rpcs) > self._limits.publish_queue and not self.closed:
            await self._eased.wait()

    async def take(self) -> bytes:
        """The next RPCs, in one frame; empty when closed."""
        while not (self._rpcs and self._due) and not self.closed:
            self._due, self._woken = False, trio.Event()
            await self._woken.wait()
        taken: list[bytes] = []
        size = 0
        while self._rpcs and len(taken) < _FRAME_RPCS:
            rpc = next(iter(self._rpcs.values()))
            if taken and size + len(rpc) > _FRAME_BYTES:
                break
            self._rpcs.popitem(last=False)
            size += len(rpc)
            taken.append(rpc)
        self._bytes -= size
        if len(self._rpcs) <= self._limits.publish_queue:
            self._ease()
        return framed(taken) if taken else b""

    def _ease(self) -> None:
        """Few enough are left: publishers that wait need not."""
        self._eased.set()
        self._eased = trio.Event()

    def close(self) -> None:
        self.closed = True
        self._woken.set()
        self._eased.set()
