"""What a live node is opened with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from intents.signing import SigningKey
from node.agreement.timeouts import Timeouts
from node.catchup.library import Keeping
from node.catchup.light import Pin
from node.embedded.node import Solving
from node.served import Role
from node.solving import SolverKey
from settlement.ledger.state import State

if TYPE_CHECKING:
    from p2p.libp2p.transport import Settings as TransportSettings


#: How long items are collected for a commit: as long as a batch does not notice.
LIVE_GROUP_MS: Final = 15


@dataclass(frozen=True, slots=True)
class Rates:
    """Items a second from one owner (a public key) and from one neighbour, and how many at once.

    One neighbour may bring half of what a node can check, so that a flood leaves room for the others.
    """

    owner_per_s: int = 1_000
    owner_burst: int = 10_000
    owners: int = 65_536
    peer_per_s: int = 2_500
    peer_burst: int = 20_000
    peers: int = 1_024


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """One node. ``store`` and ``history`` are its files (``None``: in memory); ``first`` is the
    genesis, built; ``key`` is a validator's; ``solver`` and ``solving`` go together.

    ``transport`` is ``None`` for a node without a network, to which libp2p is not imported; its limits on messages
    are set to those of the protocol. ``announce`` are addresses where others can dial this node, where they differ
    from those it listens at. ``seed`` is the identity's secret.
    """

    store: Path
    history: Path | None
    first: State
    timeouts: Timeouts
    role: Role
    seed: bytes
    name: str = "node"
    key: SigningKey | None = None
    solver: SolverKey | None = None
    solving: Solving | None = None
    transport: TransportSettings | None = None
    announce: tuple[str, ...] = ()
    rates: Rates = field(default_factory=Rates)
    keeping: Keeping = Keeping(snapshot_every=50, keep_decisions=1_000)
    pin: Pin | None = None
    group_ms: float = LIVE_GROUP_MS
