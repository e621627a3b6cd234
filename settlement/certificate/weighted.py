"""What a pool of weighted assets can be worth at given prices: all of its assets traded at once.

Trades keep Πx^w ≥ Πb^w with Σw = 1 and the fee taken from what comes in. For any prices u with value ≤ u ≤
value/γ per asset, γ being what the fee leaves, trades gain at most u·b − min u·x, which with q = u·b is

    Σq − Π(q/w)^w.

The least of these has q = λ·w clipped to its range, and ln λ = Σ w·ln(q/w): piecewise linear in ln λ, so found by
a scan. Logarithms are decimal, correctly rounded and hence the same everywhere; the product is lowered by far more
than they can be off, and any λ proves a bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from itertools import pairwise
from math import lcm
from typing import Final

from intents.assets import AssetId
from intents.venue_states import WeightedState

#: Digits computed with, and the share by which the product is lowered for what they leave open.
DIGITS: Final = 50
OPEN: Final = Decimal(10) ** -42


def weighted_gain(state: WeightedState, prices: Mapping[AssetId, int]) -> int:
    """No trades on the pool gain more than this at ``prices``, integers in any unit; the same unit, rounded up."""
    whole, kept = state.fee.denominator, state.fee.denominator - state.fee.numerator
    values = [prices[asset] * reserve for asset, reserve in zip(state.assets, state.reserves, strict=True)]
    if not all(values) or kept == 0:
        return sum(values)
    unit = lcm(*(weight.denominator for weight in state.weights))
    weights = [weight.numerator * (unit // weight.denominator) for weight in state.weights]
    # No trade where one λ serves all: the largest value per weight, fee off, against the smallest with it.
    dear = max(range(len(values)), key=lambda i: (values[i] * unit // weights[i], i))
    cheap = min(range(len(values)), key=lambda i: (values[i] * unit // weights[i], i))
    if values[dear] * kept * weights[cheap] <= values[cheap] * whole * weights[dear]:
        return 0
    with localcontext(Context(prec=DIGITS)):
        return _gain(values, weights, whole, kept)


def _gain(values: list[int], weights: list[int], whole: int, kept: int) -> int:
    """In units of q, which are ``kept`` to one of the prices': q_i from value·kept to value·whole."""
    total = sum(weights)
    shares = [Decimal(weight) / total for weight in weights]
    low = [Decimal(value * kept).ln() - share.ln() for value, share in zip(values, shares, strict=True)]
    width = (Decimal(whole) / Decimal(kept)).ln()
    level = _level(low, width, shares)
    worth, logarithm = 0, Decimal(0)
    for value, share, least in zip(values, shares, low, strict=True):
        if level <= least:
            worth += value * kept
            logarithm += share * least
        elif level >= least + width:
            worth += value * whole
            logarithm += share * (least + width)
        else:
            amount = int((level.exp() * share * (1 + OPEN)).to_integral_value(rounding=ROUND_CEILING))
            worth += min(amount, value * whole)
            logarithm += share * level
    product = (logarithm.exp() * (1 - OPEN)).to_integral_value(rounding=ROUND_FLOOR)
    gain = worth - int(product)
    return max(0, -(-gain // kept))


def _level(low: list[Decimal], width: Decimal, shares: list[Decimal]) -> Decimal:
    """ln λ where λ equals the product: ln λ − Σ w·clip(ln λ, low, low + width) = 0, rising in ln λ."""

    def excess(level: Decimal) -> Decimal:
        clipped = (min(max(level, least), least + width) for least in low)
        return level - sum((share * at for share, at in zip(shares, clipped, strict=True)), Decimal(0))

    corners = sorted({*low, *(least + width for least in low)})
    if excess(corners[0]) >= 0:
        return corners[0]
    for left, right in pairwise(corners):
        under, over = excess(left), excess(right)
        if over >= 0:
            return left - under * (right - left) / (over - under) if over > under else left
    return corners[-1]
