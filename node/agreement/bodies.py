"""The blocks of one height in full. Anybody can send any, so they are bounded in number and in bytes.

One that nobody here asked for is kept while there is room. One that was asked for, because a validator signed a
proposal of it or a vote for it, always is, and takes the room of others that are not needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from node.agreement.wire import MAX_BLOCK_BYTES

#: Bodies of one height, besides those asked for.
MAX_BODIES: Final = 64
#: Bytes of all of them, besides those needed: a liar's proposals, of whatever rounds, and anybody's junk.
MAX_BYTES: Final = 4 * MAX_BLOCK_BYTES
#: Up to which those are kept that nobody asked for.
MAX_UNASKED_BYTES: Final = 2 * MAX_BLOCK_BYTES


class Bodies:
    """``held`` by id, in the order in which they came; to be read only."""

    __slots__ = ("_asked", "_bytes", "held")

    def __init__(self) -> None:
        self.held: dict[bytes, bytes] = {}
        self._asked: set[bytes] = set()
        self._bytes = 0

    def ask(self, number: bytes) -> bool:
        """Whether a body is to be asked for: it is not here, and was not asked for before."""
        if number in self.held or number in self._asked:
            return False
        self._asked.add(number)
        return True

    def offer(self, number: bytes, block: bytes, needed: Callable[[bytes], bool]) -> bool:
        """A body from anybody; whether it is kept and was not here before."""
        if number in self.held:
            return False
        if number in self._asked:
            self._make_room(len(block), needed)
        elif len(self.held) >= MAX_BODIES or self._bytes + len(block) > MAX_UNASKED_BYTES:
            return False
        self.put(number, block)
        return True

    def put(self, number: bytes, block: bytes) -> None:
        """One of our own, or a decided one: there is always room for it."""
        if number not in self.held:
            self.held[number] = block
            self._bytes += len(block)

    def clear(self) -> None:
        self.held.clear()
        self._bytes = 0

    def _make_room(self, size: int, needed: Callable[[bytes], bool]) -> None:
        """Drop the oldest that are not needed until so many bytes fit: they can be asked for again."""
        if self._bytes + size <= MAX_BYTES:
            return
        for number in [number for number in self.held if not needed(number)]:
            self._bytes -= len(self.held.pop(number))
            self._asked.discard(number)
            if self._bytes + size <= MAX_BYTES:
                return
