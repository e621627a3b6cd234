"""How a simulation's nodes reach each other: direct links for the agreement, gossip for items, both counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from node.chain.items import item_id
from sim.cluster import Wire

#: Called where an item arrives: node, sender, item; whether the node passes it on.
Arrive = Callable[[int, int, bytes], bool]


class Straight:
    """A mesh in which whoever publishes reaches everybody over one link each."""

    def __init__(self, wire: Wire, nodes: int, arrive: Arrive) -> None:
        self.wire, self.nodes, self.arrive = wire, nodes, arrive
        self._seen: set[bytes] = set()

    def publish(self, node: int, item: bytes) -> None:
        number = item_id(item)
        if number in self._seen:
            return
        self._seen.add(number)
        for other in range(self.nodes):
            if other != node:
                self.wire.send(node, other, self._deliver, other, node, item)

    def _deliver(self, node: int, sender: int, item: bytes, *_: Any) -> None:
        self.arrive(node, sender, item)
