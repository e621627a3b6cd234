"""Price-time matching: sequences of limit, market and cancel operations with fills and final book."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from intents.assets import AssetId
from intents.venue_states import OrderBookState, VenueId
from liquidity.book import Side, check_book, levels
from liquidity.book_errors import UnknownOrder
from liquidity.matching import NewOrder, TimeInForce, cancel, submit
from tests.vectors.registry import Case, covers, load, same

FILE = "venues/order_book_abides.json"
EMPTY_BOOK = OrderBookState(
    id=VenueId("book"),
    assets=(AssetId("base"), AssetId("quote")),
    gas=0,
    address="",
    tick=1,
    lot=1,
    bids=(),
    asks=(),
)
SIDES = {"B": Side.BUY, "S": Side.SELL}


def apply(book: OrderBookState, operation: list[Any]) -> tuple[OrderBookState, list[list[int]]]:
    """The next book and the fills as recorded: maker's entry, then taker's, as [order, quantity, price].

    Cancelling what is no longer resting changes nothing there, so it changes nothing here.
    """
    kind, order_id = operation[0], operation[1]
    if kind == "cancel":
        try:
            return cancel(book, order_id, "")[0], []
        except UnknownOrder:
            return book, []
    side, quantity = SIDES[operation[2]], operation[3]
    if kind == "market":
        order = NewOrder(order_id, "", side, quantity, None, TimeInForce.IMMEDIATE_OR_CANCEL)
    else:
        order = NewOrder(order_id, "", side, quantity, operation[4])
    report = submit(book, order)
    parties = ((f.maker, f.taker, f.quantity, f.price) for f in report.fills)
    return report.book, [
        entry
        for maker, taker, quantity, price in parties
        for entry in ([maker, quantity, price], [taker, quantity, price])
    ]


def check_sequence(sequence: dict[str, Any]) -> None:
    """Every operation's fills and the final book, by level (l2) and by order (l3)."""
    book = EMPTY_BOOK
    for number, operation in enumerate(sequence["ops"]):
        book, fills = apply(book, operation)
        same(f"fills of operation {number}", fills, operation[-1])
        check_book(book)
    for name, orders in (("bids", book.bids), ("asks", book.asks)):
        by_level = levels(orders)
        same(f"l2 {name}", [[level.price, level.total] for level in by_level], sequence[f"l2_{name}"])
        same(f"l3 {name}", [[level.price, list(level.quantities)] for level in by_level], sequence[f"l3_{name}"])


@covers(FILE)
def cases(path: Path) -> Iterator[Case]:
    for sequence in load(path)["sequences"]:
        yield Case(f"seed {sequence['seed']}", partial(check_sequence, sequence))
