"""A topic whose messages are packs: items go in one by one, packs go out when full or after a few milliseconds."""

from __future__ import annotations

import trio

from p2p.base import Transport
from p2p.clock import monotonic_ms
from p2p.packing import Packer, PackLimits


class PackedPublisher:
    """Publishes items on one topic. :meth:`run` must be running for what has not filled a pack to leave."""

    def __init__(self, transport: Transport, topic: str, limits: PackLimits) -> None:
        self._transport, self._topic = transport, topic
        self._packer = Packer(limits)
        self._added = trio.Event()

    async def publish(self, item: bytes) -> None:
        """Take an item in; waits, when it fills a pack, for the neighbours' queues.

        Raises:
            BadPack: the item is empty, or too long for any pack.
            UnknownTopic, MessageTooLarge
        """
        full = self._packer.add(item, monotonic_ms())
        self._added.set()
        if full is not None:
            await self._transport.publish(self._topic, full)

    async def flush(self) -> None:
        rest = self._packer.flush()
        if rest is not None:
            await self._transport.publish(self._topic, rest)

    async def run(self) -> None:
        """Send what has waited long enough, until cancelled."""
        while True:
            due_ms = self._packer.due_ms()
            if due_ms is None:
                self._added = trio.Event()
                await self._added.wait()
            elif due_ms > monotonic_ms():
                await trio.sleep((due_ms - monotonic_ms()) / 1_000)
            else:
                await self.flush()
