"""Prices at which every amount divides: batches that neither fees nor venues leave anything to round with.

At one price vector value is conserved to the last unit, and every payout is rounded up; so where nothing
is withheld, conservation asks that no payout be rounded at all. One unit of value is therefore made d_a whole
base units of every asset a, with prices L/d_a: an order that moves n units of value gives n·d_give and gets
n·d_want, exactly. L is a number with very many divisors, so a d near any wanted price can be found.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from heapq import heapify, heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import NDArray

from intents.amounts import MAX_PRICE
from intents.assets import AssetId

#: Exponents of the primes of L: 142 bits in all, which leaves room below ``MAX_PRICE`` for coarse assets.
SMALL: Final = {2: 20, 3: 10, 5: 7, 7: 5}
LARGE: Final = {11: 2, 13: 2, **dict.fromkeys((17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61), 1)}
#: Assets of which one unit of value is fewer base units than this get their d rounded, as exact as it can be.
COARSE: Final = 1 << 17


@dataclass(frozen=True)
class Lattice:
    """``steps[a]`` base units of asset a are one unit of value; ``prices[a]`` is L/steps[a]."""

    steps: Mapping[AssetId, int]
    prices: Mapping[AssetId, int]


@dataclass(frozen=True, slots=True)
class Bound:
    """steps[want] ≥ ratio · steps[give], so that an order stays inside its limit."""

    give: AssetId
    want: AssetId
    ratio: Fraction


def lattice(wanted: Mapping[AssetId, float], bounds: Sequence[Bound]) -> Lattice:
    """The lattice whose steps are close to ``wanted``, all at least 1, and keep as many ``bounds`` as they can.

    Steps are chosen one by one, each between what the steps chosen before ask for.
    """
    touching: defaultdict[AssetId, list[Bound]] = defaultdict(list)
    for bound in bounds:
        touching[bound.give].append(bound)
        touching[bound.want].append(bound)
    steps: dict[AssetId, int] = {}
    whole = math.prod(prime**power for prime, power in (SMALL | LARGE).items())
    for asset in _in_turn(wanted, touching):
        low, high = _between(asset, touching[asset], steps)
        size = wanted[asset]
        if low <= high:
            size = min(max(size, low), high)
        step = _whole_step(size, low, high) if size < COARSE else near_divisor(size, low, high)
        if math.lcm(whole, step) // min([step, *steps.values()]) > MAX_PRICE:
            step = near_divisor(size, low, high)
        whole = math.lcm(whole, step)
        steps[asset] = step
    return Lattice(steps, {asset: whole // step for asset, step in steps.items()})


def _in_turn(wanted: Mapping[AssetId, float], touching: Mapping[AssetId, Sequence[Bound]]) -> list[AssetId]:
    """The assets along the tightest bounds first, where there is least to choose; else the coarsest."""
    loose = [(size, asset) for asset, size in wanted.items()]
    heapify(loose)
    tied: list[tuple[float, AssetId]] = []
    order: dict[AssetId, None] = {}
    while tied or loose:
        _, asset = heappop(tied or loose)
        if asset in order:
            continue
        order[asset] = None
        for bound in touching.get(asset, ()):
            other = bound.want if bound.give == asset else bound.give
            if other in wanted and other not in order:
                heappush(tied, (wanted[bound.want] / (float(bound.ratio) * wanted[bound.give]), other))
    return list(order)


def _between(asset: AssetId, bounds: Sequence[Bound], steps: Mapping[AssetId, int]) -> tuple[float, float]:
    """The least and the greatest step that bounds to steps already chosen allow."""
    low, high = 0.0, math.inf
    for bound in bounds:
        if bound.want == asset and bound.give in steps:
            low = max(low, float(bound.ratio * steps[bound.give]))
        elif bound.give == asset and bound.want in steps:
            high = min(high, float(steps[bound.want] / bound.ratio))
    return low, high


def _whole_step(size: float, low: float, high: float) -> int:
    step = round(size)
    if step < low and math.ceil(low) <= high:
        step = math.ceil(low)
    elif step > high and math.floor(high) >= max(low, 1.0):
        step = math.floor(high)
    return max(1, step)


def near_divisor(size: float, low: float = 0.0, high: float = math.inf) -> int:
    """The divisor of L nearest to ``size`` in proportion, between ``low`` and ``high`` where there is one."""
    small, small_logs = _products(tuple(SMALL.items()))
    large, large_logs = _products(tuple(LARGE.items()))
    # A hair inside, since logarithms are rounded; the exact limit is checked afterwards.
    lowest = math.log(low / size) + 1e-12 if low > 0.0 else -math.inf
    highest = math.log(high / size) - 1e-12 if high < math.inf else math.inf
    rest = math.log(size) - large_logs
    place = np.searchsorted(small_logs, rest)
    best, least = 1, math.inf
    for shift in (-1, 0):
        near = np.clip(place + shift, 0, len(small) - 1)
        off = small_logs[near] - rest
        cost = np.abs(off) + ((off < lowest) | (off > highest))
        k = int(np.argmin(cost))
        if cost[k] < least:
            least, best = float(cost[k]), large[k] * small[int(near[k])]
    return best


@lru_cache(maxsize=2)
def _products(primes: tuple[tuple[int, int], ...]) -> tuple[list[int], NDArray[np.float64]]:
    """All divisors of the product of ``primes``, ascending, and their logarithms."""
    found = [1]
    for prime, power in primes:
        found = [value * prime**k for value in found for k in range(power + 1)]
    found.sort()
    return found, np.log(np.array(found, dtype=np.float64))
