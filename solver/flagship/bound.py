"""Dual prices that prove how little more there is to gain, by column generation.

The master program is the batch as if every order could be paid its own price, over the trades that venues
have offered so far; its duals are prices, to which every venue answers with its best trade (Dantzig and
Wolfe). What all of them gain at the prices is an upper bound; the prices of the least bound seen are kept,
and evaluated exactly by ``settlement.certificate.bound``.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.amounts import PRICE_SCALE
from intents.assets import AssetId
from intents.intent import Owner
from settlement.certificate.bound import least_prices
from settlement.certificate.dual import DualPrices
from settlement.certificate.offers import Offer, offers_of
from solver.flagship.lp import INFINITY, Program
from solver.flagship.market import Market
from solver.flagship.replies import Edge, edges_of
from solver.protocol import Deadline

MAX_ROUNDS: Final = 60
#: Where the least bound and the master's optimum agree to this share, prices are good enough.
CLOSE: Final = 5e-5
#: Rates asked at first, in parts of what reference prices say.
FIRST_RATES: Final = (0.9, 0.98, 0.995, 0.999)
#: Weight of the best prices so far in the prices asked next: keeps duals from swinging.
STEADY: Final = 0.5
#: Published prices and weights have this many significant bits.
PRICE_BITS: Final = 44
#: Orders smaller than this do not move prices, nor do larger ones more than it: what linear programs can scale.
DUST: Final = 1e-9
MOST: Final = 1e7
#: Any prices prove a bound, so near enough is good enough.
LOOSE: Final = 1e-7
#: What having a direction of a venue answer costs, in units of work.
PER_REPLY: Final = 12
#: Of the measuring unit: for assets that nobody in the master program is short of.
LEAST_PRICE: Final = 1e-8


def dual_prices(market: Market, deadline: Deadline) -> DualPrices:
    """The prices of the least bound found within a number of rounds, or until the deadline."""
    bound = _Bound(market)
    bound.ask(bound.start())
    for _ in range(MAX_ROUNDS):
        if deadline.passed or not bound.improve(deadline):
            break
    return bound.published()


def relative(dual: DualPrices, market: Market) -> dict[AssetId, float]:
    """Dual prices per measured unit, as the search has them: 1 is the reference price."""
    return {
        asset: float(price) / PRICE_SCALE / market.unit[asset]
        for asset, price in dual.prices.items()
        if asset in market.unit and price
    }


@dataclass(frozen=True)
class _Duals:
    """Prices per measured unit (1 is the reference price), and the weight of costs."""

    prices: Mapping[AssetId, float]
    weight: float


@dataclass(frozen=True, slots=True)
class _Measured:
    """An offer in measured amounts, with its fixed cost."""

    gives: tuple[tuple[AssetId, float], ...]
    wants: tuple[tuple[AssetId, float], ...]


@dataclass(frozen=True, slots=True)
class _Trade:
    """What one direction of a venue would trade, measured, and its gain at the prices asked."""

    edge: Edge
    paid: float
    got: float
    gain: float


class _Bound:
    """The master program and the best duals so far."""

    def __init__(self, market: Market) -> None:
        auction = market.auction
        self.market = market
        self.unit = market.unit
        found = offers_of(auction)
        known = [
            offer
            for offer in found.orders
            if all(asset in market.unit for asset, _ in (*offer.gives, *offer.wants))
        ]
        self.offers = [_measure(offer, market) for offer in known]
        self.sharing = [
            (members, balance)
            for account, members in _accounts(known).items()
            if account in found.balances
            and math.fsum(self.offers[i].gives[0][1] for i in members)
            > (balance := found.balances[account] * market.unit[account[1]])
        ]
        self.edges: dict[int, list[Edge]] = {}
        for place, state in enumerate(auction.venues):
            edges = [e for e in edges_of(state) if e.asset_in in market.unit and e.asset_out in market.unit]
            if edges:
                self.edges[place] = edges
        self.costs = [market.gas_price * state.gas for state in auction.venues]
        self.handed = {leg.asset for order in auction.orders if order.scored for leg in order.intent.want}
        self.best: _Duals = self.start()
        self.least = INFINITY
        self.reached = 0.0
        self._build()

    def start(self) -> _Duals:
        return _Duals(dict.fromkeys(self.unit, 1.0), 1.0)

    def _build(self) -> None:
        self.program = Program()
        self.rows: dict[AssetId, int] = {asset: self.program.row(0.0, INFINITY) for asset in self.unit}
        self.shares: dict[tuple[int, AssetId, AssetId], int] = {}
        # Leftovers pay for costs: at most the costs, at most what they are worth.
        self.cost = self.program.row(-INFINITY, self.market.settlement_cost)
        self.kept = self.program.row(-INFINITY, 0.0)
        covered = self.program.variable(0.0, INFINITY, 1.0)
        self.program.add(self.cost, covered, 1.0)
        self.program.add(self.kept, covered, 1.0)
        for asset, row in self.rows.items():
            if self.market.auction.reference_price(asset):
                left = self.program.variable(0.0, INFINITY, 1.0 if asset in self.handed else 0.0)
                self.program.add(row, left, -1.0)
                if asset not in self.handed:
                    self.program.add(self.kept, left, -1.0)
        drawn = {
            i: row
            for members, held in self.sharing
            for row in [self.program.row(-INFINITY, held)]
            for i in members
        }
        for place, offer in enumerate(self.offers):
            # Counted in value, not in parts of the order: sizes may be many powers of ten apart.
            size = math.fsum(amount for _, amount in (*offer.gives, *offer.wants))
            if size < DUST or offer.gives[0][1] < DUST * size:
                continue
            x = self.program.variable(0.0, min(size, MOST), -self.market.trade_cost / size)
            self.program.add(self.cost, x, -self.market.trade_cost / size)
            for asset, amount in offer.gives:
                self.program.add(self.rows[asset], x, amount / size)
            for asset, amount in offer.wants:
                if amount > DUST * size:
                    self.program.add(self.rows[asset], x, -amount / size)
            if place in drawn:
                self.program.add(drawn[place], x, offer.gives[0][1] / size)

    def improve(self, deadline: Deadline) -> bool:
        """One round: solve, ask at the duals and between them and the best; whether it may still improve."""
        if not self.program.solve(deadline, tolerance=LOOSE):
            return False
        deadline.spend(PER_REPLY * sum(map(len, self.edges.values())))
        self.reached = self.program.value - self.market.settlement_cost
        duals = _Duals(
            {asset: max(0.0, -float(self.program.duals[row])) for asset, row in self.rows.items()},
            min(1.0, max(0.0, 1.0 - float(self.program.duals[self.cost]))),
        )
        new = self.ask(duals)
        if self.least < INFINITY:
            new |= self.ask(self._between(duals))
        return new and self.least - self.reached > CLOSE * max(abs(self.reached), 1e-9)

    def _between(self, duals: _Duals) -> _Duals:
        best = self.best
        prices = {a: STEADY * best.prices[a] + (1.0 - STEADY) * price for a, price in duals.prices.items()}
        return _Duals(prices, STEADY * best.weight + (1.0 - STEADY) * duals.weight)

    def ask(self, asked: _Duals) -> bool:
        """Have every venue answer; keeps the bound if it is the least. Whether any trade was new."""
        duals = self._feasible(asked)
        prices, weight = duals.prices, duals.weight
        bound = -weight * self.market.settlement_cost
        worths = [
            math.fsum(prices[asset] * amount for asset, amount in offer.gives)
            - math.fsum(prices[asset] * amount for asset, amount in offer.wants)
            - weight * self.market.trade_cost
            for offer in self.offers
        ]
        bound += math.fsum(worth for worth in worths if worth > 0.0)
        for members, held in self.sharing:
            bound -= self._missed(members, held, worths)
        new = False
        for venue, edges in self.edges.items():
            offered = [trade for edge in edges if (trade := self._trade(edge, prices)).gain > 0.0]
            gain = math.fsum(trade.gain for trade in offered)
            if gain > weight * self.costs[venue]:
                bound += gain - weight * self.costs[venue]
                new = True
                for trade in offered:
                    self._offer(venue, trade, trade.gain / gain)
        if bound < self.least:
            self.least, self.best = bound, duals
        return new

    def _missed(self, members: Sequence[int], held: float, worths: Sequence[float]) -> float:
        """What orders on one balance cannot add because others on it, worth more per unit, come first."""
        missed = 0.0
        wanted = [(worths[i], self.offers[i].gives[0][1]) for i in members if worths[i] > 0.0]
        for worth, amount in sorted(wanted, key=lambda item: item[0] / item[1], reverse=True):
            taken = min(amount, held)
            held -= taken
            missed += worth * (1.0 - taken / amount)
        return missed

    def _trade(self, edge: Edge, prices: Mapping[AssetId, float]) -> _Trade:
        """The best answer of one direction of a venue."""
        unit_in, unit_out = self.unit[edge.asset_in], self.unit[edge.asset_out]
        into, out = prices[edge.asset_in], prices[edge.asset_out]
        paid, got = edge.until(into * unit_in / (out * unit_out))
        return _Trade(edge, paid * unit_in, got * unit_out, out * got * unit_out - into * paid * unit_in)

    def _offer(self, venue: int, trade: _Trade, share: float) -> None:
        """The trade as a column at its ``share`` of the venue's cost; columns of one direction share a whole."""
        key = (venue, trade.edge.asset_in, trade.edge.asset_out)
        if key not in self.shares:
            self.shares[key] = self.program.row(-INFINITY, 1.0)
        cost = share * self.costs[venue]
        y = self.program.variable(0.0, INFINITY, -cost)
        self.program.add(self.cost, y, -cost)
        self.program.add(self.shares[key], y, 1.0)
        self.program.add(self.rows[trade.edge.asset_in], y, -trade.paid)
        self.program.add(self.rows[trade.edge.asset_out], y, trade.got)

    def _feasible(self, duals: _Duals) -> _Duals:
        """Raised to what the certificate asks for; no asset for nothing, or pools of it would be given away."""
        prices = {asset: max(price, LEAST_PRICE) for asset, price in duals.prices.items()}
        for asset, price in prices.items():
            if self.market.auction.reference_price(asset):
                prices[asset] = max(price, 1.0 if asset in self.handed else duals.weight)
        return _Duals(prices, duals.weight)

    def published(self) -> DualPrices:
        """The best duals as rationals, rounded up so that they stay feasible."""
        weight = Fraction(int(self.best.weight * (1 << PRICE_BITS)), 1 << PRICE_BITS)
        least = least_prices(self.market.auction, weight)
        exact = {
            asset: max(least[asset], rounded_up(price * self.unit[asset] * PRICE_SCALE))
            for asset, price in self.best.prices.items()
        }
        return DualPrices(exact, weight)


def rounded_up(value: float) -> Fraction:
    """``value`` ≥ 0 or a little more, with ``PRICE_BITS`` significant bits and a power of two below the line."""
    mantissa, exponent = math.frexp(value)
    whole = math.ceil(math.ldexp(mantissa, PRICE_BITS))
    shift = exponent - PRICE_BITS
    return Fraction(whole << shift) if shift >= 0 else Fraction(whole, 1 << -shift)


def _accounts(offers: Sequence[Offer]) -> dict[tuple[Owner, AssetId], list[int]]:
    """The places of the offers that draw on each balance."""
    found: defaultdict[tuple[Owner, AssetId], list[int]] = defaultdict(list)
    for place, offer in enumerate(offers):
        if offer.account is not None:
            found[offer.account].append(place)
    return found


def _measure(offer: Offer, market: Market) -> _Measured:
    part = offer.part / offer.whole

    def measured(legs: tuple[tuple[AssetId, int], ...]) -> tuple[tuple[AssetId, float], ...]:
        return tuple((asset, part * amount * market.unit[asset]) for asset, amount in legs)

    return _Measured(measured(offer.gives), measured(offer.wants))
