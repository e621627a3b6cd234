"""What a stableswap pool could be worth at given prices, by a tangent to its invariant.

F is concave (see ``solver.flagship.stableswap``), so at any point s and for all balances x within reach of
trades, 0 ≤ F(s) + ∇F(s)·(x − s). Where s is a point at which pool and prices agree but for the fee, this
bounds the gain of any trade, however many assets take part. The point is searched in floats; whether the
bound holds there is decided in rationals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import permutations
from typing import Final

from intents.assets import AssetId
from intents.venue_states import StableState
from solver.flagship.stableswap import Stableswap

#: Passes over all pairs, and halvings per pair, of the search for the point of agreement.
SWEEPS: Final = 60
HALVINGS: Final = 55
#: How far the search goes past the point where only the fee separates pool and prices, in parts of the fee.
PAST: Final = 1e-6


def stable_gain(state: StableState, prices: Mapping[AssetId, Fraction]) -> Fraction | None:
    """No trades on the pool gain more than this at ``prices``; ``None`` where that could not be shown."""
    pool = Stableswap.of(state)
    if pool is None:
        return None
    values = [prices[asset] / scaling for asset, scaling in zip(pool.place, pool.scaling, strict=True)]
    if not all(values):
        return None
    point = [Fraction(x) for x in _agreement(pool, values)]
    slopes = pool.slopes(point)
    scale = max(value * pool.kept_out / slope for value, slope in zip(values, slopes, strict=True))
    if any(value < scale * pool.kept_in * slope for value, slope in zip(values, slopes, strict=True)):
        return None
    above = pool.level(point)
    above += sum(slope * (b - x) for slope, b, x in zip(slopes, pool.exact, point, strict=True))
    return max(Fraction(0), scale * above)


def _agreement(pool: Stableswap, values: Sequence[Fraction]) -> list[float]:
    """Balances from which no pair of assets is worth trading, reached pair by pair along the invariant."""
    curve = pool.floats()
    x = [float(balance) for balance in pool.exact]
    kept = 1.0 - float(1 - pool.kept) * (1.0 - PAST)
    for _ in range(SWEEPS):
        before = x.copy()
        for i, j in permutations(range(len(x)), 2):
            curve.move_until(x, i, j, float(values[i] / values[j]) / kept, steps=HALVINGS)
        if all(abs(a - b) <= 1e-14 * b for a, b in zip(x, before, strict=True)):
            break
    return x
