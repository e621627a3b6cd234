"""Eighteen-decimal fixed point as Balancer computes it: integers scaled by 10^18.

Every operation says which way it rounds. Source: FixedPoint.sol of balancer-v2-monorepo and
balancer-v3-monorepo, whose results this reproduces to the unit for values that fit 256 bits.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from liquidity.log_exp import ONE as ONE
from liquidity.log_exp import power

TWO: Final = 2 * ONE
FOUR: Final = 4 * ONE
#: The power may be off by this much relative to itself (10^-14), plus one unit.
MAX_POWER_RELATIVE_ERROR: Final = 10_000


def to_fixed(value: Fraction) -> int:
    """⌊value · 10^18⌋ for a value that is not negative."""
    return value.numerator * ONE // value.denominator


def mul_down(a: int, b: int) -> int:
    return a * b // ONE


def mul_up(a: int, b: int) -> int:
    return -(-a * b // ONE)


def div_down(a: int, b: int) -> int:
    return a * ONE // b


def div_up(a: int, b: int) -> int:
    return -(-a * ONE // b)


def complement(a: int) -> int:
    """1 − a, not below zero."""
    return ONE - a if a < ONE else 0


def power_up(base: int, exponent: int, where: str) -> int:
    """base^exponent, never too low: the computed power plus its greatest error.

    Raises ``MathOutOfRange`` outside the domain of ``log_exp.power``.
    """
    raw = power(base, exponent, where)
    return raw + mul_up(raw, MAX_POWER_RELATIVE_ERROR) + 1


def power_up_exact(base: int, exponent: int, where: str) -> int:
    """As ``power_up``, but 1, 2 and 4 are multiplied out (pools from version 3 on)."""
    if exponent == ONE:
        return base
    if exponent == TWO:
        return mul_up(base, base)
    if exponent == FOUR:
        square = mul_up(base, base)
        return mul_up(square, square)
    return power_up(base, exponent, where)
