"""Prices and fills fitted to exact venue flows: what is left goes to the owners, to the last hair.

With venues executed, every asset's balance is nearly linear in prices and in the fills of orders that may
be filled in part. A small linear program hands out what is left, keeping enough in hand for payouts to
be rounded up; it is repeated with the rounded fills until prices alone suffice.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from intents.assets import AssetId
from settlement.solution import Interaction
from settlement.verified import DirectedPair
from solver.flagship.lp import INFINITY, Program
from solver.flagship.market import Order
from solver.flagship.plan import Problem, order_surplus
from solver.protocol import Deadline

#: Kept in hand per asset, relative to what moves there: above the linear solver's tolerance.
SLACK: Final = 1e-10
#: Limits are met by this much more than needed, for the same reason.
LIMIT_MARGIN: Final = 1e-10
#: How far prices (in parts of themselves) and fills (in parts of the order) may move.
REACH: Final = 0.03
ROUNDS: Final = 4
#: Variables are moves in this unit, so that the solver's absolute tolerance is fine where moves are tiny.
MOVE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Filled:
    """An order with what it executes, in base units of its reference asset, and the fee in the given asset."""

    order: Order
    executed: int
    fee: int

    @property
    def units(self) -> int:
        """What the remaining amount goes down by."""
        return self.executed + self.fee if self.order.sells else self.executed


@dataclass(frozen=True, slots=True)
class Fitted:
    filled: Sequence[Filled]
    prices: Mapping[AssetId, float]


def with_fee(problem: Problem, prices: Mapping[AssetId, float], order: Order, units: int) -> Filled:
    """The fill of ``units`` with the hair withheld: out of what a sell gives, on top of what a buy gives.

    Rounded down, so that no limit reckoned with the whole hair is missed.
    """
    if not order.fee:
        return Filled(order, units, 0)
    intent = order.record.intent
    most = intent.max_fee * units // intent.reference_leg.amount
    if order.sells:
        fee = min(most, math.floor(order.fee * units))
        return Filled(order, units - fee, fee)
    measure = problem.market.unit
    given = units * measure[order.want] / problem.rate(order, prices) / measure[order.give]
    return Filled(order, units, min(most, math.floor(order.fee * given)))


def fit(
    problem: Problem,
    filled: Sequence[Filled],
    interactions: Sequence[Interaction],
    around: Mapping[AssetId, float],
    deadline: Deadline,
) -> Fitted | None:
    """Fills and prices that honour all limits and pay out no more than there is, or ``None``."""
    prices = {a: around.get(a, 1.0) for item in filled for a in (item.order.give, item.order.want)}
    found = _Fit(problem, filled, interactions, prices, free_fills=False).solve(deadline)
    for _ in range(ROUNDS):
        if found is not None:
            polished = _Fit(problem, found.filled, interactions, found.prices, free_fills=False).solve(deadline)
            return polished or found
        loose = _loosened(problem, filled, interactions, prices, deadline)
        if loose is None:
            return None
        filled, prices = loose.filled, dict(loose.prices)
        found = _Fit(problem, filled, interactions, prices, free_fills=False).solve(deadline)
    return None


def _loosened(
    problem: Problem,
    filled: Sequence[Filled],
    interactions: Sequence[Interaction],
    prices: Mapping[AssetId, float],
    deadline: Deadline,
) -> Fitted | None:
    """Fills free to move, with room for rounding them where there is any: else the last unit may be missing."""
    roomy = _Fit(problem, filled, interactions, prices, free_fills=True, room=True).solve(deadline)
    return roomy or _Fit(problem, filled, interactions, prices, free_fills=True).solve(deadline)


class _Fit:
    """One linear program: p = base·(1 + MOVE·shift), fill = now + MOVE·change.

    A balance times its asset's price is linear in prices: p_a·fixed_a + Σ p_want·bought − Σ p_give·sold,
    with sellers into a and buyers out of it. So prices alone are fitted exactly.
    """

    def __init__(
        self,
        problem: Problem,
        filled: Sequence[Filled],
        interactions: Sequence[Interaction],
        base: Mapping[AssetId, float],
        *,
        free_fills: bool,
        room: bool = False,
    ) -> None:
        self.problem = problem
        self.room = room
        self.filled = filled
        self.base = base
        self.venues = [swap.venue for swap in interactions]
        self.program = Program()
        self.shift = {asset: self.program.variable(-REACH / MOVE, REACH / MOVE) for asset in base}
        self.change: dict[int, int] = {}
        self.now: defaultdict[AssetId, float] = defaultdict(float)
        self.terms: defaultdict[AssetId, dict[int, float]] = defaultdict(dict)
        self.moved: defaultdict[AssetId, float] = defaultdict(float)
        self.payouts: defaultdict[AssetId, int] = defaultdict(int)
        self.rounded: defaultdict[AssetId, float] = defaultdict(float)
        self.scored: defaultdict[DirectedPair, float] = defaultdict(float)
        self.raised: defaultdict[DirectedPair, dict[int, float]] = defaultdict(dict)
        exact: defaultdict[AssetId, int] = defaultdict(int)
        for index, item in enumerate(filled):
            self._order(index, item, exact, free=free_fills and not item.order.whole)
        for swap in interactions:
            exact[swap.asset_in] -= swap.amount_in
            exact[swap.asset_out] += swap.amount_out
        for asset in base:
            fixed = exact[asset] * problem.market.unit[asset]
            self.now[asset] += fixed
            self._add(self.terms[asset], self.shift[asset], fixed)
        self._balances()
        self._floors()

    def _order(self, index: int, item: Filled, exact: dict[AssetId, int], *, free: bool) -> None:
        """Balances, limit and gain of one fill; the exact part of what it moves goes to ``exact``."""
        order, unit = item.order, self.problem.market.unit
        rate = self.base[order.give] / self.base[order.want]
        exact[order.give] += item.fee
        self.payouts[order.want if order.sells else order.give] += 1
        if order.sells:
            exact[order.give] += item.executed
            amount = item.executed * unit[order.give]
            self.now[order.want] -= amount * rate
            self._add(self.terms[order.want], self.shift[order.give], -amount * rate)
        else:
            exact[order.want] -= item.executed
            amount = item.executed * unit[order.want]
            self.now[order.give] += amount / rate
            self._add(self.terms[order.give], self.shift[order.want], amount / rate)
        self.moved[order.give] += amount
        self.moved[order.want] += amount
        self._limit(item, rate)
        if free:
            self._free(index, item, rate)

    @staticmethod
    def _add(terms: dict[int, float], variable: int, value: float) -> None:
        terms[variable] = terms.get(variable, 0.0) + value

    def _limit(self, item: Filled, rate: float) -> None:
        """p_give ≥ floor·p_want with a hair to spare, and the gain of a better rate in the objective."""
        order = item.order
        floor = order.floor * (1.0 + LIMIT_MARGIN) / (1.0 - order.fee)
        row = self.program.row((floor / rate - 1.0) / MOVE, INFINITY)
        self.program.add(row, self.shift[order.give], 1.0)
        self.program.add(row, self.shift[order.want], -floor / rate)
        part = item.units / order.record.remaining
        gain = order.size * part * (rate if order.sells else order.limit / rate) * order.scores
        self.program.add_gain(self.shift[order.give], gain)
        self.program.add_gain(self.shift[order.want], -gain)
        pair = order.give, order.want
        if pair in self.problem.floors:
            self.scored[pair] += part * order_surplus(order, rate * (1.0 - order.fee))
            self._add(self.raised[pair], self.shift[order.give], gain)
            self._add(self.raised[pair], self.shift[order.want], -gain)

    def _free(self, index: int, item: Filled, rate: float) -> None:
        """The fill may change a little: rather less than more, and never below its minimum."""
        order = item.order
        part = item.units / order.record.remaining
        low = max(-REACH, max(order.least, 1e-12) - part)
        net = rate * (1.0 - order.fee)
        high = max(0.0, min(REACH, 1.0 - part))
        surplus = order_surplus(order, net)
        change = self.program.variable(min(0.0, low) / MOVE, high / MOVE, surplus)
        self.change[index] = change
        if (order.give, order.want) in self.problem.floors:
            self._add(self.raised[order.give, order.want], change, surplus)
        unit = self.problem.market.unit
        # Rounded down, a sell gives up to a unit less, a buy what a unit of what it wants is worth.
        self.rounded[order.give] += unit[order.give] if order.sells else unit[order.want] / net
        if order.sells:
            self._add(self.terms[order.give], change, order.size)
            self._add(self.terms[order.want], change, -order.size * net)
        else:
            self._add(self.terms[order.give], change, order.size / net)
            self._add(self.terms[order.want], change, -order.size)

    def _balances(self) -> None:
        """Every balance covers its payouts; what is left over pays for cost before it is lost."""
        market = self.problem.market
        kept = self.program.row(-INFINITY, 0.0)
        covered = self.program.variable(0.0, self._cost() / MOVE, 1.0)
        self.program.add(kept, covered, 1.0)
        for asset in self.base:
            count, unit = self.payouts[asset], market.unit[asset]
            # Where nobody is paid there is nothing to round: what is given covers what venues take, exactly.
            reserve = SLACK * self.moved[asset] + (count + 1) * unit if count else 0.0
            reserve += self.rounded[asset] if self.room and count else 0.0
            start = (reserve - self.now[asset]) / MOVE
            row = self.program.row(start, start)
            left = self.program.variable(0.0, INFINITY)
            self.program.add(row, left, -1.0)
            if market.auction.reference_price(asset):
                self.program.add(kept, left, -1.0)
            for variable, value in self.terms[asset].items():
                self.program.add(row, variable, value)

    def _floors(self) -> None:
        """Pairs keep what rivals would give them: prices could hand it to others at no loss."""
        for pair, terms in self.raised.items():
            floor = self.problem.floors[pair]
            row = self.program.row((floor.score * (1.0 + floor.margin) - self.scored[pair]) / MOVE, INFINITY)
            self.program.add(row, self.program.variable(0.0, INFINITY, -floor.penalty), 1.0)
            for variable, value in terms.items():
                self.program.add(row, variable, value)

    def _cost(self) -> float:
        market = self.problem.market
        venues = math.fsum(market.gas_price * market.auction.venue[name].gas for name in self.venues)
        return market.settlement_cost + len(self.filled) * market.trade_cost + venues

    def solve(self, deadline: Deadline) -> Fitted | None:
        if not self.program.solve(deadline):
            return None
        moved = {asset: float(self.program.values[self.shift[asset]]) * MOVE for asset in self.base}
        prices = {asset: price * (1.0 + moved[asset]) for asset, price in self.base.items()}
        return Fitted([self._refilled(i, item, prices) for i, item in enumerate(self.filled)], prices)

    def _refilled(self, index: int, item: Filled, prices: Mapping[AssetId, float]) -> Filled:
        if index not in self.change:
            return item
        remaining = item.order.record.remaining
        units = item.units + math.floor(float(self.program.values[self.change[index]]) * MOVE * remaining)
        least = max(1, math.ceil(item.order.least * remaining))
        return with_fee(self.problem, prices, item.order, max(least, min(remaining, units)))
