"""How much flows around a ring of orders, exactly.

In a ring order i gives asset i and wants asset i+1, so one amount x_i of each asset passes from order i
to order i−1 and nothing is left over. Limits x_{i+1}·sell_i ≥ buy_i·x_i and sizes are bounds on ratios
and amounts; the largest amounts that meet all upper bounds meet each other, and from there every x_i
that its asset's reference price would rather see smaller is lowered as far as the limits let it.
Prices follow: p_i = Π x_j over j ≠ i, which reproduces each amount to the unit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, prod

from intents.amounts import MAX_PRICE, mul_div_ceil, mul_div_floor
from intents.assets import AssetId
from solver.asks import Ask


@dataclass(frozen=True, slots=True)
class Ring:
    """``amounts[i]`` of ``asks[i].sell`` passes from that order to the one before it."""

    asks: tuple[Ask, ...]
    amounts: tuple[int, ...]
    prices: dict[AssetId, int]

    def executed(self, place: int) -> int:
        """In the order's reference units."""
        return self.amounts[(place + 1) % len(self.asks) if self.asks[place].exact_out else place]

    def worth(self, references: Sequence[int]) -> float:
        """Surplus of all orders over their limits at the assets' reference prices, in the numeraire."""
        return math.fsum(
            amount * weight for amount, weight in zip(self.amounts, _weights(self.asks, references), strict=True)
        )


def size_ring(asks: Sequence[Ask], references: Sequence[int]) -> Ring | None:
    """The ring of most surplus at ``references`` (numeraire per 10^18 of ``asks[i].sell``), or ``None``."""
    count = len(asks)
    low, high = _bounds(asks)
    for _ in range(count + 2):
        before = (list(low), list(high))
        for i in reversed(range(count)):
            ask, after = asks[i], (i + 1) % count
            high[i] = min(high[i], mul_div_floor(high[after], ask.sell_amount, ask.buy_amount))
        for i in range(count):
            ask, after = asks[i], (i + 1) % count
            low[after] = max(low[after], mul_div_ceil(low[i], ask.buy_amount, ask.sell_amount))
        if (low, high) == before:
            break
    else:
        return None
    if any(least > most for least, most in zip(low, high, strict=True)):
        return None
    amounts = _lowered(asks, low, high, _weights(asks, references))
    prices = _prices(asks, amounts)
    return Ring(tuple(asks), tuple(amounts), prices) if prices is not None else None


def _bounds(asks: Sequence[Ask]) -> tuple[list[int], list[int]]:
    """Per asset the least and the most that may flow, from both orders it touches."""
    low = [1] * len(asks)
    high = [ask.sell_amount for ask in asks]
    for i, ask in enumerate(asks):
        at = (i + 1) % len(asks) if ask.exact_out else i
        most = ask.buy_amount if ask.exact_out else ask.sell_amount
        high[at] = min(high[at], most)
        low[at] = max(low[at], ask.min_fill if ask.partial else most)
    return low, high


def _weights(asks: Sequence[Ask], references: Sequence[int]) -> list[float]:
    """What one more unit of each asset adds to the score: its own price less what its giver's limit asks."""
    count = len(asks)
    return [(references[i] - ask.rate * references[(i + 1) % count]) / 1e18 for i, ask in enumerate(asks)]


def _lowered(asks: Sequence[Ask], low: Sequence[int], high: Sequence[int], weights: Sequence[float]) -> list[int]:
    amounts = list(high)
    for _ in range(2):
        for i, weight in enumerate(weights):
            if weight < 0:
                giver = asks[i - 1]  # who wants this asset, and at least so much of it
                owed = mul_div_ceil(amounts[i - 1], giver.buy_amount, giver.sell_amount)
                amounts[i] = max(low[i], min(amounts[i], owed))
    return amounts


def _prices(asks: Sequence[Ask], amounts: Sequence[int]) -> dict[AssetId, int] | None:
    """Inverse to the amounts; ``None`` where that takes more than 256 bits."""
    whole = prod(amounts)
    prices = [whole // amount for amount in amounts]
    shared = gcd(*prices)
    if max(prices) // shared > MAX_PRICE:
        return None
    return {ask.sell: price // shared for ask, price in zip(asks, prices, strict=True)}
