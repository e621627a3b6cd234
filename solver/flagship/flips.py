"""Which whole orders to fill, by local search: one order in or out at a time, guided by dual prices.

With the whole orders given, the batch at fixed prices is a linear program over ladders and partial fills. Its
value is concave in what the whole orders bring and take, so the duals say of every flip what it could gain at
most: flips that cannot gain are not tried, the others in order of promise. What is missing may be bought at a
penalty, so that any choice has a value; what is left over counts almost in full, because price moves hand it
to the owners later. Where no flip gains, a few orders are flipped by chance and the search goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np

from intents.intent import IntentId
from solver.flagship.lp import INFINITY, Program
from solver.flagship.plan import Plan, Problem
from solver.flagship.tables import Flags, Floats
from solver.protocol import Deadline

#: What a missing unit costs at first and at last, and a unit left over is worth, against reference prices.
SHORT: Final = 1.05
SHORTEST: Final = 1e4
RAISE: Final = 6.0
LEFT: Final = 0.98
#: A flip that gains this share of what any other could gain at most is taken.
EAGER: Final = 0.8
#: Flips tried at each place, then pairs of flips, those of the highest bound first.
MAX_FLIPS: Final = 40
MAX_PAIRS: Final = 20
#: Steps in all, and how often the search goes on from a place changed by chance,
#: in all and without any gain.
MAX_STEPS: Final = 400
MAX_KICKS: Final = 60
MAX_IDLE: Final = 12
#: Orders flipped by chance.
KICK: Final = 3
#: Less than this missing is nothing.
NO_SHORT: Final = 1e-9
#: Gains smaller than this share are none.
LEAST_GAIN: Final = 1e-6


@dataclass(frozen=True, slots=True)
class _Place:
    """A choice of whole orders with its value, what flips gain at most, and the plan of its program."""

    chosen: Flags
    value: float
    bounds: Floats
    fills: Floats
    flows: Floats
    short: float


class Flips:
    """The local search at one price vector."""

    def __init__(self, problem: Problem, plan: Plan, deadline: Deadline) -> None:
        self.problem, self.plan, self.deadline = problem, plan, deadline
        self.tables = problem.tables
        orders = self.tables.orders
        prices = self.tables.prices(plan.prices)
        rates = orders.rates(prices)
        self.inside = rates >= orders.floor
        gain = orders.surplus(rates)
        cost = problem.market.trade_cost
        size, sells, spare = orders.size, orders.sells, orders.fee / 2.0
        self.given = np.where(sells, size, size / rates * (1.0 - spare))
        self.got = np.where(sells, size * rates * (1.0 + spare), size)
        before = orders.amounts(plan.fills, 0.0)
        self.gain = gain - np.where(orders.whole, cost, cost / np.maximum(before, 0.02))
        self.whole = np.flatnonzero(orders.whole & self.inside)
        self._build()

    def _build(self) -> None:
        tables, problem = self.tables, self.problem
        orders, ladders = tables.orders, tables.ladders
        program = self.program = Program()
        count, none = len(orders.ids), np.zeros(len(tables.assets))
        self.balance = program.rows(none, none)
        self.fills = program.variables(np.zeros(count), self.inside.astype(np.float64), self.gain)
        x = self.fills + np.arange(count)
        program.add_all(self.balance + orders.give, x, self.given)
        program.add_all(self.balance + orders.want, x, -self.got)
        flows = np.array([self.plan.flows.get(name, 0.0) for name in ladders.names])
        per_unit = ladders.cost / np.maximum(np.maximum(flows, 1e-2 * ladders.widest), 1e-6)
        pieces = len(ladders.size)
        self.pieces = program.variables(np.zeros(pieces), ladders.size, -per_unit[ladders.of])
        y = self.pieces + np.arange(pieces)
        program.add_all(self.balance + ladders.into[ladders.of], y, np.full(pieces, -1.0))
        program.add_all(self.balance + ladders.out[ladders.of], y, ladders.rate)
        traded = tables.traded
        nothing = np.zeros(len(traded))
        auction = problem.market.auction
        worth = np.array([LEFT * bool(auction.reference_price(tables.assets[a])) for a in traded], np.float64)
        left = program.variables(nothing, nothing + INFINITY, worth) + np.arange(len(traded))
        program.add_all(self.balance + traded, left, nothing - 1.0)
        self.short = program.variables(nothing, nothing + INFINITY, nothing - SHORT)
        program.add_all(self.balance + traded, self.short + np.arange(len(traded)), nothing + 1.0)
        self.count = len(traded)
        self.penalty = SHORT

    def at(self, chosen: Flags) -> _Place | None:
        """The value of filling exactly the ``chosen`` whole orders."""
        orders, program = self.tables.orders, self.program
        fixed = self.whole
        program.fix(self.fills + fixed, chosen[fixed].astype(np.float64))
        if not program.solve(self.deadline):
            return None
        values = program.values
        fills = values[self.fills : self.fills + len(orders.ids)]
        flows = self.tables.ladders.flows(values[self.pieces : self.pieces + len(self.tables.ladders.size)])
        duals = program.duals[self.balance : self.balance + len(self.tables.assets)]
        # A row says in − out = 0: one more unit in it is worth −dual.
        worth = self.gain - duals[orders.give] * self.given + duals[orders.want] * self.got
        bounds = np.where(chosen, -worth, worth)
        short = float(values[self.short : self.short + self.count].sum())
        return _Place(chosen, program.value, bounds, fills, flows, short)

    def climb(self, place: _Place) -> _Place:
        """Flips while any gains."""
        for _ in range(MAX_STEPS):
            better = self._flip(place)
            if better is None:
                break
            place = better
        return place

    def firm(self, place: _Place) -> _Place:
        """Flips until nothing is missing: what is, is made dearer again and again."""
        place = self.climb(place)
        while place.short > NO_SHORT and self.penalty < SHORTEST and not self.deadline.passed:
            self.penalty *= RAISE
            shorts = self.short + np.arange(self.count)
            self.program.set_gains(shorts, np.full(self.count, -self.penalty))
            dearer = self.at(place.chosen)
            if dearer is None:
                break
            place = self.climb(dearer)
        return place

    def _flip(self, place: _Place) -> _Place | None:
        gain = LEAST_GAIN * max(1e-9, abs(place.value))
        bounds = place.bounds[self.whole]
        ranked = self.whole[np.argsort(-bounds, kind="stable")]
        best: _Place | None = None
        for order in ranked[:MAX_FLIPS].tolist():
            least = gain if best is None else best.value - place.value
            if (1.0 if best is None else EAGER) * place.bounds[order] <= least or self.deadline.passed:
                break
            found = self.flipped(place, (order,))
            if found is not None and found.value - place.value > least:
                best = found
        return best or self._flip_two(place, ranked[:MAX_FLIPS].tolist(), gain)

    def _flip_two(self, place: _Place, ranked: list[int], gain: float) -> _Place | None:
        """The first pair of flips that gains."""
        pairs = [
            (place.bounds[a] + place.bounds[b], a, b)
            for i, a in enumerate(ranked)
            for b in ranked[i + 1 :]
            if place.bounds[a] + place.bounds[b] > gain
        ]
        for _, a, b in sorted(pairs, key=lambda pair: (-pair[0], pair[1:]))[:MAX_PAIRS]:
            if self.deadline.passed:
                return None
            found = self.flipped(place, (a, b))
            if found is not None and found.value - place.value > gain:
                return found
        return None

    def flipped(self, place: _Place, orders: tuple[int, ...]) -> _Place | None:
        chosen = place.chosen.copy()
        for order in orders:
            chosen[order] = not chosen[order]
        return self.at(chosen)

    def planned(self, place: _Place) -> Iterator[Plan]:
        """The plan of a choice, unless nothing is filled."""
        orders, names = self.tables.orders, self.tables.ladders.names
        fills = {orders.ids[i]: float(min(1.0, place.fills[i])) for i in np.flatnonzero(place.fills > 1e-9)}
        flows = {names[i]: float(place.flows[i]) for i in np.flatnonzero(place.flows > 1e-12)}
        net = place.value - self.problem.market.settlement_cost
        if fills:
            yield Plan(fills, flows, self.plan.prices, net)


def choose(
    problem: Problem, plan: Plan, start: Mapping[IntentId, float], deadline: Deadline, draw: Random
) -> Iterator[Plan]:
    """Good choices of whole orders from the fills of ``start``, at the prices of ``plan``.

    First one for which prices must move before it balances, then the best that balances as it is.
    """
    search = Flips(problem, plan, deadline)
    if not len(search.whole):
        return
    orders = problem.tables.orders
    first = search.at(search.inside & (orders.amounts(start, 0.0) > 0.5) & orders.whole)
    if first is None:
        return
    here = search.climb(first)
    if here.short > NO_SHORT:
        yield from search.planned(here)
    here = search.firm(here)
    best = here if here.short <= NO_SHORT else None
    idle = 0
    for _ in range(MAX_KICKS):
        if deadline.passed or idle >= MAX_IDLE:
            break
        idle += 1
        kicked = search.flipped(best or here, tuple(draw.choice(search.whole.tolist()) for _ in range(KICK)))
        here = search.firm(kicked) if kicked is not None else here
        if here.short <= NO_SHORT and (best is None or here.value > best.value * (1.0 + LEAST_GAIN)):
            best, idle = here, 0
    if best is not None:
        yield from search.planned(best)
