"""Market making with inventory risk: Avellaneda and Stoikov, "High-frequency trading in a limit order book", 2008.

Any one unit for prices will do, with ``sigma`` in it per square root of the unit of ``left``; ``gamma`` (risk
aversion) and ``k`` (how fast fills get rarer away from the mid) per unit of price.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quotes:
    bid: float
    ask: float


def reservation_price(mid: float, inventory: float, gamma: float, sigma: float, left: float) -> float:
    """s − q·γ·σ²·(T − t): what one unit is worth to somebody who already holds ``inventory`` of them."""
    return mid - inventory * gamma * sigma * sigma * left


def optimal_spread(gamma: float, sigma: float, k: float, left: float) -> float:
    """γ·σ²·(T − t) + (2/γ)·ln(1 + γ/k): from bid to ask, around the reservation price. γ → 0 leaves 2/k."""
    if gamma == 0.0:
        return 2.0 / k
    return gamma * sigma * sigma * left + 2.0 / gamma * math.log1p(gamma / k)


def quotes(mid: float, inventory: float, gamma: float, sigma: float, k: float, left: float) -> Quotes:
    """Where to buy and sell one unit; ``left`` is the time T − t until inventory must be gone."""
    middle = reservation_price(mid, inventory, gamma, sigma, left)
    half = optimal_spread(gamma, sigma, k, left) / 2.0
    return Quotes(middle - half, middle + half)
