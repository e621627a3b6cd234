"""Fills to amounts: rounding, limits, surplus."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from intents.intent import Kind
from settlement.execution import Amounts, Limit, SwapFill, bought, meets_limit, sold, surplus_over

AMOUNTS = st.integers(1, 2**127 - 1)
PRICES = st.integers(1, 2**256 - 1)


@given(AMOUNTS, PRICES, PRICES)
def test_rounding_is_the_owners(amount: int, give_price: int, want_price: int) -> None:
    """What a sell gets rounds up and what a buy gives rounds down, exactly."""
    rate = Fraction(give_price, want_price)
    assert bought(amount, give_price, want_price) == ceil(amount * rate)
    assert sold(amount, give_price, want_price) == floor(amount / rate)


def test_the_fee_comes_on_top() -> None:
    """Both kinds give the fee in addition to what executes."""
    assert SwapFill(Kind.EXACT_IN, 10, 3, 2, 1).amounts == Amounts(13, 20)
    assert SwapFill(Kind.EXACT_OUT, 10, 3, 2, 1).amounts == Amounts(8, 10)


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS, st.sampled_from([Kind.EXACT_IN, Kind.EXACT_OUT]))
def test_a_met_limit_is_no_negative_surplus(given: int, got: int, give: int, want: int, kind: Kind) -> None:
    """Comparing by cross-multiplication and by the rounded surplus always agree."""
    amounts, limit = Amounts(given, got), Limit(give, want)
    assert meets_limit(amounts, limit) == (surplus_over(kind, amounts, limit) >= 0)
