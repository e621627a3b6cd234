"""The order book as a venue: whole lots, rounding for the book, fee on the input, refusals."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from intents.amounts import MAX_AMOUNT
from intents.assets import AssetId
from intents.venue_states import OrderBookState, RestingOrder, VenueId
from liquidity.book import Level, levels, to_lots, to_ticks
from liquidity.book_errors import OffLot, OffTick
from liquidity.errors import (
    AmountTooLarge,
    InsufficientLiquidity,
    InvalidVenue,
    NothingPaid,
    NotTraded,
    SameAsset,
    ZeroAmount,
)
from liquidity.order_book import OrderBookVenue

BASE, QUOTE = AssetId("base"), AssetId("quote")
#: Lots of 10 base units; a price of p costs 5·p quote units per lot.
STATE = OrderBookState(
    id=VenueId("book"),
    assets=(BASE, QUOTE),
    gas=80_000,
    address="",
    tick=5,
    lot=10,
    bids=(RestingOrder(1, "m", 100, 3), RestingOrder(2, "n", 100, 2), RestingOrder(3, "m", 98, 10)),
    asks=(RestingOrder(4, "m", 102, 4), RestingOrder(5, "n", 105, 6)),
)
BOOK = OrderBookVenue(STATE)
CHARGED = OrderBookVenue(replace(STATE, fee=Fraction(1, 100)))


def test_selling_base_takes_bids_best_first() -> None:
    """Four lots: three from the first bid, one from the next in time."""
    swap = BOOK.swap_in(BASE, QUOTE, 40)
    assert swap.amount_out == 4 * 100 * 5
    assert swap.state == replace(STATE, bids=(RestingOrder(2, "n", 100, 1), STATE.bids[2]))


def test_base_that_is_no_whole_lot_stays_with_the_book() -> None:
    """49 units sell four lots, and nine stay behind."""
    assert BOOK.swap_in(BASE, QUOTE, 49) == replace(BOOK.swap_in(BASE, QUOTE, 40), amount_in=49)


def test_buying_base_spends_quote_up_to_the_next_lot() -> None:
    """4·510 for the first ask, then 525 a lot: 2565 buys five and 2 stay."""
    swap = BOOK.swap_in(QUOTE, BASE, 4 * 510 + 525 + 2)
    assert swap.amount_out == 50
    assert swap.state == replace(STATE, asks=(RestingOrder(5, "n", 105, 5),))


def test_an_exact_output_is_rounded_up_to_whole_lots() -> None:
    """41 base units take five lots; 2001 quote units take a fifth lot from the bids."""
    bought = BOOK.swap_out(QUOTE, BASE, 41)
    assert (bought.amount_in, bought.amount_out) == (4 * 510 + 525, 50)
    sold = BOOK.swap_out(BASE, QUOTE, 2_001)
    assert (sold.amount_in, sold.amount_out) == (50, 2_500)


def test_the_fee_is_taken_from_the_input_first() -> None:
    """One percent: 41 base units leave 40.59, four lots; buying asks the least input that leaves enough."""
    assert CHARGED.quote_in(BASE, QUOTE, 41) == 2_000
    assert CHARGED.quote_in(BASE, QUOTE, 40) == 1_500
    assert CHARGED.quote_out(BASE, QUOTE, 2_000) == 41
    cost = CHARGED.quote_out(QUOTE, BASE, 40)
    assert cost == -(-2_040 * 100 // 99)
    assert CHARGED.quote_in(QUOTE, BASE, cost) == 40
    assert CHARGED.quote_in(QUOTE, BASE, cost - 1) == 30


def test_more_than_the_book_holds_is_refused_with_the_most_it_takes() -> None:
    """In all four directions, and that most is accepted."""
    with pytest.raises(InsufficientLiquidity) as refused:
        CHARGED.swap_in(BASE, QUOTE, 162)
    assert refused.value.available == 152
    assert CHARGED.quote_in(BASE, QUOTE, 152) == 5 * 500 + 10 * 490
    with pytest.raises(InsufficientLiquidity) as refused:
        BOOK.swap_in(QUOTE, BASE, 4 * 510 + 7 * 525)
    assert refused.value.available == 4 * 510 + 6 * 525
    assert BOOK.quote_in(QUOTE, BASE, refused.value.available) == 100
    with pytest.raises(InsufficientLiquidity) as refused:
        BOOK.swap_out(QUOTE, BASE, 101)
    assert refused.value.available == 100
    with pytest.raises(InsufficientLiquidity) as refused:
        BOOK.swap_out(BASE, QUOTE, 7_401)
    assert refused.value.available == 7_400


def test_an_empty_side_trades_nothing() -> None:
    """No bids, no asks: nothing is available and there is no price."""
    empty = OrderBookVenue(replace(STATE, bids=(), asks=()))
    for asset_in, asset_out in ((BASE, QUOTE), (QUOTE, BASE)):
        with pytest.raises(InsufficientLiquidity) as refused:
            empty.swap_in(asset_in, asset_out, 10_000)
        assert refused.value.available == 0
        with pytest.raises(InsufficientLiquidity):
            empty.swap_out(asset_in, asset_out, 1)
        with pytest.raises(InsufficientLiquidity):
            empty.marginal_price(asset_in, asset_out)


def test_an_input_below_one_lot_is_refused() -> None:
    """Nine base units, or quote for less than a lot."""
    with pytest.raises(NothingPaid):
        BOOK.swap_in(BASE, QUOTE, 9)
    with pytest.raises(NothingPaid):
        BOOK.swap_in(QUOTE, BASE, 509)


def test_a_trade_is_refused_by_its_own_rule() -> None:
    """Unknown asset, same asset, nothing, and more than may exist."""
    with pytest.raises(NotTraded):
        BOOK.swap_in(AssetId("c"), QUOTE, 1)
    with pytest.raises(NotTraded):
        BOOK.swap_out(BASE, AssetId("c"), 1)
    with pytest.raises(SameAsset):
        BOOK.swap_in(BASE, BASE, 1)
    with pytest.raises(ZeroAmount):
        BOOK.swap_in(BASE, QUOTE, 0)
    with pytest.raises(ZeroAmount):
        BOOK.swap_out(BASE, QUOTE, -1)
    with pytest.raises(AmountTooLarge):
        BOOK.swap_in(BASE, QUOTE, MAX_AMOUNT + 1)
    huge = OrderBookVenue(replace(STATE, tick=MAX_AMOUNT))
    with pytest.raises(AmountTooLarge):
        huge.swap_in(BASE, QUOTE, 10)


def test_marginal_price_is_the_best_order_less_the_fee() -> None:
    """500 quote per 10 base for a seller; 10 base per 510 quote for a buyer."""
    assert CHARGED.marginal_price(BASE, QUOTE) == pytest.approx(50 * 0.99)
    assert CHARGED.marginal_price(QUOTE, BASE) == pytest.approx(10 / 510 * 0.99)


def test_levels_show_totals_and_queues() -> None:
    """Orders at one price are one level, first come first."""
    assert levels(STATE.bids) == (Level(100, (3, 2)), Level(98, (10,)))
    assert levels(STATE.bids)[0].total == 5


def test_amounts_must_be_whole_lots_and_prices_whole_ticks() -> None:
    """The rest of the division is refused with the unit."""
    assert to_lots(STATE, 40) == 4
    assert to_ticks(STATE, 510) == 102
    with pytest.raises(OffLot) as lot:
        to_lots(STATE, 41)
    assert (lot.value.amount, lot.value.lot) == (41, 10)
    with pytest.raises(OffTick) as tick:
        to_ticks(STATE, 511)
    assert (tick.value.price, tick.value.tick) == (511, 5)


def _order(number: int = 9, price: int = 99, quantity: int = 1) -> RestingOrder:
    return RestingOrder(number, "m", price, quantity)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"assets": (BASE,)}, "exactly two"),
        ({"assets": (BASE, BASE)}, "exactly two"),
        ({"tick": 0}, "tick 0"),
        ({"lot": -1}, "lot -1"),
        ({"fee": Fraction(1)}, "fee 1"),
        ({"bids": (_order(quantity=0),)}, "order 9 holds 0 lots"),
        ({"asks": (_order(price=0),)}, "order 9 asks 0 ticks"),
        ({"bids": (_order(), _order(10, 100))}, "bids are not sorted"),
        ({"asks": (_order(9, 120), _order(10, 110))}, "asks are not sorted"),
        ({"bids": (_order(price=102),)}, "crossed: the best bid is 102, the best ask 102"),
        ({"bids": (_order(), _order())}, "an order id appears twice"),
        ({"bids": (_order(4),)}, "an order id appears twice"),
    ],
)
def test_a_state_that_is_no_book_is_refused_with_its_reason(change: dict[str, object], reason: str) -> None:
    """Opening names what is wrong."""
    with pytest.raises(InvalidVenue, match=reason):
        OrderBookVenue(replace(STATE, **change))  # type: ignore[arg-type]
