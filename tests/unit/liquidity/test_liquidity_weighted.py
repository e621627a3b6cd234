"""The weighted pool: exact whole ratios, its limits, and what is no pool."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from intents.assets import AssetId
from intents.venue_states import VenueId, WeightedState, WeightedVersion
from liquidity.errors import InvalidVenue, TradeRatioExceeded
from liquidity.fixed_point import ONE
from liquidity.weighted import WeightedVenue

A, B = AssetId("a"), AssetId("b")
STATE = WeightedState(
    id=VenueId("w"),
    assets=(A, B),
    gas=88_892,
    address="",
    reserves=(1_000 * 10**18, 2_000 * 10**6),
    weights=(Fraction(4, 5), Fraction(1, 5)),
    scaling=(Fraction(1), Fraction(10**12)),
    fee=Fraction(1, 1000),
    version=WeightedVersion.V3PLUS,
)
POOL = WeightedVenue(STATE)


def test_whole_weight_ratios_are_exact_in_newer_pools_only() -> None:
    """With weights 4 to 1 the older pool goes through the logarithm and pays less."""
    older = WeightedVenue(replace(STATE, version=WeightedVersion.V0))
    amount = 10**18
    fee_taken = amount - amount // 1000
    base = -(-1000 * 10**36 // (1000 * 10**18 + fee_taken))
    square = -(-base * base // ONE)
    fourth = -(-square * square // ONE)
    assert POOL.quote_in(A, B, amount) == 2000 * (ONE - fourth) // 10**12
    assert older.quote_in(A, B, amount) <= POOL.quote_in(A, B, amount)


def test_exact_output_is_paid_by_its_own_input() -> None:
    """The input asked for a million b buys at least a million b, and one unit of a buys none."""
    swap = POOL.swap_out(A, B, 10**6)
    assert swap.amount_out >= 10**6
    assert POOL.swap_in(A, B, swap.amount_in) == swap
    assert swap.state.reserves == (STATE.reserves[0] + swap.amount_in, STATE.reserves[1] - swap.amount_out)  # type: ignore[union-attr]


def test_a_trade_moves_at_most_three_tenths_of_a_reserve() -> None:
    """In (after the fee) and out, compared in 18 decimals."""
    with pytest.raises(TradeRatioExceeded) as refused:
        POOL.swap_in(A, B, 301 * 10**18)
    assert refused.value.limit == 300 * 10**18
    with pytest.raises(TradeRatioExceeded):
        POOL.swap_out(A, B, 600 * 10**6 + 1)
    assert POOL.quote_in(A, B, 300 * 10**18) > 0


def test_marginal_price_counts_weights_scaling_and_fee() -> None:
    """(2000/0.2)/(1000/0.8) = 8 whole b per whole a, 10^12 finer units, less a thousandth."""
    assert POOL.marginal_price(A, B) == pytest.approx(8e-12 * 0.999)
    assert POOL.marginal_price(B, A) == pytest.approx(0.125e12 * 0.999)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"weights": (Fraction(1),)}, "1 weights for 2 assets"),
        ({"weights": (Fraction(1), Fraction(0))}, "a weight"),
        ({"weights": (Fraction(2), Fraction(1, 2))}, "a weight"),
        ({"scaling": (Fraction(1),)}, "1 scaling factors for 2 assets"),
        ({"scaling": (Fraction(0), Fraction(1))}, "scaling factor of a"),
        ({"scaling": (Fraction(10**25), Fraction(1))}, "scaling factor of a"),
        ({"scaling": (Fraction(1, 10**18), Fraction(1)), "reserves": (5, 5)}, "too small for its scaling"),
    ],
)
def test_a_state_that_is_no_weighted_pool_is_refused(change: dict[str, object], reason: str) -> None:
    """Opening names what is wrong."""
    with pytest.raises(InvalidVenue, match=reason):
        WeightedVenue(replace(STATE, **change))  # type: ignore[arg-type]
