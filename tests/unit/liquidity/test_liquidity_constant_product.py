"""The constant product pool against hand-computed trades and its own refusals."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.venue_states import ConstantProductState, VenueId
from liquidity.constant_product import ConstantProductVenue
from liquidity.errors import (
    AmountTooLarge,
    InsufficientLiquidity,
    InvalidVenue,
    NothingPaid,
    NotTraded,
    SameAsset,
    ZeroAmount,
)

A, B = AssetId("a"), AssetId("b")
STATE = ConstantProductState(VenueId("p"), (A, B), 60_000, "", (1_000_000, 2_000_000), Fraction(3, 1000))
POOL = ConstantProductVenue(STATE)


def test_exact_input_rounds_the_output_down() -> None:
    """997·1000·2000000 / (1000·1000000 + 997·1000) = 1992.013…"""
    swap = POOL.swap_in(A, B, 1000)
    assert swap.amount_out == 1992
    assert swap.state == replace(STATE, reserves=(1_001_000, 1_998_008))


def test_the_fee_may_be_any_fraction_and_only_its_ratio_matters() -> None:
    """A fee of a seventh keeps six sevenths: 6·700·2000000 // (7·1000000 + 6·700) = 1199."""
    assert ConstantProductVenue(replace(STATE, fee=Fraction(1, 7))).quote_in(A, B, 700) == 1199
    assert ConstantProductVenue(replace(STATE, fee=Fraction(0))).quote_in(B, A, 2_000_000) == 500_000


def test_exact_output_adds_one_even_where_the_division_is_exact() -> None:
    """Without fee, 1000000·1000000 / 1000000 = 1000000 exactly, and the library asks one more."""
    free = ConstantProductVenue(replace(STATE, fee=Fraction(0)))
    assert free.quote_out(A, B, 1_000_000) == 1_000_001


def test_exact_output_takes_what_its_input_pays() -> None:
    """The swap reports what the computed input buys, here as much as was asked for."""
    swap = POOL.swap_out(A, B, 1992)
    assert (swap.amount_in, swap.amount_out) == (1000, 1992)
    assert POOL.swap_in(A, B, swap.amount_in) == swap


def test_marginal_price_is_the_reserve_ratio_less_the_fee() -> None:
    """Two b per a, less 0.3%."""
    assert POOL.marginal_price(A, B) == pytest.approx(2 * 0.997)
    assert POOL.marginal_price(B, A) == pytest.approx(0.5 * 0.997)


@pytest.mark.parametrize("amount", [0, -1])
def test_nothing_is_no_trade(amount: int) -> None:
    """Zero and negative amounts are refused in both directions."""
    with pytest.raises(ZeroAmount):
        POOL.swap_in(A, B, amount)
    with pytest.raises(ZeroAmount):
        POOL.swap_out(A, B, amount)


def test_an_input_that_buys_no_unit_is_refused() -> None:
    """One b is worth half an a."""
    with pytest.raises(NothingPaid) as refused:
        POOL.swap_in(B, A, 1)
    assert refused.value.amount_in == 1
    assert str(refused.value) == "p: an input of 1 is too small to be paid one unit"


def test_the_whole_reserve_cannot_be_bought() -> None:
    """Only what leaves one unit behind is available."""
    with pytest.raises(InsufficientLiquidity) as refused:
        POOL.swap_out(A, B, 2_000_000)
    assert (refused.value.asked, refused.value.available) == (2_000_000, 1_999_999)


def test_a_reserve_stays_within_112_bits() -> None:
    """The pair contract keeps reserves in 112 bits, so an input may only fill up to there."""
    room = 2**112 - 1 - 1_000_000
    assert POOL.quote_in(A, B, room) == 1_999_999
    with pytest.raises(AmountTooLarge) as refused:
        POOL.swap_in(A, B, room + 1)
    assert refused.value.limit == room


def test_only_its_own_two_assets_are_traded() -> None:
    """An unknown asset on either side, or the same asset twice, is refused by name."""
    with pytest.raises(NotTraded) as refused:
        POOL.swap_in(AssetId("c"), B, 1)
    assert refused.value.asset == "c"
    with pytest.raises(NotTraded):
        POOL.marginal_price(A, AssetId("c"))
    with pytest.raises(SameAsset):
        POOL.swap_out(A, A, 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"reserves": (0, 5)}, "reserve of a is 0"),
        ({"reserves": (-1, 5)}, "reserve of a is -1"),
        ({"reserves": (2**127, 5)}, "reserve of a is"),
        ({"reserves": (5,)}, "1 reserves for 2 assets"),
        ({"assets": (A, A)}, "different assets"),
        ({"assets": (A,), "reserves": (5,)}, "different assets, this one 1"),
        ({"assets": (A, B, AssetId("c")), "reserves": (5, 5, 5)}, "has 2 assets, this one 3"),
        ({"fee": Fraction(1)}, "fee 1"),
        ({"fee": Fraction(-1, 10)}, "fee -1/10"),
    ],
)
def test_a_state_that_is_no_pool_is_refused_with_its_reason(change: dict[str, object], reason: str) -> None:
    """Opening names what is wrong."""
    with pytest.raises(InvalidVenue, match=reason):
        ConstantProductVenue(replace(STATE, **change))  # type: ignore[arg-type]
