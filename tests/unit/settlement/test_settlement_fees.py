"""Protocol fees charged and unwound."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intents.fees import FeePolicy, PriceImprovementFee, Quote, SurplusFee, VolumeFee
from intents.intent import Kind
from settlement.errors import BadFeePolicy
from settlement.execution import Amounts, Limit
from settlement.fees import adjust_quote, charge, unwind

SELL, BUY = Kind.EXACT_IN, Kind.EXACT_OUT
HALF = Fraction(1, 2)

factors = st.fractions(0, Fraction(9, 10), max_denominator=1000)
policies = st.lists(
    st.one_of(
        st.builds(VolumeFee, factors),
        st.builds(SurplusFee, factors, factors),
        st.builds(
            PriceImprovementFee,
            factors,
            factors,
            st.builds(Quote, st.integers(10**6, 10**9), st.integers(10**6, 10**9), st.integers(0, 10**5)),
        ),
    ),
    max_size=3,
)


@given(st.sampled_from([SELL, BUY]), policies, st.integers(10**12, 10**20), st.integers(101, 200))
def test_unwinding_finds_what_was_charged(kind: Kind, chain: list[FeePolicy], size: int, percent: int) -> None:
    """Read back from final amounts, fees are those charged, up to what rounding down a chain amplifies."""
    limit = Limit(10**12, 10**12)
    before = Amounts(size, size * percent // 100)
    after = charge(kind, before, limit, chain)
    charged = after.given - before.given if kind is BUY else before.got - after.got
    if kind is BUY and after.given * limit.want > limit.give * after.got:
        return  # volume fees alone may break a limit; the law then refuses the trade
    if kind is SELL and after.got * limit.give < limit.want * after.given:
        return
    assert charged >= 0
    # Each policy divides by 1 − f ≥ 1/10, which turns a unit lost into ten, thrice over at most.
    assert abs(unwind(kind, after, limit, chain) - charged) <= 2 * 10**3


def test_policies_apply_in_list_order() -> None:
    """A surplus policy after a volume policy takes its part of what the first one left."""
    limit = Limit(100, 100)
    volume, surplus = VolumeFee(Fraction(1, 10)), SurplusFee(HALF, Fraction(1))
    assert charge(SELL, Amounts(100, 200), limit, (volume, surplus)).got == 140
    assert charge(SELL, Amounts(100, 200), limit, (surplus, volume)).got == 135


def test_a_cap_of_all_is_no_cap_for_sells() -> None:
    """A volume cap of one leaves the surplus part alone, where unwinding could only divide by zero."""
    limit, chain = Limit(100, 100), (SurplusFee(HALF, Fraction(1)),)
    after = charge(SELL, Amounts(100, 300), limit, chain)
    assert (after.got, unwind(SELL, after, limit, chain)) == (200, 100)


def test_no_improvement_over_the_quote_costs_nothing() -> None:
    """A trade between the limit and the quote owes no price improvement fee."""
    chain = (PriceImprovementFee(HALF, HALF, Quote(100, 180, 0)),)
    assert charge(SELL, Amounts(100, 150), Limit(100, 100), chain) == Amounts(100, 150)


@pytest.mark.parametrize(
    ("kind", "policy"),
    [
        (SELL, VolumeFee(Fraction(1))),
        (SELL, SurplusFee(Fraction(1), HALF)),
        (BUY, SurplusFee(Fraction(1), HALF)),
        (BUY, VolumeFee(Fraction(11, 10))),
        (SELL, VolumeFee(Fraction(-1, 10))),
        (SELL, SurplusFee(HALF, Fraction(-1, 10))),
        (SELL, PriceImprovementFee(HALF, HALF, Quote(0, 10, 0))),
        (BUY, PriceImprovementFee(HALF, HALF, Quote(10, 0, 0))),
        (BUY, PriceImprovementFee(HALF, HALF, Quote(10, 10, -1))),
    ],
)
def test_impossible_policies_are_refused(kind: Kind, policy: FeePolicy) -> None:
    """A factor or quote that cannot be applied or unwound is named, charging and unwinding alike."""
    for apply in (charge, unwind):
        with pytest.raises(BadFeePolicy):
            apply(kind, Amounts(100, 200), Limit(100, 100), (policy,))


def test_all_of_a_buys_volume_may_be_charged() -> None:
    """A buy's volume fee unwinds by f/(1+f), so a factor of one is sound."""
    chain = (VolumeFee(Fraction(1)),)
    after = charge(BUY, Amounts(100, 50), Limit(1000, 50), chain)
    assert (after.given, unwind(BUY, after, Limit(1000, 50), chain)) == (200, 100)


def test_a_quote_never_loosens_the_limit() -> None:
    """A quote worse than the limit counts as the limit, also where its fee exceeds it."""
    assert adjust_quote(SELL, Limit(100, 90), Quote(10, 10, 50)) == Limit(100, 90)
    assert adjust_quote(BUY, Limit(100, 90), Quote(100, 10, 50)) == Limit(100, 90)
