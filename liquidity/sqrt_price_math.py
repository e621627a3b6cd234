"""Amounts between two square-root prices, and the price an amount moves to.

Rounding is the reference's to the unit (Uniswap v3 ``SqrtPriceMath``), always in the pool's favour:
what goes in rounds up, what comes out rounds down, and a price never moves past what was paid for.
``token0`` amounts are L·(1/√a − 1/√b), ``token1`` amounts L·(√b − √a); prices are Q64.96.
"""

from __future__ import annotations

from typing import Final

from liquidity.errors import MathOutOfRange

_WORD: Final = 1 << 256
_MAX_SQRT_PRICE: Final = (1 << 160) - 1


def amount0_in(low: int, high: int, liquidity: int) -> int:
    """Token0 that moves the price from ``high`` down to ``low``, rounded up."""
    # ⌈⌈x / high⌉ / low⌉ = ⌈x / (high·low)⌉
    return -((liquidity << 96) * (low - high) // (high * low))


def amount0_out(low: int, high: int, liquidity: int) -> int:
    """Token0 released when the price moves from ``low`` up to ``high``, rounded down."""
    return (liquidity << 96) * (high - low) // high // low


def amount1_in(low: int, high: int, liquidity: int) -> int:
    """Token1 that moves the price from ``low`` up to ``high``, rounded up."""
    return -(-liquidity * (high - low) >> 96)


def amount1_out(low: int, high: int, liquidity: int) -> int:
    """Token1 released when the price moves from ``high`` down to ``low``, rounded down."""
    return liquidity * (high - low) >> 96


def price_after_in(price: int, liquidity: int, amount: int, zero_for_one: bool) -> int:
    """The price after ``amount`` (net of fee) goes in."""
    if not zero_for_one:
        return price + (amount << 96) // liquidity
    scaled = liquidity << 96
    denominator = scaled + amount * price
    if denominator < _WORD:
        return -(-scaled * price // denominator)
    # Beyond 256 bits the reference divides first and loses a little: so do we.
    return -(-scaled // (scaled // price + amount))


def price_after_out(price: int, liquidity: int, amount: int, zero_for_one: bool) -> int:
    """The price after ``amount`` comes out. Raises ``MathOutOfRange`` if there is not that much."""
    if zero_for_one:
        moved = -(-(amount << 96) // liquidity)
        if moved >= price:
            raise MathOutOfRange("", "a price move", moved, 0, price - 1)
        return price - moved
    scaled = liquidity << 96
    product = amount * price
    if product >= scaled or product >= _WORD:
        raise MathOutOfRange("", "a price move", product, 0, min(scaled, _WORD) - 1)
    after = -(-scaled * price // (scaled - product))
    if after > _MAX_SQRT_PRICE:
        raise MathOutOfRange("", "a square-root price", after, 0, _MAX_SQRT_PRICE)
    return after
