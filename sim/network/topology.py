"""Graphs of nodes: who is linked to whom and how long a link takes. Always connected, drawn from one generator.

Full mesh; random regular; small world (Watts and Strogatz 1998); scale-free (Barabási and Albert 1999); regions,
whose nodes stand in clusters with measured delays between them. Drawn by networkx from a ``random.Random``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Final

from intents.errors import TooMany, WrongValue
from sim.network.regions import REGIONS, one_way_us

if TYPE_CHECKING:
    import networkx

    Graph = networkx.Graph[int]

#: Links of a graph, counted once: a full mesh of 1,000 nodes, or 20,000 nodes with 50 links each.
MAX_LINKS: Final = 500_000
#: Redraws of a graph that came out in pieces.
_TRIES: Final = 20


class Shape(StrEnum):
    """How nodes are linked."""

    FULL = "full"
    RANDOM_REGULAR = "random-regular"
    SMALL_WORLD = "small-world"
    SCALE_FREE = "scale-free"
    REGIONS = "regions"


@dataclass(frozen=True, slots=True)
class Plan:
    """A graph to draw.

    ``degree``: links per node; in a scale-free graph the average is about it, in a small world it is rounded down
    to an even number, and a graph with no more nodes than that is a full mesh. ``rewired``: share of a small
    world's links that lead anywhere. ``latency_us``: median one-way delay of a link; ``spread``: standard
    deviation of the log of it, from link to link. Regions have delays of their own; ``local``: share of a node's
    links that stay in its region.
    """

    shape: Shape
    nodes: int
    degree: int = 7
    rewired: float = 0.1
    latency_us: int = 25_000
    spread: float = 0.0
    local: float = 0.5


@dataclass(frozen=True, slots=True)
class Topology:
    """An undirected graph: ``links`` are pairs (u, v), u < v, ascending; ``latency_us`` their one-way delays, in
    the same order; ``regions`` the region of each node, empty where there are none."""

    nodes: int
    links: tuple[tuple[int, int], ...]
    latency_us: tuple[int, ...]
    regions: tuple[int, ...] = ()

    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """Per node the others it is linked to, ascending."""
        found: list[list[int]] = [[] for _ in range(self.nodes)]
        for u, v in self.links:
            found[u].append(v)
            found[v].append(u)
        return tuple(tuple(sorted(others)) for others in found)


def draw(plan: Plan, rng: Random) -> Topology:
    """The same graph for the same plan and generator, in any process. Raises an ``InputError`` if there is
    none.
    """
    _check(plan)
    regions: tuple[int, ...] = ()
    if plan.nodes <= plan.degree + 1 or plan.shape is Shape.FULL:
        links = [(u, v) for u in range(plan.nodes) for v in range(u + 1, plan.nodes)]
    else:
        links = _links(plan, rng)
    if plan.shape is Shape.REGIONS:
        regions = tuple(_region(node, plan.nodes) for node in range(plan.nodes))
        latency = [one_way_us(regions[u], regions[v]) for u, v in links]
    else:
        latency = [plan.latency_us] * len(links)
    if plan.spread:
        latency = [max(1, round(us * rng.lognormvariate(0.0, plan.spread))) for us in latency]
    return Topology(plan.nodes, tuple(links), tuple(latency), regions)


def _check(plan: Plan) -> None:
    if plan.nodes < 1:
        raise WrongValue("network.nodes", "at least 1", str(plan.nodes))
    if plan.latency_us < 1:
        raise WrongValue("network.latency_us", "at least 1 microsecond", str(plan.latency_us))
    if plan.nodes > 1 and plan.degree < 2 and plan.shape is not Shape.FULL:
        raise WrongValue("network.degree", "at least 2, to be connected", str(plan.degree))
    per_node = plan.nodes - 1 if plan.shape is Shape.FULL else min(plan.degree, plan.nodes - 1)
    if plan.nodes * per_node // 2 > MAX_LINKS:
        raise TooMany("network.nodes", "links", plan.nodes * per_node // 2, MAX_LINKS)


def _links(plan: Plan, rng: Random) -> list[tuple[int, int]]:
    import networkx

    for _ in range(_TRIES):
        graph = _graph(plan, rng)
        if networkx.is_connected(graph):
            break
    # Of so few links that it keeps falling apart: a link more from piece to piece.
    pieces = sorted(min(piece) for piece in networkx.connected_components(graph))
    graph.add_edges_from(pairwise(pieces))
    return sorted((min(u, v), max(u, v)) for u, v in graph.edges)


def _graph(plan: Plan, rng: Random) -> Graph:
    import networkx

    drawn: Graph
    match plan.shape:
        case Shape.SMALL_WORLD:
            drawn = networkx.watts_strogatz_graph(plan.nodes, plan.degree, plan.rewired, seed=rng)
        case Shape.SCALE_FREE:
            drawn = networkx.barabasi_albert_graph(plan.nodes, max(1, plan.degree // 2), seed=rng)
        case Shape.REGIONS:
            drawn = _clusters(plan, rng)
        case _:
            drawn = _regular(range(plan.nodes), plan.degree, rng)
    return drawn


def _clusters(plan: Plan, rng: Random) -> Graph:
    """Each node has about ``local`` of its links in its region, the others anywhere."""
    inside = min(round(plan.degree * plan.local), plan.degree - 2)
    graph = _regular(range(plan.nodes), plan.degree - inside, rng)
    for region in range(len(REGIONS)):
        members = [node for node in range(plan.nodes) if _region(node, plan.nodes) == region]
        graph.add_edges_from(_regular(members, min(inside, len(members) - 1), rng).edges)
    return graph


def _regular(members: Iterable[int], degree: int, rng: Random) -> Graph:
    """Every node has ``degree`` links; where nodes × degree is odd, one node has one less."""
    import networkx

    names = list(members)
    drawn: Graph
    if degree < 1 or len(names) < 2:
        drawn = networkx.empty_graph(len(names))
    elif len(names) * degree % 2 == 0:
        drawn = networkx.random_regular_graph(degree, len(names), seed=rng)
    else:
        degrees = [degree] * (len(names) - 1) + [degree - 1]
        drawn = networkx.random_degree_sequence_graph(degrees, seed=rng, tries=_TRIES)
    named: Graph = networkx.relabel_nodes(drawn, dict(enumerate(names)))
    return named


def _region(node: int, nodes: int) -> int:
    """Nodes are spread over regions in turn, so that any first few of them stand far apart."""
    return node % min(len(REGIONS), nodes)
