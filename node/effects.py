"""What a node asks of whoever drives it, besides what its agreement and its catching up ask."""

from __future__ import annotations

from msgspec import Struct

from intents.auction import Auction
from node.agreement import effects as agreement
from node.agreement.messages import Certificate
from node.catchup.messages import CatchUpEffect
from node.chain.app import Applied


class Store(Struct, frozen=True):
    """Make these items durable: after this, whoever handed them in may be told so."""

    items: tuple[bytes, ...]


class Gossip(Struct, frozen=True):
    """Pass an item on to everybody."""

    item: bytes


class Ask(Struct, frozen=True):
    """Ask a peer (``None``: any) for items by id."""

    to: int | None
    ids: tuple[bytes, ...]


class Give(Struct, frozen=True):
    """Items a peer asked for."""

    to: int
    items: tuple[bytes, ...]


class Commit(Struct, frozen=True):
    """One transaction: the block, its certificate and the changes to the state."""

    height: int
    block: bytes
    certificate: Certificate
    applied: Applied


class Solve(Struct, frozen=True):
    """Answer this auction; hand solutions to ``solved``."""

    auction: Auction


Effect = agreement.Effect | CatchUpEffect | Store | Gossip | Ask | Give | Commit | Solve
