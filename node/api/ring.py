"""Numbered events, of each topic the last so many: enough for a reader who was away for a moment to go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from heapq import merge
from typing import Final

#: Topics with a ring of their own; single intents share one.
KINDS: Final = ("blocks", "auctions", "peers", "intents", "intent")


def kind_of(topic: str) -> str:
    return "intent" if ":" in topic else topic


class Ring:
    """``seq`` counts events from 1 over all topics. An event is kept as its message, ready to be sent: of each
    kind of topic so many, and so many bytes of them."""

    def __init__(self, room: int, room_bytes: int) -> None:
        self.seq = 0
        self._room, self._room_bytes = room, room_bytes
        self._kept: dict[str, deque[tuple[int, str, bytes]]] = {kind: deque() for kind in KINDS}
        self._bytes = dict.fromkeys(KINDS, 0)
        #: The last number that each ring has let go of.
        self._lost = dict.fromkeys(KINDS, 0)

    def next(self) -> int:
        self.seq += 1
        return self.seq

    def keep(self, seq: int, topic: str, message: bytes) -> None:
        kind = kind_of(topic)
        kept = self._kept[kind]
        kept.append((seq, topic, message))
        self._bytes[kind] += len(message)
        while len(kept) > self._room or self._bytes[kind] > self._room_bytes:
            self._lost[kind], _, dropped = kept.popleft()
            self._bytes[kind] -= len(dropped)

    def after(self, since: int, topics: Iterable[str]) -> Iterator[bytes] | None:
        """The messages of ``topics`` after event ``since``, in order; ``None`` where some are lost."""
        wanted = frozenset(topics)
        kinds = {kind_of(topic) for topic in wanted}
        if since > self.seq or any(self._lost[kind] > since for kind in kinds):
            return None
        found = merge(*(self._kept[kind] for kind in kinds), key=lambda kept: kept[0])
        return (message for seq, topic, message in list(found) if seq > since and topic in wanted)
