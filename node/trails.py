"""Trails of a pair, seen from either side: where ETH/USDC falls, USDC/ETH rises, by other basis points.

What is signed is a trail of one asset in the numeraire. Which way round a user said it is not: it is told the way
round whose basis points are round, and of two that are, or none, with the asset first of which one is worth more.
"""

from __future__ import annotations

from typing import Final

from intents.amounts import MAX_BPS
from intents.conditions import Trailing
from node.pair_prices import Denomination, Pair

#: Basis points that people say are whole multiples of that.
_ROUND: Final = 25


def other_side(bps: int, *, rises: bool) -> int:
    """By how much the inverse of a price moves the other way when the price ``rises`` or falls by ``bps``, rounded
    away to whole basis points. It cannot fall by all of them."""
    return -(-MAX_BPS * bps // (MAX_BPS + bps if rises else MAX_BPS - bps))


def told(trail: Trailing, known: Denomination) -> tuple[Pair, int, bool]:
    """The pair, its basis points, and whether it rises. What these words are read as is ``trail`` again."""
    plain = (Pair(trail.asset, False), trail.bps, trail.rising)
    inverse = _inverse(trail)
    if inverse is None or trail.asset not in known.decimals:
        return plain
    inverted = (Pair(trail.asset, True), inverse, not trail.rising)
    if (trail.bps % _ROUND == 0) != (inverse % _ROUND == 0):
        return plain if trail.bps % _ROUND == 0 else inverted
    price = known.prices.get(trail.asset)
    return plain if price is None or price >= known.unit_price(trail.asset) else inverted


def _inverse(trail: Trailing) -> int | None:
    """The roundest basis points of the inverted pair that are read as this trail; ``None`` where none are."""
    if trail.rising:
        near = trail.bps * MAX_BPS // (MAX_BPS + trail.bps)
    elif trail.bps < MAX_BPS:
        near = trail.bps * MAX_BPS // (MAX_BPS - trail.bps)
    else:
        return None
    # Read away from zero a point has up to four that lead to it.
    tried = range(max(1, near - 4), min(near, MAX_BPS - trail.rising) + 1)
    fitting = [bps for bps in tried if other_side(bps, rises=not trail.rising) == trail.bps]
    return min(fitting, key=lambda bps: len(str(bps).rstrip("0")), default=None)
