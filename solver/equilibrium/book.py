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
from solver.equilibrium.pools import Curves, as_curves
from solver.tally import totals


@dataclass(frozen=True, slots=True)
class Orders:
    """The orders that make sense: ``index`` says where in the batch; ``pair`` is sell·T + buy; ``rate`` is the
    least rate, ``limit`` its log."""

    tokens: int
    index: Ints
    sell: Ints
    buy: Ints
    pair: Ints
    amount: Floats
    rate: Floats
    limit: Floats
    curves: Curves


@dataclass(frozen=True, slots=True)
class Book:
    """``sell``, ``buy``: (K,) the directed pairs that have orders. ``below``: (K,) value of orders that trade
    anywhere in the band; ``whole``: no order lies beyond it on either side. The n orders in the band: ``order``
    (index into ``Orders``), ``pair``, ``limit`` and ``value`` sorted by pair and limit, ``values`` and
    ``moments`` (n + 1,) prefix sums of value and value·limit. ``curves`` are the pools in the same terms."""

    tokens: int
    log_guess: Floats
    width: float
    sell: Ints
    buy: Ints
    below: Floats
    whole: bool
    start: Ints
    key: Floats
    order: Ints
    pair: Ints
    limit: Floats
    value: Floats
    values: Floats
    moments: Floats
    curves: Curves


def prepare(batch: Batch) -> Orders:
    """Leaves out what cannot trade."""
    tokens = len(batch.values)
    sell, buy, amount = batch.sell, batch.buy, batch.amount
    with np.errstate(all="ignore"):
        limit = np.log(batch.limit)
        usable = (amount > 0) & (amount < np.inf) & np.isfinite(limit) & (sell != buy)
    if len(sell) and (min(sell.min(), buy.min()) < 0 or max(sell.max(), buy.max()) >= tokens):
        usable &= (np.minimum(sell, buy) >= 0) & (np.maximum(sell, buy) < tokens)
    curves, rate = as_curves(batch.pools, tokens), batch.limit
    at = np.arange(len(sell))
    if not usable.all():
        at = np.flatnonzero(usable)
        sell, buy, amount, rate, limit = sell[at], buy[at], amount[at], rate[at], limit[at]
    return Orders(tokens, at, sell, buy, sell * tokens + buy, amount, rate, limit, curves)


def build(orders: Orders, log_guess: Floats, width: float) -> Book:
    """The book around ``log_guess`` (T,), listing orders within ``width`` in log rate."""
    t = orders.tokens
    # Of a million orders every pass counts: only those near are ever looked at one by one.
    code = orders.pair
    distance = orders.limit - (log_guess[:, None] - log_guess).ravel()[code]
    value = orders.amount * np.exp(log_guess)[orders.sell]
    near = np.flatnonzero(np.abs(distance) <= width)
    present = np.flatnonzero(np.bincount(code, minlength=t * t))
    sell, buy = np.divmod(present, t)
    below = totals(code, value * (distance < -width), t * t)[present]
    number = np.empty(t * t, np.int64)
    number[present] = np.arange(len(present))
    pair, limit, worth = number[code[near]], distance[near], value[near]
    key = pair * (STRIDE * width) + limit
    by_key = np.argsort(key)
    pair, limit, worth = pair[by_key], limit[by_key], worth[by_key]
    return Book(
        t, log_guess, width, sell, buy, below, len(near) == len(code),
        np.searchsorted(pair, np.arange(len(present) + 1)),
        key[by_key], near[by_key], pair, limit, worth,
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
