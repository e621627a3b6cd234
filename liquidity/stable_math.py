"""Newton's method on the stableswap invariant, truncated as the reference pools truncate it.

With A the amplification (as the pools name it: A·n^(n−1) of the paper), S the sum and P the product
of n balances, the invariant D solves

    A·n·S + D = A·n·D + D^(n+1) / (n^n·P).

Amplifications here are integers scaled by a precision; balances are integers of equal worth. Every
iteration is bounded. All functions raise ``NotConverged`` when the bound is reached, and
``MathOutOfRange`` where balances are so far apart that a divisor truncates to nothing. Sources:
StableMath.sol of balancer-v2-monorepo, the Vyper pools of curvefi/curve-contract; Egorov,
"StableSwap" (2019).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from liquidity.errors import MathOutOfRange, NotConverged

MAX_ITERATIONS: Final = 255
_MAX_DIVISOR: Final = 2**256 - 1


def invariant_of(amplification: int, precision: int, balances: Sequence[int], where: str = "") -> int:
    """D for positive balances; Balancer and Curve round it alike."""
    n = len(balances)
    total = sum(balances)
    amplified = amplification * n
    amplified_total = amplified * total // precision
    scaled = [balance * n for balance in balances]
    d = total
    for _ in range(MAX_ITERATIONS):
        product = d
        for balance in scaled:
            product = product * d // balance
        divisor = (amplified - precision) * d // precision + (n + 1) * product
        if divisor <= 0:
            raise _divisor_out_of_range(divisor, where)
        previous = d
        d = (amplified_total + product * n) * d // divisor
        if -1 <= d - previous <= 1:
            return d
    raise NotConverged(where, "the stableswap invariant", MAX_ITERATIONS)


def balance_rounded_up(
    amplification: int,
    precision: int,
    balances: Sequence[int],
    invariant: int,
    place: int,
    where: str = "",
) -> int:
    """The balance at ``place`` that restores the invariant beside the others, rounded up (Balancer v2).

    ``balances[place]`` itself cancels out but for rounding, which is the reference's.
    """
    amplified = amplification * len(balances)
    divisor = amplified * _product_over_invariant(balances, invariant, where)
    squared = invariant * invariant
    c = -(-squared // divisor) * precision * balances[place]
    b = sum(balances) - balances[place] + invariant // amplified * precision
    return _settle_up(b, c, invariant, where)


def balance_rounded_up_v3(
    amplification: int,
    precision: int,
    balances: Sequence[int],
    invariant: int,
    place: int,
    where: str = "",
) -> int:
    """As ``balance_rounded_up``, multiplying before it divides (Balancer v3)."""
    amplified = amplification * len(balances)
    divisor = amplified * _product_over_invariant(balances, invariant, where)
    c = -(-invariant * invariant * precision // divisor) * balances[place]
    b = sum(balances) - balances[place] + invariant * precision // amplified
    return _settle_up(b, c, invariant, where)


def _product_over_invariant(balances: Sequence[int], invariant: int, where: str) -> int:
    """n^n·P / D^(n−1), truncated factor by factor."""
    n = len(balances)
    product = balances[0] * n
    for balance in balances[1:]:
        product = product * balance * n // invariant
    if product <= 0:
        raise _divisor_out_of_range(product, where)
    return product


def _settle_up(b: int, c: int, invariant: int, where: str) -> int:
    """Newton on y² + (b − D)·y = c, every quotient rounded up."""
    y = -(-(invariant * invariant + c) // (invariant + b))
    for _ in range(MAX_ITERATIONS):
        divisor = 2 * y + b - invariant
        if divisor <= 0:
            raise _divisor_out_of_range(divisor, where)
        previous = y
        y = -(-(y * y + c) // divisor)
        if -1 <= y - previous <= 1:
            return y
    raise NotConverged(where, "a stableswap balance", MAX_ITERATIONS)


def balance_rounded_down(
    amplification: int,
    precision: int,
    others: Sequence[int],
    invariant: int,
    where: str = "",
) -> int:
    """The one balance that restores the invariant beside ``others``, rounded down (Curve)."""
    n = len(others) + 1
    amplified = amplification * n
    c = invariant
    for balance in others:
        c = c * invariant // (balance * n)
    c = c * invariant * precision // (amplified * n)
    b = sum(others) + invariant * precision // amplified
    y = invariant
    for _ in range(MAX_ITERATIONS):
        divisor = 2 * y + b - invariant
        if divisor <= 0:
            raise _divisor_out_of_range(divisor, where)
        previous = y
        y = (y * y + c) // divisor
        if -1 <= y - previous <= 1:
            return y
    raise NotConverged(where, "a stableswap balance", MAX_ITERATIONS)


def marginal_rate(amplification: float, balances: Sequence[int], invariant: int, i: int, j: int) -> float:
    """−dx_j/dx_i along the invariant, without fee. A float: solvers only."""
    n = len(balances)
    product = invariant
    for balance in balances:
        product = product * invariant // (balance * n)
    flat = amplification * n
    return (flat + product / balances[i]) / (flat + product / balances[j])


def _divisor_out_of_range(divisor: int, where: str) -> MathOutOfRange:
    return MathOutOfRange(where, "a stableswap divisor", divisor, 1, _MAX_DIVISOR)
