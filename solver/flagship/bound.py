"""Dual prices that prove how little more there is to gain, by column generation.

The master program is the batch as if every order could be paid its own price, over the trades that venues
have offered so far; its duals are prices, to which every venue answers with its best trade (Dantzig and
Wolfe). What all of them gain at the prices is an upper bound; the prices of the least bound seen are kept,
and evaluated exactly by ``settlement.certificate.bound``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Final

import numpy as np

from intents.assets import AssetId
from settlement.certificate.bound import least_prices
from settlement.certificate.dual import DualPrices
from solver.flagship.lp import INFINITY
from solver.flagship.market import Market
from solver.flagship.master import Duals, Master, Trade
from solver.flagship.relaxed import Balance, relaxed
from solver.flagship.replies import Edge
from solver.flagship.tables import Floats
from solver.protocol import Deadline

MAX_ROUNDS: Final = 60
#: Where the least bound and the master's optimum agree to this share, prices are good enough.
CLOSE: Final = 5e-5
#: Weight of the best prices so far in the prices asked next: keeps duals from swinging.
STEADY: Final = 0.5
#: Published prices and weights have this many significant bits.
PRICE_BITS: Final = 44
#: What having a direction of a venue answer costs, in units of work.
PER_REPLY: Final = 12
#: Of the measuring unit: for assets that nobody in the master program is short of.
LEAST_PRICE: Final = 1e-8


def dual_prices(market: Market, deadline: Deadline) -> DualPrices:
    """The prices of the least bound found within a number of rounds, or until the deadline."""
    search = _Search(market)
    search.ask(search.best)
    for _ in range(MAX_ROUNDS):
        if deadline.passed or not search.improve(deadline):
            break
    return published(search.best, market)


def relative(dual: DualPrices, market: Market) -> dict[AssetId, float]:
    """Dual prices per measured unit, as the search has them: 1 is the reference price."""
    return {
        asset: float(price) / market.whole / market.unit[asset]
        for asset, price in dual.prices.items()
        if asset in market.unit and price
    }


class _Search:
    """The master program, and the best duals and their bound so far."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.batch = relaxed(market)
        self.master = Master(market, self.batch)
        self.best = Duals(dict.fromkeys(market.unit, 1.0), 1.0)
        self.least = INFINITY

    def improve(self, deadline: Deadline) -> bool:
        """One round: solve, ask at the duals and between them and the best; whether it may still improve."""
        solved = self.master.solve(deadline)
        if solved is None:
            return False
        duals, reached = solved
        deadline.spend(PER_REPLY * sum(map(len, self.batch.edges.values())))
        new = self.ask(duals)
        if self.least < INFINITY:
            new |= self.ask(between(self.best, duals))
        return new and self.least - reached > CLOSE * max(abs(reached), 1e-9)

    def ask(self, asked: Duals) -> bool:
        """Have every venue answer; keeps the bound if it is the least. Whether any trade was new."""
        duals = feasible(asked, self.market, self.batch.handed)
        prices, weight = duals.prices, duals.weight
        bound = -weight * self.market.settlement_cost
        legs = self.batch.offers
        priced = np.array([prices[asset] for asset in self.batch.assets])
        worths = np.bincount(legs.of, legs.amount * priced[legs.asset], legs.count).astype(np.float64)
        worths -= weight * self.market.trade_cost
        bound += float(np.sum(worths, where=worths > 0.0))
        for balance in self.batch.sharing:
            bound -= self._missed(balance, worths)
        new = False
        for venue, edges in self.batch.edges.items():
            offered = [trade for edge in edges if (trade := self._trade(edge, prices)).gain > 0.0]
            gain = math.fsum(trade.gain for trade in offered)
            if gain > weight * self.batch.costs[venue]:
                bound += gain - weight * self.batch.costs[venue]
                new = True
                for trade in offered:
                    self.master.offer(venue, trade, trade.gain / gain)
        if bound < self.least:
            self.least, self.best = bound, duals
        return new

    def _missed(self, balance: Balance, worths: Floats) -> float:
        """What orders on one balance cannot add because others on it, worth more per unit, come first."""
        missed, held = 0.0, balance.held
        amounts = self.batch.offers.first
        wanted = [(float(worths[i]), float(amounts[i])) for i in balance.members if worths[i] > 0.0]
        for worth, amount in sorted(wanted, key=lambda item: item[0] / item[1], reverse=True):
            taken = min(amount, held)
            held -= taken
            missed += worth * (1.0 - taken / amount)
        return missed

    def _trade(self, edge: Edge, prices: Mapping[AssetId, float]) -> Trade:
        """The best answer of one direction of a venue."""
        unit_in, unit_out = self.market.unit[edge.asset_in], self.market.unit[edge.asset_out]
        into, out = prices[edge.asset_in], prices[edge.asset_out]
        paid, got = edge.until(into * unit_in / (out * unit_out))
        return Trade(edge, paid * unit_in, got * unit_out, out * got * unit_out - into * paid * unit_in)


def between(best: Duals, duals: Duals) -> Duals:
    """Duals ``STEADY`` of the way from new ones to the best."""
    prices = {asset: STEADY * best.prices[asset] + (1.0 - STEADY) * price for asset, price in duals.prices.items()}
    return Duals(prices, STEADY * best.weight + (1.0 - STEADY) * duals.weight)


def feasible(duals: Duals, market: Market, handed: frozenset[AssetId]) -> Duals:
    """Raised to what the certificate asks for; no asset for nothing, or pools of it would be given away."""
    prices = {asset: max(price, LEAST_PRICE) for asset, price in duals.prices.items()}
    for asset, price in prices.items():
        if market.auction.reference_price(asset):
            prices[asset] = max(price, 1.0 if asset in handed else duals.weight)
    return Duals(prices, duals.weight)


def published(duals: Duals, market: Market) -> DualPrices:
    """The duals as rationals, rounded up so that they stay feasible."""
    weight = Fraction(int(duals.weight * (1 << PRICE_BITS)), 1 << PRICE_BITS)
    least = least_prices(market.auction, weight)
    exact = {
        asset: max(least[asset], rounded_up(price * market.unit[asset] * market.whole))
        for asset, price in duals.prices.items()
    }
    return DualPrices(exact, weight)


def rounded_up(value: float) -> Fraction:
    """``value`` ≥ 0 or a little more, with ``PRICE_BITS`` significant bits and a power of two below the line."""
    mantissa, exponent = math.frexp(value)
    whole = math.ceil(math.ldexp(mantissa, PRICE_BITS))
    shift = exponent - PRICE_BITS
    return Fraction(whole << shift) if shift >= 0 else Fraction(whole, 1 << -shift)
