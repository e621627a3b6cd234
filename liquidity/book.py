"""What an order book is made of: sides, units, levels, and the checks a recorded book must pass."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Final

from intents.amounts import MAX_AMOUNT
from intents.venue_states import OrderBookState, RestingOrder
from liquidity.book_errors import OffLot, OffTick
from liquidity.errors import InvalidVenue

#: Most orders resting on one side.
MAX_RESTING: Final = 100_000
#: Most lots one order may hold, and most ticks it may ask per lot.
MAX_LOTS: Final = 2**63 - 1
MAX_TICKS_PER_LOT: Final = 2**63 - 1


class Side(StrEnum):
    BUY = "buy"  # gives quote, wants base; rests among the bids
    SELL = "sell"  # gives base, wants quote; rests among the asks

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


@dataclass(frozen=True, slots=True)
class Level:
    """The orders resting at one price, in lots, first come first."""

    price: int
    quantities: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.quantities)


def resting(state: OrderBookState, side: Side) -> tuple[RestingOrder, ...]:
    return state.bids if side is Side.BUY else state.asks


def levels(orders: Iterable[RestingOrder]) -> tuple[Level, ...]:
    """Price levels of one side, best first: totals are the L2 view, quantities the L3 view."""
    by_price: dict[int, list[int]] = {}
    for order in orders:
        by_price.setdefault(order.price, []).append(order.quantity)
    return tuple(Level(price, tuple(quantities)) for price, quantities in by_price.items())


def to_lots(state: OrderBookState, base_amount: int) -> int:
    """Base units as lots. Raises ``OffLot`` if they are not whole."""
    lots, rest = divmod(base_amount, state.lot)
    if rest:
        raise OffLot(state.id, base_amount, state.lot)
    return lots


def to_ticks(state: OrderBookState, quote_per_lot: int) -> int:
    """A price in quote units per lot as ticks. Raises ``OffTick`` if they are not whole."""
    ticks, rest = divmod(quote_per_lot, state.tick)
    if rest:
        raise OffTick(state.id, quote_per_lot, state.tick)
    return ticks


def check_book(state: OrderBookState) -> None:
    """Raise ``InvalidVenue`` unless the book is sorted, uncrossed, bounded and each id is there once."""

    def refuse(reason: str) -> InvalidVenue:
        return InvalidVenue(state.id, reason)

    if len(state.assets) != 2 or state.assets[0] == state.assets[1]:
        raise refuse("an order book trades exactly two different assets")
    for name, unit in (("tick", state.tick), ("lot", state.lot)):
        if not 1 <= unit <= MAX_AMOUNT:
            raise refuse(f"{name} {unit} is not within 1 .. {MAX_AMOUNT}")
    if not 0 <= state.fee.numerator < state.fee.denominator:
        raise refuse(f"fee {state.fee} is not at least 0 and below 1")
    for name, orders in (("bids", state.bids), ("asks", state.asks)):
        if len(orders) > MAX_RESTING:
            raise refuse(f"{len(orders)} {name}, at most {MAX_RESTING} are allowed")
        for order in orders:
            if not 1 <= order.quantity <= MAX_LOTS:
                raise refuse(f"order {order.id} holds {order.quantity} lots, not within 1 .. {MAX_LOTS}")
            if not 1 <= order.price <= MAX_TICKS_PER_LOT:
                raise refuse(f"order {order.id} asks {order.price} ticks, not within 1 .. {MAX_TICKS_PER_LOT}")
    if any(first.price < second.price for first, second in pairwise(state.bids)):
        raise refuse("bids are not sorted from the highest price down")
    if any(first.price > second.price for first, second in pairwise(state.asks)):
        raise refuse("asks are not sorted from the lowest price up")
    if state.bids and state.asks and state.bids[0].price >= state.asks[0].price:
        raise refuse(f"crossed: the best bid is {state.bids[0].price}, the best ask {state.asks[0].price}")
    if len({order.id for order in (*state.bids, *state.asks)}) < len(state.bids) + len(state.asks):
        raise refuse("an order id appears twice")
