"""Integer roots, rounded down: the only irrational numbers a certificate needs."""

from __future__ import annotations

from math import isqrt


def root_below(value: int, degree: int) -> int:
    """⌊value^(1/degree)⌋ for value ≥ 0 and degree ≥ 1, by Newton's method from above."""
    if degree == 1 or value < 2:
        return value
    if degree == 2:
        return isqrt(value)
    if degree == 4:
        return isqrt(isqrt(value))
    # The leading bits first: their root starts Newton's method close above.
    bits = value.bit_length()
    if bits > 64 * degree:
        skip = bits // (2 * degree)
        guess = (root_below(value >> skip * degree, degree) + 1) << skip
    else:
        guess = 1 << -(-bits // degree)
    for _ in range(bits + 8):
        power: int = guess ** (degree - 1)
        better = ((degree - 1) * guess + value // power) // degree
        if better >= guess:
            break
        guess = better
    return guess
