"""Small worlds of gossip for tests: a network, an engine on it, and what arrived where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sim.kernel import Kernel
from sim.network.gossip import GossipModel
from sim.network.hops import Hops
from sim.network.model import Jitter, LinkModel, Spread
from sim.network.paths import Paths
from sim.network.spreading import Spreading
from sim.network.state import Network
from sim.network.topology import Plan, Shape, Topology, draw

ENGINES = (Hops, Paths)
#: Pushes only: nobody advertises anything, so a message stays in the piece of the mesh where it was published.
PUSH_ONLY = GossipModel(degree=3, low=3, high=64, advertised=0)
#: gossipsub's defaults.
REPAIRING = GossipModel(degree=6, low=4, high=12)
#: Two hubs, 0 and 1, and their leaves: when each hub has been grafted by three leaves or more, neither needs the
#: other and the one link between them may stay out of the mesh.
TWO_HUBS = Topology(
    10,
    ((0, 1), (0, 2), (0, 4), (0, 6), (0, 8), (1, 3), (1, 5), (1, 9), (3, 7)),
    (10_000,) * 9,
)
CONSTANT = Jitter(Spread.CONSTANT, 0.0)
#: Longer than anything takes.
LONG_US = 1 << 40


@dataclass
class World:
    """``arrived``: (when, node, sender, message) of every call to a subscriber. ``refuses``: (node, message)."""

    kernel: Kernel
    network: Network
    gossip: Spreading
    arrived: list[tuple[int, int, int, int]] = field(default_factory=list)
    refuses: set[tuple[int, int]] = field(default_factory=set)

    def hear(self, node: int, sender: int, message: int) -> bool:
        self.arrived.append((self.kernel.now_us, node, sender, message))
        return (node, message) not in self.refuses

    def who(self, message: int) -> list[int]:
        """The nodes told of a message, ascending, as often as they were."""
        return sorted(node for _, node, _, found in self.arrived if found == message)


def line(nodes: int, latency_us: int = 1_000) -> Topology:
    """0 – 1 – 2 – …"""
    links = tuple((u, u + 1) for u in range(nodes - 1))
    return Topology(nodes, links, (latency_us,) * len(links))


def full(nodes: int, latency_us: int = 1_000) -> Topology:
    links = tuple((u, v) for u in range(nodes) for v in range(u + 1, nodes))
    return Topology(nodes, links, (latency_us,) * len(links))


def regular(nodes: int, degree: int, seed: int) -> Topology:
    return draw(Plan(Shape.RANDOM_REGULAR, nodes, degree), Kernel(seed).stream("topology"))


def gossip_world(
    engine: type[Spreading],
    topology: Topology,
    links: LinkModel | None = None,
    model: GossipModel = PUSH_ONLY,
    *,
    seed: int = 1,
    absent: Iterable[int] = (),
    subscribers: Iterable[int] | None = None,
) -> World:
    """A world at time 0 with the engine on it."""
    kernel = Kernel(seed)
    network = Network(kernel, topology, links or LinkModel(), absent)
    world: list[World] = []
    gossip = engine(
        network, model, lambda node, sender, message: world[0].hear(node, sender, message), subscribers
    )
    world.append(World(kernel, network, gossip))
    return world[0]
