"""Foreign limit orders: pro rata rounding, the fee on top, what remains, and refusals."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.assets import AssetId
from intents.venue_states import LimitOrderState, VenueId
from liquidity.errors import (
    InsufficientLiquidity,
    InvalidVenue,
    NothingPaid,
    NotTraded,
    SameAsset,
    ZeroAmount,
)
from liquidity.limit_order import LimitOrderVenue

TAKER, MAKER = AssetId("taker"), AssetId("maker")
#: Ten maker units for each three taker units, and a fee of a tenth of the taker amount.
STATE = LimitOrderState(VenueId("0x"), (TAKER, MAKER), 66_358, "", 300, 1_000, 30)
ORDER = LimitOrderVenue(STATE)
FREE = LimitOrderVenue(replace(STATE, taker_fee=0))


def test_a_fill_pays_the_makers_share_rounded_down() -> None:
    """100 of 300 taker units earn ⌊1000·100/300⌋ = 333; the rest of the order remains."""
    swap = FREE.swap_in(TAKER, MAKER, 100)
    assert swap.amount_out == 333
    assert swap.state == replace(FREE.state, taker_amount=200, maker_amount=667)


def test_the_fee_comes_on_top_and_rounds_up() -> None:
    """101 in cover a fill of 91 and a fee of ⌈9.1⌉ = 10, and 92 with ⌈9.2⌉ would need 102."""
    swap = ORDER.swap_in(TAKER, MAKER, 101)
    assert swap.amount_out == 91 * 1_000 // 300
    assert swap.state == replace(STATE, taker_amount=209, maker_amount=1_000 - 303, taker_fee=20)


def test_an_exact_output_takes_the_least_fill_that_pays_it() -> None:
    """334 maker units need ⌈100.2⌉ = 101 taker units and a fee of 11, and pay 336."""
    swap = ORDER.swap_out(TAKER, MAKER, 334)
    assert (swap.amount_in, swap.amount_out) == (112, 336)
    assert ORDER.quote_out(TAKER, MAKER, 334) == 112


def test_an_order_filled_whole_is_empty_and_still_opens() -> None:
    """Taker amount and fee in, maker amount out, nothing left to trade."""
    swap = ORDER.swap_in(TAKER, MAKER, 330)
    assert swap.amount_out == 1_000
    assert isinstance(swap.state, LimitOrderState)
    empty = LimitOrderVenue(swap.state)
    assert (empty.state.taker_amount, empty.state.maker_amount, empty.state.taker_fee) == (0, 0, 0)
    with pytest.raises(InsufficientLiquidity):
        empty.swap_in(TAKER, MAKER, 1)
    with pytest.raises(InsufficientLiquidity):
        empty.swap_out(TAKER, MAKER, 1)
    with pytest.raises(InsufficientLiquidity):
        empty.marginal_price(TAKER, MAKER)


def test_no_more_than_the_order_is_traded() -> None:
    """One unit over either side is refused with what there is."""
    with pytest.raises(InsufficientLiquidity) as refused:
        ORDER.swap_in(TAKER, MAKER, 331)
    assert refused.value.available == 330
    with pytest.raises(InsufficientLiquidity) as refused:
        ORDER.swap_out(TAKER, MAKER, 1_001)
    assert refused.value.available == 1_000


def test_it_trades_one_way_only() -> None:
    """The maker token cannot go in, nor anything else; one token cannot be both."""
    with pytest.raises(NotTraded):
        ORDER.swap_in(MAKER, TAKER, 1)
    with pytest.raises(NotTraded):
        ORDER.swap_out(TAKER, AssetId("other"), 1)
    with pytest.raises(SameAsset):
        ORDER.swap_in(TAKER, TAKER, 1)


@pytest.mark.parametrize("amount", [0, -3])
def test_nothing_is_no_trade(amount: int) -> None:
    """Zero and negative amounts are refused in both directions."""
    with pytest.raises(ZeroAmount):
        ORDER.swap_in(TAKER, MAKER, amount)
    with pytest.raises(ZeroAmount):
        ORDER.swap_out(TAKER, MAKER, amount)


def test_an_input_that_buys_no_unit_is_refused() -> None:
    """One unit of a token three of which buy one."""
    with pytest.raises(NothingPaid):
        LimitOrderVenue(replace(STATE, maker_amount=100, taker_fee=0)).swap_in(TAKER, MAKER, 2)


def test_marginal_price_includes_the_fee() -> None:
    """1000 for 330."""
    assert ORDER.marginal_price(TAKER, MAKER) == pytest.approx(1_000 / 330)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"assets": (TAKER, TAKER)}, "exactly two"),
        ({"assets": (TAKER,)}, "exactly two"),
        ({"taker_amount": -1}, "taker amount -1"),
        ({"maker_amount": 2**127}, "maker amount"),
        ({"taker_fee": -1}, "taker fee -1"),
        ({"taker_amount": 2**127 - 1}, "taker amount and fee"),
        ({"taker_amount": 0}, "one side of the order is nothing"),
        ({"maker_amount": 0}, "one side of the order is nothing"),
    ],
)
def test_a_state_that_is_no_order_is_refused_with_its_reason(change: dict[str, object], reason: str) -> None:
    """Opening names what is wrong."""
    with pytest.raises(InvalidVenue, match=reason):
        LimitOrderVenue(replace(STATE, **change))  # type: ignore[arg-type]


AMOUNTS = st.integers(1, 10**24)


@given(AMOUNTS, AMOUNTS, st.integers(0, 10**22), st.lists(st.integers(1, 10**24), min_size=1, max_size=6))
def test_parts_never_pay_more_than_the_whole(taker: int, maker: int, fee: int, parts: list[int]) -> None:
    """However an order is split, the sum paid is at most what one fill of the same input earns."""
    state = replace(STATE, taker_amount=taker, maker_amount=maker, taker_fee=fee)
    whole = LimitOrderVenue(state)
    given_in = paid = 0
    for part in parts:
        venue = LimitOrderVenue(state)
        try:
            swap = venue.swap_in(TAKER, MAKER, min(part, state.taker_amount + state.taker_fee))
        except (NothingPaid, ZeroAmount):
            break
        assert isinstance(swap.state, LimitOrderState)
        given_in, paid, state = given_in + swap.amount_in, paid + swap.amount_out, swap.state
    if given_in:
        assert paid <= whole.quote_in(TAKER, MAKER, given_in)


@given(AMOUNTS, AMOUNTS, st.integers(0, 10**22), AMOUNTS)
def test_what_an_exact_output_costs_is_least_and_pays_exactly_what_it_says(
    taker: int, maker: int, fee: int, wanted: int
) -> None:
    """Selling that input gives the same swap, and one unit less pays less than was wanted."""
    venue = LimitOrderVenue(replace(STATE, taker_amount=taker, maker_amount=maker, taker_fee=fee))
    wanted = min(wanted, maker)
    bought = venue.swap_out(TAKER, MAKER, wanted)
    assert bought.amount_out >= wanted
    assert venue.swap_in(TAKER, MAKER, bought.amount_in) == bought
    if bought.amount_in > 1:
        with suppress(NothingPaid):
            assert venue.quote_in(TAKER, MAKER, bought.amount_in - 1) < wanted
