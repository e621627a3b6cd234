"""Why an intent was not filled: the first rule that stands in its way, and how far it is from a fill.

The rules are tried in a fixed order, and each answer is recomputed from the snapshot and the bids:
expired → nothing left → lost (a bid held it and did not win) → no market → out of the money → too
large whole (fill-or-kill) → cost → nobody bid.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from intents.amounts import MAX_BPS, PRICE_SCALE
from intents.auction import Auction, AuctionOrder
from intents.intent import IntentId, Kind
from settlement.best_route import Route, RouteBook

if TYPE_CHECKING:
    from settlement.settle import Settlement

#: Best routes are looked up for at most this many orders; the rest are judged by reference prices only.
MAX_ROUTED: Final = 600
#: An order whose limit is this far beyond reference prices is out of the money without a closer look.
HOPELESS_BPS: Final = 2_000
#: A whole order that cannot be filled is tried at this fraction of its size.
SLICE: Final = 16


class Reason(StrEnum):
    EXPIRED = "expired"
    NOTHING_LEFT = "nothing left"
    LOST = "in a bid that did not win"
    NO_MARKET = "no market"
    OUT_OF_THE_MONEY = "out of the money"
    TOO_LARGE = "too large to fill whole"
    COST = "not worth its cost"
    NO_BID = "no solver bid for it"


@dataclass(frozen=True, slots=True)
class Unfilled:
    """``distance_bps`` is how much the limit would have to give way at the best single path (0 if it need not).

    ``best_bid`` is the best verified bid that held the order, as solver/id. ``in_the_money`` says the
    order could trade at its limit, cost aside.
    """

    order: IntentId
    reason: Reason
    in_the_money: bool
    distance_bps: int | None
    best_bid: str | None

    def to_json(self) -> dict[str, Any]:
        return {
            "order": "0x" + self.order.hex(),
            "reason": self.reason.value,
            "distance_bps": self.distance_bps,
            "best_bid": self.best_bid,
        }


def unfilled_orders(settlement: Settlement, routes: RouteBook | None = None) -> tuple[Unfilled, ...]:
    """Every order of the auction that no settled solution touched, in auction order."""
    auction = settlement.auction
    book = routes or RouteBook(auction)
    filled = {trade.order for item in settlement.settled for trade in item.trades}
    bids = _best_bids(settlement)
    found: list[Unfilled] = []
    looked = 0
    for order in auction.orders:
        if order.id in filled:
            continue
        look = looked < MAX_ROUTED and not _hopeless(auction, order)
        looked += look
        found.append(explain(auction, order, book if look else None, bids.get(order.id)))
    return tuple(found)


def explain(auction: Auction, order: AuctionOrder, routes: RouteBook | None, best_bid: str | None) -> Unfilled:
    """The first blocking rule for one order. Without ``routes`` it is judged by reference prices."""
    intent = order.intent

    def because(reason: Reason, *, in_the_money: bool = False, distance_bps: int | None = None) -> Unfilled:
        return Unfilled(order.id, reason, in_the_money, distance_bps, best_bid)

    if auction.number and not intent.valid_from <= auction.number <= intent.valid_to:
        return because(Reason.EXPIRED)
    if order.remaining == 0:
        return because(Reason.NOTHING_LEFT)
    if best_bid is not None:
        return because(Reason.LOST, in_the_money=True, distance_bps=0)
    if routes is None or not intent.is_swap:
        distance = _reference_distance(auction, order)
        return because(Reason.OUT_OF_THE_MONEY if (distance or 0) > 0 else Reason.NO_BID, distance_bps=distance)
    whole = _route(order, order.remaining, routes)
    if whole is not None and _short_bps(order, whole) == 0:
        worth = _worth(auction, order, whole)
        reason = Reason.NO_BID if worth is not None and worth > 0 else Reason.COST
        return because(reason, in_the_money=True, distance_bps=0)
    part = _route(order, max(1, order.remaining // SLICE), routes)
    if part is not None and _short_bps(order, part) == 0:
        reason = Reason.COST if intent.partial else Reason.TOO_LARGE
        return because(reason, in_the_money=True, distance_bps=0 if whole is None else _short_bps(order, whole))
    best = part or whole
    if best is None:
        return because(Reason.NO_MARKET)
    return because(Reason.OUT_OF_THE_MONEY, distance_bps=_short_bps(order, best))


def _best_bids(settlement: Settlement) -> dict[IntentId, str]:
    best: dict[IntentId, tuple[int, str]] = {}
    for item in settlement.verified:
        name = f"{item.solution.solver}/{item.solution.id}"
        for trade in item.trades:
            candidate = (item.score.net, name)
            if trade.order not in best or candidate > best[trade.order]:
                best[trade.order] = candidate
    return {order: name for order, (_, name) in best.items()}


def _route(order: AuctionOrder, amount: int, routes: RouteBook) -> Route | None:
    give, want = order.intent.give[0].asset, order.intent.want[0].asset
    if order.intent.kind is Kind.EXACT_OUT:
        return routes.buy(give, want, amount)
    return routes.sell(give, want, amount)


def _short_bps(order: AuctionOrder, route: Route) -> int:
    """How much of the limit price the route falls short of, rounded up; 0 when it meets it."""
    give, want = order.intent.give[0].amount, order.intent.want[0].amount
    asked, offered = want * route.amount_in, route.amount_out * give
    return max(0, -((offered - asked) * MAX_BPS // asked)) if asked else 0


def _worth(auction: Auction, order: AuctionOrder, route: Route) -> int | None:
    """The surplus of ``route`` over the limit less its cost in the numeraire; ``None`` without a price."""
    want = order.intent.want[0]
    price = auction.reference_price(want.asset)
    if price is None:
        return None
    asked = -(-want.amount * route.amount_in // order.intent.give[0].amount)
    costs = auction.costs
    cost = costs.gas_price * (costs.settlement_gas + costs.trade_gas + route.gas)
    return (route.amount_out - asked) * price // PRICE_SCALE - cost


def _reference_distance(auction: Auction, order: AuctionOrder) -> int | None:
    """By how much the limit asks for more than reference prices say is fair; ``None`` without prices."""
    intent = order.intent
    give, want = intent.give[0], intent.want[0]
    price_give, price_want = auction.reference_price(give.asset), auction.reference_price(want.asset)
    if not price_give or price_want is None:
        return None
    fair, asked = give.amount * price_give, want.amount * price_want
    return max(0, (asked - fair) * MAX_BPS // fair)


def _hopeless(auction: Auction, order: AuctionOrder) -> bool:
    return (_reference_distance(auction, order) or 0) > HOPELESS_BPS
