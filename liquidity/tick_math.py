"""Ticks and square-root prices: √(1.0001^tick) as Q64.96 integers, exact both ways.

Follows Uniswap v3's definition (whitepaper, section 6.1, and the reference ``TickMath``): the price
of tick t is a product of powers 1.0001^(−2^i/2), each rounded to the nearest 1/2^128, shifted down
after every factor, inverted for positive ticks, and rounded up to 96 fractional bits. The powers
are derived here at import by integer square roots, so there is no table to mistype.
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt
from typing import Final

from liquidity.errors import MathOutOfRange

MIN_TICK: Final = -887_272
MAX_TICK: Final = 887_272
#: Prices live in MIN_SQRT_PRICE ≤ p < MAX_SQRT_PRICE.
MIN_SQRT_PRICE: Final = 4_295_128_739
MAX_SQRT_PRICE: Final = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342
Q96: Final = 1 << 96

_TICK_BITS: Final = 20
_Q128: Final = 1 << 128
_MAX_UINT256: Final = (1 << 256) - 1
#: Working precision of the derivation: 500 spare bits, of which 20 squarings lose about 21.
_PRECISION: Final = 640
#: Fractional bits of the logarithm that locates a price; one tick is about 2^-13.8 in these units.
_LOG_BITS: Final = 18


def _powers() -> tuple[int, ...]:
    root = isqrt((10_000 << 2 * _PRECISION) // 10_001)
    half = 1 << (_PRECISION - 129)
    powers = []
    for _ in range(_TICK_BITS):
        powers.append((root + half) >> (_PRECISION - 128))
        root = root * root >> _PRECISION
    return tuple(powers)


_POWERS: Final = _powers()


def _log2_scaled(value: int) -> int:
    """log2(value) with ``_LOG_BITS`` fractional bits, rounded down; ``value`` ≥ 1."""
    whole = value.bit_length() - 1
    mantissa = value >> (whole - 63) if whole >= 63 else value << (63 - whole)
    result = whole
    for _ in range(_LOG_BITS):
        mantissa = mantissa * mantissa >> 63
        bit = mantissa >> 64
        mantissa >>= bit
        result = result << 1 | bit
    return result


#: log2 of the widest ratio, MAX_SQRT_PRICE / Q96, which spans MAX_TICK ticks.
_LOG_SPAN: Final = _log2_scaled(MAX_SQRT_PRICE) - (96 << _LOG_BITS)


@lru_cache(maxsize=1 << 16)  # one auction touches some thousand ticks; a full cache is about 12 MB
def sqrt_price_at(tick: int) -> int:
    """√(1.0001^tick)·2^96, rounded as the reference rounds. Raises ``MathOutOfRange``."""
    if not MIN_TICK <= tick <= MAX_TICK:
        raise MathOutOfRange("", "a tick", tick, MIN_TICK, MAX_TICK)
    ratio = _Q128
    for bit, power in enumerate(_POWERS):
        if abs(tick) >> bit & 1:
            ratio = ratio * power >> 128
    if tick > 0:
        ratio = _MAX_UINT256 // ratio
    return -(-ratio >> 32)


def tick_at(sqrt_price: int) -> int:
    """The greatest tick whose price is at most ``sqrt_price``. Raises ``MathOutOfRange``."""
    if not MIN_SQRT_PRICE <= sqrt_price < MAX_SQRT_PRICE:
        raise MathOutOfRange("", "a square-root price", sqrt_price, MIN_SQRT_PRICE, MAX_SQRT_PRICE - 1)
    tick = (_log2_scaled(sqrt_price) - (96 << _LOG_BITS)) * MAX_TICK // _LOG_SPAN
    # The estimate is within two ticks: each correction loop runs at most that often.
    tick = max(MIN_TICK, min(MAX_TICK - 1, tick))
    while sqrt_price_at(tick) > sqrt_price:
        tick -= 1
    while sqrt_price_at(tick + 1) <= sqrt_price:
        tick += 1
    return tick
