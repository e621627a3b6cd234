"""Non-negative rationals as text, n/d, as certificates carry them."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

#: Digits of a numerator or denominator.
MAX_DIGITS: Final = 120


def text_of(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def fraction_of(value: object) -> Fraction | None:
    """The rational that ``value`` writes as "n" or "n/d", or ``None``."""
    if not isinstance(value, str) or len(value) > 2 * MAX_DIGITS + 1:
        return None
    parts = value.split("/")
    if not 1 <= len(parts) <= 2 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    numerator, denominator = int(parts[0]), int(parts[1]) if len(parts) == 2 else 1
    if denominator == 0 or max(len(part) for part in parts) > MAX_DIGITS:
        return None
    return Fraction(numerator, denominator)
