"""Why an order book refuses an order or a cancellation. ``where`` is the venue's id.

VenueError
└── BookError                 the book stays as it was                           exit 5
    ├── OffLot                an amount that is no whole number of lots
    ├── OffTick               a price that is no whole number of ticks
    ├── QuantityOutOfRange    lots outside what one order may hold
    ├── PriceOutOfRange       ticks outside what one order may ask
    ├── MissingPrice          a market order that would have to rest
    ├── OrderIdTaken          an order of that id is resting
    ├── UnknownOrder          no order of that id is resting
    ├── NotOrderOwner         somebody else's order
    ├── WouldCross            a post-only order that would trade at once
    ├── NotFilledWhole        a fill-or-kill order the book cannot fill
    └── BookFull              no room for another resting order
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from liquidity.errors import VenueError


@dataclass(eq=False)
class BookError(VenueError):
    """The order or cancellation is refused and changes nothing."""

    code: ClassVar[str] = "book"


@dataclass(eq=False)
class OffLot(BookError):
    code: ClassVar[str] = "book.off-lot"
    text: ClassVar[str] = "an amount of {amount} is not a multiple of the lot, {lot}"

    amount: int
    lot: int


@dataclass(eq=False)
class OffTick(BookError):
    code: ClassVar[str] = "book.off-tick"
    text: ClassVar[str] = "a price of {price} is not a multiple of the tick, {tick}"

    price: int
    tick: int


@dataclass(eq=False)
class QuantityOutOfRange(BookError):
    code: ClassVar[str] = "book.quantity-out-of-range"
    text: ClassVar[str] = "a quantity of {quantity} lots is outside 1 .. {limit}"

    quantity: int
    limit: int


@dataclass(eq=False)
class PriceOutOfRange(BookError):
    code: ClassVar[str] = "book.price-out-of-range"
    text: ClassVar[str] = "a price of {price} ticks is outside 1 .. {limit}"

    price: int
    limit: int


@dataclass(eq=False)
class MissingPrice(BookError):
    code: ClassVar[str] = "book.missing-price"
    text: ClassVar[str] = "an order that is {time_in_force} needs a price"

    time_in_force: str


@dataclass(eq=False)
class OrderIdTaken(BookError):
    code: ClassVar[str] = "book.order-id-taken"
    text: ClassVar[str] = "order {order} is resting already"

    order: int


@dataclass(eq=False)
class UnknownOrder(BookError):
    code: ClassVar[str] = "book.unknown-order"
    text: ClassVar[str] = "order {order} is not resting"

    order: int


@dataclass(eq=False)
class NotOrderOwner(BookError):
    code: ClassVar[str] = "book.not-order-owner"
    text: ClassVar[str] = 'order {order} is not "{owner}"\'s'

    order: int
    owner: str


@dataclass(eq=False)
class WouldCross(BookError):
    code: ClassVar[str] = "book.would-cross"
    text: ClassVar[str] = "a post-only price of {price} would trade with {best}"

    price: int
    best: int


@dataclass(eq=False)
class NotFilledWhole(BookError):
    code: ClassVar[str] = "book.not-filled-whole"
    text: ClassVar[str] = "{asked} lots to fill or kill, the book fills {available}"

    asked: int
    available: int


@dataclass(eq=False)
class BookFull(BookError):
    code: ClassVar[str] = "book.full"
    text: ClassVar[str] = "{limit} orders are resting on this side, no room for another"

    limit: int
