"""Crossing one pair's orders without a venue, leaving nothing over.

Every rounding favours an owner, so orders that only meet each other must meet exactly. The price is the
simplest fraction P/Q between the marginal limits, and orders trade in lots: Q units of the one asset for
P of the other. Fill-or-kill orders take part where they are whole lots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from intents.assets import AssetId
from solver.asks import Ask

#: Passes until both sides trade the same number of lots; each pass takes fewer.
MAX_PASSES: Final = 16


@dataclass(frozen=True, slots=True)
class Crossing:
    """``fills`` are (order, executed amount in its reference units)."""

    prices: dict[AssetId, int]
    fills: tuple[tuple[Ask, int], ...]


def cross(asks: Sequence[Ask]) -> Crossing | None:
    """The largest match of a single pair's orders, best limits first; ``None`` where none cross."""
    asset = asks[0].sell
    ours = sorted((ask for ask in asks if ask.sell == asset), key=_limit)
    theirs = sorted((ask for ask in asks if ask.sell != asset), key=_limit)
    if not theirs:
        return None
    price = _price(ours, theirs)
    return None if price is None else cross_at(ours, theirs, price)


def cross_at(ours: Sequence[Ask], theirs: Sequence[Ask], price: Fraction) -> Crossing | None:
    """The largest match at ``price``, units of their asset for one of ours; both sides best limits first."""
    asset = ours[0].sell
    per_lot = {asset: price.denominator, theirs[0].sell: price.numerator}
    ours, theirs = _inside(ours, price), _inside(theirs, 1 / price)
    left = min(sum(_lots(ask, per_lot) for ask in side) for side in (ours, theirs))
    for _ in range(MAX_PASSES):
        one, other = _allot(ours, left, per_lot), _allot(theirs, left, per_lot)
        traded = [sum(lots for _, lots in side) for side in (one, other)]
        if min(traded) == 0:
            return None
        if traded[0] == traded[1]:
            fills = tuple(
                (ask, lots * per_lot[ask.buy if ask.exact_out else ask.sell]) for ask, lots in one + other
            )
            return Crossing({asset: price.numerator, theirs[0].sell: price.denominator}, fills)
        left = min(traded)
    return None


def _limit(ask: Ask) -> Fraction:
    return Fraction(ask.buy_amount, ask.sell_amount)


def _price(ours: Sequence[Ask], theirs: Sequence[Ask]) -> Fraction | None:
    """Between the limits of the last two orders that still meet when the best go first.

    In units of their asset per unit of ours. Volumes are taken at the orders' own limits.
    """
    i = j = 0
    left, bid = float(ours[0].sell_amount), float(theirs[0].sell_amount)
    last: tuple[Fraction, Fraction] | None = None
    while i < len(ours) and j < len(theirs):
        low, high = _limit(ours[i]), 1 / _limit(theirs[j])
        if low > high:
            break
        last = (low, high)
        worth = bid / float(high)
        if left <= worth:
            bid -= left * float(high)
            i += 1
            left = float(ours[i].sell_amount) if i < len(ours) else 0.0
        else:
            left -= worth
            j += 1
            bid = float(theirs[j].sell_amount) if j < len(theirs) else 0.0
    if last is None:
        return None
    low, high = last
    # The middle half, so that both marginal orders gain where there is anything to gain.
    return simplest_between(low + (high - low) / 4, high - (high - low) / 4)


def simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction of least denominator in ``low .. high``, both positive (Stern–Brocot)."""
    # p/q accumulates the shared continued fraction; each step shortens both ends at least by half.
    p0, q0, p1, q1 = 0, 1, 1, 0
    while True:
        whole = -(-low.numerator // low.denominator)
        if whole <= high:
            return Fraction(whole * p1 + p0, whole * q1 + q0)
        whole = low.numerator // low.denominator
        p0, q0, p1, q1 = p1, q1, whole * p1 + p0, whole * q1 + q0
        low, high = 1 / (high - whole), 1 / (low - whole)


def _inside(asks: Sequence[Ask], price: Fraction) -> list[Ask]:
    return [ask for ask in asks if ask.buy_amount * price.denominator <= price.numerator * ask.sell_amount]


def _lots(ask: Ask, per_lot: dict[AssetId, int]) -> int:
    """The whole lots an order can trade; 0 for a fill-or-kill order that is not a whole number of them."""
    if ask.exact_out:
        lots = min(ask.buy_amount // per_lot[ask.buy], ask.sell_amount // per_lot[ask.sell])
        whole = lots * per_lot[ask.buy] == ask.buy_amount
    else:
        lots = ask.sell_amount // per_lot[ask.sell]
        whole = lots * per_lot[ask.sell] == ask.sell_amount
    return lots if ask.partial or whole else 0


def _allot(asks: Sequence[Ask], lots: int, per_lot: dict[AssetId, int]) -> list[tuple[Ask, int]]:
    """At most ``lots`` over the orders, best limits first; what cannot be filled in part is skipped."""
    allotted = []
    for ask in asks:
        most = _lots(ask, per_lot)
        taken = min(lots, most)
        unit = per_lot[ask.buy if ask.exact_out else ask.sell]
        if taken and (taken == most or ask.partial) and (not ask.partial or taken * unit >= ask.min_fill):
            allotted.append((ask, taken))
            lots -= taken
    return allotted
