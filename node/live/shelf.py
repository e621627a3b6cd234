"""Long words on both sides: kept here to be fetched by those to whom they were offered, fetched once when several
offer the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from node.live.wire import Offer, offer_of

#: How long a word is kept to be fetched, and how much of them there may be.
KEPT_MS: Final = 20_000
MAX_WORDS: Final = 256
MAX_BYTES: Final = 128 << 20
#: Offers of one thing that are remembered while it is being fetched, and things fetched lately.
MAX_OTHERS: Final = 32
MAX_LATELY: Final = 512
#: For which what was fetched is not fetched again.
LATELY_MS: Final = 1_500
#: How long a peer may take to give out what it offered before the next is asked too, and that for each MiB; how
#: long, and of how many peers, it is remembered that one took longer.
PATIENCE_MS: Final = 1_000
LATE_MS: Final = 60_000
MAX_LATE: Final = 512


class Shelf:
    """Words to be fetched, by digest; the oldest go first."""

    def __init__(self) -> None:
        self._words: OrderedDict[bytes, tuple[int, bytes]] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._words)

    def put(self, word: bytes, height: int, place: int, now_ms: int) -> Offer:
        offer = offer_of(word, height, place)
        if offer.digest in self._words:
            self._words[offer.digest] = (now_ms, word)
            self._words.move_to_end(offer.digest)
            return offer
        self._words[offer.digest] = (now_ms, word)
        self._bytes += len(word)
        while len(self._words) > MAX_WORDS or self._bytes > MAX_BYTES:
            self._drop()
        return offer

    def get(self, digest: bytes) -> bytes | None:
        found = self._words.get(digest)
        return None if found is None else found[1]

    def expire(self, now_ms: int) -> None:
        while self._words and next(iter(self._words.values()))[0] <= now_ms - KEPT_MS:
            self._drop()

    def _drop(self) -> None:
        _, (_, word) = self._words.popitem(last=False)
        self._bytes -= len(word)


class Fetching:
    """What is being fetched, and who took long. ``wanted`` says of an offer whether it is of use still."""

    def __init__(self, wanted: Callable[[Offer], bool]) -> None:
        self._wanted = wanted
        self._others: dict[Hashable, list[tuple[str, Offer]]] = {}
        self._lately: OrderedDict[bytes, int] = OrderedDict()
        self._late: OrderedDict[str, int] = OrderedDict()

    def begin(self, peer: str, offer: Offer, now_ms: int) -> bool:
        """Whether to fetch it from this peer now; if that is under way, its last offer is remembered in case that
        fails."""
        if now_ms - self._lately.get(offer.digest, -LATELY_MS) < LATELY_MS or not self._wanted(offer):
            return False
        others = self._others.get(_thing(offer))
        if others is None:
            self._others[_thing(offer)] = []
            return True
        others[:] = [found for found in others if found[0] != peer]
        if len(others) < MAX_OTHERS:
            others.append((peer, offer))
        return False

    def following(self, offer: Offer, now_ms: int) -> tuple[str, Offer] | None:
        """Who else offered it: those first who were not late before."""
        others = self._others.get(_thing(offer), [])
        others.sort(key=lambda found: self._was_late(found[0], now_ms))
        while others:
            peer, other = others.pop(0)
            if self._wanted(other):
                return peer, other
        return None

    def gone(self, offer: Offer) -> list[tuple[str, Offer]]:
        """It is not being fetched any more; who else offered it."""
        return self._others.pop(_thing(offer), [])

    def done(self, offer: Offer, now_ms: int) -> None:
        self.gone(offer)
        self._lately[offer.digest] = now_ms
        if len(self._lately) > MAX_LATELY:
            self._lately.popitem(last=False)

    # Who gives out what it offered

    def patience_ms(self, peer: str, offer: Offer, now_ms: int) -> int:
        """How long to wait for this peer alone: not at all for one that was late."""
        return 0 if self._was_late(peer, now_ms) else PATIENCE_MS * (1 + (offer.size >> 20))

    def _was_late(self, peer: str, now_ms: int) -> bool:
        return now_ms - self._late.get(peer, -LATE_MS) < LATE_MS

    def late(self, peer: str, now_ms: int) -> None:
        """It offered, and did not give out in time."""
        self._late[peer] = now_ms
        self._late.move_to_end(peer)
        if len(self._late) > MAX_LATE:
            self._late.popitem(last=False)

    def served(self, peer: str) -> None:
        self._late.pop(peer, None)


def _thing(offer: Offer) -> Hashable:
    """Decisions of one height differ in who signed, and any of them will do."""
    return (offer.kind, offer.place, offer.height) if offer.place == DECISION else offer.digest


#: The places of the long messages among the agreement's.
BODY: Final = 3
DECISION: Final = 4
