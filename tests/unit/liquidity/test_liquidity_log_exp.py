"""Powers in integers against exact arithmetic, the reference's own error bound, and their domain."""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquidity.errors import MathOutOfRange
from liquidity.fixed_point import (
    complement,
    div_down,
    div_up,
    mul_down,
    mul_up,
    power_up,
    power_up_exact,
)
from liquidity.log_exp import (
    MAX_EXPONENT,
    MAX_NATURAL_EXPONENT,
    MIN_NATURAL_EXPONENT,
    ONE,
    exponential,
    log_magnitude,
    power,
)


def _exact_power(base: int, exponent: int) -> Decimal:
    """base^exponent in units of 10^-18, to 60 digits."""
    with localcontext() as context:
        context.prec = 90
        return (Decimal(base) / ONE) ** (Decimal(exponent) / ONE) * ONE


@given(base=st.integers(10**15, 10**21), exponent=st.integers(10**15, 10**19))
def test_a_power_is_within_the_stated_error(base: int, exponent: int) -> None:
    """Within 10^-14 of itself plus one unit wherever the result is in the domain."""
    with localcontext() as context:
        context.prec = 60
        natural = (Decimal(base) / ONE).ln() * exponent
    if not MIN_NATURAL_EXPONENT + ONE < natural < MAX_NATURAL_EXPONENT - ONE:
        return
    exact = _exact_power(base, exponent)
    assert abs(power(base, exponent) - exact) <= exact * Decimal("1e-14") + 1
    assert power_up(base, exponent, "") >= exact


def test_powers_of_nothing_and_to_nothing() -> None:
    """x^0 is 1, 0^0 included; 0^y is 0; 1^y is 1."""
    assert power(0, 0) == power(7, 0) == ONE
    assert power(0, 5) == 0
    assert power(ONE, 3 * ONE) == ONE


def test_e_to_the_steps_is_the_table() -> None:
    """Where the argument is a step of the table, the exponential is the table's entry."""
    assert exponential(0) == ONE
    assert exponential(ONE) == 2718281828459045235
    assert exponential(-ONE) == 367879441171442321
    assert exponential(130 * ONE) == pytest.approx(Decimal(130).exp() * ONE, rel=Decimal("1e-14"))


def test_logarithms_undo_exponentials() -> None:
    """|ln e^x| is |x| to a few units, on both sides of 1 and through the large steps."""
    for x in (-30, -1, 1, 5, 63, 65, 129):
        relative = 10 ** max(0, -x * 4 // 9)
        assert abs(log_magnitude(exponential(x * ONE)) - abs(x) * ONE) <= 20 + 2 * relative


@pytest.mark.parametrize(
    ("base", "exponent", "what"),
    [
        (2**255, ONE, "a base"),
        (-1, ONE, "a base"),
        (ONE, MAX_EXPONENT + 1, "an exponent"),
        (ONE, -1, "an exponent"),
        (10**30, 100 * ONE, "a natural exponent"),
        (1, ONE, "a natural exponent"),
    ],
)
def test_outside_its_domain_the_power_says_what_is_outside(base: int, exponent: int, what: str) -> None:
    """Each bound is named with the value that broke it; e^-41.4 is already too small."""
    with pytest.raises(MathOutOfRange) as refused:
        power(base, exponent, "p")
    assert refused.value.what == what
    assert not refused.value.low <= refused.value.value <= refused.value.high


def test_whole_exponents_are_multiplied_out_from_version_3_on() -> None:
    """1, 2 and 4 are exact but for rounding up; others go through the logarithm."""
    base = 10**18 * 3 // 4 + 1
    assert power_up_exact(base, ONE, "") == base
    assert power_up_exact(base, 2 * ONE, "") == -(-base * base // ONE)
    assert power_up_exact(base, 4 * ONE, "") < power_up(base, 4 * ONE, "")
    assert power_up_exact(base, 3 * ONE, "") == power_up(base, 3 * ONE, "")


@given(a=st.integers(0, 2**120), b=st.integers(1, 2**120))
def test_fixed_point_rounds_the_way_it_says(a: int, b: int) -> None:
    """Down and up differ by one unit exactly where the quotient is not whole."""
    assert mul_up(a, b) - mul_down(a, b) == (a * b % ONE != 0)
    assert div_up(a, b) - div_down(a, b) == (a * ONE % b != 0)
    assert complement(a) == max(ONE - a, 0)
