"""Why an intent was not filled: the first rule that stands in its way, and how far it is from a fill.

The reasons are tried in the order of ``Reason``, and each answer is recomputed from the snapshot and the bids.
An order is *in the money* when it could have traded at its limit or better, cost aside: at the prices
the batch settled at, or over a path of the snapshot.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from intents.amounts import MAX_BPS, PRICE_SCALE, mul_div_ceil
from intents.auction import Auction, AuctionOrder
from intents.curves import Limits, limits_at
from intents.intent import IntentId, Kind
from settlement.best_route import Route, RouteBook
from settlement.mechanism import bid_name
from settlement.verified import DirectedPair

if TYPE_CHECKING:
    from settlement.settle import Settlement

#: Best routes are looked up for at most this many orders; the rest are judged by reference prices only.
MAX_ROUTED: Final = 600
#: So is an order whose limit is this far beyond reference prices: no path makes up for that.
HOPELESS_BPS: Final = 2_000
#: An order that cannot be filled whole is tried at this fraction of its size.
SLICE: Final = 16


class Reason(StrEnum):
    LOST = "in a bid that did not win"
    NOT_YET_VALID = "not yet valid"
    EXPIRED = "expired"
    NOTHING_LEFT = "nothing left"
    NO_BALANCE = "owner has no balance"
    RESERVED = "reserved for a solver that did not bid for it"
    NO_PRICE = "no reference price for what it wants"
    CAPACITY = "no volume left at the clearing price"
    TOO_LARGE = "too large to fill whole"
    COST = "not worth its cost"
    NO_BID = "no solver bid for it"
    OUT_OF_THE_MONEY = "out of the money"
    NO_MARKET = "no market"


@dataclass(frozen=True, slots=True)
class Tried:
    """The best bid that held the order; ``refused`` is the code of the rule it broke, or empty."""

    bid: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Unfilled:
    """``distance_bps`` is how much the limit would have to give way at the best price found (0 if it need not).

    It is ``None`` where no price was found or none was looked for.
    """

    order: IntentId
    reason: Reason
    in_the_money: bool
    distance_bps: int | None
    best_bid: Tried | None

    def to_json(self) -> dict[str, Any]:
        bid = self.best_bid
        return {
            "order": "0x" + self.order.hex(),
            "reason": self.reason.value,
            "in_the_money": self.in_the_money,
            "distance_bps": self.distance_bps,
            "best_bid": None if bid is None else {"bid": bid.bid, "refused": bid.refused},
        }


def unfilled_orders(settlement: Settlement, routes: RouteBook | None = None) -> tuple[Unfilled, ...]:
    """Every order of the auction that no settled solution touched, in auction order."""
    auction = settlement.auction
    book = routes or RouteBook(auction)
    filled = {trade.order for item in settlement.settled for trade in item.trades}
    case = _Case(auction, book, clearing_prices(settlement), _best_bids(settlement))
    return tuple(case.explain(order) for order in auction.orders if order.id not in filled)


def clearing_prices(settlement: Settlement) -> dict[DirectedPair, tuple[int, int]]:
    """Per directed pair that was settled, the clearing prices of what is given and what is wanted."""
    return {
        pair: (item.solution.prices[pair[0]], item.solution.prices[pair[1]])
        for item in settlement.settled
        for pair in item.score.pairs
    }


def limits_of(order: AuctionOrder, auction: Auction) -> Limits:
    """The order's limits at the auction's number, for the solver it favours if it favours one."""
    exclusive = order.intent.exclusive
    return limits_at(order.intent, auction.number, exclusive.solver if exclusive else "")


class _Case:
    """One settled auction, asked about one order after the other."""

    def __init__(
        self,
        auction: Auction,
        routes: RouteBook,
        clearing: Mapping[DirectedPair, tuple[int, int]],
        bids: Mapping[IntentId, Tried],
    ) -> None:
        self._auction = auction
        self._routes = routes
        self._clearing = clearing
        self._bids = bids
        self._empty = {(b.owner, b.asset) for b in auction.balances if b.amount == 0}
        self._looked = 0

    def explain(self, order: AuctionOrder) -> Unfilled:
        tried = self._bids.get(order.id)
        if tried is not None and not tried.refused:
            return Unfilled(order.id, Reason.LOST, True, 0, tried)
        barred = self._barred(order)
        if barred is not None:
            return Unfilled(order.id, barred, False, None, tried)
        limits = limits_of(order, self._auction)
        reason, in_the_money, distance = self._at_clearing(order, limits) or self._by_route(order, limits)
        return Unfilled(order.id, reason, in_the_money, distance, tried)

    def _barred(self, order: AuctionOrder) -> Reason | None:
        """A rule that keeps the order out whatever the prices."""
        auction, intent = self._auction, order.intent
        if auction.number and auction.number < intent.valid_from:
            return Reason.NOT_YET_VALID
        if auction.number and auction.number > intent.valid_to:
            return Reason.EXPIRED
        if order.remaining == 0:
            return Reason.NOTHING_LEFT
        if any((intent.owner, leg.asset) in self._empty for leg in intent.give):
            return Reason.NO_BALANCE
        exclusive = intent.exclusive
        if exclusive and exclusive.override_bps == 0 and auction.number <= exclusive.until:
            return Reason.RESERVED
        if order.scored and any(auction.reference_price(leg.asset) is None for leg in intent.want):
            return Reason.NO_PRICE
        return None

    def _at_clearing(self, order: AuctionOrder, limits: Limits) -> tuple[Reason, bool, int] | None:
        """What kept out an order that the settled prices satisfy with something to spare."""
        prices = self._clearing.get(order.intent.pairs[0]) if order.intent.is_swap else None
        if prices is None:
            return None
        give, want = limits.give[0], limits.want[0]
        if give * prices[0] <= want * prices[1]:
            return None
        if order.intent.kind is Kind.EXACT_OUT:
            whole = (order.remaining * prices[1] // prices[0], order.remaining)
        else:
            whole = (order.remaining, mul_div_ceil(order.remaining, *prices))
        if self._worth(order, limits, *whole, gas=self._auction.costs.trade_gas) <= 0:
            return Reason.COST, True, 0
        return (Reason.CAPACITY if order.intent.partial else Reason.TOO_LARGE), True, 0

    def _by_route(self, order: AuctionOrder, limits: Limits) -> tuple[Reason, bool, int | None]:
        """Judged by the best single path, or by reference prices where no path is looked for."""
        by_price = self._reference_distance(order, limits)
        if not order.intent.is_swap or (by_price or 0) > HOPELESS_BPS or self._looked >= MAX_ROUTED:
            return (Reason.OUT_OF_THE_MONEY if by_price else Reason.NO_BID), False, by_price
        self._looked += 1
        whole = self._route(order, order.remaining)
        if whole is not None and short_bps(limits, whole) == 0:
            return self._bid_or_cost(order, limits, whole), True, 0
        part = self._route(order, max(1, order.remaining // SLICE, order.intent.fill.min_fill))
        if part is not None and short_bps(limits, part) == 0:
            if order.intent.partial:
                return self._bid_or_cost(order, limits, part), True, 0
            return Reason.TOO_LARGE, True, None if whole is None else short_bps(limits, whole)
        best = part or whole
        if best is None:
            return Reason.NO_MARKET, False, by_price
        return Reason.OUT_OF_THE_MONEY, False, short_bps(limits, best)

    def _route(self, order: AuctionOrder, amount: int) -> Route | None:
        give, want = order.intent.pairs[0]
        if order.intent.kind is Kind.EXACT_OUT:
            return self._routes.buy(give, want, amount)
        return self._routes.sell(give, want, amount)

    def _bid_or_cost(self, order: AuctionOrder, limits: Limits, route: Route) -> Reason:
        gas = self._auction.costs.settlement_gas + self._auction.costs.trade_gas + route.gas
        worth = self._worth(order, limits, route.amount_in, route.amount_out, gas=gas)
        return Reason.NO_BID if worth > 0 else Reason.COST

    def _worth(self, order: AuctionOrder, limits: Limits, given: int, got: int, *, gas: int) -> int:
        """The surplus over the limit less the cost of ``gas``, in the numeraire."""
        asked = mul_div_ceil(given, limits.want[0], limits.give[0])
        price = self._auction.reference_price(order.intent.want[0].asset) or 0
        return (got - asked) * price // PRICE_SCALE - gas * self._auction.costs.gas_price

    def _reference_distance(self, order: AuctionOrder, limits: Limits) -> int | None:
        """How much more the limits ask than reference prices give, rounded up; ``None`` without prices."""
        intent = order.intent
        gives = [self._auction.reference_price(leg.asset) for leg in intent.give]
        wants = [self._auction.reference_price(leg.asset) for leg in intent.want]
        given = sum((price or 0) * amount for price, amount in zip(gives, limits.give, strict=True))
        asked = sum((price or 0) * amount for price, amount in zip(wants, limits.want, strict=True))
        if None in gives or None in wants or not asked:
            return None
        return max(0, mul_div_ceil(asked - given, MAX_BPS, asked))


def short_bps(limits: Limits, route: Route) -> int:
    """How much of the limit price ``route`` falls short of, rounded up; 0 when it meets it."""
    asked = limits.want[0] * route.amount_in
    return max(0, mul_div_ceil(asked - route.amount_out * limits.give[0], MAX_BPS, asked)) if asked else 0


def _best_bids(settlement: Settlement) -> dict[IntentId, Tried]:
    """Per order the best verified bid that held it, else the first refused one by name."""
    best: dict[IntentId, Tried] = {}
    for refused in sorted(settlement.refused, key=lambda item: (item.solution.solver, item.solution.id)):
        for fill in refused.solution.fills:
            best.setdefault(fill.order, Tried(bid_name(refused.solution), refused.error.code))
    for item in sorted(settlement.verified, key=lambda item: (item.score.net, bid_name(item.solution))):
        for trade in item.trades:
            best[trade.order] = Tried(bid_name(item.solution))
    return best
