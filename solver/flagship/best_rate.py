"""The best rate of one pair and a proof that none is better: branch and bound over intervals of rates.

Source of the scheme: Falk and Soland, "An Algorithm for Separable Nonconvex Programming Problems" (1969).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Final

from solver.flagship.one_pair import Filled, OnePair
from solver.protocol import Deadline

#: The search ends when no interval can better the best rate by more than this, in parts.
GAP: Final = 1e-7
#: Intervals looked at before it gives up; a thousand orders at a handful of limits take about a hundred.
MAX_INTERVALS: Final = 1_000
#: What an interval costs, in units of work.
PER_INTERVAL: Final = 20
#: Intervals narrower than this, in parts of the rate, are cut no more.
NARROW: Final = 1e-10


@dataclass(frozen=True, slots=True)
class Best:
    """The rate at which fills gain most, as far as is known, of ``pair``, and ``most``: what no rate betters."""

    pair: OnePair
    filled: Filled
    most: float

    @property
    def rate(self) -> float:
        return self.filled.rate

    @property
    def value(self) -> float:
        return self.filled.value


def best_rate(pair: OnePair, deadline: Deadline, *, enough: float = 0.0) -> Best:
    """The best rate and what none betters, proven to ``GAP`` unless intervals or time run out.

    Where no more than ``enough`` is to be had, that is all that is shown.
    """
    queue = []
    best = Best(pair, pair.at(pair.reach()[0]), 0.0)
    stretches = pair.searched()
    for number, (low, high, most, made) in enumerate(stretches):
        ends = most.at(low), most.at(high)
        best = max(best, Best(made, made.at(low), 0.0), Best(made, made.at(high), 0.0), key=_value)
        queue.append((-_bound(most, *ends), low, high, number, *ends))
    heapify(queue)
    for _ in range(MAX_INTERVALS):
        bound, low, high, number, left, right = queue[0]
        if -bound <= max(enough, best.value * (1.0 + GAP)) or high <= low * (1.0 + NARROW) or deadline.passed:
            break
        heappop(queue)
        deadline.spend(PER_INTERVAL)
        _, _, most, made = stretches[number]
        here = most.at(most.cut(low, high))
        best = max(best, Best(made, here if made is most else made.at(here.rate), 0.0), key=_value)
        heappush(queue, (-_bound(most, left, here), low, here.rate, number, left, here))
        heappush(queue, (-_bound(most, here, right), here.rate, high, number, here, right))
    return replace(best, most=max(best.value, -queue[0][0]))


def _value(best: Best) -> float:
    return best.value


def _bound(pair: OnePair, left: Filled, right: Filled) -> float:
    """What no rate between two betters, at the best mixture of the shadow prices of both."""
    low, high = left.rate, right.rate
    if low == high:
        return left.value
    # With prices that high what the interval is wide costs as much as what the pool then gains.
    least = math.sqrt((high / low - 1.0) * pair.turnover)
    here, there, over = pair.most(low, high, left.shadow(least))
    other_here, other_there, other_over = pair.most(low, high, right.shadow(least))
    bounds = [max(here, there), max(other_here, other_there)]
    # Both ends' bounds are at most linear between the two shadow prices: least where they meet, or at one of them.
    slope = (other_here - here) - (other_there - there)
    if slope and 0.0 < (share := (there - here) / slope) < 1.0:
        bounds.append(here + share * (other_here - here))
    return min(bounds) + max(over, other_over)
