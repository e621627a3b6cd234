"""The matching engine: recorded sequences, each time in force, self-trade prevention, refusals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intents.assets import AssetId
from intents.venue_states import OrderBookState, RestingOrder, VenueId
from liquidity import book as book_module
from liquidity.book import Side
from liquidity.book_errors import (
    BookError,
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
from liquidity.matching import (
    BookFill,
    Cancelled,
    NewOrder,
    Reason,
    SelfTrade,
    TimeInForce,
    cancel,
    submit,
)
from tests.vectors import order_book
from tests.vectors.registry import Case, parametrized

IOC, FOK, POST = TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL, TimeInForce.POST_ONLY
ASKS = (RestingOrder(1, "ann", 100, 5), RestingOrder(2, "bob", 100, 3), RestingOrder(3, "ann", 102, 4))
BOOK = OrderBookState(
    id=VenueId("book"),
    assets=(AssetId("base"), AssetId("quote")),
    gas=0,
    address="",
    tick=1,
    lot=1,
    bids=(RestingOrder(4, "bob", 98, 6),),
    asks=ASKS,
)


def buy(quantity: int, price: int | None, *, owner: str = "eve", **how: object) -> NewOrder:
    return NewOrder(9, owner, Side.BUY, quantity, price, **how)  # type: ignore[arg-type]


@parametrized(order_book.FILE)
def test_recorded_sequences_give_the_recorded_fills_and_books(case: Case) -> None:
    """Limit, market and cancel flows, checked fill by fill, and the final book order by order."""
    case.check()


def test_a_limit_order_trades_at_the_makers_prices_and_rests_with_what_is_left() -> None:
    """Earlier orders at a price go first; the rest becomes the best bid."""
    report = submit(BOOK, buy(10, 101))
    assert report.fills == (
        BookFill(1, "ann", 9, "eve", Side.BUY, 100, 5),
        BookFill(2, "bob", 9, "eve", Side.BUY, 100, 3),
    )
    assert (report.filled, report.rested, report.cancelled) == (8, 2, ())
    assert report.book == replace(BOOK, bids=(RestingOrder(9, "eve", 101, 2), *BOOK.bids), asks=ASKS[2:])


def test_an_order_rests_behind_its_own_price() -> None:
    """Time priority: a later bid at 98 waits behind the earlier one."""
    report = submit(BOOK, buy(1, 98))
    assert [order.id for order in report.book.bids] == [4, 9]
    assert [order.id for order in submit(report.book, replace(buy(1, 97), id=10)).book.bids] == [4, 9, 10]


def test_a_sell_order_mirrors_a_buy_order() -> None:
    """It trades with bids at or above its price and rests among the asks."""
    report = submit(BOOK, NewOrder(9, "eve", Side.SELL, 8, 98))
    assert report.fills == (BookFill(4, "bob", 9, "eve", Side.SELL, 98, 6),)
    assert report.book.bids == ()
    assert report.book.asks[0] == RestingOrder(9, "eve", 98, 2)


def test_immediate_or_cancel_never_rests() -> None:
    """What the price does not reach is cancelled; a market order reaches all there is."""
    report = submit(BOOK, buy(10, 100, time_in_force=IOC))
    assert report.cancelled == (Cancelled(9, 2, Reason.UNFILLED),)
    assert report.book.bids == BOOK.bids
    market = submit(BOOK, buy(20, None, time_in_force=IOC))
    assert (market.filled, market.cancelled[0].quantity, market.book.asks) == (12, 8, ())


def test_fill_or_kill_is_all_or_nothing() -> None:
    """Twelve lots are there, thirteen are not; within a limit of 100 only eight."""
    assert submit(BOOK, buy(12, None, time_in_force=FOK)).filled == 12
    with pytest.raises(NotFilledWhole) as refused:
        submit(BOOK, buy(13, None, time_in_force=FOK))
    assert (refused.value.asked, refused.value.available) == (13, 12)
    with pytest.raises(NotFilledWhole) as refused:
        submit(BOOK, buy(9, 100, time_in_force=FOK))
    assert refused.value.available == 8


def test_post_only_rests_or_is_refused() -> None:
    """At 99 it rests; at 100 it would trade."""
    assert submit(BOOK, buy(1, 99, time_in_force=POST)).book.bids[0].id == 9
    with pytest.raises(WouldCross) as refused:
        submit(BOOK, buy(1, 100, time_in_force=POST))
    assert (refused.value.price, refused.value.best) == (100, 100)


def test_cancel_newest_stops_the_incoming_order_at_its_own() -> None:
    """Bob's buy trades with ann's five, meets his own three, and its rest is cancelled."""
    report = submit(BOOK, buy(10, 101, owner="bob"))
    assert report.filled == 5
    assert report.cancelled == (Cancelled(9, 5, Reason.SELF_TRADE),)
    assert report.book == replace(BOOK, asks=ASKS[1:])


def test_cancel_oldest_removes_the_resting_order_and_goes_on() -> None:
    """Bob's own three go; ann's five and four trade."""
    report = submit(BOOK, buy(9, None, owner="bob", time_in_force=IOC, self_trade=SelfTrade.CANCEL_OLDEST))
    assert [fill.maker for fill in report.fills] == [1, 3]
    assert report.cancelled == (Cancelled(2, 3, Reason.SELF_TRADE),)
    assert report.book.asks == ()


def test_decrement_shrinks_both_by_the_smaller() -> None:
    """Bob's three meet his seven: four go on to ann's next price."""
    how = {"owner": "bob", "self_trade": SelfTrade.DECREMENT}
    report = submit(BOOK, buy(12, 102, **how))
    assert report.cancelled == (Cancelled(2, 3, Reason.SELF_TRADE), Cancelled(9, 3, Reason.SELF_TRADE))
    assert (report.filled, report.rested, report.book.asks) == (9, 0, ())
    small = submit(BOOK, buy(7, 102, **how))
    assert small.book.asks == (RestingOrder(2, "bob", 100, 1), ASKS[2])
    assert (small.filled, small.rested) == (5, 0)


def test_fill_or_kill_does_not_count_what_self_trade_prevention_removes() -> None:
    """Bob cannot fill ten whole: his own three are no trade, whichever way they go."""
    for mode, available in (
        (SelfTrade.CANCEL_NEWEST, 5),
        (SelfTrade.CANCEL_OLDEST, 9),
        (SelfTrade.DECREMENT, 7),
    ):
        with pytest.raises(NotFilledWhole) as refused:
            submit(BOOK, buy(10, None, owner="bob", time_in_force=FOK, self_trade=mode))
        assert refused.value.available == available


def test_orders_of_nobody_trade_with_each_other() -> None:
    """An empty owner is never a self-trade."""
    anonymous = replace(BOOK, asks=(RestingOrder(1, "", 100, 5),))
    assert submit(anonymous, buy(5, 100, owner="")).filled == 5


def test_cancel_takes_an_owners_order_off_the_book() -> None:
    """Only the owner's, only once, either side."""
    book, order = cancel(BOOK, 2, "bob")
    assert (order, book.asks) == (ASKS[1], (ASKS[0], ASKS[2]))
    assert cancel(BOOK, 4, "bob")[0].bids == ()
    with pytest.raises(UnknownOrder):
        cancel(book, 2, "bob")
    with pytest.raises(NotOrderOwner) as refused:
        cancel(BOOK, 2, "eve")
    assert str(refused.value) == 'book: order 2 is not "eve"\'s'


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (buy(0, 100), QuantityOutOfRange),
        (buy(2**63, 100), QuantityOutOfRange),
        (buy(1, 0), PriceOutOfRange),
        (buy(1, 2**63), PriceOutOfRange),
        (buy(1, None), MissingPrice),
        (buy(1, None, time_in_force=POST), MissingPrice),
        (replace(buy(1, 90), id=4), OrderIdTaken),
    ],
)
def test_an_order_is_refused_by_its_own_rule(order: NewOrder, error: type[BookError]) -> None:
    """Before anything trades."""
    with pytest.raises(error):
        submit(BOOK, order)


def test_a_side_that_is_full_takes_no_further_order() -> None:
    """The bound counts resting orders; an order that trades whole still passes."""
    full = replace(BOOK, bids=tuple(RestingOrder(10 + n, "m", 98, 1) for n in range(book_module.MAX_RESTING)))
    with pytest.raises(BookFull):
        submit(full, buy(1, 98))
    assert submit(full, buy(1, 100)).filled == 1
