"""What nodes remember of messages that nobody keeps any more: a bit per node, for a while."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import numpy as np

from sim.network.flight import Bools
from sim.network.gossip import Message
from sim.network.state import Network

#: Messages remembered at once, the latest.
MAX_SEEN: Final = 250_000


@dataclass(frozen=True, slots=True)
class Seen:
    """Who had a message at ``at_us``: a bit per node, or None for everybody."""

    bits: bytes | None
    at_us: int


class Memory:
    """The nodes' caches of seen ids, as one: each forgets ``seen_us`` after a message was last kept by anybody."""

    def __init__(self, network: Network, seen_us: int) -> None:
        self._network, self._seen_us = network, seen_us
        self._seen: OrderedDict[Message, Seen] = OrderedDict()

    def keep(self, name: Message, had: Bools, now_us: int) -> None:
        self._seen[name] = Seen(None if had.all() else np.packbits(had).tobytes(), now_us)
        self._seen.move_to_end(name)
        if len(self._seen) > MAX_SEEN:
            self._seen.popitem(last=False)

    def had(self, name: Message, now_us: int) -> Bools | None:
        """Per node whether it remembers the message; None if nobody does."""
        while self._seen and next(iter(self._seen.values())).at_us + self._seen_us < now_us:
            self._seen.popitem(last=False)
        seen = self._seen.get(name)
        if seen is None:
            return None
        nodes = self._network.topology.nodes
        # Who came later, or again, remembers nothing of it.
        there: Bools = np.array(self._network.since_us) <= seen.at_us
        if seen.bits is None:
            return there
        had: Bools = np.unpackbits(np.frombuffer(seen.bits, dtype=np.uint8), count=nodes) == 1
        return had & there
