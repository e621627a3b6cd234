"""What a node asks of whoever drives it, besides what its agreement and its catching up ask."""

from __future__ import annotations

from dataclasses import dataclass

from intents.auction import Auction
from node.agreement import effects as agreement
from node.agreement.messages import Certificate
from node.catchup.messages import CatchUpEffect
from node.chain.app import Applied


@dataclass(frozen=True, slots=True)
class Store:
    """Make these items durable: after this, whoever handed them in may be told so."""

    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Gossip:
    """Pass an item on to everybody."""

    item: bytes


@dataclass(frozen=True, slots=True)
class Ask:
    """Ask a peer (``None``: any) for items by id."""

    to: int | None
    ids: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Give:
    """Items a peer asked for."""

    to: int
    items: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Commit:
    """One transaction: the block, its certificate and the changes to the state."""

    height: int
    block: bytes
    certificate: Certificate
    applied: Applied


@dataclass(frozen=True, slots=True)
class Solve:
    """Answer this auction; hand solutions to ``solved``."""

    auction: Auction


Effect = agreement.Effect | CatchUpEffect | Store | Gossip | Ask | Give | Commit | Solve
