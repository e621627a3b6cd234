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
MAX_OTHERS: Final = 8
MAX_LATELY: Final = 512
#: For which what was fetched is not fetched again.
LATELY_MS: Final = 1_500


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
    """What is being fetched. ``wanted`` says of an offer whether it is of use still."""

    def __init__(self, wanted: Callable[[Offer], bool]) -> None:
        self._wanted = wanted
        self._others: dict[Hashable, list[tuple[str, Offer]]] = {}
        self._lately: OrderedDict[bytes, int] = OrderedDict()

    def begin(self, peer: str, offer: Offer, now_ms: int) -> bool:
        """Whether to fetch it from this peer now; if that is under way, it is remembered in case that fails."""
        if now_ms - self._lately.get(offer.digest, -LATELY_MS) < LATELY_MS or not self._wanted(offer):
            return False
        others = self._others.get(_thing(offer))
        if others is None:
            self._others[_thing(offer)] = []
            return True
        if len(others) < MAX_OTHERS:
            others.append((peer, offer))
        return False

    def failed(self, offer: Offer) -> tuple[str, Offer] | None:
        """Who else offered it."""
        others = self._others.get(_thing(offer), [])
        while others:
            peer, other = others.pop(0)
            if self._wanted(other):
                return peer, other
        self.gone(offer)
        return None

    def gone(self, offer: Offer) -> None:
        """It is not being fetched any more."""
        self._others.pop(_thing(offer), None)

    def done(self, offer: Offer, now_ms: int) -> None:
        self.gone(offer)
        self._lately[offer.digest] = now_ms
        if len(self._lately) > MAX_LATELY:
            self._lately.popitem(last=False)


def _thing(offer: Offer) -> Hashable:
    """Decisions of one height differ in who signed, and any of them will do."""
    return (offer.kind, offer.place, offer.height) if offer.place == DECISION else offer.digest


#: The places of the long messages among the agreement's.
BODY: Final = 3
DECISION: Final = 4
