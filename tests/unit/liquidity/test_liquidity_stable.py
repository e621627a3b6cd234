"""The Balancer stable pool: composable legs and what Newton cannot settle."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.venue_states import StableState, VenueId
from liquidity.errors import InvalidVenue, MathOutOfRange, NotConverged, NothingPaid, NotTraded
from liquidity.stable import StableVenue
from liquidity.stable_math import balance_rounded_up

A, B, SHARE = AssetId("a"), AssetId("b"), AssetId("0xpool")
STATE = StableState(
    id=VenueId("s"),
    assets=(A, B),
    gas=183_520,
    address="0xPool",
    reserves=(1_000_000 * 10**18, 1_000_000 * 10**6),
    scaling=(Fraction(1), Fraction(10**12)),
    amplification=Fraction(200),
    fee=Fraction(1, 10_000),
)
POOL = StableVenue(STATE)


def test_a_balanced_pool_trades_near_one_to_one() -> None:
    """One whole a is paid one whole b less the fee and at most a hundredth of a basis point."""
    assert 999_890 <= POOL.quote_in(A, B, 10**18) <= 999_900
    assert POOL.marginal_price(A, B) == pytest.approx(0.9999e-12)
    assert POOL.invariant == 2_000_000 * 10**18


def test_the_share_token_of_a_composable_pool_is_left_out() -> None:
    """Its balance changes no price, its place moves no reserve of its own, and it cannot be traded."""
    composable = StableVenue(
        replace(
            STATE,
            assets=(A, SHARE, B),
            reserves=(STATE.reserves[0], 2**111, STATE.reserves[1]),
            scaling=(Fraction(1), Fraction(1), Fraction(10**12)),
        )
    )
    swap = composable.swap_in(A, B, 10**18)
    assert swap.amount_out == POOL.quote_in(A, B, 10**18)
    assert swap.state.reserves == (STATE.reserves[0] + 10**18, 2**111, STATE.reserves[1] - swap.amount_out)  # type: ignore[union-attr]
    assert composable.marginal_price(A, B) == POOL.marginal_price(A, B)
    with pytest.raises(NotTraded):
        composable.swap_in(SHARE, A, 10**18)
    with pytest.raises(NotTraded):
        composable.swap_out(A, SHARE, 10**18)


def test_the_order_of_listing_changes_nothing() -> None:
    """Results do not hang on the order in which a file lists the tokens."""
    listed_backwards = StableVenue(
        replace(STATE, assets=(B, A), reserves=STATE.reserves[::-1], scaling=STATE.scaling[::-1])
    )
    for amount in (10**13 + 7, 3 * 10**20 + 1, 777_777 * 10**18):
        assert listed_backwards.quote_in(A, B, amount) == POOL.quote_in(A, B, amount)


def test_exact_output_is_paid_by_its_own_input() -> None:
    """Also where nearly the whole reserve is bought."""
    for wanted in (1, 10**6, 999_000 * 10**6):
        swap = POOL.swap_out(A, B, wanted)
        assert swap.amount_out >= wanted
        assert POOL.swap_in(A, B, swap.amount_in) == swap


def test_an_input_below_the_rounding_is_refused() -> None:
    """A billionth of a b is no unit."""
    with pytest.raises(NothingPaid):
        POOL.swap_in(A, B, 1000)


def test_newton_stops_at_its_bound() -> None:
    """Twenty orders of magnitude apart, truncation keeps the invariant from settling within 255 steps."""
    drained = StableVenue(
        replace(
            STATE,
            reserves=(2 * 10**33, 2 * 10**4),
            scaling=(Fraction(1000), Fraction(10**12)),
            amplification=Fraction(10_000),
        )
    )
    for trade in (drained.swap_in, drained.swap_out):
        with pytest.raises(NotConverged) as refused:
            trade(A, B, 1)
        assert refused.value.iterations == 255


def test_balances_too_far_apart_leave_the_domain() -> None:
    """Where the product over the invariant truncates to nothing there is no balance to compute."""
    with pytest.raises(MathOutOfRange) as refused:
        balance_rounded_up(1000, 1000, [1, 1, 10**40], 10**40, 0, "s")
    assert (refused.value.where, refused.value.what) == ("s", "a stableswap divisor")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"amplification": Fraction(1, 10)}, "amplification 1/10"),
        ({"amplification": Fraction(-1)}, "amplification -1"),
        ({"amplification": Fraction(10**7)}, "amplification 10000000"),
        ({"scaling": (Fraction(1), Fraction(0))}, "scaling factor of b"),
        ({"reserves": (1, 0)}, "reserve of b is 0"),
        ({"address": "b"}, "different assets, this one 1"),
    ],
)
def test_a_state_that_is_no_stable_pool_is_refused(change: dict[str, object], reason: str) -> None:
    """Opening names what is wrong; a share token beside a single token leaves nothing to trade."""
    with pytest.raises(InvalidVenue, match=reason):
        StableVenue(replace(STATE, **change))  # type: ignore[arg-type]
