"""Whole orders at the margin: which of those that the best rate fills in part, or nearly so, are filled after all.

All that are filled trade at the price of the swap that evens them out, and what each side gives and wants in all
determines that price. So what a set of orders gains has a closed form, and of the few nearest to the margin any
two are flipped at once as long as that helps: of a crowd hardly anything is lost. Nothing is proven here.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from intents.intent import IntentId
from solver.flagship.one_pair import TOUCHING, Filled, OnePair

#: Orders of each side that may be flipped, and how many of them lie beyond the last that is filled whole.
MOST_NEAR: Final = 48
BEYOND: Final = 24
#: Flips, of one order or two, at most.
MOST_FLIPS: Final = 24

_Floats = NDArray[np.float64]
_Bools = NDArray[np.bool_]


class _Near(NamedTuple):
    """An order near the margin on ``side`` 0 or 1, and whether it is filled."""

    id: IntentId
    side: int
    size: float
    limit: float
    inside: bool


def whole_at_margin(pair: OnePair, filled: Filled) -> frozenset[IntentId]:
    """The orders to be filled whole, next to ``filled``."""
    near: list[_Near] = []
    far: list[IntentId] = []
    sums, least = np.zeros((2, 2)), np.zeros(2)
    for number, (side, taken) in enumerate(((pair.firsts, filled.firsts), (pair.seconds, filled.seconds))):
        stop = min(len(side.ids), taken.whole + BEYOND)
        start = max(0, stop - MOST_NEAR)
        sums[:, number] = side.size_before[taken.whole], side.least_before[taken.whole]
        least[number] = max(side.limits[:start], default=0.0)
        far += side.ids[:start]
        near += [
            _Near(side.ids[place], number, side.sizes[place], side.limits[place], place < taken.whole)
            for place in range(start, stop)
        ]
    inside = _flipped(pair, near, sums, least)
    return frozenset(far) | {order.id for order, kept in zip(near, inside, strict=True) if kept}


def _flipped(pair: OnePair, near: list[_Near], sums: _Floats, least: _Floats) -> list[bool]:
    """Who of ``near`` is filled once no flip helps; ``sums`` are what those filled give and want by side."""
    # A last place is nobody's: flipped with it, an order is flipped alone.
    nobody = len(near)
    inside = np.array([*(order.inside for order in near), False])
    sides = np.array([[*(order.side == side for order in near), False] for side in (0, 1)])
    sizes = np.array([*(order.size for order in near), 0.0]) * sides
    limits = np.array([*(order.limit for order in near), 0.0]) * sides
    amounts = np.array([sizes, sizes * limits])
    worth = -np.inf
    for _ in range(MOST_FLIPS):
        change = np.where(inside, -amounts, amounts)
        after = sums[..., None, None] + change[..., :, None] + change[..., None, :]
        asked = [np.maximum(least[side], _largest(limits[side], inside)) for side in (0, 1)]
        values = _gained(pair, after, asked)
        values[range(nobody), range(nobody)] = -np.inf
        one, other = divmod(int(np.argmax(values)), nobody + 1)
        if not values[one, other] > worth or one == other:
            break
        worth, sums = float(values[one, other]), after[..., one, other]
        inside[[one, other]] ^= True
        inside[nobody] = False
    return [bool(kept) for kept in inside[:nobody]]


def _largest(limits: _Floats, inside: _Bools) -> _Floats:
    """The largest limit of those inside once any two are flipped."""
    kept, added = np.where(inside, limits, 0.0), np.where(inside, 0.0, limits)
    first, second, third = (*np.argsort(-kept)[:3], -1, -1)[:3]
    largest: _Floats = np.full((len(limits), len(limits)), kept[first])
    largest[first, :] = largest[:, first] = kept[second]
    largest[first, second] = largest[second, first] = kept[third]
    asked: _Floats = np.maximum(largest, np.maximum(added[:, None], added[None, :]))
    return asked


def _gained(pair: OnePair, sums: _Floats, asked: list[_Floats]) -> _Floats:
    """What orders gain at the price of the swap that evens them out; −∞ where none does or somebody wants more."""
    (x, y), kept = pair.pool, pair.kept
    (ours, theirs), (ours_least, theirs_least) = sums
    with np.errstate(all="ignore"):
        sold, bought = kept * (y + theirs) / (x + kept * ours), (y + kept * theirs) / (kept * (x + ours))
        rate = np.where(sold * ours > theirs, sold, np.where(theirs > bought * ours, bought, np.nan))
        gained = rate * ours - ours_least + theirs / rate - theirs_least
        borne = (asked[0] <= rate * (1.0 + TOUCHING)) & (asked[1] * rate <= 1.0 + TOUCHING)
    return np.where(borne & np.isfinite(gained), gained, -np.inf)
