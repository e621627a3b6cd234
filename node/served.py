"""What the HTTP interface and the page ask of a running node, whatever its role."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import trio

from intents.errors import WalrasError
from node.agreement.messages import Decision
from node.catchup.messages import Checkpoint
from node.chain.blocks import Phase
from node.history.base import History
from settlement.ledger.state import State


class Role(StrEnum):
    """What a node does for its network."""

    #: Votes; answers auctions too, where it has a solver.
    VALIDATOR = "validator"
    #: Follows the chain and answers auctions, for which it has a bond.
    SOLVER = "solver"
    #: Follows the chain, takes in and passes on what users sign.
    FULL = "full"
    #: Follows headers alone, and checks proofs of the rest that full nodes give it.
    LIGHT = "light"


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """``ready``: takes in items and is at the head as far as it knows; ``trouble`` says in words why it is not.

    ``phase`` is that of the height under way, ``height`` and ``root`` are of the last decided block. ``waiting``
    counts items for the next batch, ``acknowledged`` those of this process. ``started_ms`` is Unix time.
    """

    name: str
    role: Role
    peer: str
    network: bytes
    version: str
    height: int
    round: int
    auction: int
    phase: Phase
    root: bytes
    validators: int
    waiting: int
    acknowledged: int
    peers: int
    ready: bool
    trouble: str
    started_ms: int


@dataclass(frozen=True, slots=True)
class PeerView:
    """A node of the network as this one knows it: itself, its neighbours, and those it only heard of.

    ``peer`` is its libp2p id; ``key`` its validator's or solver's public key, empty where it has none.
    ``neighbours`` are peer ids it says it is connected with; ``seen_ms`` Unix time of its last word.
    """

    peer: str
    name: str
    role: Role
    key: bytes
    address: str
    height: int
    direct: bool
    neighbours: tuple[str, ...]
    seen_ms: int


@dataclass(frozen=True, slots=True)
class BlockDecided:
    """A block is decided, applied and on disk; after a SETTLE block the auction is in ``history`` too."""

    height: int
    phase: Phase
    auction: int
    block: bytes
    round: int
    proposer: bytes
    items: int


@dataclass(frozen=True, slots=True)
class PeerChanged:
    """``kind`` is connected, lost or banned."""

    kind: str
    peer: str
    reason: str


@dataclass(frozen=True, slots=True)
class ItemsTaken:
    """Items, by id, are durable here: from users of this node, or (``gossiped``) from peers. One event for all of
    a commit: thousands come in a second, and to hand on an event costs more than to keep an item."""

    items: tuple[bytes, ...]
    gossiped: bool


NodeEvent = BlockDecided | PeerChanged | ItemsTaken


class Served(Protocol):
    """A running node. All of it is called from the node's own trio thread."""

    @property
    def network(self) -> bytes:
        """The genesis's hash."""
        ...

    @property
    def state(self) -> State:
        """The ledger after the last decided block; not to be changed."""
        ...

    @property
    def history(self) -> History: ...

    def status(self) -> NodeStatus: ...

    def peers(self) -> tuple[PeerView, ...]:
        """This node first, then all it knows of."""
        ...

    def counters(self) -> Mapping[str, int]:
        """Everything counted since the start, by name."""
        ...

    def item(self, number: bytes) -> bytes | None:
        """An item that waits for its block."""
        ...

    def decision(self) -> Decision | None:
        """The last decided block with its certificate, whose header has the root of ``state``; ``None`` before
        any, or where the node came by its state without the block."""
        ...

    def checkpoints(self, after: int) -> tuple[Checkpoint, ...]:
        """Decided blocks without their items that lead on from height ``after``: where validators change, and if
        there is room in the page (``MAX_LINKS``) the last one."""
        ...

    async def submit(self, item: bytes) -> bytes:
        """Take an item (canonical bytes) in; its id once it is durable. Known items are acknowledged again.

        Raises a ``WalrasError`` that says what is wrong with it, ``TooBusy`` where nothing more can wait,
        ``Stopped`` where the node is ending.
        """
        ...

    async def submit_all(self, items: Sequence[bytes]) -> Sequence[bytes | WalrasError]:
        """The same of many at once: of each, in order, its id, or what is wrong with it. Those that were taken in
        are durable. Raises ``Stopped``."""
        ...

    def events(self, room: int = 1024) -> AbstractAsyncContextManager[trio.MemoryReceiveChannel[NodeEvent]]:
        """Events from now on. One who falls more than ``room`` behind finds the channel closed."""
        ...
