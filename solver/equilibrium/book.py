"""The orders of a batch, sorted by limit within each directed pair, so that prices are answered from prefix sums.

Everything is relative to prices guessed before: amounts become values there, log limits become distances from the
guessed log rate, and what varies is x = log p − log p_guess. Only orders within ``width`` of the guess are sorted
one by one; those below are full and those above empty as long as prices stay inside the band.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from solver.equilibrium.batch import Batch, Floats, Ints
from solver.equilibrium.flows import totals
from solver.equilibrium.pools import Curves, as_curves


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders that make sense: ``index`` says where in the batch; ``rate`` is the least rate, ``limit`` its
    log."""

    tokens: int
    index: Ints
    sell: Ints
    buy: Ints
    amount: Floats
    rate: Floats
    limit: Floats
    curves: Curves


@dataclass(frozen=True, slots=True)
class Book:
    """``sell``, ``buy``: (K,) the directed pairs that have orders. ``below``: (K,) value of orders that trade
    anywhere in the band; ``above``: (K,) whether any order lies beyond it. The n orders in the band: ``order``
    (index into ``Orders``), ``pair``, ``limit`` and ``value`` sorted by pair and limit, ``values`` and
    ``moments`` (n + 1,) prefix sums of value and value·limit. ``curves`` are the pools in the same terms."""

    tokens: int
    log_guess: Floats
    width: float
    sell: Ints
    buy: Ints
    below: Floats
    above: Floats
    start: Ints
    key: Floats
    order: Ints
    pair: Ints
    limit: Floats
    value: Floats
    values: Floats
    moments: Floats
    curves: Curves

    @property
    def whole(self) -> bool:
        """Whether no order lies beyond the band."""
        return not (self.below.any() or self.above.any())


def prepare(batch: Batch) -> Orders:
    """Leaves out what cannot trade."""
    tokens = len(batch.values)
    sell, buy, amount = batch.sell, batch.buy, batch.amount
    with np.errstate(all="ignore"):
        limit = np.log(batch.limit)
        usable = (amount > 0) & (amount < np.inf) & np.isfinite(limit) & (sell != buy)
    if len(sell):
        usable &= (np.minimum(sell, buy) >= 0) & (np.maximum(sell, buy) < tokens)
    curves = as_curves(batch.pools, tokens)
    if usable.all():
        return Orders(tokens, np.arange(len(sell)), sell, buy, amount, batch.limit, limit, curves)
    at = np.flatnonzero(usable)
    return Orders(tokens, at, sell[at], buy[at], amount[at], batch.limit[at], limit[at], curves)


def build(orders: Orders, log_guess: Floats, width: float) -> Book:
    """The book around ``log_guess`` (T,), listing orders within ``width`` in log rate."""
    t = orders.tokens
    scale = np.exp(log_guess)
    code = orders.sell * t + orders.buy
    counts = np.bincount(code, minlength=t * t)
    present = np.flatnonzero(counts)
    number = np.empty(t * t, np.int64)
    number[present] = np.arange(len(present))
    pair = number[code]
    sell, buy = np.divmod(present, t)
    distance = orders.limit - (log_guess[sell] - log_guess[buy])[pair]
    value = orders.amount * scale[orders.sell]
    inside = np.abs(distance) <= width
    near = np.flatnonzero(inside)
    outside = np.flatnonzero(~inside)
    high = distance[outside] > 0
    low, high = outside[~high], outside[high]
    below = totals(pair[low], value[low], len(present))
    above = totals(pair[high], value[high], len(present))
    key = pair[near] * (STRIDE * width) + distance[near]
    by_key = np.argsort(key)
    near = near[by_key]
    limit, worth = distance[near], value[near]
    return Book(
        t, log_guess, width, sell, buy, below, above,
        np.searchsorted(pair[near], np.arange(len(present) + 1)),
        key[by_key], near, pair[near], limit, worth,
        np.r_[0.0, np.cumsum(worth)], np.r_[0.0, np.cumsum(worth * limit)],
        orders.curves.around(log_guess),
    )  # fmt: skip


#: Band widths between one pair's keys and the next: queries a little outside must not reach the neighbour.
STRIDE: Final = 2.5


def ranks(book: Book, distance: Floats) -> Ints:
    """(K,) how many listed orders, of all pairs up to each, have a limit below ``distance`` (K,)."""
    within = np.clip(distance, -1.2 * book.width, 1.2 * book.width)
    return np.searchsorted(book.key, np.arange(len(book.sell)) * (STRIDE * book.width) + within)


def traded(book: Book, distance: Floats, ramp: float) -> tuple[Floats, Floats]:
    """(K,) value sold, at the guessed prices, when fills rise from none to all over a ramp around each limit, and
    its derivative by the log rate."""
    low, high = ranks(book, distance - ramp / 2), ranks(book, distance + ramp / 2)
    partial = book.values[high] - book.values[low]
    moment = book.moments[high] - book.moments[low]
    full = book.below + book.values[low] - book.values[book.start[:-1]]
    return full + (partial * distance - moment) / ramp + partial / 2, partial / ramp
