"""Rates at which a pool stands idle: it pays neither side so much, so orders meet alone and nothing rounds.

At p units of the second asset for q of the first, in lowest terms, they meet in lots: those that give the first
give multiples of q, the others multiples of p. An order that is filled whole or not at all is rarely such a
multiple: of two whose amounts have no common divisor as large as the least q there is, at most one trades.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import gcd
from typing import Final

from intents.venue_states import ConstantProductState
from solver.crossing import simplest_between
from solver.flagship.market import Order

#: Whole orders of which only one can trade, at most: more bound more tightly, and cost more to tell apart.
MOST_APART: Final = 8
#: What an open end leaves out, in parts: fractions this near have larger denominators than any amount.
OPEN: Final = Fraction(1, 1 << 300)


@dataclass(frozen=True, slots=True)
class Idle:
    """Exact rates from ``low`` to ``high``, and the least ``lots`` of both assets there."""

    low: Fraction
    high: Fraction
    lots: tuple[int, int]

    @classmethod
    def between(cls, low: Fraction, high: Fraction) -> Idle:
        simplest = simplest_between(low, high)
        return cls(low, high, (simplest.denominator, simplest.numerator))

    def meeting(self, orders: Sequence[Order], lot: int) -> list[Order]:
        """Orders that gain at least as much as any of ``orders`` that could meet here."""
        parts = [order for order in orders if not order.whole]
        whole = [order for order in orders if order.whole]
        if self.low == self.high:
            return parts + [order for order in whole if order.record.remaining % lot == 0]
        return parts + list(_one_of_each(whole, lot))


def idle_rates(pool: ConstantProductState) -> Iterator[Idle]:
    """The rates at which ``pool`` stands idle, the simplest of all apart: there whole orders meet most easily."""
    price = Fraction(pool.reserves[1], pool.reserves[0])
    low, high = price * (1 - pool.fee), price / (1 - pool.fee)
    simplest = simplest_between(low, high)
    below, above = simplest * (1 - OPEN), simplest * (1 + OPEN)
    if low <= below:
        yield Idle.between(low, below)
    yield Idle.between(simplest, simplest)
    if above <= high:
        yield Idle.between(above, high)


def _one_of_each(orders: Sequence[Order], lot: int) -> Iterator[Order]:
    """For every few of ``orders`` of which only one can be in lots of ``lot`` or more, one that gains as much."""
    apart: list[Order] = []
    for order in sorted(orders, key=lambda order: (order.limit, order.id)):
        amount = order.record.remaining
        if len(apart) == MOST_APART or any(gcd(amount, other.record.remaining) >= lot for other in apart):
            yield _best_of(apart)
            apart = []
        apart.append(order)
    if apart:
        yield _best_of(apart)


def _best_of(orders: Sequence[Order]) -> Order:
    """As large as the largest, asking as little as the least."""
    size, limit = max(order.size for order in orders), min(order.limit for order in orders)
    return replace(orders[0], size=size, limit=limit)
