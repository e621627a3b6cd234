"""Gossip of items: what a world sees of it, its parameters, and one message on its way.

A message is pushed at once to the peers of a node's mesh and, should that fail, advertised and asked for later
(gossipsub v1.1: eager push, IHAVE and IWANT on heartbeats, a cache of what was seen).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from intents.errors import WrongValue

#: An item, or a small number that stands for one.
Message = bytes | int
#: Called with (node, peer it came from, message) when a message first arrives; whether the node passes it on.
Deliver = Callable[[int, int, Any], bool]


class Gossip(Protocol):
    """Spreads messages over a network's nodes; each node gets each once."""

    def publish(self, node: int, message: Message, size_bytes: int) -> None:
        """Spread a message from ``node``; nothing happens where it has seen it, or is not there."""

    def join(self, node: int) -> None:
        """A node that was absent is there; it hears what is published from now on, and what is still
        advertised.
        """

    def down(self, node: int) -> None:
        """A node dies: what was under way to it is lost, and so is its memory."""

    def up(self, node: int) -> None:
        """A node that died is there again."""


@dataclass(frozen=True, slots=True)
class GossipModel:
    """gossipsub v1.1's parameters, its defaults (specification, section "Parameters").

    ``degree``, ``low``, ``high``: peers of a mesh; ``lazy``: peers told on a heartbeat; ``advertised`` and
    ``history``: heartbeats for which a message is told of and kept; ``seen_us``: for how long it is remembered.
    ``id_bytes``: what an id takes in an IHAVE or IWANT.
    """

    degree: int = 6
    low: int = 4
    high: int = 12
    lazy: int = 6
    heartbeat_us: int = 1_000_000
    advertised: int = 3
    history: int = 5
    seen_us: int = 120_000_000
    id_bytes: int = 34

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.degree <= self.high:
            raise WrongValue(
                "gossip.degree", "low ≤ degree ≤ high, all positive", f"{self.low}, {self.degree}, {self.high}"
            )
        if self.heartbeat_us < 1_000:
            raise WrongValue("gossip.heartbeat_us", "at least 1,000", str(self.heartbeat_us))
        if not 0 <= self.advertised <= self.history:
            raise WrongValue("gossip.advertised", "0 to history", str(self.advertised))


def identity(message: Message) -> Message:
    """What a message is known by: a number itself, bytes by their hash."""
    return message if isinstance(message, int) else hashlib.blake2b(message, digest_size=16).digest()
