"""When things happen: Poisson arrivals, and Hawkes arrivals, where each makes more of them likely for a while."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Protocol


class Pattern(StrEnum):
    POISSON = "poisson"  # independent of one another
    HAWKES = "hawkes"  # in bursts: self-exciting


class Arrivals(Protocol):
    def wait(self, draw: Random) -> float:
        """Time until the next arrival, in the unit of the rate."""


@dataclass(frozen=True, slots=True)
class Poisson:
    rate: float

    def wait(self, draw: Random) -> float:
        return draw.expovariate(self.rate)


@dataclass(slots=True)
class Hawkes:
    """Intensity λ(t) = base + Σ branching·decay·e^(−decay·(t − tᵢ)) over past arrivals tᵢ (Hawkes 1971).

    Each arrival has ``branching`` < 1 offspring in the mean, so the long-run rate is base / (1 − branching).
    """

    base: float
    branching: float
    decay: float
    #: What past arrivals add to the intensity now.
    excess: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        if not (self.base > 0.0 and self.decay > 0.0 and 0.0 <= self.branching < 1.0):
            raise ValueError(f"no stationary Hawkes process: {self}")

    def wait(self, draw: Random) -> float:
        """Ogata's thinning (1981): between arrivals the intensity only falls, so the present one bounds it."""
        waited = 0.0
        while True:
            bound = self.base + self.excess
            step = draw.expovariate(bound)
            waited += step
            self.excess *= math.exp(-self.decay * step)
            if draw.random() * bound <= self.base + self.excess:
                self.excess += self.branching * self.decay
                return waited


def arrivals(pattern: Pattern, rate: float, branching: float, decay: float) -> Arrivals:
    """Arrivals whose long-run rate is ``rate``, whatever the pattern."""
    if pattern is Pattern.POISSON:
        return Poisson(rate)
    return Hawkes(rate * (1.0 - branching), branching, decay)
