"""Which venues are worth their cost: branch and bound over the relaxation in which they are used in part.

A node has venues that are paid for, venues that are out, and free ones. Its bound is the dual with max(0, profit −
cost) for the free ones (``activation.py``); its relaxed routing uses few of them in part, and one of those is
branched on. Every node also proposes a set: the venues it mostly uses, routed among themselves, less those that
then do not earn their cost. Small networks end proven; large ones stop at a number of nodes, with the bound of
what is left open.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from solver.router.activation import Costed
from solver.router.families import Bools, Family, Floats, Goal, Network, Routing
from solver.router.maximise import maximise
from solver.router.prepare import prepare
from solver.tally import totals

#: Parts this near 0 or 1 count as whole.
WHOLE: Final = 1e-6
#: Times venues that do not earn their cost are taken out of one proposal.
DROPS: Final = 4
NODES: Final = 2_000

#: Per family, (P,) which venues are paid for (1), out (0) or free (−1).
State = tuple[np.ndarray, ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    """``routing`` over the venues in ``used`` (per family, (P,)), each of which trades; ``flows`` per family over
    all its slots. ``value`` is net of costs and at most ``bound``; ``proven`` when the two meet within what was
    asked."""

    routing: Routing
    used: tuple[Bools, ...]
    flows: tuple[Floats, ...]
    value: float
    bound: float
    nodes: int
    proven: bool


@dataclass(order=True, slots=True)
class Node:
    """``start``: the parent's prices."""

    bound: float
    number: int
    state: State = field(compare=False)
    start: Floats | None = field(compare=False)


@dataclass(slots=True)
class Search:
    """One search: the problem, and the best choice so far. ``costs`` per family, (P,), in token ``money``."""

    network: Network
    costs: tuple[Floats, ...]
    goal: Goal
    money: int
    gap: float
    best: Chosen | None = None
    tried: set[bytes] = field(default_factory=set)

    @property
    def price(self) -> float:
        return float(self.goal.worth[self.money])

    def relax(self, state: State, start: Floats | None) -> tuple[float, Floats, tuple[Floats, ...]]:
        """(bound, log prices, per family the part in which each venue is used)."""
        families: list[Family] = []
        spots: list[tuple[int, Bools]] = []
        for number, (family, cost, way) in enumerate(zip(self.network.families, self.costs, state, strict=True)):
            free, on = (way < 0) & (cost > 0), (way > 0) | ((way < 0) & (cost <= 0))
            if family.kinked:
                on, free = free | on, np.zeros_like(free)
            for mask, costed in ((on, False), (free, True)):
                if mask.any():
                    inner = family if mask.all() else family.only(mask)
                    families.append(Costed.of(inner, self.money, cost[mask]) if costed else inner)
                    spots.append((number, mask))
        routing = maximise(prepare(Network(self.network.tokens, tuple(families))), self.goal, start, self.gap)
        parts = tuple(np.zeros(family.venues) for family in self.network.families)
        for (number, mask), family, flows in zip(spots, families, routing.flows, strict=True):
            parts[number][mask] = _parts(family, flows)
        paid = math.fsum(float(cost[way > 0].sum()) for cost, way in zip(self.costs, state, strict=True))
        with np.errstate(divide="ignore"):
            return routing.bound - paid * self.price, np.log(routing.prices), parts

    def propose(self, chosen: tuple[Bools, ...], start: Floats | None) -> None:
        """Route among ``chosen``, less what does not earn its cost, and keep it if it is the best."""
        for _ in range(DROPS):
            name = b"".join(mask.tobytes() for mask in chosen)
            if name in self.tried:
                return
            self.tried.add(name)
            families = [family.only(mask) for family, mask in zip(self.network.families, chosen, strict=True)]
            routing = maximise(prepare(Network(self.network.tokens, tuple(families))), self.goal, start, self.gap)
            if routing.shortfall > 1e-9:
                return
            used, earns, flows = [], [], []
            for family, mask, flow, cost in zip(families, chosen, routing.flows, self.costs, strict=True):
                trades = totals(family.slot_venue, np.abs(flow), family.venues) > 0.0
                profit = totals(family.slot_venue, routing.prices[family.slot_token] * flow, family.venues)
                used.append(_spread(mask, trades))
                earns.append(_spread(mask, trades & (profit >= cost[mask] * self.price)))
                flows.append(flow)
            paid = math.fsum(float(cost[mask].sum()) for cost, mask in zip(self.costs, used, strict=True))
            value = routing.value - paid * self.price
            if self.best is None or value > self.best.value:
                whole = tuple(
                    in_place(family, mask, flow)
                    for family, mask, flow in zip(self.network.families, chosen, flows, strict=True)
                )
                self.best = Chosen(routing, tuple(used), whole, value, np.inf, 0, False)
            if all((a == b).all() for a, b in zip(used, earns, strict=True)):
                return
            chosen, start = tuple(earns), None

    def closed(self, bound: float) -> bool:
        return self.best is not None and bound <= self.best.value + self.gap * abs(self.best.value)


def choose(
    network: Network, costs: tuple[Floats, ...], goal: Goal, money: int, gap: float = 1e-10, nodes: int = NODES
) -> Chosen | None:
    """The routing worth most net of ``costs`` (per family, (P,) ≥ 0, in units of token ``money``, whose worth must
    be above 0). ``None`` only when not even an empty choice could be routed."""
    search = Search(network, costs, goal, money, gap)
    start: State = tuple(np.full(family.venues, -1, np.int8) for family in network.families)
    search.propose(tuple(np.zeros(family.venues, bool) for family in network.families), None)
    queue = [Node(-np.inf, 0, start, None)]
    bound, count = np.inf, 0
    while queue and count < nodes:
        node = heapq.heappop(queue)
        if search.closed(-node.bound):
            queue = []
            break
        limit, prices, parts = search.relax(node.state, node.start)
        limit = min(limit, -node.bound)
        count += 1
        bound = limit if count == 1 else bound
        if search.closed(limit):
            continue
        search.propose(tuple(part > 0.5 for part in parts), prices)
        place = _branch(node.state, parts, costs)
        if place is None or search.closed(limit):
            continue
        number, venue = place
        for way in (1, 0):
            state = tuple(part.copy() for part in node.state)
            state[number][venue] = way
            heapq.heappush(queue, Node(-limit, 2 * count + way, state, prices))
    best = search.best
    if best is None:
        return None
    open_bound = max(
        (-node.bound for node in queue), default=best.value * (1 + gap if best.value > 0 else 1 - gap)
    )
    bound = max(min(bound, open_bound), best.value)
    return Chosen(best.routing, best.used, best.flows, best.value, bound, count, search.closed(bound))


def bound_of(network: Network, costs: tuple[Floats, ...], goal: Goal, money: int, gap: float = 1e-10) -> float:
    """What no choice of venues is worth more than, net of ``costs``: all of them free to be used in part."""
    start: State = tuple(np.full(family.venues, -1, np.int8) for family in network.families)
    return Search(network, costs, goal, money, gap).relax(start, None)[0]


def _branch(state: State, parts: tuple[Floats, ...], costs: tuple[Floats, ...]) -> tuple[int, int] | None:
    """The free venue whose use is least decided, or the dearest that is used; ``None`` when none is."""
    best, place = 0.0, None
    for number, (way, part, cost) in enumerate(zip(state, parts, costs, strict=True)):
        undecided = np.where((way < 0) & (cost > 0), np.minimum(part, 1.0 - part), 0.0)
        score = np.where(
            undecided > WHOLE, 1.0 + undecided, np.where((way < 0) & (part > WHOLE), cost / (1 + cost), 0)
        )
        if len(score) and float(score.max()) > best:
            best, place = float(score.max()), (number, int(score.argmax()))
    return place


def _parts(family: Family, flows: Floats) -> Floats:
    """In what part each venue is used: by what it is charged where it has a cost, else whether it trades."""
    if isinstance(family, Costed):
        return np.clip(-flows[len(family.inner.slot_token) :] / family.cost, 0.0, 1.0)
    return (totals(family.slot_venue, np.abs(flows), family.venues) > 0.0).astype(float)


def _spread(mask: Bools, within: Bools) -> Bools:
    spread = mask.copy()
    spread[mask] = within
    return spread


def subset(network: Network, used: tuple[Bools, ...]) -> Network:
    """The network of the venues in ``used``; all families stay, empty ones too, so that flows keep their
    places."""
    return Network(
        network.tokens, tuple(family.only(mask) for family, mask in zip(network.families, used, strict=True))
    )


def in_place(family: Family, mask: Bools, flows: Floats) -> Floats:
    """Flows of the venues in ``mask`` as flows of all: slots of venues keep their order within the family."""
    whole = np.zeros(len(family.slot_token))
    whole[mask[family.slot_venue]] = flows
    return whole
