"""Strategies that live in what a solver's node sends: keeping a seal shut, and copying the seals of others.

The node's own code runs as it is; what it hands to the network is looked at on the way, and may be kept back or
followed by something of one's own.
"""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Final

from node.chain.items import Commit, Item, Reveal, encode_item
from node.solving import SolverKey

#: Seals remembered: of the auction under way.
MAX_HEARD: Final = 1_024


class Withholder:
    """Of its reveals keeps back a share: the option not to trade, at the price of a bond."""

    def __init__(self, key: SolverKey, share: float, rng: Random) -> None:
        self.key, self.share, self.rng = key, share, rng
        self.withheld: list[int] = []

    def keeps_back(self, item: Item) -> bool:
        if isinstance(item, Reveal) and item.solver == self.key.public and self.rng.random() < self.share:
            self.withheld.append(item.auction)
            return True
        return False


class Copier:
    """Seals the first seal it hears, and opens it with what that seal's owner opens: the answer of another."""

    def __init__(self, key: SolverKey, network: bytes) -> None:
        self.key, self.network = key, network
        self._source: dict[int, bytes] = {}

    def answers(self, item: Item) -> bytes | None:
        """An item of its own in answer to one it hears."""
        key = self.key
        if isinstance(item, Commit) and item.solver != key.public and item.auction not in self._source:
            if len(self._source) >= MAX_HEARD:
                self._source.clear()
            self._source[item.auction] = item.solver
            copy = Commit(item.auction, key.public, item.seal)
            return encode_item(replace(copy, signature=key.sign(copy.signed(self.network))))
        if isinstance(item, Reveal) and self._source.get(item.auction) == item.solver:
            opened = Reveal(item.auction, key.public, item.salt, item.solutions)
            return encode_item(replace(opened, signature=key.sign(opened.signed(self.network))))
        return None
