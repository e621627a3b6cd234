"""Curve's pool: its inverse, its invariant without a fee, and its limits."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.venue_states import StableFlavour, StableState, VenueId
from liquidity.curve import CurveVenue
from liquidity.errors import InsufficientLiquidity
from liquidity.registry import open_venue

A, B = AssetId("a"), AssetId("b")
STATE = StableState(
    id=VenueId("c"),
    assets=(A, B),
    gas=100_000,
    address="",
    reserves=(1_000 * 10**18, 1_000 * 10**18),
    scaling=(Fraction(1), Fraction(1)),
    amplification=Fraction(100),
    fee=Fraction(4, 10_000),
    flavour=StableFlavour.CURVE,
)
POOL = CurveVenue(STATE)


def test_the_inverse_asks_little_more_than_it_must() -> None:
    """What 10^18 pays can be bought back for 10^18 and a few units."""
    paid = POOL.quote_in(A, B, 10**18)
    assert 10**18 - 10 <= POOL.quote_out(A, B, paid) <= 10**18 + 10


def test_no_more_is_offered_than_the_fee_leaves() -> None:
    """Of the last unit of a reserve the fee stays inside, so less than the reserve can be bought."""
    with pytest.raises(InsufficientLiquidity) as refused:
        POOL.swap_out(A, B, 1_000 * 10**18 - 1)
    assert refused.value.available == (1_000 * 10**18 - 2) * 9996 // 10_000


def test_without_a_fee_the_truncated_invariant_is_not_given_away() -> None:
    """As on chain the round trip would come home with 3 units more; here it loses."""
    state = replace(
        STATE,
        reserves=(200 * 10**18, 2 * 10**18),
        amplification=Fraction(1),
        fee=Fraction(0),
    )
    amount = 483 * 10**12

    def on_chain(reserves: tuple[int, ...], i: int, j: int, x: int) -> tuple[int, tuple[int, ...]]:
        paid = CurveVenue(replace(state, reserves=reserves)).paid_on_chain(i, j, x)
        after = list(reserves)
        after[i] += x
        after[j] -= paid
        return paid, tuple(after)

    paid, after = on_chain(state.reserves, 0, 1, amount)
    assert on_chain(after, 1, 0, paid)[0] == amount + 3
    there = CurveVenue(state).swap_in(A, B, amount)
    assert there.amount_out <= paid
    assert open_venue(there.state).quote_in(B, A, there.amount_out) <= amount


def test_hundredths_of_amplification_count() -> None:
    """A = 100.5 lies between 100 and 101."""
    paid = [
        CurveVenue(replace(STATE, amplification=Fraction(a))).quote_in(A, B, 500 * 10**18)
        for a in ("100", "100.5", "101")
    ]
    assert paid[0] < paid[1] < paid[2]


def test_marginal_price_is_the_limit_of_small_trades() -> None:
    """A millionth of the reserve trades within a millionth of it."""
    price = POOL.marginal_price(A, B)
    assert POOL.quote_in(A, B, 10**15) / 10**15 == pytest.approx(price, rel=1e-6)
