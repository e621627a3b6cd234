"""Who is on the network: what nodes say of themselves now and then, signed, passed on by all, soon forgotten."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from intents.errors import WalrasError
from intents.signing import verify_ed25519
from node.home.peer_id import peer_id
from node.live.wire import Presence, decode_presence, peer_proof, presence_digest
from p2p.base import Verdict
from p2p.buckets import KeyedBuckets

#: Between two words of one node, how long one is believed, and how many nodes are known.
EVERY_MS: Final = 2_000
BELIEVED_MS: Final = 10_000
MAX_NODES: Final = 1_024
#: How long a node with the same identity is not forgotten: the two take each other's connections.
DOUBLED_MS: Final = 60_000
#: A node that says more often where it is, is not heard; nor a neighbour that brings more words than there can be.
_LEAST_MS: Final = 1_000
PER_S: Final = 600
BURST: Final = 2_000


@dataclass(slots=True)
class Known:
    """A node's last word, and when it was heard by our clocks: the loop's and Unix time."""

    peer: str
    presence: Presence
    at_ms: int
    seen_ms: int


class Neighbourhood:
    """All nodes heard of in the last ``BELIEVED_MS``. ``own`` is this node's identity."""

    def __init__(self, network: bytes, own: bytes) -> None:
        self._network, self._own = network, own
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._rates: KeyedBuckets[str] = KeyedBuckets(PER_S, BURST, MAX_NODES)
        self._said_ms = 0
        self._doubled_ms: int | None = None

    def __len__(self) -> int:
        return len(self._known)

    def judge(self, sender: str, data: bytes, now_ms: int, unix_ms: int) -> Verdict:
        """Whether to pass a word on: malformed or forged is rejected, old, too early or too much ignored."""
        if not self._rates.take(sender, 1, now_ms * 1_000):
            return Verdict.IGNORE
        try:
            presence, signature = decode_presence(data)
            known = self._known.get(presence.identity)
            if presence.identity == self._own:
                self._own_word(presence, signature, now_ms)
                return Verdict.IGNORE
            if known is not None and presence.at_ms <= known.presence.at_ms:
                return Verdict.IGNORE
            if known is not None and now_ms - known.at_ms < _LEAST_MS:
                return Verdict.IGNORE
            verify_ed25519(presence.identity, presence_digest(self._network, presence), signature)
            if presence.key:
                verify_ed25519(presence.key, peer_proof(self._network, presence.identity), presence.proof)
        except WalrasError:
            return Verdict.REJECT
        self.expire(now_ms)
        if known is None and len(self._known) >= MAX_NODES:
            return Verdict.IGNORE
        self._known[presence.identity] = Known(peer_id(presence.identity), presence, now_ms, unix_ms)
        self._known.move_to_end(presence.identity)
        return Verdict.ACCEPT

    def said(self, at_ms: int) -> None:
        """This node's own word of that time is about to go out."""
        self._said_ms = at_ms

    def doubled(self, now_ms: int) -> bool:
        """Whether words signed by this node's identity, which it did not say, were heard lately."""
        return self._doubled_ms is not None and now_ms < self._doubled_ms + DOUBLED_MS

    def _own_word(self, presence: Presence, signature: bytes, now_ms: int) -> None:
        """What comes back of its own is no newer than the last that it said."""
        if presence.at_ms > self._said_ms:
            verify_ed25519(presence.identity, presence_digest(self._network, presence), signature)
            self._doubled_ms = now_ms

    def expire(self, now_ms: int) -> None:
        while self._known and next(iter(self._known.values())).at_ms <= now_ms - BELIEVED_MS:
            self._known.popitem(last=False)

    def all(self, now_ms: int) -> list[Known]:
        self.expire(now_ms)
        return list(self._known.values())
