"""How a simulation's nodes reach each other: direct streams for the agreement, gossip for items, both counted.

Nodes are numbered as in the cluster, relays after them: those pass gossip on and keep no ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from node.agreement.messages import Body, Decision, Proposal, Seen, Vote
from sim.kernel import Kernel
from sim.network.gossip import GossipModel
from sim.network.hops import Hops
from sim.network.model import Jitter, LinkModel, Spread
from sim.network.paths import Paths
from sim.network.spreading import Spreading
from sim.network.state import Network
from sim.network.topology import Plan, Shape, draw
from sim.network.wire import Streams
from sim.recording.rows import PropagationRow
from sim.scenario.parts import Fidelity, NetworkPart

#: Bytes of a small signed message of the agreement, and of one id or vote within a larger one.
SMALL_BYTES: Final = 160
ENTRY_BYTES: Final = 34
VOTE_BYTES: Final = 68
BITS_PER_MB: Final = 1_000_000

#: Called where an item arrives: node, sender, item; whether the node passes it on.
Arrive = Callable[[int, int, bytes], bool]


class Transport:
    """Implements ``sim.cluster.Wire``; ``publish`` hands an item to gossip.

    ``machines`` are the nodes of the cluster, told of every item by ``arrive``.
    """

    def __init__(self, kernel: Kernel, part: NetworkPart, machines: int, relays: int, arrive: Arrive) -> None:
        plan = Plan(
            Shape(part.shape.value), machines + relays, part.degree, latency_us=max(1, int(part.latency_ms * 1000))
        )
        model = LinkModel(
            Jitter(Spread.LOGNORMAL, part.jitter) if part.jitter else Jitter(Spread.CONSTANT, 0.0),
            bandwidth_bps=int(part.bandwidth_mbps * BITS_PER_MB),
            loss=part.loss,
            copies=part.duplication,
            reordered=part.reorder,
        )
        self.network = Network(kernel, draw(plan, kernel.stream("topology")), model)
        self.streams = Streams(self.network)
        kind = Hops if part.fidelity is Fidelity.HOP else Paths
        # Relays pass everything on: what is malformed gets no further than the node it was handed to.
        self.gossip: Spreading = kind(self.network, _mesh(part.degree), arrive, range(machines))

    # What the cluster asks for

    def send(self, source: int, target: int, deliver: Callable[..., None], *arguments: Any) -> None:
        self.streams.send(source, target, sum(map(_size, arguments)), deliver, *arguments)

    def spread(self, source: int, targets: Sequence[int], deliver: Callable[..., None], what: Any) -> None:
        for target in targets:
            self.send(source, target, deliver, target, source, what)

    def cut(self, group: set[int]) -> None:
        self.network.partition([sorted(group)])

    def heal(self) -> None:
        self.network.heal()

    def publish(self, node: int, item: bytes) -> None:
        self.gossip.publish(node, item, len(item))

    # Who is there

    def down(self, node: int) -> None:
        self.gossip.down(node)

    def up(self, node: int) -> None:
        self.gossip.up(node)

    # What is told afterwards

    def close(self) -> None:
        """The end: messages still under way are counted as far as they came."""
        self.gossip.close()

    def rows(self, until_us: int) -> Iterable[PropagationRow]:
        """Messages published by then."""
        for found in self.gossip.propagation.records:
            if found.published_us <= until_us:
                times = (found.p50_us, found.p99_us, found.last_us)
                yield PropagationRow(str(found.number), found.origin, found.published_us, found.reached, *times)

    def counts(self, node: int) -> tuple[int, int, int, int, int, int]:
        """Messages out and in, bytes out and in, dropped, duplicates."""
        counters = self.network.counters
        dropped = sum(int(found[node]) for found in counters.dropped.values())
        return (
            int(counters.messages_out[node]),
            int(counters.messages_in[node]),
            int(counters.bytes_out[node]),
            int(counters.bytes_in[node]),
            dropped,
            int(counters.duplicates[node]),
        )


def _mesh(degree: int) -> GossipModel:
    """gossipsub's own proportions around another degree."""
    return GossipModel(degree=degree, low=max(1, degree * 2 // 3), high=2 * degree, lazy=degree)


def _size(argument: object) -> int:
    """Bytes of a direct message on the wire, closely enough for its delay and for counting."""
    match argument:
        case Vote():
            return SMALL_BYTES
        case Proposal(polka=None):
            return SMALL_BYTES
        case Proposal(polka=polka):
            return SMALL_BYTES + (VOTE_BYTES * len(polka.votes) if polka is not None else 0)
        case Seen():
            return SMALL_BYTES + ENTRY_BYTES * len(argument.ids)
        case Body():
            return len(argument.block)
        case Decision():
            return len(argument.block) + VOTE_BYTES * len(argument.certificate.votes)
        case bytes():
            return len(argument)
        case tuple():
            return sum(map(_size, argument))
        case _:
            return SMALL_BYTES // 2
