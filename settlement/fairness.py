"""The fairness report of a settled batch: who got how much better, against limit and against going alone.

All integers and exact fractions, so every node prints the same report. Improvements are in basis points,
rounded down. "Alone" is the best single path over the snapshot, less what executing alone would cost
at reference prices.
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
from settlement.verified import DirectedPair, Trade, Verified
from settlement.why_not import Unfilled, unfilled_orders

if TYPE_CHECKING:
    from settlement.settle import Settlement

#: Best routes are looked up for at most this many settled orders, first settled first.
MAX_ROUTED: Final = 2_000


@dataclass(frozen=True, slots=True)
class Improvement:
    """``over_route_bps`` is ``None`` where no single path could have filled the order at a profit to it."""

    order: IntentId
    solver: str
    over_limit_bps: int
    over_route_bps: int | None


@dataclass(frozen=True, slots=True)
class PriceClash:
    """One directed pair settled at two prices: by two winners, or by one after different fees."""

    pair: DirectedPair
    low: Fraction
    high: Fraction


@dataclass(frozen=True, slots=True)
class Envy:
    """``envier`` offered at least as good a price as ``envied`` on the same pair, and was left out."""

    envier: IntentId
    envied: IntentId


@dataclass(frozen=True, slots=True)
class FairnessReport:
    """``rationing`` is the widest gap of fill fractions among like orders; ``jain`` lies in 1/n … 1."""

    improvements: tuple[Improvement, ...]
    ebbo_violations: int
    price_clashes: tuple[PriceClash, ...]
    left_out: tuple[Unfilled, ...]
    envy: tuple[Envy, ...]
    rationing: Fraction
    jain: Fraction
    bound: int | None

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
        }


def fairness_report(settlement: Settlement) -> FairnessReport:
    """The report of what was settled, over the snapshot before it."""
    auction = settlement.auction
    routes = RouteBook(auction)
    improvements = _improvements(auction, settlement.settled, routes)
    unfilled = unfilled_orders(settlement, routes)
    left_out = tuple(item for item in unfilled if item.in_the_money)
    proof = settlement.outcome.certificate
    return FairnessReport(
        improvements=improvements,
        ebbo_violations=sum(1 for item in improvements if (item.over_route_bps or 0) < 0),
        price_clashes=_price_clashes(settlement.settled),
        left_out=left_out,
        envy=_envy(auction, settlement.settled, left_out),
        rationing=_rationing(auction, settlement.settled),
        jain=jain([item.over_limit_bps for item in improvements]),
        bound=None if proof is None else proof.bound,
    )


def over_limit_bps(order: AuctionOrder, trade: Trade) -> int:
    """How much better than the signed limit, in basis points of it; of a basket, its value-blind worst leg."""
    intent = order.intent
    if intent.is_swap:
        given, got = trade.gives[0].amount, trade.wants[0].amount
        return _better_bps(got * intent.give[0].amount, intent.want[0].amount * given)
    given, most = trade.gives[0].amount, intent.give[0].amount
    return min(
        _better_bps(leg.amount * most, signed.amount * given)
        for leg, signed in zip(trade.wants, intent.want, strict=True)
    )


def _better_bps(mine: int, reference: int) -> int:
    return (mine - reference) * MAX_BPS // reference if reference > 0 else 0


def _improvements(auction: Auction, settled: Sequence[Verified], routes: RouteBook) -> tuple[Improvement, ...]:
    found: list[Improvement] = []
    for item in settled:
        for trade in item.trades:
            order = auction.order[trade.order]
            alone = over_route_bps(auction, order, trade, routes) if len(found) < MAX_ROUTED else None
            found.append(Improvement(trade.order, item.solution.solver, over_limit_bps(order, trade), alone))
    return tuple(found)


def over_route_bps(auction: Auction, order: AuctionOrder, trade: Trade, routes: RouteBook) -> int | None:
    """How much better than the best single path alone, net of that path's cost; ``None`` if there is none."""
    intent = order.intent
    if not intent.is_swap:
        return None
    give, want = trade.gives[0], trade.wants[0]
    if give.amount < 1 or want.amount < 1:
        return None
    if intent.kind is Kind.EXACT_OUT:
        route = routes.buy(give.asset, want.asset, want.amount)
        if route is None:
            return None
        return _better_bps(route.amount_in + cost_in(auction, route, give.asset), give.amount)
    route = routes.sell(give.asset, want.asset, give.amount)
    if route is None:
        return None
    alone = route.amount_out - cost_in(auction, route, want.asset)
    return _better_bps(want.amount, alone) if alone > 0 else None


def cost_in(auction: Auction, route: Route, asset: AssetId) -> int:
    """What settling ``route`` alone costs, in ``asset`` at its reference price (0 without one), rounded down."""
    price = auction.reference_price(asset)
    costs = auction.costs
    wei = costs.gas_price * (costs.settlement_gas + costs.trade_gas + route.gas)
    return wei * PRICE_SCALE // price if price else 0


def _price_clashes(settled: Sequence[Verified]) -> tuple[PriceClash, ...]:
    """Pairs whose clearing price differs between winners; one solution has one price by law."""
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


def _envy(auction: Auction, settled: Sequence[Verified], left_out: Sequence[Unfilled]) -> tuple[Envy, ...]:
    """For each order left out, one filled order of its pair that asked for more or the same."""
    filled: dict[DirectedPair, IntentId] = {}
    for item in settled:
        for trade in item.trades:
            intent = auction.order[trade.order].intent
            pair = intent.pairs[0]
            if intent.is_swap and (
                pair not in filled or _asks(auction, trade.order) > _asks(auction, filled[pair])
            ):
                filled[pair] = trade.order
    found = []
    for left in left_out:
        envied = filled.get(auction.order[left.order].intent.pairs[0])
        if envied is not None and _asks(auction, left.order) <= _asks(auction, envied):
            found.append(Envy(left.order, envied))
    return tuple(found)


def _asks(auction: Auction, order: IntentId) -> Fraction:
    """The least it wants per unit given."""
    intent = auction.order[order].intent
    return Fraction(intent.want[0].amount, intent.give[0].amount)


def _rationing(auction: Auction, settled: Sequence[Verified]) -> Fraction:
    """The widest gap between fill fractions of partially fillable orders of one pair, kind and limit."""
    filled = {trade.order: trade.filled for item in settled for trade in item.trades}
    groups: dict[tuple[object, ...], list[Fraction]] = {}
    for order in auction.orders:
        intent = order.intent
        if intent.is_swap and intent.partial and order.remaining > 0:
            like = (intent.pairs[0], intent.kind, _asks(auction, order.id))
            groups.setdefault(like, []).append(Fraction(filled.get(order.id, 0), order.remaining))
    return max((max(g) - min(g) for g in groups.values()), default=Fraction(0))


def jain(values: Sequence[int]) -> Fraction:
    """Jain's index (Σx)² / (n·Σx²) of non-negative values (arXiv:cs/9809099); 1 when all are equal or none."""
    positive = [max(0, value) for value in values]
    squares = sum(value * value for value in positive)
    return Fraction(sum(positive) ** 2, len(positive) * squares) if squares else Fraction(1)
