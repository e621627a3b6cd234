"""The matching engine: price-time priority over an immutable book.

Every function takes a book that ``liquidity.book.check_book`` accepts and gives the next one, again
sorted and uncrossed. Trades happen at the resting order's price. Nothing here knows fees or base
units: quantities are lots, prices ticks.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from enum import StrEnum

from intents.venue_states import OrderBookState, RestingOrder
from liquidity.book import MAX_LOTS, MAX_RESTING, MAX_TICKS_PER_LOT, Side, resting
from liquidity.book_errors import (
    BookFull,
    MissingPrice,
    NotFilledWhole,
    NotOrderOwner,
    OrderIdTaken,
    PriceOutOfRange,
    QuantityOutOfRange,
    UnknownOrder,
    WouldCross,
)


class TimeInForce(StrEnum):
    GOOD_TILL_CANCELLED = "gtc"  # what is not filled rests
    IMMEDIATE_OR_CANCEL = "ioc"  # what is not filled is cancelled
    FILL_OR_KILL = "fok"  # filled whole at once, or refused
    POST_ONLY = "post-only"  # rests, or is refused if it would trade


class SelfTrade(StrEnum):
    """What happens when an order meets another of the same owner. They never trade."""

    CANCEL_NEWEST = "cancel-newest"  # the rest of the incoming order is cancelled
    CANCEL_OLDEST = "cancel-oldest"  # the resting order is cancelled, matching goes on
    DECREMENT = "decrement"  # both shrink by the smaller, matching goes on


class Reason(StrEnum):
    UNFILLED = "unfilled"  # nothing left to trade with, and the order may not rest
    SELF_TRADE = "self-trade"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """``quantity`` in lots; ``price`` in ticks, None for a market order (IOC or FOK only).

    An empty ``owner`` is nobody: such orders are never kept from trading with each other.
    """

    id: int
    owner: str
    side: Side
    quantity: int
    price: int | None
    time_in_force: TimeInForce = TimeInForce.GOOD_TILL_CANCELLED
    self_trade: SelfTrade = SelfTrade.CANCEL_NEWEST


@dataclass(frozen=True, slots=True)
class BookFill:
    """One trade: ``quantity`` lots at ``price``, the maker's; ``side`` is the taker's."""

    maker: int
    maker_owner: str
    taker: int
    taker_owner: str
    side: Side
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    order: int
    quantity: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an order: filled + cancelled + ``rested`` lots are what it asked for."""

    book: OrderBookState
    fills: tuple[BookFill, ...]
    cancelled: tuple[Cancelled, ...]
    rested: int

    @property
    def filled(self) -> int:
        return sum(fill.quantity for fill in self.fills)


def submit(book: OrderBookState, order: NewOrder) -> Report:
    """Match ``order``, then rest or cancel what is left of it.

    Raises a ``BookError`` naming why the order is refused whole; the book is then as before.
    """
    _check(book, order)
    if order.time_in_force is TimeInForce.POST_ONLY:
        return Report(_rest(book, order, order.quantity), (), (), order.quantity)

    matched = _match(book, order)
    if order.time_in_force is TimeInForce.FILL_OR_KILL and matched.filled < order.quantity:
        raise NotFilledWhole(book.id, order.quantity, matched.filled)
    left = order.quantity - matched.filled
    left -= sum(cut.quantity for cut in matched.cancelled if cut.order == order.id)
    if left == 0:
        return matched
    if order.time_in_force is TimeInForce.GOOD_TILL_CANCELLED:
        return replace(matched, book=_rest(matched.book, order, left), rested=left)
    return replace(matched, cancelled=(*matched.cancelled, Cancelled(order.id, left, Reason.UNFILLED)))


def cancel(book: OrderBookState, order_id: int, owner: str) -> tuple[OrderBookState, RestingOrder]:
    """The book without that order, and the order. Raises ``UnknownOrder`` or ``NotOrderOwner``."""
    for side in Side:
        orders = resting(book, side)
        for place, order in enumerate(orders):
            if order.id == order_id:
                if order.owner != owner:
                    raise NotOrderOwner(book.id, order_id, owner)
                return _with_side(book, side, orders[:place] + orders[place + 1 :]), order
    raise UnknownOrder(book.id, order_id)


def crosses(side: Side, price: int | None, against: int) -> bool:
    """Would an order of ``side`` at ``price`` trade with a resting one at ``against``?"""
    if price is None:
        return True
    return price >= against if side is Side.BUY else price <= against


def _match(book: OrderBookState, order: NewOrder) -> Report:
    """Trade as far as price, quantity and self-trade prevention allow; rest nothing."""
    against = resting(book, order.side.opposite)
    fills: list[BookFill] = []
    cancelled: list[Cancelled] = []
    left, gone = order.quantity, 0
    shrunk: tuple[RestingOrder, ...] = ()
    for maker in against:
        if left == 0 or not crosses(order.side, order.price, maker.price):
            break
        quantity = min(left, maker.quantity)
        if order.owner and maker.owner == order.owner:
            if order.self_trade is SelfTrade.CANCEL_NEWEST:
                cancelled.append(Cancelled(order.id, left, Reason.SELF_TRADE))
                break
            if order.self_trade is SelfTrade.CANCEL_OLDEST:
                cancelled.append(Cancelled(maker.id, maker.quantity, Reason.SELF_TRADE))
                gone += 1
                continue
            cancelled.append(Cancelled(maker.id, quantity, Reason.SELF_TRADE))
            cancelled.append(Cancelled(order.id, quantity, Reason.SELF_TRADE))
        else:
            fills.append(BookFill(maker.id, maker.owner, order.id, order.owner, order.side, maker.price, quantity))
        left -= quantity
        gone += 1
        if quantity < maker.quantity:
            shrunk = (replace(maker, quantity=maker.quantity - quantity),)
    after = _with_side(book, order.side.opposite, shrunk + against[gone:])
    return Report(after, tuple(fills), tuple(cancelled), 0)


def _rest(book: OrderBookState, order: NewOrder, quantity: int) -> OrderBookState:
    """Behind everything at its price or better. Only priced orders get here."""
    orders = resting(book, order.side)
    if len(orders) >= MAX_RESTING:
        raise BookFull(book.id, MAX_RESTING)
    if order.price is None:
        raise MissingPrice(book.id, order.time_in_force)
    sign = -1 if order.side is Side.BUY else 1
    place = bisect_right(orders, sign * order.price, key=lambda resting: sign * resting.price)
    new = RestingOrder(order.id, order.owner, order.price, quantity)
    return _with_side(book, order.side, (*orders[:place], new, *orders[place:]))


def _with_side(book: OrderBookState, side: Side, orders: tuple[RestingOrder, ...]) -> OrderBookState:
    return replace(book, bids=orders) if side is Side.BUY else replace(book, asks=orders)


def _check(book: OrderBookState, order: NewOrder) -> None:
    if not 1 <= order.quantity <= MAX_LOTS:
        raise QuantityOutOfRange(book.id, order.quantity, MAX_LOTS)
    if order.price is not None and not 1 <= order.price <= MAX_TICKS_PER_LOT:
        raise PriceOutOfRange(book.id, order.price, MAX_TICKS_PER_LOT)
    if any(order.id == other.id for side in Side for other in resting(book, side)):
        raise OrderIdTaken(book.id, order.id)
    may_rest = order.time_in_force in (TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.POST_ONLY)
    if order.price is None and may_rest:
        raise MissingPrice(book.id, order.time_in_force)
    against = resting(book, order.side.opposite)
    post_only = order.time_in_force is TimeInForce.POST_ONLY
    if post_only and order.price is not None and against and crosses(order.side, order.price, against[0].price):
        raise WouldCross(book.id, order.price, against[0].price)
