"""Powers of eighteen-decimal numbers through logarithm and exponential, in integers only.

x^y = exp(y·ln x). The logarithm and the exponential first take out fixed powers of e (2^7 … 2^-4)
and leave a short Taylor series for the rest; close to 1 the logarithm is taken with 36 decimals.
The steps, their order and their truncation are those of Balancer's LogExpMath.sol, so results
agree with it to the unit. Divisions there truncate towards zero; here they act on magnitudes, which
is the same, and signs are put back at the end.
"""

from __future__ import annotations

from typing import Final

from liquidity.errors import MathOutOfRange

ONE: Final = 10**18
_ONE_20: Final = 10**20
_ONE_36: Final = 10**36

MAX_BASE: Final = 2**255 - 1
MAX_EXPONENT: Final = 2**254 // _ONE_20 - 1
MIN_NATURAL_EXPONENT: Final = -41 * ONE
MAX_NATURAL_EXPONENT: Final = 130 * ONE

#: Strictly between these the logarithm is computed with 36 decimals.
_NEAR_ONE_LOW: Final = ONE - 10**17
_NEAR_ONE_HIGH: Final = ONE + 10**17

#: (x, e^x) with x in 18 decimals and e^x as a whole number: 2^7, 2^6.
_LARGE: Final = (
    (128 * ONE, 38877084059945950922200000000000000000000000000000000000),
    (64 * ONE, 6235149080811616882910000000),
)
#: (x, e^x) in 20 decimals: 2^5 … 2^-4. The exponential uses all but the last two.
_SMALL: Final = (
    (3200000000000000000000, 7896296018268069516100000000000000),
    (1600000000000000000000, 888611052050787263676000000),
    (800000000000000000000, 298095798704172827474000),
    (400000000000000000000, 5459815003314423907810),
    (200000000000000000000, 738905609893065022723),
    (100000000000000000000, 271828182845904523536),
    (50000000000000000000, 164872127070012814685),
    (25000000000000000000, 128402541668774148407),
    (12500000000000000000, 113314845306682631683),
    (6250000000000000000, 106449445891785942956),
)
_EXP_SMALL: Final = _SMALL[:8]


def power(base: int, exponent: int, where: str = "") -> int:
    """base^exponent, all with 18 decimals, truncated; off by about 10^-14 relative at most.

    Raises ``MathOutOfRange`` for a base over 2^255 − 1, an exponent over 2^254 / 10^20, or a result
    outside e^-41 … e^130.
    """
    if exponent == 0:
        return ONE
    if base == 0:
        return 0
    if not 0 < base <= MAX_BASE:
        raise MathOutOfRange(where, "a base", base, 0, MAX_BASE)
    if not 0 < exponent <= MAX_EXPONENT:
        raise MathOutOfRange(where, "an exponent", exponent, 0, MAX_EXPONENT)
    if _NEAR_ONE_LOW < base < _NEAR_ONE_HIGH:
        magnitude = _log_36_magnitude(base) * exponent // _ONE_36
    else:
        magnitude = log_magnitude(base) * exponent // ONE
    product = -magnitude if base < ONE else magnitude
    if not MIN_NATURAL_EXPONENT <= product <= MAX_NATURAL_EXPONENT:
        raise MathOutOfRange(where, "a natural exponent", product, MIN_NATURAL_EXPONENT, MAX_NATURAL_EXPONENT)
    return exponential(product)


def exponential(x: int) -> int:
    """e^x with 18 decimals, for x within −41 … 130."""
    if x < 0:
        return _ONE_36 // exponential(-x)
    whole = 1
    for step, e_to_step in _LARGE:
        if x >= step:
            x -= step
            whole = e_to_step
            break
    x *= 100
    product = _ONE_20
    for step, e_to_step in _EXP_SMALL:
        if x >= step:
            x -= step
            product = product * e_to_step // _ONE_20
    term = x
    series = _ONE_20 + x
    for i in range(2, 13):
        term = term * x // _ONE_20 // i
        series += term
    return product * series // _ONE_20 * whole // 100


def log_magnitude(a: int) -> int:
    """|ln a| with 18 decimals, for a over zero."""
    if a < ONE:
        a = _ONE_36 // a
    total = 0
    for step, e_to_step in _LARGE:
        if a >= e_to_step * ONE:
            a //= e_to_step
            total += step
    total *= 100
    a *= 100
    for step, e_to_step in _SMALL:
        if a >= e_to_step:
            a = a * _ONE_20 // e_to_step
            total += step
    # ln a = 2·artanh((a − 1)/(a + 1)) for what is left, just above 1.
    z = (a - _ONE_20) * _ONE_20 // (a + _ONE_20)
    return (total + 2 * _odd_series(z, z * z // _ONE_20, _ONE_20, 12)) // 100


def _log_36_magnitude(x: int) -> int:
    """|ln x| with 36 decimals, for x between 0.9 and 1.1."""
    x *= ONE
    z = abs(x - _ONE_36) * _ONE_36 // (x + _ONE_36)
    return 2 * _odd_series(z, z * z // _ONE_36, _ONE_36, 16)


def _odd_series(z: int, z_squared: int, one: int, end: int) -> int:
    """z + z³/3 + z⁵/5 + … up to the last odd power below ``end``."""
    term = total = z
    for i in range(3, end, 2):
        term = term * z_squared // one
        total += term // i
    return total
