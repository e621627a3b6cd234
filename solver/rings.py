"""``rings``: coincidences of wants. Cycles of two to four orders that fill each other, without any venue.

Assets are nodes and each directed pair's best limits are edges of length log(wanted per unit given); a
cycle of negative length is one whose limits leave something to share. Edges on no such short cycle are
dropped first (min-plus products), then cycles are enumerated within bounds, sized exactly, and the most
valuable ones that share no directed pair are bid one by one, and together where one price vector serves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from math import gcd, inf, log
from typing import Final

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from intents.amounts import MAX_PRICE
from intents.assets import AssetId
from intents.auction import Auction
from settlement.solution import Fill, Solution
from settlement.verified import Verified
from settlement.verify import Verifier
from solver.asks import Ask, lawful_asks
from solver.protocol import Deadline
from solver.ring_sizing import Ring, size_ring
from solver.vetting import lawful_bids, vetted

MAX_RING: Final = 4
#: Orders looked at per directed pair: the best limit may be too small or not divisible.
MAX_PER_PAIR: Final = 3
#: Pairs kept for enumeration, those on the best cycles first.
MAX_EDGES: Final = 400
MAX_CYCLES: Final = 20_000
#: Choices of orders sized per cycle, and in all.
MAX_CHOICES: Final = 8
MAX_SIZED: Final = 20_000
#: What sizing the choices of one cycle costs, in units of work.
WORK_PER_CYCLE: Final = 200
#: Assets in the graph: min-plus products are cubic in them.
MAX_ASSETS: Final = 400
#: Lengths are doubles; a cycle this little above zero is still sized, exactly.
_SLACK: Final = 1e-12

Pair = tuple[AssetId, AssetId]


@dataclass(frozen=True, slots=True)
class RingsConfig:
    """``max_ring`` orders per ring, 2 to 4."""

    max_ring: int = MAX_RING


class Rings:
    name = "rings"

    def __init__(self, config: RingsConfig | None = None) -> None:
        self.config = config or RingsConfig()

    def solve(self, auction: Auction, deadline: Deadline) -> Iterable[Solution]:
        """One solution per ring, best first, then one of all rings that fit one price vector."""
        return vetted(auction, self._candidates(auction, deadline), deadline)

    def bids(self, auction: Auction, verifier: Verifier, deadline: Deadline) -> Iterable[Verified]:
        """What ``solve`` finds, with what the law makes of it."""
        return lawful_bids(verifier, self._candidates(auction, deadline), deadline)

    def _candidates(self, auction: Auction, deadline: Deadline) -> Iterator[Sequence[Solution]]:
        edges = _best_per_pair(lawful_asks(auction, self.name))
        length = max(2, min(self.config.max_ring, MAX_RING))
        cycles = _cycles(edges, length, deadline)
        rings = _disjoint(_sized(auction, edges, cycles, deadline))
        for number, ring in enumerate(rings):
            yield [_solution(auction, number, (ring,), ring.prices)]
        together, prices = _together(rings)
        if len(together) > 1:
            yield [_solution(auction, len(rings), together, prices)]


def _best_per_pair(asks: Iterable[Ask]) -> dict[Pair, list[Ask]]:
    """Per directed pair the orders that want least, the auction's order deciding among equals."""
    pairs: dict[Pair, list[Ask]] = {}
    for ask in asks:
        pairs.setdefault((ask.sell, ask.buy), []).append(ask)
    return {pair: sorted(found, key=lambda a: (a.rate, a.place))[:MAX_PER_PAIR] for pair, found in pairs.items()}


def _cycles(edges: dict[Pair, list[Ask]], length: int, deadline: Deadline) -> list[list[AssetId]]:
    """Cycles of at most ``length`` pairs whose best limits multiply to a gain, the largest gain first."""
    lengths = _promising(edges, length)
    # Numbers, not names: networkx walks through sets, whose order for text changes from process to process.
    names = sorted({asset for pair in lengths for asset in pair})
    number = {asset: place for place, asset in enumerate(names)}
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from((number[sell], number[buy]) for sell, buy in lengths)
    found = []
    for walk in islice(nx.simple_cycles(graph, length_bound=length), MAX_CYCLES):
        if deadline.passed:
            break
        start = walk.index(min(walk))
        cycle = [names[place] for place in (*walk[start:], *walk[:start])]
        total = math.fsum(lengths[pair] for pair in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        if len(cycle) > 1 and total <= _SLACK:
            found.append((total, cycle))
    return [cycle for _, cycle in sorted(found, key=lambda entry: (entry[0], entry[1]))]


def _promising(edges: dict[Pair, list[Ask]], length: int) -> dict[Pair, float]:
    """The lengths of pairs that lie on a closed walk of negative length, best walks first, bounded."""
    nodes = _both_ways(edges)
    place = {asset: i for i, asset in enumerate(nodes)}
    direct = np.full((len(nodes), len(nodes)), inf)
    for (sell, buy), asks in edges.items():
        if sell in place and buy in place:
            direct[place[sell], place[buy]] = log(asks[0].buy_amount) - log(asks[0].sell_amount)
    back = direct
    for _ in range(length - 2):
        back = np.minimum(back, _min_plus(back, direct))
    closed = direct + back.T
    rows, columns = np.nonzero(closed <= _SLACK)
    ranked = sorted(zip(closed[rows, columns].tolist(), rows.tolist(), columns.tolist(), strict=True))
    return {(nodes[i], nodes[j]): float(direct[i, j]) for _, i, j in ranked[:MAX_EDGES]}


def _both_ways(edges: dict[Pair, list[Ask]]) -> list[AssetId]:
    """Assets on some cycle at all, in a fixed order, those of most pairs first where there are too many."""
    graph: nx.DiGraph[AssetId] = nx.DiGraph()
    graph.add_edges_from(edges)
    nodes = [node for part in nx.strongly_connected_components(graph) if len(part) > 1 for node in part]
    return sorted(nodes, key=lambda node: (-graph.degree(node), node))[:MAX_ASSETS]


def _min_plus(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    best = np.full_like(a, inf)
    for k in range(a.shape[0]):
        np.minimum(best, a[:, k, None] + b[None, k, :], out=best)
    return best


def _sized(
    auction: Auction, edges: dict[Pair, list[Ask]], cycles: Iterable[list[AssetId]], deadline: Deadline
) -> list[Ring]:
    """The most valuable choice of orders for each cycle, those that pay for themselves, best first."""
    costs = auction.costs
    found: list[tuple[float, int, Ring]] = []
    sized = 0
    for cycle in cycles:
        if deadline.passed or sized >= MAX_SIZED:
            break
        pairs = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
        references = [auction.reference_price(asset) or 0 for asset in cycle]
        cost = costs.gas_price * (costs.settlement_gas + costs.trade_gas * len(cycle))
        best: tuple[float, Ring] | None = None
        deadline.spend(WORK_PER_CYCLE)
        for choice in islice(product(*(edges[pair] for pair in pairs)), MAX_CHOICES):
            sized += 1
            ring = size_ring(choice, references)
            if ring is not None:
                worth = ring.worth(references) - cost
                if worth > 0 and (best is None or worth > best[0]):
                    best = (worth, ring)
        if best is not None:
            found.append((-best[0], len(found), best[1]))
    return [ring for _, _, ring in sorted(found, key=lambda entry: entry[:2])]


def _disjoint(rings: Iterable[Ring]) -> list[Ring]:
    """Greedily, best first: no directed pair, hence no order, in two rings."""
    used: set[Pair] = set()
    kept = []
    for ring in rings:
        pairs = {(ask.sell, ask.buy) for ask in ring.asks}
        if used.isdisjoint(pairs):
            used |= pairs
            kept.append(ring)
    return kept


def _together(rings: Iterable[Ring]) -> tuple[list[Ring], dict[AssetId, int]]:
    """Rings that share at most one asset with those before them, and prices that serve them all exactly."""
    merged: list[Ring] = []
    prices: dict[AssetId, int] = {}
    for ring in rings:
        shared = [asset for asset in ring.prices if asset in prices]
        if len(shared) > 1:
            continue
        ours = prices[shared[0]] if shared else 1
        theirs = ring.prices[shared[0]] if shared else 1
        common = gcd(ours, theirs)
        scaled = {asset: price * (theirs // common) for asset, price in prices.items()}
        scaled |= {asset: price * (ours // common) for asset, price in ring.prices.items()}
        if max(scaled.values()) <= MAX_PRICE:
            merged, prices = [*merged, ring], scaled
    return merged, prices


def _solution(auction: Auction, number: int, rings: Sequence[Ring], prices: dict[AssetId, int]) -> Solution:
    fills = tuple(
        Fill(ask.order.id, ring.executed(place)) for ring in rings for place, ask in enumerate(ring.asks)
    )
    gas = auction.costs.settlement_gas + auction.costs.trade_gas * len(fills)
    return Solution(Rings.name, number, prices, fills, gas=gas)
