"""Integer amounts in base units, with the direction of rounding always in the name.

Amounts live in 0 … 2^127−1. The bound leaves room for a sign and one addition in 128 bits, and
products of two amounts are exact in Python's integers, so nothing here can overflow silently.
"""

from __future__ import annotations

from typing import Final

from intents.errors import AmountOutOfRange

MAX_AMOUNT: Final = 2**127 - 1
#: Reference prices are numeraire base units per this many base units of the asset.
PRICE_SCALE: Final = 10**18
MAX_PRICE: Final = 2**256 - 1
MAX_BPS: Final = 10_000


def check_amount(value: int, where: str, *, low: int = 0, high: int = MAX_AMOUNT) -> int:
    """Return ``value`` if ``low <= value <= high``, else raise ``AmountOutOfRange``."""
    if not low <= value <= high:
        raise AmountOutOfRange(where, value, low, high)
    return value


def mul_div_floor(a: int, b: int, divisor: int) -> int:
    """⌊a·b / divisor⌋ for non-negative integers, exactly."""
    return a * b // divisor


def mul_div_ceil(a: int, b: int, divisor: int) -> int:
    """⌈a·b / divisor⌉ for non-negative integers, exactly."""
    return -(-a * b // divisor)
