"""Several items in one gossip message, because a message costs far more than its bytes.

A pack is ``0x01`` then, for every item, ``varint(length) ‖ bytes``; at least one item, no empty ones. An item that
is read is a slice of the pack: nothing is allocated on the word of a length.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from p2p.framing import BadFrame, VarintFrames, varint

VERSION: Final = 1


class BadPack(Exception):
    """Bytes that are no pack, or one over its limits."""


@dataclass(frozen=True, slots=True)
class PackLimits:
    items: int = 256
    #: Of the whole pack; at most the network's largest message.
    pack_bytes: int = 128 * 1024
    #: How long an item waits for company.
    linger_ms: int = 5


def pack(items: list[bytes]) -> bytes:
    return bytes([VERSION]) + b"".join(varint(len(item)) + item for item in items)


def unpack(data: bytes, limits: PackLimits) -> list[bytes]:
    """The items of a pack, in order.

    Raises:
        BadPack
    """
    if len(data) > limits.pack_bytes:
        raise BadPack(f"{len(data)} bytes, and the limit is {limits.pack_bytes}")
    if not data or data[0] != VERSION:
        raise BadPack("not a pack of version 1")
    try:
        items = VarintFrames(limits.pack_bytes).feed(data[1:])
    except BadFrame as error:
        raise BadPack(str(error)) from error
    if not items or len(items) > limits.items or not all(items):
        raise BadPack(f"{len(items)} items, or an empty one")
    if pack(items) != data:
        raise BadPack("bytes left over, or a length written long")
    return items


@dataclass(slots=True)
class Packer:
    """Collects items until a pack is full or its first item has waited long enough. Times come from the caller."""

    limits: PackLimits
    _items: list[bytes] = field(default_factory=list, init=False)
    _bytes: int = field(default=1, init=False)
    _since_ms: int = field(default=0, init=False)

    def add(self, item: bytes, now_ms: int) -> bytes | None:
        """Take an item in; a pack to send now, if there is one.

        Raises:
            BadPack: the item is empty, or too long for any pack.
        """
        size = len(varint(len(item))) + len(item)
        if not item or 1 + size > self.limits.pack_bytes:
            raise BadPack(f"an item of {len(item)} bytes")
        full = self.flush() if self._items and self._bytes + size > self.limits.pack_bytes else None
        if not self._items:
            self._since_ms = now_ms
        self._items.append(item)
        self._bytes += size
        if full is None and len(self._items) >= self.limits.items:
            full = self.flush()
        return full

    def due_ms(self) -> int | None:
        """When the pack must go; None if it is empty."""
        return self._since_ms + self.limits.linger_ms if self._items else None

    def flush(self) -> bytes | None:
        """What has been collected, as a pack."""
        if not self._items:
            return None
        data, self._items, self._bytes = pack(self._items), [], 1
        return data
