"""One step of a concentrated-liquidity swap: within one stretch of constant liquidity.

The reference is Uniswap v3's ``SwapMath.computeSwapStep``. ``remaining`` is signed as there:
positive is input still to sell (fee included), negative is output still to buy.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from liquidity.sqrt_price_math import (
    amount0_in,
    amount0_out,
    amount1_in,
    amount1_out,
    price_after_in,
    price_after_out,
)


class Step(NamedTuple):
    """``amount_in`` excludes ``fee``, which is in the input asset too."""

    price: int
    amount_in: int
    amount_out: int
    fee: int


def swap_step(price: int, target: int, liquidity: int, remaining: int, fee: Fraction) -> Step:
    """Move from ``price`` towards ``target`` until it is reached or ``remaining`` is used up.

    ``fee`` is an exact fraction of the input below one. Liquidity must be positive unless the
    target costs nothing. Raises ``MathOutOfRange`` where the reference would overflow.
    """
    fee_part, whole = fee.numerator, fee.denominator
    zero_for_one = price >= target
    low, high = (target, price) if zero_for_one else (price, target)
    take, give = (amount0_in, amount1_out) if zero_for_one else (amount1_in, amount0_out)

    if remaining >= 0:
        budget = remaining * (whole - fee_part) // whole
        amount_in = take(low, high, liquidity)
        if budget >= amount_in:
            return Step(
                target,
                amount_in,
                give(low, high, liquidity),
                -(-amount_in * fee_part // (whole - fee_part)),
            )
        after = price_after_in(price, liquidity, budget, zero_for_one)
        low, high = (after, price) if zero_for_one else (price, after)
        amount_in = take(low, high, liquidity)
        # The target was not reached: whatever is left over of the input is fee.
        return Step(after, amount_in, give(low, high, liquidity), remaining - amount_in)

    amount_out = give(low, high, liquidity)
    if -remaining >= amount_out:
        after = target
    else:
        after = price_after_out(price, liquidity, -remaining, zero_for_one)
        low, high = (after, price) if zero_for_one else (price, after)
        # Rounding the price up can release a unit more than asked for.
        amount_out = min(give(low, high, liquidity), -remaining)
    amount_in = take(low, high, liquidity)
    return Step(after, amount_in, amount_out, -(-amount_in * fee_part // (whole - fee_part)))
