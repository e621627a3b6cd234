"""The fairness report of a settled batch: who got how much better, against limit and against going alone.

All integers and exact fractions, so every node prints the same report. Improvements are in basis points,
rounded down. "Alone" is the best single path over the snapshot, less what executing alone would cost
at reference prices (an order alone bears the whole settlement's gas).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from intents.amounts import MAX_BPS, PRICE_SCALE
from intents.assets import AssetId
from intents.auction import Auction, AuctionOrder
from intents.intent import IntentId, Kind
from settlement.best_route import Route, RouteBook
from settlement.envy import Envy, justified_envy, rationing_gap
from settlement.verified import DirectedPair, Trade, Verified
from settlement.why_not import Unfilled, limits_of, unfilled_orders

if TYPE_CHECKING:
    from settlement.settle import Settlement

#: Best routes are looked up for at most this many settled orders, first settled first.
MAX_ROUTED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Improvement:
    """One settled order.

    ``over_limit_bps`` is measured from its limit at the auction's number. ``over_route_bps`` is negative
    where the best single path alone would have served it better (an EBBO violation), and ``None`` where
    no path serves it at all, for baskets, and beyond ``MAX_ROUTED``.
    """

    order: IntentId
    solver: str
    over_limit_bps: int
    over_route_bps: int | None


@dataclass(frozen=True, slots=True)
class PriceClash:
    """One directed pair settled at two clearing prices by two winners (wanted units per given unit)."""

    pair: DirectedPair
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """What a batch did to its owners.

    ``left_out`` are unfilled orders in the money. ``rationing`` is the widest gap of fill fractions among
    like orders; ``jain`` is Jain's index of the improvements over limits, 1/n … 1. ``bound`` and
    ``greedy_total`` come from the certificate, where the mechanism gives one.
    """

    improvements: tuple[Improvement, ...]
    price_clashes: tuple[PriceClash, ...]
    left_out: tuple[Unfilled, ...]
    envy: tuple[Envy, ...]
    rationing: Fraction
    jain: Fraction
    bound: int | None
    greedy_total: int | None

    @property
    def ebbo_violations(self) -> int:
        """How many orders the best single path alone would have served better."""
        return sum(1 for item in self.improvements if (item.over_route_bps or 0) < 0)

    def to_json(self) -> dict[str, Any]:
        return {
            "improvements": [
                {
                    "order": "0x" + item.order.hex(),
                    "solver": item.solver,
                    "over_limit_bps": item.over_limit_bps,
                    "over_route_bps": item.over_route_bps,
                }
                for item in self.improvements
            ],
            "ebbo_violations": self.ebbo_violations,
            "price_clashes": [
                {"pair": list(item.pair), "low": str(item.low), "high": str(item.high)}
                for item in self.price_clashes
            ],
            "left_out": [item.to_json() for item in self.left_out],
            "envy": [
                {"envier": "0x" + item.envier.hex(), "envied": "0x" + item.envied.hex()} for item in self.envy
            ],
            "rationing": str(self.rationing),
            "jain": str(self.jain),
            "bound": None if self.bound is None else str(self.bound),
            "greedy_total": None if self.greedy_total is None else str(self.greedy_total),
        }


def fairness_report(settlement: Settlement) -> FairnessReport:
    """The report of what was settled, over the snapshot before it."""
    auction = settlement.auction
    routes = RouteBook(auction)
    improvements = _improvements(auction, settlement.settled, routes)
    unfilled = unfilled_orders(settlement, routes)
    proof = settlement.outcome.certificate
    return FairnessReport(
        improvements=improvements,
        price_clashes=price_clashes(settlement.settled),
        left_out=tuple(item for item in unfilled if item.in_the_money),
        envy=justified_envy(auction, settlement.settled),
        rationing=rationing_gap(auction, settlement.settled),
        jain=jain([item.over_limit_bps for item in improvements]),
        bound=None if proof is None else proof.bound,
        greedy_total=None if proof is None else proof.greedy_total,
    )


def over_limit_bps(auction: Auction, order: AuctionOrder, trade: Trade) -> int:
    """How much better than the limit, in basis points of it; of a basket, its worst leg."""
    limits = limits_of(order, auction)
    given = trade.gives[0].amount
    return min(
        _better_bps(leg.amount * limits.give[0], want * given)
        for leg, want in zip(trade.wants, limits.want, strict=True)
    )


def _better_bps(mine: int, reference: int) -> int:
    return (mine - reference) * MAX_BPS // reference if reference > 0 else 0


def _improvements(auction: Auction, settled: Sequence[Verified], routes: RouteBook) -> tuple[Improvement, ...]:
    found: list[Improvement] = []
    for item in settled:
        for trade in item.trades:
            order = auction.order[trade.order]
            alone = over_route_bps(auction, order, trade, routes) if len(found) < MAX_ROUTED else None
            better = over_limit_bps(auction, order, trade)
            found.append(Improvement(trade.order, item.solution.solver, better, alone))
    return tuple(found)


def over_route_bps(auction: Auction, order: AuctionOrder, trade: Trade, routes: RouteBook) -> int | None:
    """How much better than the best single path alone, net of that path's cost; ``None`` if there is none."""
    if not order.intent.is_swap:
        return None
    give, want = trade.gives[0], trade.wants[0]
    if order.intent.kind is Kind.EXACT_OUT:
        route = routes.buy(give.asset, want.asset, want.amount)
        if route is None:
            return None
        alone = route.amount_in + cost_in(auction, route, give.asset)
        return _better_bps(alone, give.amount)
    route = routes.sell(give.asset, want.asset, give.amount)
    if route is None:
        return None
    alone = route.amount_out - cost_in(auction, route, want.asset)
    return _better_bps(want.amount, alone) if alone > 0 else None


def cost_in(auction: Auction, route: Route, asset: AssetId) -> int:
    """What settling ``route`` alone costs, in ``asset`` at its reference price (0 without one), rounded down."""
    price = auction.reference_price(asset)
    costs = auction.costs
    cost = costs.gas_price * (costs.settlement_gas + costs.trade_gas + route.gas)
    return cost * PRICE_SCALE // price if price else 0


def price_clashes(settled: Sequence[Verified]) -> tuple[PriceClash, ...]:
    """Pairs whose clearing price differs between winners; within one solution the law allows one price."""
    prices: dict[DirectedPair, list[Fraction]] = {}
    for item in settled:
        for pair in item.score.pairs:
            price = Fraction(item.solution.prices[pair[0]], item.solution.prices[pair[1]])
            prices.setdefault(pair, []).append(price)
    return tuple(
        PriceClash(pair, min(found), max(found))
        for pair, found in sorted(prices.items())
        if min(found) != max(found)
    )


def jain(values: Sequence[int]) -> Fraction:
    """Jain's index (Σx)² / (n·Σx²) of non-negative values (arXiv:cs/9809099); 1 when all are equal or none."""
    positive = [max(0, value) for value in values]
    squares = sum(value * value for value in positive)
    return Fraction(sum(positive) ** 2, len(positive) * squares) if squares else Fraction(1)
