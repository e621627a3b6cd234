"""Laws of moving limits: curves, exclusivity and decay against exact fractions, rounded to the owner."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from intents.amounts import MAX_AMOUNT, MAX_BPS
from intents.curves import curve_amount, limits_at, linear_decay
from intents.intent import Exclusivity, Intent, Kind
from intents.records import replace
from tests.strategies import curves, intents, numbers


@st.composite
def moving(draw: Any) -> tuple[Any, int]:
    """A curve and a number near or between its points."""
    curve = draw(curves(Kind.EXACT_IN, draw(st.integers(1, 10_000))))
    near = draw(st.sampled_from(curve.points)).at + draw(st.integers(-3, 3))
    return curve, max(0, draw(st.sampled_from([near, draw(numbers)])))


@settings(max_examples=150, deadline=None)
@given(moving())
def test_a_curve_is_its_exact_line_rounded_to_the_owner(drawn: tuple[Any, int]) -> None:
    """Wanted amounts are the ceiling of the line in exact fractions, given amounts its floor; flat outside."""
    curve, number = drawn
    exact = Fraction(curve.points[0].amount if number <= curve.points[0].at else curve.points[-1].amount)
    for earlier, later in zip(curve.points, curve.points[1:], strict=False):
        if earlier.at < number <= later.at:
            share = Fraction(number - earlier.at, later.at - earlier.at)
            exact = earlier.amount + (later.amount - earlier.amount) * share
    assert curve_amount(curve, number, round_up=True) == -(-exact.numerator // exact.denominator)
    assert curve_amount(curve, number, round_up=False) == exact.numerator // exact.denominator


@settings(max_examples=150, deadline=None)
@given(intents(), numbers, st.integers(1, 100_000), st.integers(-2, 2))
def test_exclusivity_costs_others_and_only_within_the_window(
    intent: Intent, until: int, override_bps: int, offset: int
) -> None:
    """The named solver and everybody after the window meet the plain limit, others the raised one."""
    number = max(0, until + offset)
    plain = limits_at(replace(intent, exclusive=None), number, "another")
    intent = replace(intent, exclusive=Exclusivity("named", until, override_bps))
    assert limits_at(intent, number, "named") == plain
    others = limits_at(intent, number, "another")
    if number > until:
        assert others == plain
    elif intent.kind is Kind.EXACT_OUT:
        raised = Fraction(MAX_BPS + override_bps, MAX_BPS)
        assert others.want == plain.want
        assert others.give[0] * raised <= plain.give[0] < (others.give[0] + 1) * raised
    else:
        raised = Fraction(MAX_BPS + override_bps, MAX_BPS)
        assert others.give == plain.give
        for more, base in zip(others.want, plain.want, strict=True):
            assert more >= base * raised > more - 1


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, MAX_AMOUNT),
    st.integers(0, MAX_AMOUNT),
    st.integers(0, 99),
    st.integers(1, 99),
    st.integers(0, 250),
)
def test_linear_decay_stays_between_its_ends(start: int, end: int, first: int, span: int, now: int) -> None:
    """It is monotone, ends where it says, and never moves further than the exact line."""
    last = first + span
    amount = linear_decay(start, end, first, last, now)
    assert min(start, end) <= amount <= max(start, end)
    exact = start + Fraction(end - start) * Fraction(max(0, min(now - first, span)), span)
    assert abs(amount - start) <= abs(exact - start)
    assert abs(amount - exact) < 1
    later = linear_decay(start, end, first, last, now + 1)
    assert (later - amount) * (end - start) >= 0
