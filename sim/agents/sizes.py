"""How much people trade: sizes with a given median and a lighter or heavier tail."""

from __future__ import annotations

import math
from enum import StrEnum
from random import Random


class Sizes(StrEnum):
    LOGNORMAL = "lognormal"
    PARETO = "pareto"  # P(size > s) falls as s^(−tail): heavy


def lognormal(draw: Random, median: float, sigma: float) -> float:
    """``sigma``: standard deviation of the log."""
    return median * math.exp(draw.gauss(0.0, sigma))


def pareto(draw: Random, median: float, tail: float) -> float:
    """Half of all sizes are below ``median``; the smallest possible is median / 2^(1/tail)."""
    return float(median * 2.0 ** (-1.0 / tail) * (1.0 - draw.random()) ** (-1.0 / tail))
